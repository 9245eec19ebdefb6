"""What every store of plans does, whatever it keeps them in."""

import copy
import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import sandbox
from eksnet.model.journal import (
    Lease,
    PlanRow,
    PlanState,
    Principal,
    Say,
    StepRow,
    StepState,
    Switch,
)
from eksnet.model.plan import digest, plan_id
from eksnet.store.interface import StoreError
from eksnet.store.plan_layout import MOST_STEPS
from eksnet.store.plans import Commit, PlanStore
from eksnet.store.plans_dynamodb import DynamoPlanStore
from eksnet.store.plans_memory import MemoryPlanStore
from tests.build import ACCOUNT, NOW
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

INTENT = StepRow(number=1, state=StepState.INTENT, epoch=1, tries=1)
STOPPED = Switch(stopped=True, reason="a freeze", by="ann", at=NOW)


@dataclasses.dataclass
class Kept:
    """A store, and all it keeps."""

    store: PlanStore
    all: Callable[[], object]


@pytest.fixture(params=["memory", "dynamodb"])
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    if request.param == "memory":
        store = MemoryPlanStore()
        yield Kept(store, lambda: copy.deepcopy(vars(store)))
        return
    with sandbox.offline():
        client = tables.client()
        yield Kept(
            DynamoPlanStore(client, tables.make(client)),
            lambda: sorted(wire.items(client), key=str),
        )


@pytest.fixture
def store(kept: Kept) -> PlanStore:
    return kept.store


def test_a_plan_begins_under_the_name_of_its_digest(store: PlanStore) -> None:
    row = store.put_plan(plan(), person(), NOW)
    assert row == PlanRow(
        plan_id=plan_id(digest(plan())),
        digest=digest(plan()),
        state=PlanState.AWAITING_APPROVAL,
        version=1,
        requester=person(),
        created_at=NOW,
        expires_at=plan().expires_at,
        steps=(StepRow(number=1), StepRow(number=2)),
    )
    assert store.row(row.plan_id) == row
    assert store.plan(row.plan_id) == plan()
    assert store.entries(row.plan_id) == ()


def test_a_plan_that_is_there_stays_as_it_stands(store: PlanStore) -> None:
    row = begun(store)
    assert store.commit(change(next_row(row, state=PlanState.APPLYING)))
    again = store.put_plan(plan(), person("second"), later(9))
    assert again == next_row(row, state=PlanState.APPLYING)
    assert store.rows() == (again,)


def test_what_is_not_there_is_none(store: PlanStore) -> None:
    assert store.plan("pl-0") is None
    assert store.row("pl-0") is None
    assert store.rows() == ()
    assert store.entries("pl-0") == ()
    assert store.decisions("pl-0") == ()
    assert store.switch() == Switch()
    assert store.spent(ACCOUNT, DAY) == 0


def test_a_plan_of_more_steps_than_a_transaction_holds_is_an_error(store: PlanStore) -> None:
    row = begun(store, steps=MOST_STEPS)
    assert store.row(row.plan_id) == row
    with pytest.raises(StoreError, match="TooManySteps"):
        begun(store, steps=MOST_STEPS + 1)


def test_plans_are_listed_newest_first(store: PlanStore) -> None:
    for seconds in (5, 9, 1):
        store.put_plan(plan(f"vpc-{seconds}"), person(), later(seconds))
    assert [row.created_at for row in store.rows()] == [later(9), later(5), later(1)]


def test_a_change_is_kept_with_its_step_and_its_entry(store: PlanStore) -> None:
    row = begun(store)
    intent = next_row(row, INTENT, state=PlanState.APPLYING, attempt=1)
    assert store.commit(change(intent, number=1, text="makes a subnet"))
    done = next_row(intent, state=PlanState.SUCCEEDED, approvers=("ann",))
    assert store.commit(change(done, at=later(91)))
    assert store.row(row.plan_id) == done
    first, second = store.entries(row.plan_id)
    assert (first.version, first.step, first.text) == (2, INTENT, "makes a subnet")
    assert (first.at, first.state, first.worker) == (later(90), PlanState.APPLYING, WORKER)
    assert (second.version, second.step, second.plan_id) == (3, None, row.plan_id)


