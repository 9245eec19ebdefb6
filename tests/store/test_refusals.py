"""What DynamoDB refuses or leaves undone is done again or is an error, never nothing."""

from typing import Any

import pytest

from eksnet.store.calls import TRIES
from eksnet.store.dynamodb import DynamoStore
from eksnet.store.interface import StoreError
from tests.build import NOW, TARGET
from tests.store import tables, wire
from tests.store.records import judgement, latest, row, run, suppression, tracked

THROTTLED = wire.refusal("ProvisionedThroughputExceededException")


def test_a_conflicting_transaction_is_tried_again(
    client: Any, dynamo: DynamoStore, naps: list[float]
) -> None:
    dynamo.claim(TARGET, latest())
    wire.Instead(client, "TransactWriteItems", wire.cancelled("TransactionConflict", "None"))
    assert dynamo.track(TARGET, latest(), [tracked()]) == 1
    assert len(naps) == 1


def test_a_claim_waits_for_a_transaction_on_it(client: Any, dynamo: DynamoStore) -> None:
    wire.Instead(client, "PutItem", wire.refusal("TransactionConflictException"))
    assert dynamo.claim(TARGET, latest())


def test_conflicts_without_end_are_an_error(
    client: Any, dynamo: DynamoStore, naps: list[float]
) -> None:
    dynamo.claim(TARGET, latest())
    wire.Instead(client, "TransactWriteItems", *[wire.cancelled("TransactionConflict")] * 99)
    with pytest.raises(StoreError, match="TransactWriteItems answered TransactionConflict"):
        dynamo.track(TARGET, latest(), [tracked()])
    assert len(naps) == TRIES - 1
    assert all(each <= 0.05 * 2**number for number, each in enumerate(naps))


def test_a_transaction_refused_for_good_is_an_error_at_once(
    client: Any, dynamo: DynamoStore, naps: list[float]
) -> None:
    dynamo.claim(TARGET, latest())
    wire.Instead(
        client,
        "TransactWriteItems",
        wire.cancelled("TransactionConflict", "ItemCollectionSizeLimitExceeded"),
    )
    with pytest.raises(StoreError, match="ItemCollectionSizeLimitExceeded"):
        dynamo.track(TARGET, latest(), [tracked()])
    assert naps == []


def test_unprocessed_items_are_written_again(client: Any, dynamo: DynamoStore) -> None:
    left = {"PutRequest": {"Item": {"pk": {"S": "SUBNET#z"}, "sk": {"S": "left"}}}}
    wire.Instead(client, "BatchWriteItem", {"UnprocessedItems": {"eksnet": [left]}})
    dynamo.put_capacity([row()])
    assert [each["sk"]["S"] for each in wire.items(client)] == ["left"]


def test_unprocessed_keys_are_read_again(client: Any, dynamo: DynamoStore) -> None:
    dynamo.begin(run())
    keys = [{"pk": {"S": "RUN#FULL"}, "sk": {"S": run().id}}]
    left = {"eksnet": {"Keys": keys, "ConsistentRead": True}}
    wire.Instead(client, "BatchGetItem", {"Responses": {}, "UnprocessedKeys": left})
    assert dynamo.run(run().id) == run()


def test_items_never_processed_are_an_error(client: Any, dynamo: DynamoStore) -> None:
    left = {"PutRequest": {"Item": {"pk": {"S": "SUBNET#z"}, "sk": {"S": "left"}}}}
    answer = {"UnprocessedItems": {"eksnet": [left]}}
    instead = wire.Instead(client, "BatchWriteItem", *[answer] * 99)
    with pytest.raises(StoreError, match="BatchWriteItem answered UnprocessedItems"):
        dynamo.put_capacity([row()])
    assert instead.calls == TRIES


def test_keys_never_processed_are_an_error(client: Any, dynamo: DynamoStore) -> None:
    left = {"eksnet": {"Keys": [{"pk": {"S": "RUN#FULL"}, "sk": {"S": "1"}}]}}
    answer = {"Responses": {}, "UnprocessedKeys": left}
    wire.Instead(client, "BatchGetItem", *[answer] * 99)
    with pytest.raises(StoreError, match="BatchGetItem answered UnprocessedKeys"):
        dynamo.run("1")


@pytest.mark.parametrize(
    ("operation", "act"),
    [
        ("GetItem", lambda store: store.latest(TARGET)),
        ("Query", lambda store: store.tracked(TARGET)),
        ("BatchGetItem", lambda store: store.run("2026-03-01")),
        ("BatchWriteItem", lambda store: store.put_capacity([row()])),
        ("PutItem", lambda store: store.claim(TARGET, latest())),
        ("UpdateItem", lambda store: store.saw_suppressions([suppression()], NOW)),
        ("TransactWriteItems", lambda store: store.begin(run())),
    ],
)
def test_a_refused_call_names_its_api_and_code(
    client: Any, dynamo: DynamoStore, operation: str, act: Any
) -> None:
    wire.Instead(client, operation, wire.refusal("AccessDeniedException"))
    with pytest.raises(StoreError) as caught:
        act(dynamo)
    assert (caught.value.api, caught.value.code) == (
        f"dynamodb:{operation}",
        "AccessDeniedException",
    )


def test_throttling_that_botocore_gave_up_on_is_an_error_at_once(
    client: Any, dynamo: DynamoStore, naps: list[float]
) -> None:
    instead = wire.Instead(client, "PutItem", *[THROTTLED] * 9)
    with pytest.raises(StoreError, match="ProvisionedThroughputExceededException"):
        dynamo.claim(TARGET, latest())
    assert instead.calls == 1
    assert naps == []


def test_a_table_that_is_not_there_is_an_error(client: Any) -> None:
    store = DynamoStore(client, "other", history_days=90)
    with pytest.raises(StoreError, match="ResourceNotFoundException"):
        store.latest(TARGET)
    with pytest.raises(StoreError, match="ResourceNotFoundException"):
        list(store.judgements(run()))


def test_a_time_that_is_none_is_an_error(client: Any, dynamo: DynamoStore) -> None:
    dynamo.begin(run(reported_at=NOW))
    (item,) = wire.items(client)
    client.put_item(TableName=tables.TABLE, Item={**item, "reported_at": {"S": "soon"}})
    with pytest.raises(StoreError, match="dynamodb:BatchGetItem answered CorruptItem"):
        dynamo.run(run().id)


def test_what_is_gone_after_it_was_written_is_an_error(client: Any, dynamo: DynamoStore) -> None:
    wire.Instead(client, "GetItem", {})
    with pytest.raises(StoreError, match="LostJudgement"):
        dynamo.put_judgement(judgement())
