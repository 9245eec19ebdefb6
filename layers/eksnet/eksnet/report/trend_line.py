"""A subnet's free addresses as a line: what was seen, and the range of what is foretold."""

import datetime as dt

from eksnet.capacity.forecast import HORIZON
from eksnet.model.audit import Audit, Counted, ForecastShown
from eksnet.model.record import record
from eksnet.report.forecast_lines import dated, in_days, pace

TRENDS = 24  # pictures on a page: as many as the run reads histories for
LISTED = 50  # forecasts told in words only, the soonest first; the others are counted
WIDE, HIGH = 360, 150  # the drawing's own units: about a pixel each where it is read on a phone
LEFT, RIGHT, TOP, BOTTOM = 8, 352, 24, 106  # of the plot; the labels are above and below
LEAST_AHEAD = 7  # days ahead that are drawn at least, so that the end is no bare edge
HALF_LABEL = 36  # units: half of a date's width at the page's type size


@record
class Label:
    """A word in the picture; ``anchor`` is SVG's text-anchor."""

    x: float
    y: float
    anchor: str
    text: str


@record
class Trend:
    """A picture of one forecast, in SVG's numbers.

    ``seen`` is the history's line, ``middle`` the foretold one, ``range`` the shaded area and
    ``span`` where it meets the base line. ``said`` is the whole picture in words; ``when`` and
    ``pace`` stand beside it; ``blocks`` tells that it is not of addresses.
    """

    forecast: ForecastShown
    seen: str
    middle: str
    range: str
    span: tuple[float, float]
    today: float
    labels: tuple[Label, ...]
    when: str
    pace: str
    said: str
    blocks: bool


@record
class Trends:
    """The pictures of a page, and how many dated forecasts have none."""

    drawn: tuple[Trend, ...]
    left: tuple[ForecastShown, ...]
    uncounted: int


def trends(audit: Audit) -> Trends:
    """Return the pictures of the forecasts that end soonest and have a history to draw."""
    found = dated(audit)
    drawn = [each for each in found if len(each.points) > 1][:TRENDS]
    rest = [each for each in found if each not in drawn]
    return Trends(
        drawn=tuple(trend_line(each) for each in drawn),
        left=tuple(rest[:LISTED]),
        uncounted=max(len(rest) - LISTED, 0),
    )


def trend_line(one: ForecastShown) -> Trend:
    """Return the picture of a forecast with a day and two points or more."""
    drawn = _Scale.of(one)
    level = max(one.level or 0.0, 0.0)
    days, earliest = one.days or 0, one.earliest or 0
    upper = (one.latest, 0.0) if one.latest is not None else (drawn.end, level)
    corners = [(0, level), (earliest, 0.0), (upper[0], 0.0)]
    if one.latest is None:
        corners.append(upper)
    return Trend(
        forecast=one,
        seen=" ".join(drawn.at(day, free) for day, free in one.points),
        middle=" ".join((drawn.at(0, level), drawn.at(days, 0))),
        range=" ".join(drawn.at(day, free) for day, free in corners),
        span=(drawn.x(earliest), drawn.x(upper[0])),
        today=drawn.x(0),
        labels=_labels(one, drawn),
        when=in_days(one),
        pace=pace(one),
        said=_words(one),
        blocks=one.counted is Counted.BLOCKS,
    )


@record
class _Scale:
    """From days and counts to the picture."""

    start: int
    end: int
    top: float

    @classmethod
    def of(cls, one: ForecastShown) -> "_Scale":
        ahead = one.latest if one.latest is not None else min(2 * (one.days or 0), HORIZON)
        top = max(1.0, one.level or 0.0, *(float(free) for _, free in one.points))
        return cls(start=min(one.points[0][0], -1), end=max(ahead, LEAST_AHEAD), top=top)

    def x(self, day: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * (day - self.start) / (self.end - self.start), 1)

    def y(self, free: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * free / self.top, 1)

    def at(self, day: float, free: float) -> str:
        return f"{self.x(day)},{self.y(free)}"


def _labels(one: ForecastShown, drawn: _Scale) -> tuple[Label, ...]:
    """Return the labels: the days seen in one row, the day foretold in the next."""
    today, end = drawn.x(0), drawn.x(one.days or 0)
    first = Label(x=LEFT, y=BOTTOM + 16, anchor="start", text=_date(one, one.points[0][0]))
    now = Label(x=min(today, RIGHT - HALF_LABEL / 2), y=BOTTOM + 16, anchor="middle", text="today")
    when = min(max(end, LEFT + HALF_LABEL), RIGHT - HALF_LABEL)
    apart = today - LEFT > 2 * HALF_LABEL + HALF_LABEL / 2
    return (
        Label(x=LEFT, y=TOP - 8, anchor="start", text=f"{drawn.top:,.0f} {one.counted}"),
        *((first,) if apart else ()),
        now,
        Label(x=when, y=BOTTOM + 34, anchor="middle", text=_date(one, one.days or 0)),
    )


def _date(one: ForecastShown, day: int) -> str:
    return f"{one.now + dt.timedelta(days=day):%d %b %Y}".lstrip("0")


def _words(one: ForecastShown) -> str:
    first, last = one.points[0], one.points[-1]
    low, high = _date(one, one.earliest or 0), one.latest
    until = f"and {_date(one, high)}" if high is not None else "and an unknown day"
    return (
        f"{one.counted}: {first[1]:,} on {_date(one, first[0])}, {last[1]:,} on"
        f" {_date(one, last[0])}; foretold to be none on {_date(one, one.days or 0)},"
        f" in four of five cases between {low} {until}"
    )
