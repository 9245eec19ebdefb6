"""On which day there will be no room, with a range, or why that can't be told.

A forecast is of one count: a subnet's free addresses, its free /28 blocks, or the best of a zone's
subnets (``series.best_of``). It knows the count's past and nothing else.
"""

import bisect
import datetime as dt
import enum
import math
from collections.abc import Iterable

from eksnet.capacity.series import DAY, Lows, Sample, daily_lows, looks
from eksnet.capacity.trend import RANGE_Z, TINY, WEEK, Steady, Trend, steady, trend
from eksnet.model.record import record

HORIZON = 365  # days: what is further off is not for a forecast from three months
MIN_SPAN = 14  # days: in two weeks a weekend weighs the same at both ends, and is no trend
MIN_LOWS = 10  # days with a look among them: with fewer the slope's range is of a few pairs
STALE = 7  # days: a subnet that was not seen for a week may have changed or be gone
CHANCES = (0.1, 0.5, 0.9)  # the ends of a range of 80 %, and its middle
FULL = 0  # nothing left


class Answer(enum.StrEnum):
    """What can be said. Only DATED has ``days``."""

    EXHAUSTED = "exhausted"
    DATED = "dated"
    NOT_WITHIN_HORIZON = "not_within_horizon"
    TOO_LITTLE_DATA = "too_little_data"


@record
class Forecast:
    """When a count comes down to ``floor``, in whole days from now.

    * EXHAUSTED: it has, at the newest look or in what is usual of a day's lowest.
    * DATED: on day ``days``, within ``earliest`` and ``latest`` in four of five cases. ``latest``
      is None where the range goes on beyond the horizon.
    * NOT_WITHIN_HORIZON: it grows, stays, or falls too slowly or too unclearly to give a day.
      ``earliest`` is a day all the same where the range begins within the horizon: ask ``within``.
    * TOO_LITTLE_DATA: ``missing`` tells what it takes.

    ``free`` is the newest count and ``seen_at`` its time. ``since`` is the first look the trend
    is drawn from, after the last change of level or pace if there was one (``shifted``);
    ``level`` is the usual lowest of today and ``per_day`` what each day adds to it, negative when
    room goes.
    """

    answer: Answer
    floor: int
    free: int | None = None
    seen_at: dt.datetime | None = None
    days: int | None = None
    earliest: int | None = None
    latest: int | None = None
    missing: str = ""
    since: dt.datetime | None = None
    shifted: bool = False
    level: float | None = None
    per_day: float | None = None

    def within(self, days: int) -> bool | None:
        """Return whether it ends within ``days``, HORIZON at most; None if that can't be told."""
        if self.answer is Answer.TOO_LITTLE_DATA:
            return None
        if self.answer is Answer.EXHAUSTED or (self.latest is not None and self.latest <= days):
            return True
        return None if self.earliest is not None and self.earliest <= days else False


def forecast(samples: Iterable[Sample], *, now: dt.datetime, floor: int = FULL) -> Forecast:
    """Return when the count comes down to ``floor``, from its samples up to ``now`` in any order.

    The same samples always give the same answer.
    """
    seen = looks(samples, now)
    if not seen:
        return _too_little(_more(MIN_SPAN), floor)
    newest, free = seen[-1]
    if now - newest > STALE * DAY:
        return _too_little(f"a look in the last {STALE} days", floor, newest, free)
    if free <= floor:
        return Forecast(answer=Answer.EXHAUSTED, floor=floor, free=free, seen_at=newest)
    lows = daily_lows(seen, now)
    if lack := _lack(lows):
        return _too_little(_more(lack), floor, newest, free)
    known = steady(lows)
    if lack := _lack(known.lows):
        reason = f"{_more(lack)} since the level or the pace changed"
        return _too_little(reason, floor, newest, free)
    return _told(known, trend(known), now, floor, (newest, free))


def _lack(lows: Lows) -> int:
    """Return how many more days, with a look each, a forecast takes."""
    return max(0, MIN_SPAN - lows.span, MIN_LOWS - len(lows.days))


def _more(days: int) -> str:
    return "1 more day" if days == 1 else f"{days} more days"


def _too_little(
    missing: str, floor: int, seen_at: dt.datetime | None = None, free: int | None = None
) -> Forecast:
    return Forecast(
        answer=Answer.TOO_LITTLE_DATA, floor=floor, free=free, seen_at=seen_at, missing=missing
    )


def _told(
    known: Steady, ahead: Trend, now: dt.datetime, floor: int, newest: tuple[dt.datetime, int]
) -> Forecast:
    """Return the forecast that a trend allows."""
    today = ahead.level + ahead.rhythm[0]
    answer, (days, earliest, latest) = Answer.DATED, _range(ahead, floor)
    if today <= floor:
        answer, days, earliest, latest = Answer.EXHAUSTED, None, None, None
    elif days is None:
        answer = Answer.NOT_WITHIN_HORIZON
    return Forecast(
        answer=answer,
        floor=floor,
        free=newest[1],
        seen_at=newest[0],
        days=days,
        earliest=earliest,
        latest=latest,
        since=now + known.lows.days[0] * DAY,
        shifted=known.shifted,
        level=today,
        per_day=ahead.per_day,
    )


def _range(ahead: Trend, floor: int) -> tuple[int | None, int | None, int | None]:
    """Return the day, the earliest and the latest, None what is beyond the horizon.

    What the slope, the scatter of days, what wanders and the last lows leave open is independent,
    so their squares are added. There is no day where the slow end of the range does not fall.
    """
    soon, middle, late = _reached(ahead, (ahead.level, ahead.per_day), floor)
    if middle is None or ahead.slow[1] >= 0:
        return None, _reached(ahead, ahead.fast, floor)[0], None
    _, fast, _ = _reached(ahead, ahead.fast, floor)
    _, slow, _ = _reached(ahead, ahead.slow, floor)
    pace = abs(ahead.per_day)
    wander = RANGE_Z * ahead.wander * math.sqrt(middle) / pace
    last = ahead.recent / pace
    before = math.hypot(middle - (fast or middle), middle - (soon or middle), wander, min(last, 0))
    earliest = max(0, math.floor(middle - before))
    if slow is None or late is None:
        return middle, earliest, None
    after = math.hypot(slow - middle, late - middle, wander, max(last, 0))
    latest = math.ceil(middle + after)
    return middle, earliest, latest if latest <= HORIZON else None


def _reached(
    ahead: Trend, line: tuple[float, float], floor: int
) -> tuple[int | None, int | None, int | None]:
    """Return by which day a low has come down to ``floor`` with each of the three probabilities.

    A day's low is the line's, the weekday's and one of the deviations seen, each as likely.
    """
    level, per_day = line
    tiny = TINY * max(abs(level), abs(floor))
    found: list[int] = []
    still = 1.0
    for day in range(1, HORIZON + 1):
        gap = floor - level - per_day * day - ahead.rhythm[day % WEEK] + tiny
        if gap < ahead.scatter[0]:
            continue
        still *= 1 - bisect.bisect_right(ahead.scatter, gap) / len(ahead.scatter)
        found.extend(day for _ in CHANCES[len(found) : bisect.bisect_right(CHANCES, 1 - still)])
        if len(found) == len(CHANCES):
            break
    soon, even, late = [*found, None, None, None][: len(CHANCES)]
    return soon, even, late