def test_only_the_step_that_a_change_names_is_changed(store: PlanStore) -> None:
    row = begun(store)
    other = dataclasses.replace(INTENT, number=2)
    assert store.commit(change(next_row(row, INTENT, other), number=1))
    assert store.row(row.plan_id) == next_row(row, INTENT)


def test_of_two_changes_of_one_version_one_is_kept(store: PlanStore) -> None:
    row = begun(store)
    assert store.commit(change(next_row(row, state=PlanState.APPLYING)))
    assert not store.commit(change(next_row(row, state=PlanState.REJECTED)))
    assert store.row(row.plan_id) == next_row(row, state=PlanState.APPLYING)
    assert len(store.entries(row.plan_id)) == 1


def guarded(store: PlanStore) -> Commit:
    """Return a change that asks for everything, and would get it."""
    row = begun(store)
    said = word(row, "ann"), word(row, "cid")
    assert all(store.decide(each) for each in said)
    return change(
        next_row(row, INTENT, state=PlanState.APPLYING),
        number=1,
        lease=lease(store, row),
        budget=budget(),
        running=True,
        agreed=said,
    )


def test_a_change_whose_conditions_hold_is_kept(store: PlanStore) -> None:
    wanted = guarded(store)
    assert store.commit(wanted)
    assert store.row(wanted.row.plan_id) == wanted.row
    assert store.spent(ACCOUNT, DAY) == 1


def other_row(**parts: Any) -> Callable[[PlanStore, Commit], Commit]:
    return lambda _, wanted: dataclasses.replace(
        wanted, row=dataclasses.replace(wanted.row, **parts)
    )


def other_lease(**parts: Any) -> Callable[[PlanStore, Commit], Commit]:
    def changed(_: PlanStore, wanted: Commit) -> Commit:
        assert wanted.lease
        return dataclasses.replace(wanted, lease=dataclasses.replace(wanted.lease, **parts))

    return changed


def other_word(**parts: Any) -> Callable[[PlanStore, Commit], Commit]:
    def changed(_: PlanStore, wanted: Commit) -> Commit:
        assert wanted.agreed
        first, *rest = wanted.agreed
        return dataclasses.replace(wanted, agreed=(dataclasses.replace(first, **parts), *rest))

    return changed


def dropped(store: PlanStore, wanted: Commit) -> Commit:
    assert wanted.lease
    store.drop_lease(wanted.lease)
    return wanted


def taken_over(store: PlanStore, wanted: Commit) -> Commit:
    assert store.take_lease(KEY, "pl-other", "worker-2", later(301), later(900))
    return wanted


def stopped(store: PlanStore, wanted: Commit) -> Commit:
    store.put_switch(STOPPED)
    return wanted


def rejected(store: PlanStore, wanted: Commit) -> Commit:
    assert store.decide(no(wanted.row))
    return wanted


def spent(store: PlanStore, wanted: Commit) -> Commit:
    row = begun(store, vpc_id="vpc-other")
    assert store.commit(change(next_row(row), budget=budget(1)))
    return dataclasses.replace(wanted, budget=budget(1))


FALSIFIED: dict[str, Callable[[PlanStore, Commit], Commit]] = {
    "no such plan": other_row(plan_id="pl-0"),
    "a version too far": other_row(version=3),
    "another digest": other_row(digest="0" * 64),
    "another requester": other_row(requester=person("second")),
    "another expiry": other_row(expires_at=later(9999)),
    "another beginning": other_row(created_at=later(1)),
    "another owner": other_lease(owner="worker-2"),
    "another epoch": other_lease(epoch=2),
    "another target": other_lease(key="elsewhere"),
    "a lease that ended": lambda _, wanted: dataclasses.replace(wanted, at=later(300)),
    "a lease given back": dropped,
    "a lease taken over": taken_over,
    "a stopped switch": stopped,
    "a budget spent": spent,
    "a budget of none": lambda _, wanted: dataclasses.replace(wanted, budget=budget(0)),
    "other words": other_word(reason="fine"),
    "another's word": other_word(principal=person("dot")),
    "a word on another digest": other_word(digest="0" * 64),
    "a word of another time": other_word(at=later(61)),
    "a no in place of a yes": other_word(say=Say.REJECT),
    "a rejection": rejected,
}


