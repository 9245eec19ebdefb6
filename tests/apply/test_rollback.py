"""Taking back: all that is ours, unchanged and unused, and nothing else."""

import datetime as dt

import pytest

from eksnet.apply.interface import WriteError
from eksnet.model.journal import PlanState, Say, StepState, Switch
from eksnet.settings.terms import Terms, Window
from sandbox.world.state import Habits
from tests.apply.ground import DAVE, NOW, ROLLBACK, STOP, approved, failing, lost
from tests.apply.plans import LOGS, PLANS, PODS

PREFIXES = [(name, number) for name in (PODS, LOGS) for number in range(len(PLANS[name].steps) + 1)]
CALLS = [(name, step.number) for name in (PODS, LOGS) for step in PLANS[name].steps]
KEPT, UNDONE, PENDING = StepState.KEPT, StepState.UNDONE, StepState.PENDING
LOST = WriteError("ec2:Call", "Timeout", sure=False)


@pytest.mark.parametrize("name,number", PREFIXES)
def test_what_was_done_so_far_is_taken_back_whole(name: str, number: int) -> None:
    ground = approved(name)
    ground.halt(ground.upto(number))
    progress = ground.run(ROLLBACK)
    assert progress.state is PlanState.ROLLED_BACK
    assert ground.restored
    assert ground.states == [UNDONE] * number + [PENDING] * (len(ground.plan.steps) - number)


@pytest.mark.parametrize("name,number", CALLS)
def test_a_call_whose_answer_was_lost_is_taken_back_where_it_is_proven(
    name: str, number: int
) -> None:
    ground = approved(name)
    failing(ground, LOST, number, lands=True)
    ground.halt(ground.upto(number, StepState.INTENT))
    state = ground.run(ROLLBACK).state
    if ground.plan.steps[number - 1].action.kind == "associate-cidr":
        assert state is PlanState.NEEDS_HUMAN
        assert "it may be another's: the call that may have made it never returned" in ground.told
    else:
        assert state is PlanState.ROLLED_BACK
        assert ground.restored


@pytest.mark.parametrize("name,number", CALLS)
def test_a_call_that_never_landed_leaves_nothing_to_take_back(name: str, number: int) -> None:
    ground = approved(name)
    failing(ground, LOST, number)
    ground.halt(ground.upto(number, StepState.INTENT))
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert len(ground.hands.undone) == number - 1
    assert ground.restored


def test_a_call_that_lands_after_all_is_taken_back_too() -> None:
    """The first look does not show it yet."""
    ground = approved()
    attempt = ground.upto(1)
    failing(ground, LOST, 2, lands=True)
    ground.advance(attempt)
    ground.halt(attempt)
    ground.eyes = type(ground.eyes)(ground.world, behind=lambda: 2)
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert not ground.ours


@pytest.mark.parametrize("name,number", CALLS)
@pytest.mark.parametrize("lands", [False, True])
def test_a_lost_call_of_the_taking_back_is_made_good(
    name: str, number: int, *, lands: bool
) -> None:
    ground = approved(name)
    ground.run()
    failing(ground, LOST, number, lands=lands)
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert ground.restored
    assert len(ground.hands.undone) == len(ground.plan.steps)


@pytest.mark.parametrize("name,number", CALLS)
def test_a_refused_call_of_the_taking_back_keeps_the_step(name: str, number: int) -> None:
    ground = approved(name)
    ground.run()
    failing(ground, WriteError("ec2:Call", "AccessDenied", sure=True), number, times=99)
    progress = ground.run(ROLLBACK)
    assert progress.state is PlanState.NEEDS_HUMAN
    assert ground.row.steps[number - 1].problem == "ec2:Call answered AccessDenied"
    assert f"- step {number}: " in progress.text


@pytest.mark.parametrize("name,number", CALLS)
def test_a_refused_call_of_the_taking_back_is_made_again(name: str, number: int) -> None:
    """What still hangs on a thing, unseen, may be gone a minute later."""
    ground = approved(name)
    ground.run()
    hangs = WriteError("ec2:Call", "DependencyViolation", sure=True)
    failing(ground, hangs, number, times=ground.terms.most_tries - 1)
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert ground.restored


def test_a_refused_call_of_the_taking_back_is_made_again_so_often_and_no_more() -> None:
    ground = approved()
    ground.run()
    failing(ground, WriteError("ec2:Call", "AccessDenied", sure=True), 4, times=99)
    ground.run(ROLLBACK)
    assert ground.row.steps[3].tries == ground.terms.most_tries


