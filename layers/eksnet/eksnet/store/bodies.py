"""Records as JSON and back: what is read is checked as strictly as if others had written it."""

import datetime as dt
import gzip
import typing
import zlib

from eksnet.model.finding import Suppression
from eksnet.store.interface import StoreError

if typing.TYPE_CHECKING:
    from pydantic import TypeAdapter

READABLE = 4096  # bytes; a longer body is gzipped, a shorter one stays text for who reads the table
WRITING = "eksnet:write"  # no AWS call: what was to be kept is at fault
_LEVEL = 6  # zlib's own default; level 9 takes twice the time for two percent
_adapters: "dict[type, TypeAdapter[typing.Any]]" = {}  # made once: making one takes milliseconds


def written(value: object) -> bytes:
    """Return a record's JSON.

    Raises:
        StoreError: it holds what JSON can't, such as text that is no Unicode.
    """
    from pydantic_core import PydanticSerializationError

    kind = type(value)
    try:
        return _adapter(kind).dump_json(value)
    except PydanticSerializationError as problem:
        raise StoreError(WRITING, f"NotJson{kind.__name__}") from problem


def parsed[T](kind: type[T], data: bytes | str, api: str) -> T:
    """Return the record that ``data`` is the JSON of; ``api`` is where it came from.

    Raises:
        StoreError: it is of no such record, ``Corrupt<kind>``.
    """
    from pydantic import ValidationError

    try:
        return _adapter(kind).validate_json(data)
    except ValidationError as problem:
        raise StoreError(api, f"Corrupt{kind.__name__}") from problem


def kept[T](value: T) -> T:
    """Return a record as it is after it was kept: free-form evidence is then what JSON has."""
    return parsed(type(value), written(value), WRITING)


def packed(data: bytes) -> bytes:
    """Return ``data`` gzipped; the same data gives the same bytes."""
    return gzip.compress(data, _LEVEL, mtime=0)


def unpacked(data: bytes, api: str) -> bytes:
    """Return what ``packed`` was given.

    Raises:
        StoreError: it is not whole, ``CorruptBody``.
    """
    try:
        return gzip.decompress(data)
    except (EOFError, gzip.BadGzipFile, zlib.error) as problem:
        raise StoreError(api, "CorruptBody") from problem


def body(value: object) -> str | bytes:
    """Return a record as one attribute's value: JSON text, gzipped where it is long."""
    return attribute(written(value))


def attribute(text: bytes) -> str | bytes:
    """Return a text as one attribute's value: as it is, gzipped where it is long."""
    return text.decode() if len(text) <= READABLE else packed(text)


def stamp(at: dt.datetime) -> str:
    """Return a time in UTC, to the second and of one width, so that stamps sort as times do."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def oldest_first(
    seen: tuple[Suppression, dt.datetime, dt.datetime],
) -> tuple[dt.datetime, str, str, dt.date]:
    """Return what suppressions are sorted by: when each was seen first, then what it says."""
    suppression, first, _ = seen
    return first, suppression.owner, suppression.reason, suppression.expires


def _adapter[T](kind: type[T]) -> "TypeAdapter[T]":
    from pydantic import TypeAdapter

    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return typing.cast("TypeAdapter[T]", _adapters[kind])
