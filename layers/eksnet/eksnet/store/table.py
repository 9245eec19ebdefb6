"""One DynamoDB table: consistent reads to the end, conditional writes, whole batches."""

import itertools
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import botocore
import botocore.exceptions

from eksnet.store.calls import Sleep, batches, refusals, tries
from eksnet.store.interface import StoreError
from eksnet.store.items import (
    SCHEMA,
    Item,
    Key,
    Value,
    Values,
    Wire,
    key,
    read,
    read_all,
    size,
    wire,
)

ABSENT = "attribute_not_exists(pk)"
PRESENT = "attribute_exists(pk)"
BATCH_GET, BATCH_WRITE = "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"
PUTS = 25  # requests: BatchWriteItem, DynamoDB API Reference
GETS = 100  # keys: BatchGetItem, DynamoDB API Reference
ACTIONS = 100  # in a transaction: TransactWriteItems, DynamoDB API Reference
TRANSACTION_BYTES = 2_500_000  # of its 4 MB, which then hold it in base64 too: ibid.
_NAME = re.compile(r"#(\w+)")  # for attributes that are called as a word of DynamoDB's own
_FAILED = frozenset({"ConditionalCheckFailed", "ConditionalCheckFailedException"})
# What another transaction is in the way of; botocore tries none of these again by itself.
_PASSING = frozenset(
    {
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    }
)


