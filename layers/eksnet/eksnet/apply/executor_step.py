"""Carrying a step on: look, then adopt what is ours, refuse what is not, or act.

A step goes pending, intent, made, done. What a look says decides each time; the journal only says
what may be ours::

    seen              pending   intent                   made
    absent, before    act       doubt, then act again    wait
    coming, unready   foreign,  wait                     wait
                      or wait
    dead              act       doubt, then act again    fail, if it has the id
    there, after      foreign   adopted or unproven      done, if it has the id
    broken            fail      fail                     fail
    otherwise         stale     doubt, then fail         doubt, then fail

*Doubt* is a bounded number of looks: EC2 may show a moment ago. Where no step was ever begun, what
fails is the plan: it is stale, and another can be made.

A look that shows a step done is good for the next one as well, if it lets that be called: nothing
was written since. Whatever else it may say of the next step is looked for anew.
"""

import dataclasses
import enum

from eksnet.apply.executor_look import Own, Seen, Unseen, look, named, read
from eksnet.apply.executor_turn import DOUBTS, Turn, end, onward, settled_with, wait
from eksnet.apply.executor_write import act
from eksnet.apply.progress import SETTLED, Progress, touched
from eksnet.model.journal import PlanState, StepRow, StepState
from eksnet.model.record import record
from eksnet.plan.kind import Standing, There


class Next(enum.Enum):
    """What is to be done about a step; ``back``: nothing was made, and nothing will be."""

    ACT = enum.auto()
    SETTLE = enum.auto()
    WAIT = enum.auto()
    BACK = enum.auto()
    FAIL = enum.auto()


@record
class Judged:
    """What a look means: ``doubtful`` when the next looks may say otherwise.

    Nothing is doubtful while no step was ever begun: then there is nothing to lose by giving up.
    """

    next: Next
    text: str = ""
    state: StepState | None = None
    doubtful: bool = False


def carry_on(turn: Turn, row: StepRow) -> Progress:
    """Carry a step on by at most one write."""
    tells = turn.tells(row)
    seen = look(turn, row, turn.done)
    if isinstance(seen, Unseen):
        return wait(turn, row, f"{tells}: could not look: {seen.why}")
    if seen.differing:
        otherwise = Judged(next=Next.FAIL, text=named(seen.differing), doubtful=seen.late)
        return _follow(turn, row, seen, otherwise)
    judged = judge(turn.row.plan_id, row, seen)
    if seen.hidden and judged.next in {Next.ACT, Next.SETTLE}:
        # What is seen to be wrong is told first: it may be the very reason why that is not seen.
        return wait(turn, row, f"{tells}: could not look: {seen.hidden}")
    return _follow(turn, row, seen, judged)


def judge(plan_id: str, row: StepRow, seen: Seen) -> Judged:
    """Return what a whole look means for a step that is not settled."""
    standing = seen.standing
    if standing.there is There.BROKEN or row.resource_id in standing.dead:
        return Judged(next=Next.FAIL, text=f"it is broken: {standing.problem}")
    match standing.there:
        case There.COMING | There.UNREADY if row.state is not StepState.PENDING:
            return Judged(next=Next.WAIT, text=standing.problem or "it is on its way")
        case There.COMING | There.UNREADY if seen.own is Own.BEFORE:
            text = standing.problem or "something else has to end first"
            return Judged(next=Next.WAIT, text=text)
        case There.ABSENT:
            return _absent(row, seen)
    return _there(plan_id, row, seen)


def proof(plan_id: str, row: StepRow, seen: Seen) -> StepState | None:
    """Return as what a thing that is there is ours; None when it is somebody else's.

    A call that returned proves it, and so does the plan's tag. A setting that was otherwise just
    before is ours as well, and so is a part of what the plan made. Another thing without tags, a
    VPC's block, stays unproven when its call never returned: anybody may have made it.
    """
    standing = seen.standing
    if row.state is StepState.MADE:
        return StepState.DONE if same(row, standing) else None
    if standing.made_by is not None:
        return StepState.ADOPTED if standing.made_by == plan_id else None
    part = standing.resource_id is None or seen.inside
    return StepState.ADOPTED if part else StepState.UNPROVEN


def same(row: StepRow, standing: Standing) -> bool:
    """Tell whether what is there has the id that the journal knows, as far as both know one."""
    return None in (row.resource_id, standing.resource_id) or (
        row.resource_id == standing.resource_id
    )


def _absent(row: StepRow, seen: Seen) -> Judged:
    if row.state is StepState.MADE:
        return Judged(next=Next.WAIT, text="it was made and is not seen yet")
    if seen.own is not Own.BEFORE:
        return Judged(next=Next.FAIL, text="what it changes was changed", doubtful=True)
    if row.state is StepState.PENDING:
        return Judged(next=Next.ACT)
    if row.problem:
        return Judged(next=Next.BACK, text=f"{row.problem}; nothing was made", doubtful=True)
    return Judged(next=Next.ACT, text="its call may have been lost", doubtful=True)


def _there(plan_id: str, row: StepRow, seen: Seen) -> Judged:
    """Judge what is there, or is coming without our doing."""
    if row.state is StepState.PENDING:
        late = seen.standing.there is There.UNREADY  # what it waits for may not be shown yet
        text = f"somebody else made it{_as(seen.standing)}"
        text = f"{text}, or {seen.standing.problem}" if late else text
        return Judged(next=Next.FAIL, text=text, doubtful=late)
    state = proof(plan_id, row, seen)
    if state is None:
        text = f"what is there is not ours{_as(seen.standing)}"
        return Judged(next=Next.FAIL, text=text, doubtful=True)
    if seen.own is not Own.AFTER:
        return Judged(next=Next.FAIL, text="it is otherwise than it was made", doubtful=True)
    told = f"; {seen.standing.problem}" if seen.standing.problem else ""
    return Judged(next=Next.SETTLE, state=state, text=f"{state}{_as(seen.standing)}{told}")


def _follow(turn: Turn, row: StepRow, seen: Seen, judged: Judged) -> Progress:
    text = f"{turn.tells(row)}: {judged.text}"
    doubtful = judged.doubtful and touched(turn.row) and row.looks < DOUBTS
    if judged.next is Next.WAIT or doubtful:
        waits = turn.step(row).waits
        return wait(turn, row, f"{text}; {waits}" if waits else text)
    if judged.next is Next.ACT:
        return act(turn, row, seen.snapshot)
    if judged.next is Next.SETTLE and judged.state:
        found = row.resource_id or seen.standing.resource_id
        settled = dataclasses.replace(row, state=judged.state, resource_id=found, problem=None)
        turn = settled_with(turn, settled, text)
        return _next(turn, seen) or onward(turn, text)
    if not touched(turn.row):
        return end(turn, PlanState.STALE, text)
    state = StepState.PENDING if judged.next is Next.BACK else row.state
    failed = dataclasses.replace(row, state=state, problem=judged.text)
    return end(turn, PlanState.STEP_FAILED, text, failed)


def _next(turn: Turn, before: Seen) -> Progress | None:
    """Call the next step by the look that showed the one before it done, if it lets that be."""
    row = next((each for each in turn.row.steps if each.state not in SETTLED), None)
    if row is None:
        return None
    seen = read(turn, row, turn.done, before.snapshot)
    if isinstance(seen, Unseen) or seen.differing or seen.hidden:
        return None
    calls = judge(turn.row.plan_id, row, seen) == Judged(next=Next.ACT)
    return act(turn, row, seen.snapshot) if calls else None


def _as(standing: Standing) -> str:
    return f" as {standing.resource_id}" if standing.resource_id else ""
