"""DynamoDB items: plain values with their types written out, and records read back from them."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from eksnet.model.record import record
from eksnet.store.bodies import parsed, unpacked
from eksnet.store.interface import StoreError

SCHEMA = 1  # what an item's attributes mean; one of a later version is refused, never guessed at

Value = str | int | bytes
Key = tuple[str, str]
Values = Mapping[str, Value | None]  # None is no attribute
Wire = Mapping[str, Mapping[str, Any]]


def wire(values: Values) -> dict[str, dict[str, Any]]:
    """Return values as DynamoDB takes them; those that are None are left out."""
    return {name: _typed(value) for name, value in values.items() if value is not None}


def key(place: Key) -> dict[str, dict[str, Any]]:
    """Return the key of an item as DynamoDB takes it."""
    return wire({"pk": place[0], "sk": place[1]})


def size(item: Wire) -> int:
    """Return about how many bytes an item counts for: its names and values."""
    return sum(
        len(name) + sum(len(_encoded(value)) for value in typed.values())
        for name, typed in item.items()
    )


@record
class Item:
    """An item as it was read: ``api`` is the call that answered with it."""

    api: str
    values: Mapping[str, Value]

    @property
    def key(self) -> Key:
        """Return the item's key."""
        return self.field("pk", str), self.field("sk", str)

    def field[T: Value](self, name: str, kind: type[T]) -> T:
        """Return an attribute.

        Raises:
            StoreError: it is not there, or of another type: ``CorruptItem``.
        """
        value = self.values.get(name)
        if not isinstance(value, kind):
            raise StoreError(self.api, "CorruptItem")
        return value

    def time(self, name: str) -> dt.datetime:
        """Return an attribute that is a stamp.

        Raises:
            StoreError: it is none: ``CorruptItem``.
        """
        try:
            return dt.datetime.fromisoformat(self.field(name, str))
        except ValueError as problem:
            raise StoreError(self.api, "CorruptItem") from problem

    def text(self) -> bytes:
        """Return the JSON of the item's record.

        Raises:
            StoreError: there is none, or it is not whole.
        """
        value = self.values.get("body")
        if isinstance(value, bytes):
            return unpacked(value, self.api)
        return self.field("body", str).encode()

    def record[T](self, kind: type[T]) -> T:
        """Return the item's record.

        Raises:
            StoreError: it is of no such record.
        """
        return parsed(kind, self.text(), self.api)


def read(api: str, raw: Wire) -> Item:
    """Return an item that ``api`` answered with.

    Raises:
        StoreError: a later eksnet wrote it: ``UnknownSchema``.
    """
    values = {name: _value(typed) for name, typed in raw.items()}
    if values.get("schema_version") != SCHEMA:
        raise StoreError(api, "UnknownSchema")
    return Item(api=api, values=values)


def read_all(api: str, raws: Iterable[Wire]) -> list[Item]:
    """Return the items that ``api`` answered with."""
    return [read(api, raw) for raw in raws]


def _typed(value: Value) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": value}
    return {"B": value} if isinstance(value, bytes) else {"N": str(value)}


def _encoded(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def _value(typed: Mapping[str, Any]) -> Value:
    (name, value), *_ = typed.items()
    return int(value) if name == "N" else value
