"""What the table adds to the laws of every store of plans: lost answers, torn reads, bad items."""

import json
from collections.abc import Callable
from typing import Any

import botocore.exceptions
import pytest

from eksnet.model.journal import PlanState, StepRow, StepState
from eksnet.model.plan import canonical, digest
from eksnet.store.calls import TRIES
from eksnet.store.interface import StoreError
from eksnet.store.plans_dynamodb import READERS, DynamoPlanStore
from tests.build import NOW
from tests.store import tables, wire
from tests.store.plans import (
    DAY,
    KEY,
    WORKER,
    begun,
    budget,
    change,
    lease,
    next_row,
    no,
    person,
    plan,
    word,
)
from tests.store.records import later

TRANSACT = "TransactWriteItems"
DONE = StepRow(number=1, state=StepState.DONE)


@pytest.fixture
def store(client: Any, naps: list[float]) -> DynamoPlanStore:
    return DynamoPlanStore(client, tables.TABLE, sleep=naps.append)


@pytest.fixture
def other() -> Callable[[], DynamoPlanStore]:
    return lambda: DynamoPlanStore(tables.client(), tables.TABLE)


def lose_answers(client: Any, operation: str) -> None:
    """Let calls of an operation through, and lose what is answered."""

    def lose(**_: object) -> None:
        raise botocore.exceptions.ReadTimeoutError(endpoint_url="https://dynamodb")

    client.meta.events.register(f"after-call.dynamodb.{operation}", lose)


def send_twice(client: Any, operation: str) -> None:
    """Send each call of an operation once before: the second one's answer is what comes back."""
    first = tables.client()
    name = "transact_write_items" if operation == TRANSACT else "update_item"

    def send(params: dict[str, Any], **_: object) -> None:
        try:
            getattr(first, name)(**json.loads(params["body"]))
        except first.exceptions.ConditionalCheckFailedException:
            return

    client.meta.events.register(f"before-call.dynamodb.{operation}", send)


def item(client: Any, sk: str) -> dict[str, Any]:
    return next(each for each in wire.items(client) if each["sk"]["S"] == sk)


def put(client: Any, sk: str, **attributes: Any) -> None:
    client.put_item(TableName=tables.TABLE, Item={**item(client, sk), **attributes})


def test_a_change_whose_answer_was_lost_is_kept_once(client: Any, store: DynamoPlanStore) -> None:
    row = next_row(begun(store), DONE)
    lose_answers(client, TRANSACT)
    assert store.commit(change(row, number=1, budget=budget()))
    assert len(store.entries(row.plan_id)) == 1
    assert store.row(row.plan_id) == row
    assert store.spent(budget().account_id, DAY) == 1


def test_a_change_sent_again_that_meets_itself_is_kept_once(
    client: Any, store: DynamoPlanStore
) -> None:
    row = next_row(begun(store), DONE)
    send_twice(client, TRANSACT)
    assert store.commit(change(row, number=1, budget=budget()))
    assert len(store.entries(row.plan_id)) == 1
    assert store.spent(budget().account_id, DAY) == 1


def test_a_lost_answer_is_no_where_another_change_won(
    client: Any, store: DynamoPlanStore, other: Callable[[], DynamoPlanStore]
) -> None:
    row = begun(store)
    theirs = next_row(row, state=PlanState.REJECTED)
    wire.before(client, TRANSACT, 1, lambda: other().commit(change(theirs)))
    lose_answers(client, TRANSACT)
    assert not store.commit(change(next_row(row, DONE), number=1))
    assert store.row(row.plan_id) == theirs


def test_the_same_words_of_another_are_not_ours(
    client: Any, store: DynamoPlanStore, other: Callable[[], DynamoPlanStore]
) -> None:
    row = next_row(begun(store), DONE)
    wire.before(client, TRANSACT, 1, lambda: other().commit(change(row, number=1)))
    assert not store.commit(change(row, number=1))
    assert len(store.entries(row.plan_id)) == 1


def test_a_change_of_which_nothing_is_known_is_an_error(
    client: Any, store: DynamoPlanStore
) -> None:
    row = begun(store)
    wire.Instead(client, TRANSACT, wire.refusal("InternalServerError"))
    with pytest.raises(StoreError, match="InternalServerError"):
        store.commit(change(next_row(row)))
    assert store.row(row.plan_id) == row


