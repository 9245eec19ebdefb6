"""A snapshot in a file: JSON, gzipped where the name ends in ``.gz``, read back exactly."""

import contextlib
import functools
import gzip
import json
import os
import pathlib
import typing
import zlib

from eksnet.model.errors import InputError
from eksnet.model.snapshot import SCHEMA_VERSION, Snapshot

if typing.TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

_GZIP = ".gz"
_LEVEL = 6  # zlib's own default; level 9 takes twice the time for two percent


def write(snapshot: Snapshot, path: pathlib.Path) -> None:
    """Write ``snapshot`` to ``path``, whole or not at all; the same snapshot gives the same bytes.

    Raises:
        InputError: the file can't be written.
    """
    data = packed(snapshot) if path.suffix == _GZIP else _text(snapshot)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as problem:
        with contextlib.suppress(OSError):
            part.unlink()
        msg = f"{path}: {problem.strerror}"
        raise InputError(msg) from problem


def packed(snapshot: Snapshot) -> bytes:
    """Return ``snapshot`` as gzipped JSON; the same snapshot gives the same bytes."""
    return gzip.compress(_text(snapshot), _LEVEL, mtime=0)


def _text(snapshot: Snapshot) -> bytes:
    # A set has no order of its own, so the one field that is a set is written sorted.
    seen = json.dumps(sorted(snapshot.seen)).encode()
    rest = _adapter().dump_json(snapshot, exclude={"seen"})
    return b'{"seen":' + seen + b"," + rest.removeprefix(b"{")


def read(path: pathlib.Path) -> Snapshot:
    """Read a snapshot that ``write`` wrote.

    Raises:
        InputError: there is no such file, it is truncated or no snapshot, or another version.
    """
    from pydantic import ValidationError

    data = _bytes(path)
    try:
        snapshot = _adapter().validate_json(data)
    except ValidationError as problem:
        _require_version(path, _version(data))
        msg = f"{path}: {_first(problem)}"
        raise InputError(msg) from problem
    _require_version(path, snapshot.schema_version)
    return snapshot


def require_sound(snapshot: Snapshot, source: pathlib.Path) -> None:
    """Refuse facts that are not of their types, which a parser does not look at.

    Raises:
        InputError: one is not; ``source`` is where it came from.
    """
    from pydantic import ValidationError
    from pydantic_core import PydanticSerializationError

    try:
        _adapter().validate_json(_adapter().dump_json(snapshot, warnings=False))
    except ValidationError as problem:
        msg = f"{source}: {_first(problem)}"
        raise InputError(msg) from problem
    except PydanticSerializationError as problem:
        msg = f"{source}: text that is no Unicode: {problem}"
        raise InputError(msg) from problem


def _bytes(path: pathlib.Path) -> bytes:
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if path.suffix == _GZIP else data
    except (EOFError, gzip.BadGzipFile, zlib.error) as problem:
        msg = f"{path}: not a whole gzip file: {problem}"
        raise InputError(msg) from problem
    except OSError as problem:
        msg = f"{path}: {problem.strerror}"
        raise InputError(msg) from problem


def _version(data: bytes) -> object:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return SCHEMA_VERSION
    return found.get("schema_version", SCHEMA_VERSION) if isinstance(found, dict) else None


def _require_version(path: pathlib.Path, version: object) -> None:
    """Refuse what another version wrote: what it means by a field is not known here."""
    if version == SCHEMA_VERSION:
        return
    if version is None:
        msg = f"{path}: not a snapshot: a JSON object is expected"
    elif isinstance(version, int) and version > SCHEMA_VERSION:
        msg = f"{path}: snapshot version {version}; this eksnet reads {SCHEMA_VERSION}: update it"
    else:
        msg = f"{path}: snapshot version {version!r}; this eksnet reads {SCHEMA_VERSION} only"
    raise InputError(msg)


def _first(problem: "ValidationError") -> str:
    """Return the first thing wrong, with the place where it is."""
    first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
    place = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]
    ).removeprefix(".")
    more = problem.error_count() - 1
    text = f"{place}: {first['msg']}" if place else first["msg"]
    return f"{text} (and {more} more)" if more else text


@functools.cache
def _adapter() -> "TypeAdapter[Snapshot]":
    from pydantic import TypeAdapter

    return TypeAdapter(Snapshot)
