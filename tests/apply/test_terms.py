"""What stops an execution or lets it wait: the switch, people, time, budget, another's lease."""

import datetime as dt

import pytest

from eksnet.apply.executor_window import opens
from eksnet.apply.interface import WriteError
from eksnet.apply.lease import lease_key
from eksnet.apply.progress import NotBegun
from eksnet.model.journal import PlanState, Say, StepState, Switch
from eksnet.settings.terms import Terms, Window
from tests.apply.ground import (
    APPLY,
    CAROL,
    DAVE,
    NOW,
    ROLLBACK,
    STOP,
    Ground,
    approved,
    failing,
    later,
)
from tests.apply.plans import LOGS, PODS

OFFICE = Window(
    days=frozenset(range(5)), start=dt.time(9), end=dt.time(17)
)  # NOW is a Sunday, 8:00
LATE = Window(days=frozenset({6}), start=dt.time(20), end=dt.time(21))
EARLY = Window(days=frozenset({6}), start=dt.time(8), end=dt.time(8, 1))


@pytest.mark.parametrize("number", range(10))
def test_the_switch_halts_before_the_next_call(number: int) -> None:
    ground = approved()
    attempt = ground.upto(number)
    ground.store.put_switch(STOP)
    progress = ground.advance(attempt)
    assert not progress.again
    assert (progress.state, progress.text) == (
        PlanState.HALTED,
        "ops stopped all writing: a freeze",
    )
    assert len(ground.hands.done) == number
    ground.store.put_switch(Switch())
    assert ground.run().state is PlanState.SUCCEEDED
    assert len(ground.hands.done) == 9


def test_the_switch_thrown_while_a_worker_looks_still_stops_its_call() -> None:
    ground = approved()
    attempt = ground.upto(2)
    ground.eyes.before = lambda: ground.store.put_switch(STOP)
    assert ground.advance(attempt).again
    assert ground.advance(attempt).state is PlanState.HALTED
    assert len(ground.hands.done) == 2


def test_a_rejection_before_the_first_intent_ends_the_plan() -> None:
    ground = approved()
    attempt = ground.begun()
    ground.say(DAVE, Say.REJECT, "no")
    assert ground.advance(attempt).state is PlanState.REJECTED
    assert not ground.hands.done


@pytest.mark.parametrize("number", range(1, 10))
def test_a_rejection_after_it_halts_the_plan_for_good(number: int) -> None:
    ground = approved()
    attempt = ground.upto(number)
    ground.say(CAROL, Say.REJECT, "I was wrong")
    assert ground.advance(attempt).state is PlanState.HALTED
    assert len(ground.hands.done) == number
    assert isinstance(ground.begin(APPLY), NotBegun)
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert ground.restored


def test_a_rejection_while_a_worker_looks_still_stops_its_call() -> None:
    ground = approved()
    attempt = ground.upto(2)
    ground.eyes.before = lambda: ground.reject(DAVE)
    assert ground.advance(attempt).again
    assert ground.advance(attempt).state is PlanState.HALTED
    assert len(ground.hands.done) == 2


def test_an_approval_that_is_gone_stops_the_next_call() -> None:
    ground = approved()
    attempt = ground.upto(2)
    ground.store._decisions.clear()
    progress = ground.advance(attempt)
    assert progress.state is PlanState.INTERRUPTED
    assert progress.text == "approvals still needed: 1"
    assert len(ground.hands.done) == 2


def test_a_plan_that_expires_before_the_first_intent_is_expired() -> None:
    ground = approved()
    attempt = ground.begun()
    ground.clock.move(24 * 3600)
    assert ground.advance(attempt).state is PlanState.EXPIRED


def test_a_plan_that_expires_later_makes_no_more_calls_and_may_be_taken_back() -> None:
    ground = approved()
    attempt = ground.upto(3)
    ground.clock.move(24 * 3600)
    progress = ground.advance(attempt)
    assert progress.state is PlanState.INTERRUPTED
    assert progress.text == "the plan expired at 2026-03-02 08:00 UTC"
    assert isinstance(ground.begin(APPLY), NotBegun)
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK


def test_a_plan_waits_for_the_window_without_the_lease() -> None:
    ground = approved(terms=Terms(window=LATE))
    attempt = ground.begun()
    progress = ground.worker().advance(ground.id, APPLY, attempt)
    assert (progress.state, progress.again) == (PlanState.WINDOW_WAIT, True)
    assert progress.wait_seconds == 12 * 3600
    assert ground.store.take_lease(lease_key(ground.plan), "pl-2", "other", NOW, later(seconds=9))


def test_a_plan_that_the_window_does_not_fit_any_more_expires() -> None:
    ground = approved(terms=Terms(window=LATE))
    attempt = ground.begun()
    ground.terms = Terms(window=OFFICE)
    progress = ground.worker().advance(ground.id, APPLY, attempt)
    assert progress.wait_seconds == 24 * 3600  # it expires before the window opens
    assert ground.run(attempt=attempt).state is PlanState.EXPIRED
    assert not ground.hands.done


def test_a_plan_goes_on_when_the_window_opens() -> None:
    ground = approved(
        terms=Terms(window=Window(days=frozenset({6}), start=dt.time(10), end=dt.time(11)))
    )
    attempt = ground.begun()
    assert ground.advance(attempt).wait_seconds == 2 * 3600
    assert ground.run(attempt=attempt).state is PlanState.SUCCEEDED


