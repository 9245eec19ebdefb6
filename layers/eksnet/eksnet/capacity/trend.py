"""The trend of daily lows, by methods that a few odd days cannot bend.

In this order: the weekly rhythm is taken out, the history before the last change of level or of
pace is left out, and a Theil-Sen line is drawn through the rest, with a range for its slope
(P. K. Sen, Estimates of the regression coefficient based on Kendall's tau, JASA 63, 1968).
"""

import bisect
import math
from collections.abc import Iterator, Sequence

from eksnet.capacity.series import Lows
from eksnet.model.record import record

WEEK = 7
WEEKS = 3  # with fewer, one odd day would be half of what is known of its weekday
TWICE = WEEKS - 1  # the first and the last three days have no week around them
RHYTHM_GAIN = 0.8  # what weekdays must leave of the scatter, at most, to be believed: simulation
RANGE_Z = 1.2816  # of a normal distribution, leaves a tenth on either side: a range of 80 %
SIDE = 5  # lows on either side of a change: one of fewer may be an odd moment
BREAK_GAIN = 0.75  # what two lines must leave of one line's deviations, at most: simulation
WANDER_GAIN = 0.3  # the same, where what they leave still wanders: simulation
LINE, MORE = 2, 3  # what a line is free to choose, and a second one and where it begins
WALK_RATIO = (
    2.0  # how much longer differences must outgrow shorter ones to be wandering: simulation
)
WALK_LAG = 7  # days, at most, of the longer differences
WALK_SLOPE = 1.2  # a random walk of n steps of variance v has a slope of variance 6 v / 5 n
RECENT = 3  # lows whose median is where the count is now: one odd day does not move it
TINY = 1e-9  # of the greatest value: below it is the arithmetic's own rounding


@record
class Line:
    """A straight line through lows: ``level`` now, ``per_day`` its slope, and how well it fits.

    ``slopes`` are those of all pairs, in order; ``deviations`` are of each low from the line.
    """

    level: float
    per_day: float
    slopes: tuple[float, ...]
    deviations: tuple[float, ...]

    @property
    def misfit(self) -> float:
        """Return the sum of the distances from the line."""
        return sum(map(abs, self.deviations))


@record
class Trend:
    """How daily lows go on: ``level`` now, ``per_day``, and the range of the slope.

    ``fast`` and ``slow`` are (level, slope) of the lines at the ends of the range, the steeper
    decline first. ``scatter`` are the deviations that days have from the line, in order;
    ``rhythm`` what each of seven days adds, beginning with today.
    ``wander`` is the standard deviation of what a day adds for good, and ``recent`` how far the
    last lows are from the line.
    """

    level: float
    per_day: float
    fast: tuple[float, float]
    slow: tuple[float, float]
    scatter: tuple[float, ...]
    rhythm: tuple[float, ...]
    wander: float
    recent: float


@record
class Steady:
    """The lows since the last change of level or pace, without the weekly rhythm, and their line.

    ``rhythm`` is that of ``weekly``; ``shifted`` tells whether there was a change.
    """

    lows: Lows
    rhythm: tuple[float, ...]
    line: Line
    shifted: bool


def median(values: Sequence[float]) -> float:
    """Return the middle value, of an even number the mean of the two."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def steady(lows: Lows) -> Steady:
    """Return what of ``lows``, two at least, a trend may be drawn through."""
    rhythm = weekly(lows)
    values = tuple(
        value - rhythm[number % WEEK]
        for number, value in zip(lows.numbers, lows.values, strict=True)
    )
    even = Lows(days=lows.days, numbers=lows.numbers, values=values)
    start, line = 0, draw(even)
    while found := _change(even.since(start), line):
        step, line = found
        start += step
    return Steady(lows=even.since(start), rhythm=rhythm, line=line, shifted=start > 0)


def trend(seen: Steady) -> Trend:
    """Return how the lows go on."""
    lows, line = seen.lows, seen.line
    count = len(lows.days)
    wander = _wander(line.deviations)
    recent = median(line.deviations[-RECENT:])
    pairs = len(line.slopes)
    reach = RANGE_Z * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low = max(0, math.floor((pairs - reach) / 2))
    further = (RANGE_Z * wander) ** 2 * WALK_SLOPE / lows.span
    fast = line.per_day - math.hypot(line.per_day - line.slopes[low], math.sqrt(further))
    slow = line.per_day + math.hypot(line.slopes[-1 - low] - line.per_day, math.sqrt(further))
    scatter = _scatter(line.deviations) if wander else line.deviations
    settled = recent if wander else 0.0
    return Trend(
        level=line.level + settled,
        per_day=line.per_day,
        fast=(_level(lows, fast) + settled, fast),
        slow=(_level(lows, slow) + settled, slow),
        scatter=tuple(sorted(scatter)),
        rhythm=_from_today(seen.rhythm, lows.days[-1]),
        wander=wander,
        recent=recent - settled,
    )


def draw(lows: Lows) -> Line:
    """Return the Theil-Sen line through two lows or more: the median of the slopes of all pairs."""
    slopes = [
        (later - value) / (then - day)
        for index, (day, value) in enumerate(zip(lows.days, lows.values, strict=True), 1)
        for then, later in zip(lows.days[index:], lows.values[index:], strict=True)
    ]
    slopes.sort()
    per_day = median(slopes)
    level = _level(lows, per_day)
    return Line(
        level=level,
        per_day=per_day,
        slopes=tuple(slopes),
        deviations=tuple(
            value - level - per_day * day for day, value in zip(lows.days, lows.values, strict=True)
        ),
    )


def weekly(lows: Lows) -> tuple[float, ...]:
    """Return what each weekday adds, by its number modulo 7: zeros where no rhythm is believed.

    A day is held against the median of the week around it, which neither a trend nor a change of
    level moves much. It takes three weeks, and every weekday twice amid a week that was seen.
    """
    none = (0.0,) * WEEK
    if len(lows.numbers) < WEEKS * WEEK:
        return none
    apart: list[list[float]] = [[] for _ in range(WEEK)]
    for number, apartness in _apart(lows):
        apart[number % WEEK].append(apartness)
    if min(map(len, apart)) < TWICE:
        return none
    rhythm = [median(each) for each in apart]
    before = sum(abs(value) for each in apart for value in each)
    after = sum(
        abs(value - usual) for each, usual in zip(apart, rhythm, strict=True) for value in each
    )
    return tuple(rhythm) if after <= RHYTHM_GAIN * before else none


def _apart(lows: Lows) -> Iterator[tuple[int, float]]:
    """Yield the number of each day amid a week, and how far its low is from that week's median."""
    numbers, values = lows.numbers, lows.values
    half = WEEK // 2
    for index, number in enumerate(numbers):
        first = bisect.bisect_left(numbers, number - half)
        end = bisect.bisect_right(numbers, number + half)
        if end - first >= WEEK - 1:
            yield number, values[index] - median(values[first:end])


