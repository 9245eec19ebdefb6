"""A table answers in the time of what is asked, not of all that it holds.

DynamoDB guide, "Querying tables": a query reads one partition. Moto looks at every item of the
table for each query, and copies the whole table once for each action of a transaction: with some
thousand items a run of the demo takes a minute.
"""

import collections
import copy
import functools
import threading
from collections.abc import Callable
from typing import Any

from moto.dynamodb import models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table

from sandbox.corrections.lack import lacks, put


def _of_partition(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def query(table: Table, hash_key: Any, *rest: Any, **more: Any) -> Any:
        if hash_key is None or more.get("index_name"):
            return original(table, hash_key, *rest, **more)
        narrow = copy.copy(table)
        narrow.items = collections.defaultdict(dict)
        if hash_key in table.items:
            narrow.items[hash_key] = table.items[hash_key]
        return original(narrow, hash_key, *rest, **more)

    return query


class _Updated(threading.local):
    """The partitions that the transaction of this thread changes items of in place."""

    def __init__(self) -> None:
        self.keys: frozenset[str] = frozenset()


_updated = _Updated()


class _Copies:
    """Stands in for the ``copy`` module there: what no update changes in place is not copied."""

    copy = staticmethod(copy.copy)

    @staticmethod
    def deepcopy(thing: Any, memo: Any = None) -> Any:
        if not isinstance(thing, Table):
            return copy.deepcopy(thing, memo)
        kept = copy.copy(thing)
        kept.items = collections.defaultdict(dict)
        for key, items in thing.items.items():
            kept.items[key] = dict(items) if isinstance(items, dict) else items
            if str(key.value) in _updated.keys:
                kept.items[key] = copy.deepcopy(items)
        return kept


def _noting_updates(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def transact_write_items(backend: DynamoDBBackend, items: list[dict[str, Any]]) -> None:
        updates = (item["Update"]["Key"] for item in items if "Update" in item)
        _updated.keys = frozenset(key["pk"]["S"] for key in updates if "pk" in key)
        try:
            original(backend, items)
        finally:
            _updated.keys = frozenset()

    return transact_write_items


def install() -> None:
    """Make moto look at one partition, and copy no item that stays as it is."""
    lacks(Table.query, "self.items[hash_key]")
    put(Table, query=_of_partition(Table.query))
    put(models, copy=_Copies)
    put(
        DynamoDBBackend,
        transact_write_items=_noting_updates(DynamoDBBackend.transact_write_items),
    )