def test_a_change_in_progress_is_waited_for_under_one_token(
    client: Any, store: DynamoPlanStore, naps: list[float]
) -> None:
    row = next_row(begun(store))
    sent = wire.Calls(client, TRANSACT)
    wire.Instead(client, TRANSACT, wire.refusal("TransactionInProgressException"))
    assert store.commit(change(row))
    tokens = {each["ClientRequestToken"] for each in sent.sent}
    assert len(sent.sent) == len(naps) + 1 == 2
    assert tokens == {item(client, "ENTRY#000002")["nonce"]["S"]}


def test_each_change_has_a_token_of_its_own(client: Any, store: DynamoPlanStore) -> None:
    row = begun(store)
    sent = wire.Calls(client, TRANSACT)
    assert store.commit(change(next_row(row)))
    assert not store.commit(change(next_row(row)))
    assert len({each["ClientRequestToken"] for each in sent.sent}) == 2


def test_an_approval_whose_answer_was_lost_counts(client: Any, store: DynamoPlanStore) -> None:
    row = begun(store)
    lose_answers(client, TRANSACT)
    assert store.decide(word(row))
    assert store.decisions(row.plan_id) == (word(row),)


@pytest.mark.parametrize("before", [(), ("cid",)])
def test_an_approval_that_was_refused_is_an_error(
    client: Any, store: DynamoPlanStore, before: tuple[str, ...]
) -> None:
    row = begun(store)
    assert all(store.decide(word(row, name, at=later(1))) for name in before)
    wire.Instead(client, TRANSACT, wire.refusal("AccessDeniedException"))
    with pytest.raises(StoreError, match="AccessDeniedException"):
        store.decide(word(row, "cid"))


def test_the_first_rejections_words_are_kept(client: Any, store: DynamoPlanStore) -> None:
    row = begun(store)
    assert store.decide(no(row, "ben", reason="too wide"))
    first = item(client, "!REJECTED")
    assert store.decide(no(row, "ann", reason="too late"))
    assert "too wide" in first["body"]["S"]
    assert item(client, "!REJECTED") == first


def test_a_lease_whose_answer_was_lost_is_held(client: Any, store: DynamoPlanStore) -> None:
    row = begun(store)
    lease(store, row, "worker-0", seconds=30)
    send_twice(client, "UpdateItem")
    taken = store.take_lease(KEY, row.plan_id, WORKER, later(60), later(900))
    assert taken
    assert (taken.owner, taken.epoch) == (WORKER, 2)


def test_a_lease_is_had_by_one_of_two_who_take_it_at_once(
    client: Any, store: DynamoPlanStore, other: Callable[[], DynamoPlanStore]
) -> None:
    wire.before(client, "UpdateItem", 2, lambda: lease(other(), begun(other()), "worker-2"))
    assert store.take_lease(KEY, begun(other()).plan_id, WORKER, NOW, later(60)) is None


def test_a_row_read_while_it_changed_is_read_again(
    client: Any, store: DynamoPlanStore, naps: list[float]
) -> None:
    row = begun(store)
    old = [item(client, "META"), item(client, "STEP#01"), item(client, "STEP#02")]
    done = next_row(row, DONE)
    assert store.commit(change(done, number=1))
    new = [item(client, "META"), item(client, "STEP#01"), item(client, "STEP#02")]
    torn = {"Items": [new[0], old[1], old[2]]}, {"Items": [old[0], new[1], old[2]]}
    wire.Instead(client, "Query", *torn)
    assert store.row(row.plan_id) == done
    assert len(naps) == 2


def test_a_row_of_a_newer_step_and_an_older_one_is_torn(
    client: Any, store: DynamoPlanStore, naps: list[float]
) -> None:
    first = next_row(begun(store), DONE)
    steps = [item(client, "STEP#01"), item(client, "STEP#02")]
    assert store.commit(change(first, number=1))
    meta = item(client, "META")
    second = next_row(first, StepRow(number=2, state=StepState.DONE))
    assert store.commit(change(second, number=2))
    wire.Instead(client, "Query", {"Items": [meta, steps[0], item(client, "STEP#02")]})
    assert store.row(first.plan_id) == second
    assert len(naps) == 1


def test_a_row_that_stays_torn_is_an_error(client: Any, store: DynamoPlanStore) -> None:
    row = begun(store)
    put(client, "META", step_changes={"N": "7"})
    queries = wire.Calls(client, "Query")
    with pytest.raises(StoreError, match="TornPlanRow"):
        store.row(row.plan_id)
    assert len(queries.sent) == TRIES
    assert all(each["ConsistentRead"] for each in queries.sent)