class Table:
    """The table of a botocore client; every method raises StoreError."""

    def __init__(self, client: Any, name: str, sleep: Sleep = time.sleep) -> None:  # noqa: ANN401 - botocore makes its classes at run time
        self._client, self._name, self._sleep = client, name, sleep

    def get(self, place: Key) -> Item | None:
        """Return an item."""
        answer = self._call("GetItem", TableName=self._name, Key=key(place), ConsistentRead=True)
        return read("dynamodb:GetItem", answer["Item"]) if "Item" in answer else None

    def query(self, condition: str, values: Mapping[str, Value], **more: object) -> Iterator[Item]:
        """Yield the items a key condition names, page by page, by their sort keys."""
        asked: dict[str, object] = {
            "TableName": self._name,
            "ConsistentRead": True,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": wire(values),
            **more,
        }
        while True:
            page = self._call("Query", **asked)
            yield from read_all("dynamodb:Query", page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def get_all(self, places: Iterable[Key]) -> dict[Key, Item]:
        """Return those of the items that are there."""
        found: dict[Key, Item] = {}
        for batch in itertools.batched(dict.fromkeys(places), GETS, strict=False):
            for raw in self._get_batch([key(place) for place in batch]):
                item = read(BATCH_GET, raw)
                found[item.key] = item
        return found

    def put(
        self,
        values: Values,
        condition: str = "",
        given: Mapping[str, Value] | None = None,
    ) -> bool:
        """Write an item if the condition, where there is one, holds; False when it does not."""
        return self._write("PutItem", **self.put_if(values, condition, given))

    def update(self, place: Key, change: str, condition: str, given: Mapping[str, Value]) -> bool:
        """Change an item if the condition holds; False when it does not."""
        return self._write("UpdateItem", **self.update_if(place, change, condition, given))

    def put_all(self, items: Iterable[Values]) -> None:
        """Write items whatever was there; the last of those with one key counts."""
        by_key = {(each["pk"], each["sk"]): each for each in items}
        for batch in itertools.batched(by_key.values(), PUTS, strict=False):
            self._put_batch([{"PutRequest": {"Item": _item(each)}} for each in batch])

    def transact(self, actions: Sequence[Mapping[str, Any]], token: str | None = None) -> bool:
        """Do all of the actions or none; False when a condition does not hold.

        With a ``token`` of up to 36 characters, what is sent again within ten minutes counts once.
        """
        more = {"ClientRequestToken": token} if token else {}
        return self._write("TransactWriteItems", TransactItems=actions, **more)

    def put_guarded(self, check: Mapping[str, Any], items: Iterable[Values]) -> bool:
        """Write items in transactions, each only while ``check`` holds; False once it does not."""
        by_key = {(each["pk"], each["sk"]): _item(each) for each in items}
        for batch in batches(
            by_key.values(), count=ACTIONS - 1, size=TRANSACTION_BYTES, weigh=size
        ):
            puts = ({"Put": {"TableName": self._name, "Item": item}} for item in batch)
            if not self.transact([{"ConditionCheck": check}, *puts]):
                return False
        return True

    def put_if(
        self,
        values: Values,
        condition: str = "",
        given: Mapping[str, Value] | None = None,
    ) -> dict[str, Any]:
        """Return the writing of an item under a condition, alone or within a transaction."""
        return {"TableName": self._name, "Item": _item(values), **_condition(given, condition)}

    def check(
        self, place: Key, condition: str, given: Mapping[str, Value] | None = None
    ) -> dict[str, Any]:
        """Return a condition on an item, for a transaction."""
        return {"TableName": self._name, "Key": key(place), **_condition(given, condition)}

    def update_if(
        self, place: Key, change: str, condition: str, given: Mapping[str, Value]
    ) -> dict[str, Any]:
        """Return the change of an item under a condition, alone or within a transaction."""
        expressions = _condition(given, condition, change)
        return {"TableName": self._name, "Key": key(place), **expressions}

    def _call(self, operation: str, **parameters: object) -> Any:  # noqa: ANN401 - an answer's shape is its operation's
        with refusals(f"dynamodb:{operation}"):
            return getattr(self._client, botocore.xform_name(operation))(**parameters)

    def _write(self, operation: str, **parameters: object) -> bool:
        """Write under conditions, again while a transaction on the same items is in the way."""
        api, codes = f"dynamodb:{operation}", frozenset[str]()
        for _ in tries(self._sleep):
            try:
                self._call(operation, **parameters)
            except StoreError as problem:
                codes = _reasons(problem)
                if codes & _FAILED:
                    return False
                if codes - _PASSING:
                    raise StoreError(api, min(codes - _PASSING)) from problem
            else:
                return True
        raise StoreError(api, min(codes))

    def _put_batch(self, requests: Sequence[Wire]) -> None:
        for _ in tries(self._sleep):
            answer = self._call("BatchWriteItem", RequestItems={self._name: requests})
            requests = answer.get("UnprocessedItems", {}).get(self._name, [])
            if not requests:
                return
        raise StoreError(BATCH_WRITE, "UnprocessedItems")

    def _get_batch(self, keys: Sequence[Wire]) -> Iterator[Wire]:
        for _ in tries(self._sleep):
            asked = {self._name: {"Keys": keys, "ConsistentRead": True}}
            answer = self._call("BatchGetItem", RequestItems=asked)
            yield from answer["Responses"].get(self._name, [])
            keys = answer.get("UnprocessedKeys", {}).get(self._name, {}).get("Keys", [])
            if not keys:
                return
        raise StoreError(BATCH_GET, "UnprocessedKeys")


def _item(values: Values) -> dict[str, dict[str, Any]]:
    return wire({**values, "schema_version": SCHEMA})


def _condition(
    given: Mapping[str, Value] | None, condition: str, change: str = ""
) -> dict[str, Any]:
    """Return expressions with their values; ``#name`` in them is the attribute of that name."""
    names = {f"#{name}": name for name in _NAME.findall(f"{condition} {change}")}
    parts = {
        "ConditionExpression": condition,
        "UpdateExpression": change,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": wire(given or {}),
    }
    return {name: part for name, part in parts.items() if part}


def _reasons(problem: StoreError) -> frozenset[str]:
    """Return the codes of a refusal; a transaction's are those of its actions."""
    cause = problem.__cause__
    reasons = (
        cause.response.get("CancellationReasons", ())
        if isinstance(cause, botocore.exceptions.ClientError)
        else ()
    )
    return frozenset(each["Code"] for each in reasons if each["Code"] != "None") or frozenset(
        {problem.code}
    )
