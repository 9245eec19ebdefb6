"""Forecast generated histories whose future is known; print how right that was, as JSON.

`bench_forecast.py HISTORIES SUBNETS`: so many histories of each kind, and so many subnets of 90
days with a look a day for the time it takes. A history and its future are one random series, cut
in two: the truth is the first day after the cut with no free address. The seed is fixed.
"""

import argparse
import collections
import dataclasses
import datetime as dt
import json
import random
import statistics
import sys
import time
from collections.abc import Callable

from eksnet.capacity.forecast import HORIZON, Answer, Forecast, forecast
from eksnet.capacity.series import DAY, Sample

SEED = 31
NOW = dt.datetime(2026, 3, 1, 3, 0, tzinfo=dt.UTC)
DAYS = 90
PACE = (0.5, 8.0)  # addresses a day
ENDS = (5, 150)  # days from now, where a straight line would end
LOOKS = (28, 80)  # days of history
NIGHT = 3  # hours between looks of a sawtooth
HALF = 24 // NIGHT // 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class History:
    """What was seen, and on which day it really ends; None when not within the horizon."""

    samples: tuple[Sample, ...]
    ends: int | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class World:
    """A history in the making: so many days back, so fast, and the line's level on each day.

    Day 0 is the first of the history; the day before ``len`` of it is today.
    """

    chance: random.Random
    back: int
    pace: float
    line: tuple[float, ...]

    def noise(self, share: float = 3.0) -> float:
        """Return a day's oddness: normal, of up to ``share`` days' pace."""
        return self.chance.gauss(0, self.pace * share)


def world(chance: random.Random, pace: float | None = None) -> World:
    """Return a straight decline that ends at some time."""
    back = chance.randint(*LOOKS)
    speed = chance.uniform(*PACE) if pace is None else pace
    start = speed * (back + chance.randint(*ENDS))
    line = tuple(start - speed * day for day in range(back + HORIZON))
    return World(chance=chance, back=back, pace=speed, line=line)


def linear(chance: random.Random) -> History:
    """A straight decline with noise."""
    made = world(chance)
    share = chance.uniform(0, 5)
    return cut(made, [level + made.noise(share) for level in made.line])


def steps(chance: random.Random) -> History:
    """Room goes a node or a node group at a time, at random."""
    made = world(chance)
    often = chance.uniform(0.1, 0.5)
    level, levels = made.line[0], []
    for _ in made.line:
        level -= (made.pace / often) * (chance.random() < often)
        levels.append(level)
    return cut(made, levels)


def walk(chance: random.Random) -> History:
    """A decline whose every day goes on from the last one's: a random walk."""
    made = world(chance)
    wild = chance.uniform(0.5, 2.0)
    level, levels = made.line[0], []
    for _ in made.line:
        level -= made.pace + made.noise(wild)
        levels.append(level)
    return cut(made, levels)


def weekends(chance: random.Random) -> History:
    """A decline with fewer pods at weekends."""
    made = world(chance)
    more, first = made.pace * chance.uniform(5, 20), chance.randrange(7)
    return cut(
        made,
        [
            level + made.noise(2) + more * ((day + first) % 7 >= 5)  # noqa: PLR2004 - the weekend
            for day, level in enumerate(made.line)
        ],
    )


def sawtooth(chance: random.Random) -> History:
    """More pods by day, fewer by night, a look each three hours."""
    made = world(chance)
    height = made.pace * chance.uniform(2, 20)
    levels = [level + made.noise(1) for level in made.line]
    samples = [
        Sample(at=_at(made, day, hour * NIGHT), free=max(0, round(level + height * night)))
        for day, level in enumerate(levels[: made.back])
        for hour in range(HALF * 2)
        for night in [abs(hour - HALF) / HALF]
    ]
    return History(samples=tuple(samples), ends=_end(made, levels))


def shifted(chance: random.Random) -> History:
    """A decline with one change of level: a migration, or a subnet cleaned up."""
    made = world(chance)
    share = chance.uniform(0, 3)
    when = chance.randint(5, made.back - 18)
    size = chance.choice([-1, 1]) * made.pace * chance.uniform(15, 60)
    return cut(
        made,
        [level + made.noise(share) - size * (day < when) for day, level in enumerate(made.line)],
    )


def bent(chance: random.Random) -> History:
    """No decline at first, then one: growth that began, or doubled, some weeks ago."""
    made = world(chance)
    share, bend = chance.uniform(0, 3), made.back - chance.randint(18, 40)
    before = chance.uniform(0, 0.5)
    return cut(
        made,
        [
            level + made.noise(share) - made.pace * (1 - before) * max(0, bend - day)
            for day, level in enumerate(made.line)
        ],
    )


def outliers(chance: random.Random) -> History:
    """A decline with a day in twenty far off, mostly down: a rollout that surges."""
    made = world(chance)
    return cut(
        made,
        [
            level + made.noise(1) - made.pace * chance.uniform(-5, 15) * (chance.random() < 0.05)  # noqa: PLR2004 - a day in twenty
            for level in made.line
        ],
    )


