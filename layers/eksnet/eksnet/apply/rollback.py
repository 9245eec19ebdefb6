"""Taking a plan back, the last step first: what is proven ours, unchanged and unused.

Everything else is kept, and said. The window is for changes, not for taking them back: that may be
done at any time but while all writing is stopped. It takes no budget, and nobody's rejection stops
it; the approval covers it until ``undo_until``, however often it is begun: what an earlier
execution kept is then looked at anew. What a look says decides::

    seen                      intent             made, done, adopted    undo-intent
    gone                      doubt, undone      doubt, undone          undone, or doubt first
    there: ours               adopt              undo                   doubt, undo again
    there: not ours           doubt, undone      kept                   kept
    there: changed or in use  doubt, kept        doubt, kept            doubt, kept
    not to be proven          kept               kept                   kept

A refused call is made again after the next looks, ``most_tries`` times: what stood against it may
have been on its way out. Only then is the step kept.
"""

import dataclasses
import enum
from collections.abc import Iterable

from eksnet.apply.executor_look import Own, Seen, Unseen, look
from eksnet.apply.executor_step import proof, same
from eksnet.apply.executor_turn import DOUBTS, Turn, end, settle, wait
from eksnet.apply.progress import Progress, left_to_undo
from eksnet.apply.rollback_left import left_behind
from eksnet.apply.rollback_write import RETURNED, undo
from eksnet.model.action import Action, UpdateAddon
from eksnet.model.journal import Kept, PlanState, StepRow, StepState
from eksnet.model.record import record
from eksnet.plan.kind import Key, Standing, There
from eksnet.plan.kinds import kind_of

_UNPROVEN = "it may be another's: the call that may have made it never returned"


class Way(enum.Enum):
    """What is to be done about a step that is taken back."""

    GONE = enum.auto()
    KEEP = enum.auto()
    WAIT = enum.auto()
    UNDO = enum.auto()


@record
class Judged:
    """What a look means: ``doubtful`` when the next looks may say otherwise."""

    way: Way
    text: str
    doubtful: bool = False


def take_back(turn: Turn) -> Progress:
    """Carry the taking back on by at most one write."""
    left = left_to_undo(turn.row)
    if not left:
        return _ended(turn)
    if turn.now >= turn.plan.undo_until:
        text = f"the approval ended at {turn.plan.undo_until:%Y-%m-%d %H:%M} UTC"
        return end(turn, PlanState.NEEDS_HUMAN, f"{text}; {left_behind(turn.plan, turn.row)}")
    row = left[0]
    seen = look(turn, row, frozenset())
    if isinstance(seen, Unseen):
        return _unseen(turn, row, seen)
    rests = _rests(turn, row)
    judged = judge(turn.row.plan_id, row, seen, turn.tools.terms.most_tries)
    if rests and judged.way is Way.UNDO:
        judged = Judged(way=Way.KEEP, text=rests)
    return _follow(turn, row, seen, judged)


def _unseen(turn: Turn, row: StepRow, seen: Unseen) -> Progress:
    """Wait to see; what AWS's answers will never tell is kept."""
    text = f"could not look: {seen.why}"
    if not seen.lasting or row.looks < DOUBTS:
        return wait(turn, row, f"{turn.tells(row)}: {text}")
    return _kept(turn, row, text)


def judge(plan_id: str, row: StepRow, seen: Seen, most_tries: int) -> Judged:
    """Return what a whole look means for a step that is to be taken back."""
    there, calling = seen.standing.there, row.state is StepState.UNDO_INTENT
    if there is There.COMING:
        return Judged(way=Way.WAIT, text="it is on its way")
    if there is not There.THERE and seen.own is Own.BEFORE:
        returned = calling and row.problem == RETURNED
        return Judged(way=Way.GONE, text="it is gone", doubtful=not returned)
    if there is There.ABSENT:
        text = "what it changed was changed again"
        return Judged(way=Way.KEEP, text=text, doubtful=True)
    claim = _returned if row.state is not StepState.INTENT else _unreturned
    against = claim(plan_id, row, seen) or _bound(row, seen, most_tries)
    return against or Judged(way=Way.UNDO, text="it is still there", doubtful=calling)