def test_the_window_is_asked_before_each_call() -> None:
    ground = approved(terms=Terms(window=EARLY))
    ground.run(until=lambda row: row.state is PlanState.WINDOW_WAIT)
    assert 0 < len(ground.hands.done) < 9
    assert ground.state is PlanState.WINDOW_WAIT
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK


@pytest.mark.parametrize(
    "now,wanted",
    [
        (later(), dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)),
        (later(days=1, hours=1), None),
        (later(days=1, hours=8, minutes=59, seconds=59), None),
        (later(days=1, hours=9), dt.datetime(2026, 3, 3, 9, tzinfo=dt.UTC)),
        (later(days=5, hours=9), dt.datetime(2026, 3, 9, 9, tzinfo=dt.UTC)),
    ],
)
def test_a_window_opens_at_its_hour_on_its_next_day(
    now: dt.datetime, wanted: dt.datetime | None
) -> None:
    assert opens(OFFICE, now) == wanted


def test_a_window_of_no_day_never_opens() -> None:
    found = opens(Window(days=frozenset(), start=dt.time(0), end=dt.time(1)), NOW)
    assert found is not None
    assert found > later(days=300)


def test_a_plan_that_the_budget_has_no_room_for_is_not_begun_in_part() -> None:
    ground = approved(terms=Terms(most_changes_a_day=9))
    ground.store._spent[ground.plan.target.account_id, NOW.date()] = 1
    progress = ground.run()
    assert progress.state is PlanState.INTERRUPTED
    assert progress.text == "1 of 9 changes of 2026-03-01 are spent, and 9 are left to do"
    assert not ground.hands.done


def test_a_budget_that_others_spend_stops_the_next_step() -> None:
    ground = approved(terms=Terms(most_changes_a_day=20))
    attempt = ground.upto(3)
    ground.store._spent[ground.plan.target.account_id, NOW.date()] = 20
    assert ground.run(attempt=attempt).state is PlanState.INTERRUPTED
    assert len(ground.hands.done) == 3
    ground.clock.move(17 * 3600)
    assert ground.run().state is PlanState.SUCCEEDED


def test_a_step_takes_one_change_of_the_budget_however_often_it_is_called() -> None:
    ground = approved()
    failing(ground, WriteError("ec2:X", "Timeout", sure=False), 2, times=3)
    ground.run()
    assert ground.store.spent(ground.plan.target.account_id, NOW.date()) == 9


def test_another_plan_on_the_same_vpc_waits() -> None:
    ground = approved()
    key = lease_key(ground.plan)
    other = ground.store.take_lease(key, "pl-2", "other", NOW, later(seconds=300))
    assert other is not None
    progress = ground.advance(ground.begun())
    assert progress.again
    assert progress.wait_seconds == 150
    assert ground.state is PlanState.APPROVED
    assert ground.run(attempt=1).state is PlanState.SUCCEEDED


def test_the_switch_halts_even_who_waits_for_the_lease() -> None:
    ground = approved()
    attempt = ground.begun()
    ground.clock.move(301)
    now = ground.clock.now()
    key = lease_key(ground.plan)
    assert ground.store.take_lease(key, "pl-2", "other", now, now + dt.timedelta(seconds=300))
    ground.store.put_switch(STOP)
    assert ground.advance(attempt).state is PlanState.HALTED


def test_the_lease_is_given_back_at_the_end() -> None:
    ground = approved()
    ground.run()
    key, now = lease_key(ground.plan), ground.clock.now()
    assert ground.store.take_lease(key, "pl-2", "other", now, now) is not None


def test_a_lease_lost_while_a_worker_looks_stops_its_call() -> None:
    ground = approved()
    attempt = ground.upto(2)

    def lost() -> None:
        ground.eyes.before = lambda: None
        ground.clock.move(301)
        now = ground.clock.now()
        key = lease_key(ground.plan)
        assert ground.store.take_lease(key, "pl-2", "other", now, now + dt.timedelta(seconds=60))

    ground.eyes.before = lost
    assert ground.advance(attempt).again
    assert len(ground.hands.done) == 2
    assert ground.run(attempt=attempt).state is PlanState.SUCCEEDED


@pytest.mark.parametrize(
    "name,api",
    [(PODS, "ec2:CreateSubnet"), (LOGS, "ec2:CreateFlowLogs"), (LOGS, "ec2:DeleteFlowLogs")],
)
def test_a_missing_permission_that_can_be_asked_for_refuses_the_plan(name: str, api: str) -> None:
    ground = approved(name)
    ground.hands._denied = frozenset({api})
    progress = ground.run()
    assert progress.state is PlanState.REFUSED
    assert progress.text.endswith(f"{api} answered UnauthorizedOperation")
    assert not ground.hands.done


def test_an_ended_execution_stays_ended() -> None:
    ground = approved()
    ground.run()
    before = ground.row
    progress = ground.advance(before.attempt)
    assert (progress.state, progress.again) == (PlanState.SUCCEEDED, False)
    assert ground.row == before


def test_ground_begins_with_nothing_begun() -> None:
    assert set(Ground().states) == {StepState.PENDING}
