"""The end of a plan that was applied: looked at anew, its facts and its causes."""

from eksnet.apply.executor_look import Unseen, compared, is_late, named, shot
from eksnet.apply.executor_turn import DOUBTS, Turn, end, note, onward, wait
from eksnet.apply.interface import LostError
from eksnet.apply.progress import Progress
from eksnet.model.journal import PlanState
from eksnet.plan.progress import expected


def verify(turn: Turn) -> Progress:
    """Tell whether the plan did what it is for.

    What can't be told is asked again, and bounded: then the execution is interrupted, not failed,
    and may be begun again.
    """
    if turn.row.state is not PlanState.VERIFYING:
        text = "all steps are done: looking at what they came to"
        return onward(note(turn, PlanState.VERIFYING, text), text)
    first = turn.row.steps[0]
    done = frozenset(step.number for step in turn.plan.steps)
    last = expected(turn.plan, done)
    snapshot = shot(turn, turn.plan.steps, ((each.about, each.of) for each in last))
    if isinstance(snapshot, Unseen):
        return wait(turn, first, f"could not look: {snapshot.why}")
    differing, hidden = compared(snapshot, last)
    if differing and is_late(turn.plan, done, differing) and first.looks < DOUBTS:
        return wait(turn, first, f"not seen yet: {named(differing)}")
    if differing:
        return end(turn, PlanState.VERIFY_FAILED, named(differing))
    return wait(turn, first, f"could not look: {hidden}") if hidden else _causes(turn)


def _causes(turn: Turn) -> Progress:
    first, names = turn.row.steps[0], ", ".join(each.check_id for each in turn.plan.causes)
    match _closed(turn):
        case True:
            return end(turn, PlanState.SUCCEEDED, f"closed: {names}")
        case None:
            return wait(turn, first, f"could not tell whether it is closed: {names}")
        case False if turn.plan.manual:
            left = "; ".join(each.text for each in turn.plan.manual)
            return end(turn, PlanState.SUCCEEDED, f"all steps are done; by hand is left: {left}")
        case False if first.looks < DOUBTS:
            return wait(turn, first, f"not closed yet: {names}")
    return end(turn, PlanState.VERIFY_FAILED, f"not closed: {names}")


def _closed(turn: Turn) -> bool | None:
    try:
        return turn.tools.closed(turn.plan)
    except LostError:
        return None
