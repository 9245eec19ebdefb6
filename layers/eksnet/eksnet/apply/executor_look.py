"""Looking at what a step needs, makes and changes: in the facts and natural keys of the plan."""

import dataclasses
import enum
import json
from collections.abc import Iterable

from eksnet.apply.executor_turn import Turn
from eksnet.apply.interface import LostError
from eksnet.model.journal import Purpose, StepRow, StepState
from eksnet.model.plan import Change, Fact, Plan, Step
from eksnet.model.snapshot import Blind, Facet, Snapshot
from eksnet.plan import facts
from eksnet.plan.kind import Key, Standing
from eksnet.plan.kinds import kind_of
from eksnet.plan.progress import expected

_PROVEN = frozenset({StepState.DONE, StepState.ADOPTED})


class Own(enum.Enum):
    """How the facts that a step changes are: as before it, as after it, or neither."""

    BEFORE = enum.auto()
    AFTER = enum.auto()
    OTHER = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one whole look says of a step.

    ``differing`` are the plan's other facts that are not as the steps before left them; ``late``
    says that all of these are as they were before one of those steps: the look may be old.
    ``hidden`` says which of them could not be seen, "" when all were. ``inside`` says that what the
    step makes is a part of what the plan made before.
    """

    snapshot: Snapshot
    standing: Standing
    own: Own
    differing: tuple[tuple[Fact, str], ...] = ()
    late: bool = False
    hidden: str = ""
    inside: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """Why a look says nothing: what could not be seen, and the answer.

    ``lasting`` says that AWS answered, and that its answers don't tell: looking again won't help.
    """

    why: str
    lasting: bool = False


def look(turn: Turn, row: StepRow, done: frozenset[int]) -> Seen | Unseen:
    """Look at a step; nothing is told from a look that did not see everything it needs.

    In a rollback only the step itself is looked at: what else has changed since is no reason to
    leave behind what the plan made. Otherwise a look shows all that any step needs.
    """
    forward = turn.purpose is Purpose.APPLY
    steps = turn.plan.steps if forward else (turn.step(row),)
    keys = {(each.about, each.of) for step in steps for each in step.changes}
    if forward:
        keys |= {(fact.about, fact.of) for fact in turn.plan.facts}
    snapshot = shot(turn, steps, keys)
    return snapshot if isinstance(snapshot, Unseen) else read(turn, row, done, snapshot)


def read(turn: Turn, row: StepRow, done: frozenset[int], snapshot: Snapshot) -> Seen | Unseen:
    """Return what a whole look says of a step."""
    step = turn.step(row)
    forward = turn.purpose is Purpose.APPLY
    own = {(each.about, each.of) for each in step.changes}
    others = tuple(
        fact
        for fact in (expected(turn.plan, done) if forward else ())
        if (fact.about, fact.of) not in own
    )
    mine = _own(snapshot, step.changes, exact=forward)
    differing, hidden = compared(snapshot, others)
    if isinstance(mine, Blind):
        return Unseen(why=_told(mine), lasting=mine not in snapshot.blinds)
    return Seen(
        snapshot=snapshot,
        standing=kind_of(step.action).standing(snapshot, step.action),
        own=mine,
        differing=differing,
        late=is_late(turn.plan, done, differing),
        hidden=hidden,
        inside=_inside(turn, step),
    )


def shot(turn: Turn, steps: Iterable[Step], keys: Iterable[Key]) -> Snapshot | Unseen:
    """Look at what ``steps`` and the facts of ``keys`` need."""
    needed = frozenset(facet for step in steps for facet in kind_of(step.action).facets)
    try:
        snapshot = turn.tools.eyes.look(needed | facts.facets_of(keys))
    except LostError as error:
        return Unseen(why=str(error))
    if snapshot.partial:
        return Unseen(why="the lists were filtered by somebody else")
    hidden = next(iter(_hiding(snapshot, turn.plan, needed)), None)
    return Unseen(why=_told(hidden)) if hidden else snapshot


def is_late(plan: Plan, done: frozenset[int], differing: Iterable[tuple[Fact, str]]) -> bool:
    """Tell whether all that differs is as it was before a step that is done."""
    before = {
        (each.about, each.of, each.before)
        for step in plan.steps
        if step.number in done
        for each in step.changes
    }
    return all((fact.about, fact.of, value) in before for fact, value in differing)


def named(differing: Iterable[tuple[Fact, str]]) -> str:
    """Say which facts are otherwise, as they should be and as they are."""
    return "; ".join(
        f"{fact.about} of {fact.of} is {value}, not {fact.value}" for fact, value in differing
    )


def compared(
    snapshot: Snapshot, expected_facts: Iterable[Fact]
) -> tuple[tuple[tuple[Fact, str], ...], str]:
    """Return the facts that are seen to be otherwise, each as it is, and what hides another."""
    differing, hidden = [], ""
    for fact in expected_facts:
        now = facts.read(snapshot, (fact.about, fact.of))
        if isinstance(now, Blind):
            hidden = hidden or _told(now)
        elif now != fact.value:
            differing.append((fact, now))
    return tuple(differing), hidden


def _hiding(snapshot: Snapshot, plan: Plan, needed: frozenset[Facet]) -> Iterable[Blind]:
    """Return what may hide how a step stands: all but what is of another cluster."""
    names = {None, *(each.name for each in plan.clusters)}
    return (each for each in snapshot.blind(needed) if each.cluster in names)


def _inside(turn: Turn, step: Step) -> bool:
    """Tell whether a step changes nothing but what did not exist before the plan made it."""
    ours = {each.number for each in turn.row.steps if each.state in _PROVEN}
    made = {
        each.of
        for other in turn.plan.steps
        if other.number in ours and other.number != step.number
        for each in other.changes
        if each.before == "null"
    }
    return all(each.of in made for each in step.changes)


def _told(blind: Blind) -> str:
    return f"{blind.api} answered {blind.error}"


def _own(snapshot: Snapshot, changes: Iterable[Change], *, exact: bool) -> Own | Blind:
    stand, gone = True, True
    for change in changes:
        now = facts.read(snapshot, (change.about, change.of))
        if isinstance(now, Blind):
            return now
        stand &= now == change.after or (not exact and _holds(now, change.before, change.after))
        gone &= now == change.before or (not exact and _gone(now, change))
    return Own.AFTER if stand else Own.BEFORE if gone else Own.OTHER


def _gone(now: str, change: Change) -> bool:
    """Tell whether nothing of a change is left, if only because all it was made to is gone."""
    return now == "null" or _holds(now, change.after, change.before)


def _holds(now: str, without: str, having: str) -> bool:
    """Tell whether a list has what a step put in and lacks what it took out.

    What others put into a list later neither makes nor mends what the step did.
    """
    there, old, new = json.loads(now), json.loads(without), json.loads(having)
    if not all(isinstance(each, list) for each in (there, old, new)):
        return False
    put = [each for each in new if each not in old]
    taken = [each for each in old if each not in new]
    return all(each in there for each in put) and not any(each in there for each in taken)
