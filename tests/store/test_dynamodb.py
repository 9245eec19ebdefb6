"""What the table adds to the laws of every store: limits, replays, refusals, what may expire."""

import dataclasses
import random
from typing import Any

import pytest

from eksnet.model.tracked import State
from eksnet.store.dynamodb import READERS, DynamoStore
from eksnet.store.interface import StoreError, SupersededError
from eksnet.store.items import size
from tests.build import NOW, TARGET
from tests.store import tables, wire
from tests.store.records import finding, judgement, later, latest, row, run, suppression, tracked

ITEM_BYTES = 400_000
TRANSACTION_BYTES = 4_000_000
THROTTLED = wire.refusal("ThrottlingException")


def noise(length: int, seed: int = 1) -> str:
    """Return text that gzip makes little smaller."""
    return random.Random(seed).randbytes(length // 2).hex()  # noqa: S311 - only noise


def large(megabytes: float) -> Any:
    found = finding(evidence={"noise": noise(int(megabytes * 1_000_000))})
    return judgement(findings=(found,))


def test_a_judgement_beyond_an_items_limit_is_kept_in_parts(
    client: Any, dynamo: DynamoStore
) -> None:
    written = wire.Calls(client, "BatchWriteItem")
    kept = dynamo.put_judgement(large(4))
    assert kept == large(4)
    assert len(wire.items(client)) > 2
    assert max(size(item) for item in wire.items(client)) < ITEM_BYTES
    assert written.sent


def test_parts_without_their_first_are_no_judgement(client: Any, dynamo: DynamoStore) -> None:
    wire.Instead(client, "PutItem", THROTTLED)
    with pytest.raises(StoreError):
        dynamo.put_judgement(large(2))
    assert wire.items(client)
    assert dynamo.judgement(run().id, TARGET) is None


def test_parts_of_another_writer_do_not_mix(client: Any, dynamo: DynamoStore) -> None:
    other = DynamoStore(tables.client(), tables.TABLE, history_days=90)
    theirs = large(1.5)
    wire.before(client, "PutItem", 1, lambda: other.put_judgement(theirs))
    assert dynamo.put_judgement(large(2)) == theirs


def test_a_judgement_that_lost_a_part_is_an_error_never_none(
    client: Any, dynamo: DynamoStore
) -> None:
    dynamo.put_judgement(large(2))
    key = next(each for each in wire.items(client) if each["sk"]["S"].endswith("#0001"))
    client.delete_item(TableName=tables.TABLE, Key={"pk": key["pk"], "sk": key["sk"]})
    with pytest.raises(StoreError, match="CorruptJudgement"):
        dynamo.judgement(run().id, TARGET)
    with pytest.raises(StoreError, match="CorruptJudgement"):
        list(dynamo.judgements(run()))


def test_judgements_are_read_a_few_ahead(client: Any, dynamo: DynamoStore) -> None:
    targets = tuple(dataclasses.replace(TARGET, region=f"region-{n}") for n in range(30))
    dynamo.put_judgement(judgement(target=targets[0]))
    reads = wire.Calls(client, "GetItem")
    found = dynamo.judgements(run(targets=targets))
    assert next(found).target == targets[0]
    assert len(reads.sent) <= READERS
    assert list(found) == []
    assert len(reads.sent) == 30


@pytest.mark.parametrize(
    ("attribute", "value", "code"),
    [
        ("schema_version", {"N": "2"}, "UnknownSchema"),
        ("body", {"S": "{}"}, "CorruptTracked"),
        ("body", {"S": '{"state":"open","newer":1}'}, "CorruptTracked"),
        ("body", {"B": b"\x1f\x8b\x08"}, "CorruptBody"),
        ("body", {"N": "1"}, "CorruptItem"),
    ],
)
def test_what_cannot_be_read_is_an_error_never_missing(
    client: Any, dynamo: DynamoStore, attribute: str, value: Any, code: str
) -> None:
    dynamo.claim(TARGET, latest())
    dynamo.track(TARGET, latest(), [tracked()])
    item = next(each for each in wire.items(client) if each["sk"]["S"] != "LATEST")
    client.put_item(TableName=tables.TABLE, Item={**item, attribute: value})
    with pytest.raises(StoreError, match=f"dynamodb:Query answered {code}"):
        dynamo.tracked(TARGET)


def test_only_what_may_go_expires(client: Any, dynamo: DynamoStore) -> None:
    states = [tracked(number, state) for number, state in enumerate(State)]
    dynamo.begin(run())
    dynamo.put_judgement(large(2))
    dynamo.claim(TARGET, latest())
    dynamo.track(TARGET, latest(), states)
    dynamo.put_capacity([row()])
    dynamo.saw_suppressions([suppression()], NOW)
    gone = [each for each in wire.items(client) if "expires_at" in each]
    stays = [each for each in wire.items(client) if "expires_at" not in each]
    kinds = {each["pk"]["S"].split("#")[0] for each in gone}
    assert kinds == {"RUN", "JUDGEMENT", "SUBNET", "TARGET"}
    assert {each.get("state", {}).get("S") for each in gone} == {None, "resolved"}
    assert {each.get("state", {}).get("S") for each in stays} == {None, "open", "unknown"}
    assert {each["sk"]["S"] for each in stays if "state" not in each} >= {"LATEST"}
    assert len(stays) == 4
    after = int(later(90 * 86_400).timestamp())
    assert all(after <= int(each["expires_at"]["N"]) <= after + 9 for each in gone)


def test_a_finding_that_opens_again_no_longer_expires(client: Any, dynamo: DynamoStore) -> None:
    dynamo.claim(TARGET, latest())
    dynamo.track(TARGET, latest(), [tracked(state=State.RESOLVED)])
    dynamo.track(TARGET, latest(), [tracked()])
    assert not [each for each in wire.items(client) if "expires_at" in each]


def test_batches_keep_within_dynamodbs_limits(client: Any, dynamo: DynamoStore) -> None:
    writes = wire.Calls(client, "BatchWriteItem")
    reads = wire.Calls(client, "BatchGetItem")
    transactions = wire.Calls(client, "TransactWriteItems")
    assert dynamo.put_capacity(row(number) for number in range(130)) == 130
    dynamo.claim(TARGET, latest())
    assert dynamo.track(TARGET, latest(), [tracked(number) for number in range(110)]) == 110
    assert [len(each["RequestItems"]["eksnet"]) for each in writes.sent] == [25] * 5 + [5]
    keys = [len(each["RequestItems"]["eksnet"]["Keys"]) for each in reads.sent]
    assert keys == [100, 30, 100, 10]
    assert [len(each["TransactItems"]) for each in transactions.sent] == [100, 12]


def test_a_transaction_keeps_within_four_megabytes(client: Any, dynamo: DynamoStore) -> None:
    transactions = wire.Calls(client, "TransactWriteItems")
    dynamo.claim(TARGET, latest())
    many = [
        tracked(number, finding=finding(number, evidence={"noise": noise(500_000, number)}))
        for number in range(20)
    ]
    assert dynamo.track(TARGET, latest(), many) == 20
    sizes = [
        sum(size(each["Put"]["Item"]) for each in sent["TransactItems"] if "Put" in each)
        for sent in transactions.sent
    ]
    assert len(sizes) > 1
    assert max(sizes) < TRANSACTION_BYTES
    assert dynamo.tracked(TARGET) == tuple(sorted(many, key=lambda each: each.finding.finding_id))


def test_findings_beyond_a_page_are_all_read(client: Any, dynamo: DynamoStore) -> None:
    dynamo.claim(TARGET, latest())
    many = [
        tracked(number, finding=finding(number, evidence={"noise": noise(500_000, number)}))
        for number in range(6)
    ]
    dynamo.track(TARGET, latest(), many)
    queries = wire.Calls(client, "Query")
    assert len(dynamo.tracked(TARGET)) == 6
    assert len(queries.sent) > 1
    assert all(each["ConsistentRead"] for each in queries.sent)


def test_a_run_superseded_between_batches_stops_there(client: Any, dynamo: DynamoStore) -> None:
    other = DynamoStore(tables.client(), tables.TABLE, history_days=90)
    dynamo.claim(TARGET, latest())
    newer = latest("2026-03-02", 60)
    wire.before(client, "TransactWriteItems", 2, lambda: other.claim(TARGET, newer))
    with pytest.raises(SupersededError):
        dynamo.track(TARGET, latest(), [tracked(number) for number in range(150)])
    assert len(dynamo.tracked(TARGET)) == 99
    assert dynamo.latest(TARGET) == newer


def test_what_is_counted_was_read_back(client: Any, dynamo: DynamoStore) -> None:
    other = DynamoStore(tables.client(), tables.TABLE, history_days=90)
    dynamo.claim(TARGET, latest())
    worse = tracked(2, State.RESOLVED)
    wire.before(client, "BatchGetItem", 1, lambda: other.track(TARGET, latest(), [worse]))
    assert dynamo.track(TARGET, latest(), [tracked(1), tracked(2), tracked(3)]) == 2


def test_the_same_record_is_the_same_item(client: Any, dynamo: DynamoStore) -> None:
    dynamo.put_judgement(large(1))
    dynamo.put_capacity([row()])
    before = wire.items(client)
    first = next(each for each in before if "digest" in each)
    assert first["part"]["B"][4:8] == bytes(4)  # gzip's own time of writing: RFC 1952
    for each in before:
        client.delete_item(TableName=tables.TABLE, Key={"pk": each["pk"], "sk": each["sk"]})
    dynamo.put_judgement(large(1))
    dynamo.put_capacity([row()])
    assert wire.items(client) == before


def test_a_large_body_is_gzipped_and_a_small_one_is_text(client: Any, dynamo: DynamoStore) -> None:
    dynamo.claim(TARGET, latest())
    wide = tracked(2, finding=finding(2, message="wide " * 2000))
    dynamo.track(TARGET, latest(), [tracked(1), wide])
    bodies = [each["body"] for each in wire.items(client) if each["sk"]["S"] != "LATEST"]
    assert sorted(next(iter(each)) for each in bodies) == ["B", "S"]
    assert wide in dynamo.tracked(TARGET)


def test_text_that_is_no_unicode_is_an_error(dynamo: DynamoStore) -> None:
    broken = judgement(findings=(finding(message="\ud800"),))
    with pytest.raises(StoreError, match="NotJsonJudgement"):
        dynamo.put_judgement(broken)
