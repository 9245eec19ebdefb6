"""The VPC CNI's environment variables: what they are, and how its code reads their text.

The facts are in ``env_vars.csv``, whose head names their source and version.
"""

import csv
import functools
import importlib.resources
import re
from collections.abc import Mapping
from types import MappingProxyType

from eksnet.cni.limits import COMMENT
from eksnet.model.record import record

TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})  # Go's strconv.ParseBool
FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})  # Go's strconv.ParseBool
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")  # Go's strconv.Atoi: no more than an int64
_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")


@record
class EnvVar:
    """One variable: ``kind`` is boolean, integer or string, ``default`` what its absence means.

    ``manifest`` is what the CNI's manifest, its Helm chart and the EKS add-on set, None where they
    leave it out. ``values`` are the only ones allowed, empty for no such list. ``container`` is
    main, init or both. From ``deprecated`` on the variable does nothing.
    """

    name: str
    since: str | None
    kind: str
    default: str | None
    values: tuple[str, ...]
    manifest: str | None
    container: str
    deprecated: str | None


@functools.cache
def env_vars() -> Mapping[str, EnvVar]:
    """Return every variable by its name."""
    text = importlib.resources.files("eksnet.cni").joinpath("env_vars.csv").read_text("utf8")
    lines = (line for line in text.splitlines() if not line.startswith(COMMENT))
    return MappingProxyType({row["name"]: _variable(row) for row in csv.DictReader(lines)})


def _variable(row: Mapping[str, str]) -> EnvVar:
    return EnvVar(
        name=row["name"],
        since=row["since"] or None,
        kind=row["kind"],
        default=row["default"] or None,
        values=tuple(row["values"].split("|")) if row["values"] else (),
        manifest=row["manifest"] or None,
        container=row["container"],
        deprecated=row["deprecated"] or None,
    )


def read_flag(text: str | None) -> bool | None:
    """Return a boolean as Go's ParseBool reads it; None where it can't, or there is no text."""
    if text in TRUE:
        return True
    return False if text in FALSE else None


def read_number(text: str | None) -> int | None:
    """Return an integer as Go's Atoi reads it; None where it can't, or there is no text."""
    return int(text) if text is not None and _INTEGER.fullmatch(text) else None


def read_version(text: str | None) -> tuple[int, int, int] | None:
    """Return a version such as ``v1.18.3-eksbuild.1`` as numbers; None where there is none."""
    match = _VERSION.match(text or "")
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else None