def _unreturned(plan_id: str, row: StepRow, seen: Seen) -> Judged | None:
    """Say why what is there is not ours, or may not be, where the call never returned."""
    match proof(plan_id, row, seen):
        case None:
            text = f"nothing of it was made: there is another's{_id(seen.standing)}"
            return Judged(way=Way.GONE, text=text, doubtful=True)
        case StepState.UNPROVEN:
            return Judged(way=Way.KEEP, text=_UNPROVEN)
    return None


def _returned(plan_id: str, row: StepRow, seen: Seen) -> Judged | None:
    """Say why what is there is not what the journal knows to be ours."""
    if row.state is StepState.UNPROVEN:
        return Judged(way=Way.KEEP, text=_UNPROVEN)
    if not same(row, seen.standing):
        return Judged(way=Way.KEEP, text=f"there is another in its place{_id(seen.standing)}")
    if seen.standing.made_by not in (None, plan_id):
        text = "it does not have the plan's tag any more"
        return Judged(way=Way.KEEP, text=text, doubtful=True)
    return None


def _bound(row: StepRow, seen: Seen, most_tries: int) -> Judged | None:
    """Say why what is ours can't be taken away; each of it may pass."""
    reason = ""
    if seen.own is not Own.AFTER:
        reason = "it was changed since"
    elif seen.standing.in_use:
        reason = f"it is in use: {seen.standing.in_use}"
    elif row.state is StepState.UNDO_INTENT and row.tries >= most_tries:
        reason = row.problem if row.problem and row.problem != RETURNED else ""
    return Judged(way=Way.KEEP, text=reason, doubtful=True) if reason else None


def _follow(turn: Turn, row: StepRow, seen: Seen, judged: Judged) -> Progress:
    text = f"{turn.tells(row)}: {judged.text}"
    if judged.way is Way.WAIT or (judged.doubtful and row.looks < DOUBTS):
        return wait(turn, row, text)
    found = dataclasses.replace(row, resource_id=row.resource_id or seen.standing.resource_id)
    if judged.way is Way.UNDO and row.state is StepState.INTENT:
        ours = dataclasses.replace(found, state=StepState.ADOPTED, problem=None)
        return settle(turn, ours, f"{turn.tells(row)}: adopted{_id(seen.standing)}")
    if judged.way is Way.UNDO:
        return undo(turn, found, seen.snapshot)
    if judged.way is Way.GONE:
        gone = dataclasses.replace(row, state=StepState.UNDONE, problem=None)
        return settle(turn, gone, f"{turn.tells(row)}: taken back, {judged.text}")
    return _kept(turn, found, judged.text)


def _kept(turn: Turn, row: StepRow, why: str) -> Progress:
    before = Kept(was=row.state, attempt=turn.row.attempt)
    kept = dataclasses.replace(row, state=StepState.KEPT, problem=why, kept=before)
    return settle(turn, kept, f"{turn.tells(row)}: kept, {why}")


def _rests(turn: Turn, row: StepRow) -> str:
    """Say which step that was kept rests on what this one changed, "" when none does."""
    changed = {(each.about, each.of) for each in turn.step(row).changes}
    for later in turn.row.steps:
        if later.state is StepState.KEPT and later.number > row.number:
            action = turn.step(later).action
            if changed & set(kind_of(action).facts(action)) or _names(action, changed):
                return f"step {later.number} rests on it, and was kept"
    return ""


def _names(action: Action, changed: Iterable[Key]) -> bool:
    """Tell whether an add-on was told of a subnet: pods are put there as long as it is."""
    places = (of.partition("|")[2] for _, of in changed)
    return isinstance(action, UpdateAddon) and any(
        f"${{subnet:{cidr}}}" in action.after for cidr in places
    )


def _ended(turn: Turn) -> Progress:
    if any(row.state is StepState.KEPT for row in turn.row.steps):
        return end(turn, PlanState.NEEDS_HUMAN, left_behind(turn.plan, turn.row))
    undone = sum(row.state is StepState.UNDONE for row in turn.row.steps)
    return end(turn, PlanState.ROLLED_BACK, f"taken back: {undone} steps; nothing is left of it")


def _id(standing: Standing) -> str:
    return f", {standing.resource_id}" if standing.resource_id else ""