def _from_today(rhythm: tuple[float, ...], newest: float) -> tuple[float, ...]:
    """Return the rhythm beginning with today, the newest low being of ``newest`` days from now."""
    today = round(-newest)
    return tuple(rhythm[(today + ahead) % WEEK] for ahead in range(WEEK))


def _level(lows: Lows, per_day: float) -> float:
    """Return where the line of that slope is now."""
    return median([v - per_day * day for day, v in zip(lows.days, lows.values, strict=True)])


def _change(lows: Lows, line: Line) -> tuple[int, Line] | None:
    """Return where a change of level or of pace ends and the line after it, None without one.

    Two lines must fit much better than one. They must do better still where what they leave goes
    on wandering: history of that kind bends all the time, and the next bend is not known.
    """
    tiny = TINY * max(map(abs, lows.values)) * len(lows.values)
    if len(lows.values) < 2 * SIDE or line.misfit <= tiny:
        return None
    start = _break(lows.days, line.deviations)
    before, after = draw(_until(lows, start)), draw(lows.since(start))
    wanders = _wander(before.deviations) or _wander(after.deviations)
    gain = WANDER_GAIN if wanders else BREAK_GAIN
    free = len(lows.values) - LINE
    if (before.misfit + after.misfit) / (free - MORE) > gain * line.misfit / free:
        return None
    return start, after


def _break(days: Sequence[float], deviations: Sequence[float]) -> int:
    """Return the index at which two least-squares lines, one on each side, fit best together.

    Odd days are smoothed away before: the median of three takes the place of each.
    """
    smooth = [median(deviations[max(0, at - 1) : at + 2]) for at in range(len(deviations))]
    ahead = _misfits(days, smooth)
    behind = _misfits(days[::-1], smooth[::-1])[::-1]
    return min(range(SIDE, len(days) - SIDE + 1), key=lambda at: ahead[at - 1] + behind[at])


def _misfits(days: Sequence[float], values: Sequence[float]) -> list[float]:
    """Return for each day the squares that the least-squares line up to it leaves."""
    found = []
    mean_day = mean = spread = joint = total = 0.0
    for count, (day, value) in enumerate(zip(days, values, strict=True), 1):
        off_day, off = day - mean_day, value - mean
        mean_day += off_day / count
        mean += off / count
        spread += off_day * (day - mean_day)
        joint += off_day * (value - mean)
        total += off * (value - mean)
        found.append(total - joint * joint / spread if spread else 0.0)
    return found


def _until(lows: Lows, end: int) -> Lows:
    return Lows(days=lows.days[:end], numbers=lows.numbers[:end], values=lows.values[:end])


def _wander(deviations: Sequence[float]) -> float:
    """Return the standard deviation of the part of a day's change that stays.

    Were days odd one by one, two of them would differ as much a week apart as side by side.
    What longer differences have more has added up.
    """
    lag = min(WALK_LAG, len(deviations) // 3)
    near, far = _difference(deviations, 1), _difference(deviations, lag)
    return math.sqrt((far - near) / (lag - 1)) if far > WALK_RATIO * near else 0.0


def _difference(deviations: Sequence[float], lag: int) -> float:
    """Return the mean square of the differences of days that are ``lag`` apart."""
    pairs = zip(deviations, deviations[lag:], strict=False)
    return sum((later - each) ** 2 for each, later in pairs) / (len(deviations) - lag)


def _scatter(deviations: Sequence[float]) -> list[float]:
    """Return what days have apart from what stays: how far each is from the median around it."""
    half = WEEK // 2
    return [
        each - median(deviations[max(0, index - half) : index + half + 1])
        for index, each in enumerate(deviations)
    ]
