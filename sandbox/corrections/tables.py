"""A table answers in the time of what is asked, not of all that it holds.

DynamoDB guide, "Querying tables": a query reads one partition. Moto looks at every item of the
table for each query, and copies the whole table once for each action of a transaction: with some
thousand items a run of the demo takes a minute.
"""

import collections
import copy
import functools
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


class _Copies:
    """Stands in for the ``copy`` module there: a table's items are never changed in place.

    Only an update does that, which no transaction here may hold.
    """

    copy = staticmethod(copy.copy)

    @staticmethod
    def deepcopy(thing: Any, memo: Any = None) -> Any:
        if not isinstance(thing, Table):
            return copy.deepcopy(thing, memo)
        kept = copy.copy(thing)
        kept.items = collections.defaultdict(dict)
        for key, items in thing.items.items():
            kept.items[key] = dict(items) if isinstance(items, dict) else items
        return kept


def _without_updates(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def transact_write_items(backend: DynamoDBBackend, items: list[dict[str, Any]]) -> None:
        if any("Update" in item for item in items):
            message = "the sandbox takes no Update in a transaction"
            raise NotImplementedError(message)
        original(backend, items)

    return transact_write_items


def install() -> None:
    """Make moto look at one partition, and copy no item."""
    lacks(Table.query, "self.items[hash_key]")
    put(Table, query=_of_partition(Table.query))
    put(models, copy=_Copies)
    put(
        DynamoDBBackend,
        transact_write_items=_without_updates(DynamoDBBackend.transact_write_items),
    )