def gaps(chance: random.Random) -> History:
    """A decline with a third of the looks missing and some made twice."""
    found = linear(chance)
    kept = [each for each in found.samples if chance.random() < 0.67] or list(found.samples)  # noqa: PLR2004 - two thirds
    again = [
        Sample(at=each.at + dt.timedelta(minutes=7), free=each.free)
        for each in kept
        if chance.random() < 0.2 and each.at < NOW - DAY  # noqa: PLR2004 - one in five
    ]
    return History(samples=(*kept, *again), ends=found.ends)


def flat(chance: random.Random) -> History:
    """No trend at all: noise around a level that it does not come down from."""
    made = world(chance, 1.0)
    level = chance.uniform(50, 500)
    share = level * chance.uniform(0, 0.1)
    return cut(made, [level + made.noise(share) for _ in made.line])


def growing(chance: random.Random) -> History:
    """More room each day, with noise."""
    made = world(chance)
    return cut(
        made, [made.line[0] + made.pace * day + made.noise() for day in range(len(made.line))]
    )


KINDS: dict[str, Callable[[random.Random], History]] = {
    each.__name__: each
    for each in (
        linear, weekends, sawtooth, outliers, gaps, shifted, bent, steps, walk, flat, growing,
    )
}  # fmt: skip


def cut(made: World, levels: list[float]) -> History:
    """Return the part that was seen, a look a day, and when the rest ends."""
    samples = (
        Sample(at=_at(made, day, 0), free=max(0, round(level)))
        for day, level in enumerate(levels[: made.back])
    )
    return History(samples=tuple(samples), ends=_end(made, levels))


def _at(made: World, day: int, hours: int) -> dt.datetime:
    """Return a time on a day; jitter is of some minutes; nothing is later than now."""
    late = dt.timedelta(
        hours=hours - (24 - NIGHT if hours else 0), minutes=made.chance.uniform(-9, 0)
    )
    return NOW - DAY * (made.back - 1 - day) + late


def _end(made: World, levels: list[float]) -> int | None:
    """Return the first day after the cut without a free address."""
    ahead = levels[made.back :]
    return next((day for day, level in enumerate(ahead, 1) if round(level) <= 0), None)


def covers(found: Forecast, ends: int | None) -> bool:
    """Tell whether the truth lies in the range."""
    if found.answer is Answer.EXHAUSTED:
        return False
    beyond = HORIZON + 1
    true = beyond if ends is None else ends
    return (
        (found.earliest or beyond if found.days is None else found.earliest or 0)
        <= true
        <= (found.latest or beyond)
    )


def figures(kind: str, count: int) -> dict[str, float | None]:
    """Return how right the forecasts of one kind of history are."""
    chance = random.Random(f"{SEED} {kind}")  # noqa: S311 - not secret
    answers: collections.Counter[str] = collections.Counter()
    errors, shares, widths, covered, judged = [], [], [], 0, 0
    while judged < count:
        history = KINDS[kind](chance)
        if any(each.free == 0 for each in history.samples):
            continue
        found = forecast(history.samples, now=NOW)
        answers[found.answer] += 1
        judged += 1
        covered += found.answer is not Answer.TOO_LITTLE_DATA and covers(found, history.ends)
        if found.days is not None and history.ends is not None:
            errors.append(abs(found.days - history.ends))
            shares.append(100 * abs(found.days - history.ends) / history.ends)
            widths.append((found.latest or HORIZON) - (found.earliest or 0))
    told = judged - answers[Answer.TOO_LITTLE_DATA]
    return {
        "dated": 100 * answers[Answer.DATED] / count,
        "too little": 100 * answers[Answer.TOO_LITTLE_DATA] / count,
        "error": statistics.median(errors) if errors else None,
        "share": statistics.median(shares) if shares else None,
        "width": statistics.median(widths) if widths else None,
        "covered": 100 * covered / told,
    }


def seconds(subnets: int) -> float:
    """Return what forecasting so many subnets takes, of a look a day each."""
    chance = random.Random(SEED)  # noqa: S311 - not secret
    histories = [
        [
            Sample(
                at=NOW - DAY * (DAYS - 1 - day), free=round(4000 - pace * day + chance.gauss(0, 9))
            )
            for day in range(DAYS)
        ]
        for pace in (chance.uniform(0, 30) for _ in range(subnets))
    ]
    started = time.perf_counter()
    for each in histories:
        forecast(each, now=NOW)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("histories", type=int)
    parser.add_argument("subnets", type=int)
    asked = parser.parse_args()
    kinds = {kind: figures(kind, asked.histories) for kind in KINDS}
    json.dump(
        {"kinds": kinds, "seconds": seconds(asked.subnets), "subnets": asked.subnets}, sys.stdout
    )


if __name__ == "__main__":
    main()
