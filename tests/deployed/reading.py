"""The templates as tests read them: loaded once, expanded once."""

import functools
import pathlib
from collections.abc import Iterator
from typing import Any

from tools import template

ROOT = pathlib.Path(__file__).parents[2]
APPLICATION = template.load(ROOT / "template.yaml")
MEMBER = template.load(ROOT / "organization/audit-role.yaml")
REPAIRER = template.load(ROOT / "organization/remediation-role.yaml")


@functools.cache
def resources() -> dict[str, Any]:
    found: dict[str, Any] = template.expand()["Resources"]
    return found


def of(kind: str) -> dict[str, Any]:
    return {name: each for name, each in resources().items() if each["Type"] == kind}


def there(**given: str) -> dict[str, Any]:
    """Return the resources that are made with parameters, the others as they are by default."""
    settings = {name: each.get("Default", "") for name, each in APPLICATION["Parameters"].items()}
    conditions = APPLICATION["Conditions"]

    def holds(test: Any) -> Any:
        ((name, value),) = test.items()
        match name:
            case "Ref":
                return {**settings, **given}[value]
            case "Fn::Not":
                return not holds(value[0])
            case "Fn::Equals":
                left, right = (holds(each) if isinstance(each, dict) else each for each in value)
                return left == right
        raise NotImplementedError(name)

    return {
        name: each
        for name, each in resources().items()
        if "Condition" not in each or holds(conditions[each["Condition"]])
    }


def granted(role: str) -> Iterator[Any]:
    every = template.statements(resources()[role], resources())
    yield from (each for each in every if each["Effect"] == "Allow")


def denied(role: str) -> Iterator[Any]:
    every = template.statements(resources()[role], resources())
    yield from (each for each in every if each["Effect"] == "Deny")


def actions(role: str) -> set[str]:
    return {action for each in granted(role) for action in template.actions(each)}


def parts(value: Any) -> Iterator[Any]:
    yield value
    for each in value.values() if isinstance(value, dict) else value:
        if isinstance(each, (dict, list)):
            yield from parts(each)
