"""What an execution comes to, and which states of a plan lead to which."""

import dataclasses
from collections.abc import Mapping

from eksnet.model.journal import FINAL, PlanRow, PlanState, Purpose, StepRow, StepState
from eksnet.model.record import record

_S = PlanState
_STOPS = frozenset({_S.HALTED, _S.INTERRUPTED})
_GIVEN_UP = frozenset({_S.STALE, _S.REFUSED, _S.REJECTED, _S.EXPIRED})

#: Which states may follow a state. One that stays where it is has only waited, or made a step.
LEADS_TO: Mapping[PlanState, frozenset[PlanState]] = {
    _S.AWAITING_APPROVAL: frozenset({_S.APPROVED, _S.SUPERSEDED}) | _GIVEN_UP,
    _S.APPROVED: frozenset({_S.APPROVED, _S.WINDOW_WAIT, _S.APPLYING, _S.ROLLING_BACK})
    | _GIVEN_UP
    | _STOPS,
    _S.WINDOW_WAIT: frozenset({_S.WINDOW_WAIT, _S.APPROVED, _S.APPLYING, _S.STEP_FAILED})
    | frozenset({_S.VERIFYING, _S.ROLLING_BACK})
    | _GIVEN_UP
    | _STOPS,
    _S.APPLYING: frozenset({_S.APPLYING, _S.WINDOW_WAIT, _S.VERIFYING, _S.STEP_FAILED})
    | frozenset({_S.ROLLING_BACK})
    | _STOPS,
    _S.VERIFYING: frozenset({_S.VERIFYING, _S.APPLYING, _S.SUCCEEDED, _S.VERIFY_FAILED})
    | frozenset({_S.ROLLING_BACK})
    | _STOPS,
    _S.SUCCEEDED: frozenset({_S.ROLLING_BACK}),
    _S.INTERRUPTED: frozenset({_S.APPROVED, _S.APPLYING, _S.ROLLING_BACK}) | _GIVEN_UP,
    _S.HALTED: frozenset({_S.APPROVED, _S.APPLYING, _S.ROLLING_BACK}) | _GIVEN_UP,
    _S.STEP_FAILED: frozenset({_S.ROLLING_BACK}),
    _S.VERIFY_FAILED: frozenset({_S.ROLLING_BACK}),
    _S.NEEDS_HUMAN: frozenset({_S.ROLLING_BACK}),
    _S.ROLLING_BACK: frozenset({_S.ROLLING_BACK, _S.ROLLED_BACK, _S.NEEDS_HUMAN}) | _STOPS,
    **dict.fromkeys(FINAL, frozenset()),
}
#: In these an execution for a purpose is under way, or was and is lost.
LIVE: Mapping[Purpose, frozenset[PlanState]] = {
    Purpose.APPLY: frozenset({_S.APPROVED, _S.WINDOW_WAIT, _S.APPLYING, _S.VERIFYING}),
    Purpose.ROLLBACK: frozenset({_S.ROLLING_BACK}),
}
#: A step that is there, as far as applying the plan goes.
SETTLED = frozenset({StepState.DONE, StepState.ADOPTED, StepState.UNPROVEN})
#: A step of which a rollback has nothing more to ask.
PUT_AWAY = frozenset({StepState.PENDING, StepState.UNDONE, StepState.KEPT})


class OvertakenError(Exception):
    """A condition of a change no longer held, so that nothing happened: look at it all again."""


@record
class Progress:
    """Where a plan stands, and whether to call again, after how many seconds."""

    state: PlanState
    again: bool
    wait_seconds: int
    text: str


@record
class Begun:
    """An execution may start: its number, the name that no other has, and the row's version."""

    attempt: int
    execution: str
    version: int


@record
class NotBegun:
    """Why no execution may start."""

    state: PlanState
    reason: str


def execution_name(plan_id: str, purpose: Purpose, attempt: int) -> str:
    """Return the name of an execution; at most 80 characters, as Step Functions asks."""
    return f"{plan_id}-{purpose}-{attempt}"


def touched(row: PlanRow) -> bool:
    """Tell whether a step was ever begun: from then on a plan is taken back, not dropped."""
    return any(step.state is not StepState.PENDING or step.tries for step in row.steps)


def left_to_undo(row: PlanRow) -> list[StepRow]:
    """Return the steps of which a rollback has still to ask, the last first.

    What an earlier execution kept is as it was before that, its patience new.
    """
    stood = (_anew(step, row.attempt) for step in reversed(row.steps))
    return [step for step in stood if step.state not in PUT_AWAY]


def _anew(step: StepRow, attempt: int) -> StepRow:
    if step.kept is None or step.kept.attempt >= attempt:
        return step
    return dataclasses.replace(step, state=step.kept.was, tries=0, looks=0, problem=None, kept=None)


def leads(row: PlanRow, state: PlanState) -> bool:
    """Tell whether a plan may go to ``state``: what was begun is never simply given up."""
    return state in LEADS_TO[row.state] and not (state in _GIVEN_UP and touched(row))