def test_a_call_of_the_taking_back_waits_where_it_must() -> None:
    ground = approved()
    ground.run()
    failing(ground, WriteError("eks:Call", "ResourceInUse", sure=True, wait=True), 7, times=20)
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert ground.restored


def test_a_taking_back_that_never_answers_may_be_begun_again() -> None:
    ground = approved()
    ground.run()
    failing(ground, LOST, 4, times=6)
    assert ground.run(ROLLBACK).state is PlanState.INTERRUPTED
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert ground.restored


def test_what_never_goes_ends_the_execution() -> None:
    ground = approved(habits=Habits(disassociating=100_000))
    ground.run()
    progress = ground.run(ROLLBACK)
    assert progress.state is PlanState.INTERRUPTED
    assert "gave up after 60 looks" in progress.text


@pytest.mark.parametrize("number", range(9))
def test_the_switch_halts_a_taking_back_before_its_next_call(number: int) -> None:
    ground = approved()
    ground.run()
    attempt = ground.begun(ROLLBACK)
    while len(ground.hands.undone) < number:
        ground.advance(attempt, ROLLBACK)
    ground.store.put_switch(STOP)
    assert ground.advance(attempt, ROLLBACK).state is PlanState.HALTED
    assert len(ground.hands.undone) == number
    ground.store.put_switch(Switch())
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK


def test_neither_a_rejection_nor_the_window_nor_the_budget_stops_a_taking_back() -> None:
    window = Window(days=frozenset({6}), start=dt.time(8), end=dt.time(9))
    ground = approved(terms=Terms(window=window, most_changes_a_day=9))
    ground.run()
    ground.say(DAVE, Say.REJECT)
    ground.clock.move(7200)
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert ground.store.spent(ground.plan.target.account_id, NOW.date()) == 9


def test_a_taking_back_ends_with_its_approval() -> None:
    ground = approved()
    ground.run()
    attempt = ground.begun(ROLLBACK)
    for _ in range(6):
        ground.advance(attempt, ROLLBACK)
    ground.clock.move(dt.timedelta(days=7).total_seconds())
    progress = ground.advance(attempt, ROLLBACK)
    assert progress.state is PlanState.NEEDS_HUMAN
    assert progress.text.startswith("the approval ended at 2026-03-08 08:00 UTC; left, in the")
    assert "aws ec2 delete-subnet --subnet-id subnet-" in progress.text


def test_a_deleted_log_that_can_not_be_made_again_keeps_the_one_that_replaced_it() -> None:
    ground = approved(LOGS)
    ground.run()
    failing(ground, WriteError("ec2:CreateFlowLogs", "Refused", sure=True), 2, times=99)
    assert ground.run(ROLLBACK).state is PlanState.NEEDS_HUMAN
    assert ground.states == [KEPT, KEPT]
    assert ground.row.steps[0].problem == "step 2 rests on it, and was kept"
    assert "aws ec2 create-flow-logs --resource-type VPC" in ground.told
    assert len(ground.world.now().shown.flow_logs) == 1


def test_a_taking_back_that_can_not_be_called_is_waited_for() -> None:
    ground = approved()
    ground.run()
    attempt = ground.begun(ROLLBACK)
    ground.hands.before = lost
    assert ground.advance(attempt, ROLLBACK).again
    ground.hands.before = lambda _: None
    assert ground.run(ROLLBACK, attempt=attempt).state is PlanState.ROLLED_BACK
    assert ground.restored


def test_a_taking_back_is_not_called_when_its_lease_ends_too_soon() -> None:
    ground = approved()
    ground.run()
    attempt = ground.begun(ROLLBACK)
    ground.store.before = lambda _: ground.clock.move(241)
    assert "the lease ends too soon" in ground.advance(attempt, ROLLBACK).text
    assert not ground.hands.undone
    ground.store.before = lambda _: None
    assert ground.run(ROLLBACK, attempt=attempt).state is PlanState.ROLLED_BACK


def test_nothing_is_taken_back_by_a_look_that_is_blind() -> None:
    ground = approved()
    ground.run()
    ground.eyes.before = lost
    progress = ground.run(ROLLBACK)
    assert progress.state is PlanState.INTERRUPTED
    assert not ground.hands.undone
    ground.eyes.before = lambda: None
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