@pytest.mark.parametrize("falsify", FALSIFIED.values(), ids=FALSIFIED)
def test_each_condition_alone_stops_a_change_and_nothing_happens(
    kept: Kept, falsify: Callable[[PlanStore, Commit], Commit]
) -> None:
    wanted = falsify(kept.store, guarded(kept.store))
    before = kept.all()
    assert not kept.store.commit(wanted)
    assert kept.all() == before


@pytest.mark.parametrize("falsify", [stopped, rejected, dropped])
def test_a_change_asks_only_for_what_it_names(
    store: PlanStore, falsify: Callable[[PlanStore, Commit], Commit]
) -> None:
    wanted = falsify(store, guarded(store))
    assert store.commit(change(wanted.row, number=1))


def test_nobody_has_to_agree_where_none_are_named_but_nobody_may_reject(store: PlanStore) -> None:
    row = begun(store)
    assert store.commit(change(next_row(row), agreed=()))
    assert store.decide(no(row))
    assert not store.commit(change(next_row(next_row(row)), agreed=()))


def test_what_is_no_change_is_an_error(kept: Kept) -> None:
    row = begun(kept.store)
    before = kept.all()
    with pytest.raises(ValueError, match="version 1"):
        kept.store.commit(change(row))
    with pytest.raises(ValueError, match="step 7"):
        kept.store.commit(change(next_row(row), number=7))
    twice = word(row), word(row, reason="fine")
    with pytest.raises(ValueError, match="counts once"):
        kept.store.commit(change(next_row(row), agreed=twice))
    assert kept.all() == before


def test_a_step_that_the_plan_has_not_is_never_kept(kept: Kept) -> None:
    row = begun(kept.store)
    seventh = StepRow(number=7)
    before = kept.all()
    wanted = next_row(row, steps=(*row.steps, seventh))
    assert not kept.store.commit(change(wanted, number=7))
    assert kept.all() == before


def test_a_budget_is_never_overdrawn(store: PlanStore) -> None:
    row = begun(store)
    for count in range(5):
        wanted = next_row(row)
        assert store.commit(change(wanted, budget=budget(3))) is (count < 3)
        row = wanted if count < 3 else row
    assert store.spent(ACCOUNT, DAY) == 3
    assert store.spent(ACCOUNT, DAY + dt.timedelta(days=1)) == 0
    assert store.spent("999900001111", DAY) == 0


def test_an_approval_counts_once(store: PlanStore) -> None:
    row = begun(store)
    assert store.decide(word(row))
    assert not store.decide(word(row))
    assert not store.decide(word(row, at=later(61)))
    assert store.decide(word(row, "aaa"))
    assert store.decisions(row.plan_id) == (word(row, "aaa"), word(row))


@pytest.mark.parametrize(
    "parts",
    [
        {"name": "asks"},
        {"digest": "0" * 64},
        {"plan_id": "pl-0"},
        {"at": later(3600)},
        {"at": later(3601)},
    ],
    ids=["by the requester", "on another digest", "on no plan", "as it expires", "expired"],
)
def test_an_approval_that_does_not_count_is_not_kept(kept: Kept, parts: dict[str, Any]) -> None:
    row = begun(kept.store)
    before = [kept.store.decisions(row.plan_id), kept.store.row(row.plan_id)]
    assert not kept.store.decide(word(row, **parts))
    assert [kept.store.decisions(row.plan_id), kept.store.row(row.plan_id)] == before


def test_a_plan_that_no_longer_waits_is_not_approved(store: PlanStore) -> None:
    row = begun(store)
    assert store.commit(change(next_row(row, state=PlanState.APPLYING)))
    assert not store.decide(word(row))
    assert store.decisions(row.plan_id) == ()


def test_a_rejection_goes_over_ones_own_approval_and_stays(store: PlanStore) -> None:
    row = begun(store)
    assert store.decide(word(row))
    assert store.decide(no(row, "ann"))
    assert store.decide(no(row, "ann"))
    assert not store.decide(word(row))
    assert store.decisions(row.plan_id) == (no(row, "ann"),)


