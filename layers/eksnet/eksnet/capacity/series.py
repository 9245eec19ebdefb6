"""What was seen of one count over time, made even: at most one value a day, the day's lowest.

The lowest, because a pod or an upgrade fails at the worst moment of a day, not at its average. A
single odd day does no harm: the trend drawn through the lows is a robust one.
"""

import datetime as dt
from collections.abc import Iterable

from eksnet.model.record import record

DAY = dt.timedelta(days=1)
SLACK = dt.timedelta(hours=2)  # daily looks that start late still fall on days of their own
LOOK_BACK = dt.timedelta(days=90)  # older growth says little about today's, and costs its square


@record
class Sample:
    """A count at one look: free addresses, or free /28 blocks; None where it was not seen."""

    at: dt.datetime
    free: int | None


@record
class Lows:
    """The lowest count of each day that had a look, oldest first.

    ``days`` are the moments of the lows, in days from now and so never positive; ``numbers`` count
    whole days back from the newest look, 0 being its own; ``values`` are the counts.
    """

    days: tuple[float, ...]
    numbers: tuple[int, ...]
    values: tuple[float, ...]

    @property
    def span(self) -> int:
        """Return how many days there are from the first to the last, both counted."""
        return self.numbers[-1] - self.numbers[0] + 1

    def since(self, start: int) -> "Lows":
        """Return the lows from the one at index ``start`` on."""
        return Lows(
            days=self.days[start:], numbers=self.numbers[start:], values=self.values[start:]
        )


def looks(samples: Iterable[Sample], now: dt.datetime) -> list[tuple[dt.datetime, int]]:
    """Return what was seen up to ``now`` and not too long ago, oldest first, at each moment once.

    What two looks at one moment disagree about, the lower one decides.
    """
    lowest: dict[dt.datetime, int] = {}
    for each in samples:
        if each.free is not None and now - LOOK_BACK <= each.at <= now:
            lowest[each.at] = min(each.free, lowest.get(each.at, each.free))
    return sorted(lowest.items())


def daily_lows(seen: list[tuple[dt.datetime, int]], now: dt.datetime) -> Lows:
    """Return the lowest count of each day of one look or more, the latest of equals.

    Days are counted back from the newest look, so that the last one is as whole as the others and
    neither time zones nor the hour of the audit matter.
    """
    newest = seen[-1][0]
    lowest: dict[int, tuple[dt.datetime, int]] = {}
    for at, free in seen:
        number = -((newest - at + SLACK) // DAY)
        if number not in lowest or free <= lowest[number][1]:
            lowest[number] = at, free
    return Lows(
        days=tuple((at - now) / DAY for at, _ in lowest.values()),
        numbers=tuple(lowest),
        values=tuple(float(free) for _, free in lowest.values()),
    )


def best_of(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """Return for each moment the greatest count of several subnets: a zone ends with its best.

    Where one of them was not seen at a moment, the greatest is not known there either.
    """
    seen: dict[dt.datetime, list[int | None]] = {}
    for each in samples:
        seen.setdefault(each.at, []).append(each.free)
    return tuple(Sample(at=at, free=_greatest(counts)) for at, counts in sorted(seen.items()))


def _greatest(counts: list[int | None]) -> int | None:
    known = [each for each in counts if each is not None]
    return max(known) if len(known) == len(counts) else None
