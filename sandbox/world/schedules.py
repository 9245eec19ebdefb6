"""Which trials there are: a fault at every call, pairs of crashes, a second worker, chance."""

import dataclasses
import functools
import random
from collections.abc import Iterator, Mapping

from eksnet.model.journal import PlanState, Purpose
from eksnet.model.plan import Plan
from sandbox.world.people import EDITS
from sandbox.world.plans import plans
from sandbox.world.points import AFTER, CRASH_AFTER, FAULTS, Schedule, schedule_of, written
from sandbox.world.trial import EDIT, LATER, OTHER, REJECT, STOP, Outcome, Trial

_EFFECTS = ("store commit", "store take_lease", "store drop_lease", "ec2:", "eks:")
"""Calls that leave something behind: a crash after one of the others is one before the next."""
_MOST_EVENTS = 5  # of a random schedule
DONE = {Purpose.APPLY: PlanState.SUCCEEDED, Purpose.ROLLBACK: PlanState.ROLLED_BACK}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A trial as it can be written down and made again."""

    plan: str
    purpose: Purpose
    schedule: Schedule
    lag: int = 0

    def __str__(self) -> str:
        lag = f" lag={self.lag}" if self.lag else ""
        return f"{self.plan} {self.purpose}{lag} {written(self.schedule)}".rstrip()

    def run(self) -> Outcome:
        """Make the trial."""
        return Trial(_plans()[self.plan], self.purpose, self.schedule, self.lag).run()


def case_of(text: str) -> Case:
    """Return the case of its text."""
    plan, purpose, *words = text.split()
    lag = 0
    if words and words[0].startswith("lag="):
        lag = int(words.pop(0).removeprefix("lag="))
    return Case(plan=plan, purpose=Purpose(purpose), schedule=schedule_of(words), lag=lag)


@functools.cache
def _plans() -> Mapping[str, Plan]:
    return plans()


@functools.cache
def names(plan: str, purpose: Purpose) -> tuple[str, ...]:
    """Return the calls that a plan makes when nothing goes wrong."""
    return Case(plan=plan, purpose=purpose, schedule={}).run().names


def _both() -> Iterator[tuple[str, Purpose, int]]:
    for plan in _plans():
        for purpose in Purpose:
            yield plan, purpose, len(names(plan, purpose))


def _single(events: tuple[str, ...]) -> Iterator[Case]:
    for plan, purpose, points in _both():
        for point in range(points):
            for event in events:
                yield Case(plan=plan, purpose=purpose, schedule={point: (event,)})


def faults() -> Iterator[Case]:
    """Yield every kind of fault at every call, and the trials without any."""
    for plan, purpose, _ in _both():
        yield Case(plan=plan, purpose=purpose, schedule={})
    yield from _single(FAULTS)


def workers() -> Iterator[Case]:
    """Yield a second worker that takes over, before and after every call."""
    yield from _single((OTHER, OTHER + AFTER))


def people() -> Iterator[Case]:
    """Yield a stop, a rejection and every edit at every call."""
    yield from _single((STOP, REJECT, *(f"{EDIT}{name}" for name in EDITS)))


def crashes(only: str | None = None) -> Iterator[Case]:
    """Yield all pairs of crashes, each after a call that leaves something behind."""
    for plan, purpose, _ in _both():
        if only not in (None, plan):
            continue
        for first in _effects(names(plan, purpose), -1):
            once = Case(plan=plan, purpose=purpose, schedule={first: (CRASH_AFTER,)})
            for second in _effects(once.run().names, first):
                schedule = {first: (CRASH_AFTER,), second: (CRASH_AFTER,)}
                yield dataclasses.replace(once, schedule=schedule)


def _effects(calls: tuple[str, ...], after: int) -> Iterator[int]:
    for number, name in enumerate(calls):
        if number > after and name.startswith(_EFFECTS):
            yield number


def chance(seed: int) -> Case:
    """Return the random case of a seed."""
    dice = random.Random(seed)  # noqa: S311 - the same seed is to be the same case
    plan, purpose, points = dice.choice(tuple(_both()))
    schedule: dict[int, tuple[str, ...]] = {}
    for _ in range(dice.randint(1, _MOST_EVENTS)):
        point = dice.randrange(points + points // 4)
        schedule[point] = (*schedule.get(point, ()), _event(dice))
    return Case(plan=plan, purpose=purpose, schedule=schedule, lag=dice.choice((0, seed + 1)))


def _event(dice: random.Random) -> str:
    kind = dice.random()
    if kind < 0.55:  # ours: mostly faults, as in life
        return dice.choice(FAULTS)
    if kind < 0.85:
        return EDIT + dice.choice(tuple(EDITS))
    return dice.choice((OTHER, OTHER + AFTER, STOP, REJECT, f"{LATER}400", f"{LATER}90000"))