def test_nobody_approves_what_somebody_rejected(store: PlanStore) -> None:
    row = begun(store)
    assert store.decide(no(row, "ben"))
    assert not store.decide(word(row, "ann"))
    assert store.decide(no(row, "cid", at=later(61)))
    assert store.decisions(row.plan_id) == (no(row, "ben"), no(row, "cid", at=later(61)))


@pytest.mark.parametrize("user", ["ann@example.com", "!rejected", "a b/c#d:e", "~" * 64])
def test_a_user_of_identity_center_decides_under_any_name(store: PlanStore, user: str) -> None:
    row = begun(store)
    who = Principal(id=f"identity-center:{user}", arn=person().arn)
    other = word(row, principal=Principal(id="identity-center:zoe", arn=person().arn))
    assert store.decide(word(row, principal=who))
    assert not store.decide(word(row, principal=who))
    assert store.decide(other)
    assert set(store.decisions(row.plan_id)) == {word(row, principal=who), other}
    assert store.decide(no(row, principal=who))
    assert set(store.decisions(row.plan_id)) == {no(row, principal=who), other}


def test_a_rejection_counts_whoever_says_it_and_whenever(store: PlanStore) -> None:
    row = begun(store)
    assert store.commit(change(next_row(row, state=PlanState.APPLYING)))
    assert store.decide(no(row, "asks", at=later(99_999)))
    assert not store.decide(no(row, digest="0" * 64))
    assert not store.decide(no(row, plan_id="pl-0"))
    assert store.decisions(row.plan_id) == (no(row, "asks", at=later(99_999)),)


def test_a_lease_has_one_holder(store: PlanStore) -> None:
    row = begun(store)
    held = lease(store, row)
    assert held == Lease(key=KEY, owner=WORKER, epoch=1, until=later(300))
    assert store.take_lease(KEY, row.plan_id, "worker-2", later(300), later(600)) is None
    assert store.take_lease(KEY, "pl-other", WORKER, later(1), later(600)) is None
    assert store.take_lease("elsewhere", row.plan_id, "worker-2", NOW, later(1))
    assert store.take_lease(KEY, row.plan_id, "worker-2", later(301), later(600))


def test_a_renewal_keeps_the_epoch(store: PlanStore) -> None:
    row = begun(store)
    lease(store, row)
    again = store.take_lease(KEY, row.plan_id, WORKER, later(400), later(700))
    assert again == Lease(key=KEY, owner=WORKER, epoch=1, until=later(700))


def test_a_lease_taken_over_ends_the_old_owners_changes(store: PlanStore) -> None:
    row = begun(store)
    old = lease(store, row)
    new = store.take_lease(KEY, row.plan_id, "worker-2", later(301), later(900))
    assert new
    assert new.epoch == 2
    assert not store.commit(change(next_row(row), at=later(10), lease=old))
    store.drop_lease(old)
    assert store.commit(change(next_row(row), at=later(302), lease=new))


def test_a_lease_given_back_is_free_and_its_epoch_grows_on(store: PlanStore) -> None:
    row = begun(store)
    held = lease(store, row)
    store.drop_lease(held)
    store.drop_lease(held)
    taken = store.take_lease(KEY, row.plan_id, WORKER, later(1), later(300))
    assert taken
    assert taken.epoch == 2
    assert not store.commit(change(next_row(row), lease=held))


def test_a_lease_ends_within_the_second_that_it_names(store: PlanStore) -> None:
    half = dt.timedelta(milliseconds=500)
    taken = store.take_lease(KEY, "pl-0", WORKER, NOW, later(10) + half)
    assert taken
    assert taken.until == later(10)


def test_the_switch_is_as_it_was_put_last(store: PlanStore) -> None:
    store.put_switch(STOPPED)
    assert store.switch() == STOPPED
    store.put_switch(Switch(by="ann", at=later(5)))
    assert store.switch() == Switch(by="ann", at=later(5))
    row = begun(store)
    assert store.commit(change(next_row(row), running=True))
