"""Which states follow which, and what each promises."""

import dataclasses
import itertools

import pytest

from eksnet.apply.executor_turn import Turn, note
from eksnet.apply.progress import LEADS_TO, LIVE, OvertakenError, leads
from eksnet.model.journal import (
    FINAL,
    RESUMABLE,
    REVERSIBLE,
    PlanState,
    Purpose,
    StepState,
)
from eksnet.model.plan import digest
from tests.apply.ground import APPLY, Ground, approved


def test_every_state_says_what_follows() -> None:
    assert LEADS_TO.keys() == set(PlanState)


@pytest.mark.parametrize("state", sorted(FINAL))
def test_nothing_follows_a_final_state(state: PlanState) -> None:
    assert not LEADS_TO[state]


@pytest.mark.parametrize("state", sorted(REVERSIBLE))
def test_what_may_be_taken_back_can_be(state: PlanState) -> None:
    assert PlanState.ROLLING_BACK in LEADS_TO[state]


@pytest.mark.parametrize("state", sorted(RESUMABLE))
def test_what_may_go_on_can(state: PlanState) -> None:
    assert {PlanState.APPROVED, PlanState.APPLYING} <= LEADS_TO[state]


def test_what_was_begun_is_never_given_up() -> None:
    ground = Ground()
    begun = dataclasses.replace(ground.row.steps[0], state=StepState.INTENT)
    row = dataclasses.replace(ground.row, state=PlanState.APPROVED)
    assert leads(row, PlanState.STALE)
    assert not leads(dataclasses.replace(row, steps=(begun,)), PlanState.STALE)


def turn_of(ground: Ground) -> Turn:
    return Turn(
        tools=ground.worker()._tools,
        plan=ground.plan,
        digest=digest(ground.plan),
        row=ground.row,
        purpose=APPLY,
        lease=None,
    )


def test_a_turn_without_the_lease_has_none_to_write_with() -> None:
    with pytest.raises(OvertakenError, match="the lease is not held"):
        _ = turn_of(Ground()).held


def test_a_state_that_does_not_follow_is_never_written() -> None:
    ground = Ground()
    turn = turn_of(ground)
    with pytest.raises(ValueError, match="awaiting-approval does not lead to succeeded"):
        note(turn, PlanState.SUCCEEDED, "")
    assert not ground.store.entries(ground.id)


def test_every_line_of_a_journal_follows_the_one_before() -> None:
    ground = approved()
    ground.run()
    ground.run(Purpose.ROLLBACK)
    states = [
        PlanState.AWAITING_APPROVAL,
        *(each.state for each in ground.store.entries(ground.id)),
    ]
    assert all(after in LEADS_TO[before] for before, after in itertools.pairwise(states))


def test_an_execution_lives_in_no_final_state() -> None:
    assert not FINAL & frozenset().union(*LIVE.values())
