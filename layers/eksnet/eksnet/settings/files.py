"""The files a user writes: thresholds and suppressions, read strictly, errors named by line."""

import dataclasses
import datetime as dt
import fnmatch
import pathlib
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import yaml

from eksnet.engine.limits import Limits
from eksnet.engine.suppress import SuppressionRule
from eksnet.model.errors import InputError
from eksnet.model.finding import Suppression

PATTERNS = ("check", "account", "region", "cluster", "resource")
REQUIRED = ("reason", "owner", "expires")


class _Entry(NamedTuple):
    """A value and the line it stands on."""

    value: str
    line: int


def read_limits(path: pathlib.Path) -> Limits:
    """Read the ``limits`` of a configuration file: names and whole numbers, nothing else.

    Raises:
        InputError: the file can't be read, or holds an unknown name or a value out of range.
    """
    where, root = str(path), _section(str(path), _bytes(path), "limits")
    known = {field.name for field in dataclasses.fields(Limits)}
    values: dict[str, int] = {}
    for name, entry in _mapping(where, root).items():
        if name not in known:
            raise _wrong(
                where, entry.line, f"unknown threshold {name!r}: {', '.join(sorted(known))}"
            )
        try:
            values[name] = int(entry.value)
        except ValueError:
            raise _wrong(where, entry.line, f"{name} is a whole number") from None
        if values[name] < 0:
            raise _wrong(where, entry.line, f"{name} is 0 or more")
    return Limits(**values)


def read_suppressions(path: pathlib.Path) -> tuple[SuppressionRule, ...]:
    """Read a suppressions file: a list of patterns, each with reason, owner and expiry.

    Raises:
        InputError: the file can't be read; a key is unknown or missing; nothing is narrowed down.
    """
    return parse_suppressions(_bytes(path), str(path))


def parse_suppressions(data: bytes, where: str) -> tuple[SuppressionRule, ...]:
    """Read the bytes of a suppressions file; ``where`` names it in errors and rules.

    Raises:
        InputError: it is no such file; a key is unknown or missing; nothing is narrowed down.
    """
    root = _section(where, data, "suppressions")
    if not isinstance(root, yaml.SequenceNode):
        raise _wrong(where, _line(root), "suppressions is a list")
    return tuple(_suppression(where, node) for node in root.value)


def _suppression(where: str, node: yaml.Node) -> SuppressionRule:
    entries = _mapping(where, node)
    for name, entry in entries.items():
        if name not in (*PATTERNS, *REQUIRED):
            raise _wrong(where, entry.line, f"unknown key {name!r}")
    for name in REQUIRED:
        if name not in entries or not entries[name].value.strip():
            raise _wrong(where, _line(node), f"{name} is missing: every suppression needs one")
    if not any(name in entries for name in PATTERNS):
        raise _wrong(where, _line(node), f"names none of {', '.join(PATTERNS)}: it would hide all")
    expires = entries["expires"]
    try:
        date = dt.date.fromisoformat(expires.value)
    except ValueError:
        raise _wrong(where, expires.line, "expires is a date such as 2027-01-31") from None
    accepted = Suppression(
        reason=entries["reason"].value, owner=entries["owner"].value, expires=date
    )
    patterns = {name: entries[name].value for name in PATTERNS if name in entries}
    return SuppressionRule(**patterns, accepted=accepted, where=f"{where}:{_line(node)}")


def _bytes(path: pathlib.Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        msg = f"{path}: {problem.strerror}"
        raise InputError(msg) from problem


def _section(where: str, data: bytes, name: str) -> yaml.Node:
    try:
        root = yaml.compose(data.decode("utf-8"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as problem:
        msg = f"{where}: {problem}"
        raise InputError(msg) from problem
    except (yaml.YAMLError, RecursionError) as problem:
        mark = getattr(problem, "problem_mark", None)
        what = getattr(problem, "problem", None) or str(problem).splitlines()[0]
        raise _wrong(where, mark.line + 1 if mark else 1, f"no YAML: {what}") from problem
    if not isinstance(root, yaml.MappingNode):
        raise _wrong(where, 1, f"a mapping with the key {name!r} is expected")
    if not root.value:
        raise _wrong(where, 1, f"the key {name!r} is missing")
    for place, (key, _) in enumerate(root.value):
        if not isinstance(key, yaml.ScalarNode) or key.value != name:
            said = key.value if isinstance(key, yaml.ScalarNode) else "which is no word"
            raise _wrong(where, _line(key), f"unknown key {said!r}, {name!r} is expected")
        if place:
            raise _wrong(where, _line(key), f"{name} is there twice")
    only: yaml.Node = root.value[0][1]
    return only


def _mapping(where: str, node: yaml.Node) -> Mapping[str, _Entry]:
    if not isinstance(node, yaml.MappingNode):
        raise _wrong(where, _line(node), "names with values are expected")
    entries: dict[str, _Entry] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _wrong(where, _line(key), "a key is a single word")
        if not isinstance(value, yaml.ScalarNode):
            raise _wrong(where, _line(key), f"{key.value} is a single value")
        if key.value in entries:
            raise _wrong(where, _line(key), f"{key.value} is there twice")
        entries[key.value] = _Entry(value.value, _line(key))
    return entries


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _wrong(where: str, line: int, problem: str) -> InputError:
    return InputError(f"{where}:{line}: {problem}")


def require_known(rules: Sequence[SuppressionRule], known: Collection[str]) -> None:
    """Refuse a suppression whose check id or pattern matches none of ``known``.

    Raises:
        InputError: it would silently match nothing.
    """
    for rule in rules:
        if not any(fnmatch.fnmatchcase(each, rule.check) for each in known):
            msg = f"{rule.where}: unknown check {rule.check!r}"
            raise InputError(msg)
