"""The templates as tests read them: loaded once, expanded once."""

import functools
import pathlib
from collections.abc import Iterator
from typing import Any

from tools import template

ROOT = pathlib.Path(__file__).parents[2]
APPLICATION = template.load(ROOT / "template.yaml")
MEMBER = template.load(ROOT / "organization/audit-role.yaml")


@functools.cache
def resources() -> dict[str, Any]:
    found: dict[str, Any] = template.expand()["Resources"]
    return found


def of(kind: str) -> dict[str, Any]:
    return {name: each for name, each in resources().items() if each["Type"] == kind}


def granted(role: str) -> Iterator[Any]:
    yield from template.statements(resources()[role], resources())


def actions(role: str) -> set[str]:
    return {action for each in granted(role) for action in template.actions(each)}


def parts(value: Any) -> Iterator[Any]:
    yield value
    for each in value.values() if isinstance(value, dict) else value:
        if isinstance(each, (dict, list)):
            yield from parts(each)