def test_a_plan_of_another_digest_is_corrupt(client: Any, store: DynamoPlanStore) -> None:
    row = begun(store)
    put(client, "BODY", body={"S": canonical(plan(tool_version="9")).decode()})
    with pytest.raises(StoreError, match="CorruptPlan"):
        store.plan(row.plan_id)
    put(client, "META", digest={"S": digest(plan(tool_version="9"))})
    with pytest.raises(StoreError, match="CorruptPlan"):
        store.plan(row.plan_id)


@pytest.mark.parametrize(
    ("body", "code"),
    [({"S": "{}"}, "CorruptPlan"), ({"B": b"\x1f\x8b"}, "CorruptBody"), ({"N": "1"}, "CorruptIt")],
)
def test_a_plan_that_cannot_be_read_is_an_error(
    client: Any, store: DynamoPlanStore, body: Any, code: str
) -> None:
    row = begun(store)
    put(client, "BODY", body=body)
    with pytest.raises(StoreError, match=code):
        store.plan(row.plan_id)


@pytest.mark.parametrize("sk", ["META", "BODY"])
def test_half_a_plan_is_an_error_never_none(client: Any, store: DynamoPlanStore, sk: str) -> None:
    row = begun(store)
    gone = item(client, sk)
    client.delete_item(TableName=tables.TABLE, Key={"pk": gone["pk"], "sk": gone["sk"]})
    with pytest.raises(StoreError, match="CorruptPlan"):
        store.plan(row.plan_id)


def test_a_listed_plan_without_a_row_is_an_error(client: Any, store: DynamoPlanStore) -> None:
    begun(store)
    for each in wire.items(client):
        if each["pk"]["S"] != "PLANS":
            client.delete_item(TableName=tables.TABLE, Key={"pk": each["pk"], "sk": each["sk"]})
    with pytest.raises(StoreError, match="LostPlanRow"):
        store.rows()


def test_more_plans_than_are_read_at_once_keep_their_order(store: DynamoPlanStore) -> None:
    count = 2 * READERS + 1
    for second in range(count):
        store.put_plan(plan(f"vpc-{second}", steps=1), person(), later(second))
    assert [row.created_at for row in store.rows()] == [later(n) for n in reversed(range(count))]


def test_a_long_plan_is_gzipped_and_a_short_one_is_its_canonical_text(
    client: Any, store: DynamoPlanStore
) -> None:
    row = begun(store, steps=1)
    assert item(client, "BODY")["body"] == {"S": canonical(plan(steps=1)).decode()}
    assert store.plan(row.plan_id) == plan(steps=1)
    long = begun(store, steps=60)
    bodies = [each["body"] for each in wire.items(client) if each["sk"]["S"] == "BODY"]
    assert sorted(next(iter(each)) for each in bodies) == ["B", "S"]
    assert store.plan(long.plan_id) == plan(steps=60)


def test_nothing_of_a_plan_expires_and_approvals_are_apart(
    client: Any, store: DynamoPlanStore
) -> None:
    row = begun(store)
    assert store.decide(word(row))
    assert store.decide(no(row))
    assert store.commit(change(next_row(row), lease=lease(store, row), budget=budget()))
    found = wire.items(client)
    assert not [each for each in found if "expires_at" in each]
    assert all(each["schema_version"] == {"N": "1"} for each in found)
    said = {each["sk"]["S"] for each in found if each["pk"]["S"] == f"APPROVAL#{row.plan_id}"}
    assert said == {"!REJECTED", "AIDA-ann", "AIDA-ben"}
    kinds = {each["pk"]["S"].split("#")[0] for each in found}
    assert kinds == {"PLAN", "PLANS", "APPROVAL", "LEASE", "BUDGET"}


def test_a_refused_read_is_an_error_never_nothing(client: Any, store: DynamoPlanStore) -> None:
    for operation in ("GetItem", "Query", "BatchGetItem"):
        wire.Instead(client, operation, *[wire.refusal("AccessDeniedException")] * 9)
    asked: list[Callable[[], object]] = [
        lambda: store.plan("pl-0"),
        lambda: store.row("pl-0"),
        store.rows,
        lambda: store.entries("pl-0"),
        lambda: store.decisions("pl-0"),
        store.switch,
        lambda: store.spent("1", DAY),
    ]
    for ask in asked:
        with pytest.raises(StoreError, match="AccessDeniedException"):
            ask()
