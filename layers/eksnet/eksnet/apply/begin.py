"""Beginning an execution: of all who ask at once, one gets the attempt."""

import contextlib
import dataclasses

from eksnet.apply.approval import agreement, expired, expiry, needed
from eksnet.apply.executor_turn import Tools, Turn, end, load, note
from eksnet.apply.executor_window import opens, reopening
from eksnet.apply.lease import take
from eksnet.apply.progress import (
    LIVE,
    SETTLED,
    Begun,
    NotBegun,
    OvertakenError,
    execution_name,
    left_to_undo,
    touched,
)
from eksnet.model.journal import (
    RESUMABLE,
    REVERSIBLE,
    Decision,
    PlanRow,
    PlanState,
    Principal,
    Purpose,
    StepRow,
)
from eksnet.model.plan import Plan
from eksnet.model.record import record
from eksnet.plan.kinds import kind_of
from eksnet.settings.terms import Terms

_ALL_LIVE = frozenset().union(*LIVE.values())
_FROM = {
    Purpose.APPLY: frozenset({PlanState.AWAITING_APPROVAL}) | RESUMABLE | LIVE[Purpose.APPLY],
    Purpose.ROLLBACK: REVERSIBLE | _ALL_LIVE,
}


@record
class Bar:
    """Why an execution may not begin; ``state`` is what becomes of a plan that never will."""

    reason: str
    state: PlanState | None = None


def begin(
    tools: Tools, plan_id: str, purpose: Purpose, by: Principal | None = None
) -> Begun | NotBegun:
    """Take the next attempt at a plan, unless something stands against it."""
    turn = _turn(tools, plan_id, purpose)
    row = turn.row
    if row.state not in _FROM[purpose]:
        reason = f"the plan is {row.state}" + (f": {row.reason}" if row.reason else "")
        return NotBegun(state=row.state, reason=reason)
    bar = _switched_off(turn) or (_to_apply(turn) if purpose is Purpose.APPLY else _to_undo(turn))
    try:
        return _barred(turn, bar) if bar else _taken(turn, by)
    except OvertakenError:
        return NotBegun(state=row.state, reason="somebody else has just changed the plan")


def not_started(tools: Tools, plan_id: str, begun: Begun, why: str) -> None:
    """Interrupt an execution that could not be started, so that the next can begin at once.

    Where its start only seemed to fail, it has changed the row since, and goes on; or it finds the
    row changed, and writes nothing.
    """
    turn = _turn(tools, plan_id)
    if turn.row.version != begun.version:
        return
    lease = take(tools, turn.plan, plan_id, begun.execution)
    text = f"{begun.execution} could not be started: {why}"
    with contextlib.suppress(OvertakenError):
        end(dataclasses.replace(turn, lease=lease), PlanState.INTERRUPTED, text)


def needed_for(plan: Plan, terms: Terms) -> int:
    """Return how many people have to agree to a plan."""
    reversible = all(kind_of(step.action).reversible for step in plan.steps)
    return needed(terms, reversible=reversible)


def _turn(tools: Tools, plan_id: str, purpose: Purpose | None = None) -> Turn:
    plan, row, digest = load(tools.store, plan_id)
    going = purpose or row.purpose or Purpose.APPLY
    return Turn(tools=tools, plan=plan, digest=digest, row=row, purpose=going, lease=None)


def _switched_off(turn: Turn) -> Bar | None:
    switch = turn.tools.store.switch()
    reason = f"{switch.by} stopped all writing: {switch.reason}"
    return Bar(reason=reason) if switch.stopped else None


def _to_apply(turn: Turn) -> Bar | None:
    plan, row, terms = turn.plan, turn.row, turn.tools.terms
    if row.purpose is Purpose.ROLLBACK:
        return Bar(reason="the plan is being taken back")
    most = min(terms.most_steps, terms.most_changes_a_day)
    if not 0 < len(plan.steps) <= most:
        reason = f"the plan has {len(plan.steps)} steps: it may have 1 to {most}"
        return Bar(reason=reason, state=PlanState.REFUSED)
    agreed = agreement(row, turn.digest, _words(turn), needed_for(plan, terms))
    if agreed.rejected:
        return Bar(reason=agreed.problem, state=PlanState.REJECTED)
    if expired(plan, turn.now) and any(step.state not in SETTLED for step in row.steps):
        return Bar(reason=expiry(plan), state=PlanState.EXPIRED)
    return Bar(reason=agreed.problem) if agreed.problem else _shut_out(turn)


def _shut_out(turn: Turn) -> Bar | None:
    """Say that the window opens too late for what is left to do."""
    opening = opens(turn.tools.terms.window, turn.now)
    done = all(step.state in SETTLED for step in turn.row.steps)
    if done or opening is None or opening < turn.plan.expires_at:
        return None
    until = f"{turn.plan.expires_at:%Y-%m-%d %H:%M} UTC"
    return Bar(reason=f"{reopening(opening)}, and the plan lasts till {until}")


def _to_undo(turn: Turn) -> Bar | None:
    until = turn.plan.undo_until
    reason = f"the approval covered taking it back until {until:%Y-%m-%d %H:%M} UTC"
    return Bar(reason=reason) if turn.now >= until else None


def _words(turn: Turn) -> tuple[Decision, ...]:
    return turn.tools.store.decisions(turn.row.plan_id)


def _barred(turn: Turn, bar: Bar) -> NotBegun:
    """Say why not; a plan of which nothing was begun is given up for good."""
    if bar.state and not touched(turn.row):
        turn = note(turn, bar.state, bar.reason)
    return NotBegun(state=turn.row.state, reason=bar.reason)


def _taken(turn: Turn, by: Principal | None) -> Begun | NotBegun:
    row = turn.row
    name = execution_name(row.plan_id, turn.purpose, row.attempt + 1)
    if row.state in _ALL_LIVE and not _lease(turn, name):
        return NotBegun(state=row.state, reason="an execution is under way on the VPC")
    fresh = _fresh(row, turn.purpose)
    taken = dataclasses.replace(
        row,
        purpose=turn.purpose,
        attempt=row.attempt + 1,
        approvers=_approvers(turn),
    )
    text = f"{name} begins" + (f", asked for by {by.arn}" if by else "")
    turn = note(dataclasses.replace(turn, row=taken), _first_state(turn), text, fresh)
    _lease(turn, name)
    return Begun(attempt=turn.row.attempt, execution=name, version=turn.row.version)


def _lease(turn: Turn, name: str) -> bool:
    """Try to have the VPC for the execution: whoever begins again then sees that one is alive."""
    return take(turn.tools, turn.plan, turn.row.plan_id, name) is not None


def _first_state(turn: Turn) -> PlanState:
    if turn.purpose is Purpose.ROLLBACK:
        return PlanState.ROLLING_BACK
    return PlanState.APPLYING if touched(turn.row) else PlanState.APPROVED


def _approvers(turn: Turn) -> tuple[str, ...]:
    if turn.purpose is Purpose.ROLLBACK:
        return turn.row.approvers
    need = needed_for(turn.plan, turn.tools.terms)
    agreed = agreement(turn.row, turn.digest, _words(turn), need).agreed
    return tuple(each.principal.id for each in agreed)


def _fresh(row: PlanRow, purpose: Purpose) -> StepRow:
    """Return the step to go on with, its patience new."""
    if purpose is Purpose.ROLLBACK:
        left = left_to_undo(row)
    else:
        left = [step for step in row.steps if step.state not in SETTLED]
    return dataclasses.replace((left or row.steps)[0], tries=0, looks=0)
