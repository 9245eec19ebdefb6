"""When addresses run out, as a line and in words."""

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eksnet.model.audit import Audit, Counted, ForecastShown
from eksnet.report.forecast_lines import ENDS_SHOWN, certain_words, ends_lines, in_days
from eksnet.report.trend_line import (
    BOTTOM,
    HIGH,
    LEFT,
    LISTED,
    RIGHT,
    TOP,
    TRENDS,
    WIDE,
    trend_line,
    trends,
)
from tests.report.sample import ahead, realistic

NUMBER = re.compile(r"-?[0-9.]+(?:e-?[0-9]+)?")


def audit(*forecasts: ForecastShown, **parts: object) -> Audit:
    return dataclasses.replace(  # type: ignore[arg-type]
        realistic(), **{"forecasts": forecasts, "unforecast": 0, **parts}
    )


def ends(number: int, days: int, latest: int | None, **parts: object) -> ForecastShown:
    values = {"free": 50, "per_day": -5.0, "earliest": max(days - 2, 0), "latest": latest, **parts}
    return ahead(number, days=days, **values)


def body(*forecasts: ForecastShown, **parts: object) -> str:
    return " ".join(" ".join(ends_lines(audit(*forecasts, **parts))).split())


@pytest.mark.parametrize(
    ("days", "earliest", "latest", "words"),
    [
        (6, 4, 9, "in about 6 days (4 to 9)"),
        (1, 1, 1, "in about 1 day"),
        (0, 0, 3, "today (0 to 3)"),
        (40, 30, None, "in about 40 days (30 or more)"),
    ],
)
def test_a_day_comes_with_its_range(
    days: int, earliest: int, latest: int | None, words: str
) -> None:
    assert in_days(ends(1, days, latest, earliest=earliest)) == words


def test_the_subject_tells_only_what_ends_within_a_month_whatever_happens() -> None:
    assert certain_words(audit(ends(1, 6, 9))) == "1 subnet runs out in 6 days"
    assert certain_words(audit(ends(1, 0, 2))) == "1 subnet runs out today"
    two = audit(ends(2, 20, 30), ends(1, 1, 9))
    assert certain_words(two) == "2 subnets run out, the first in 1 day"
    for unsure in (
        ends(1, 6, None),
        ends(1, 6, 31),
        ahead(1, "exhausted", free=0),
        ahead(1, "not_within_horizon", free=9, earliest=2),
        ahead(1, "too_little_data", missing="9 more days"),
        ends(1, 6, 9, subnet_id=None),
    ):
        assert certain_words(audit(unsure)) == ""


def test_the_mail_shows_the_soonest_and_counts_the_others() -> None:
    text = body(*(ends(each, 9, 12) for each in range(ENDS_SHOWN + 3)))
    assert text.count("in about 9 days (7 to 12)") == ENDS_SHOWN
    assert "and 3 more within 30 days" in text


def test_one_left_is_told_as_one() -> None:
    assert "; 1 free address, 5.0 fewer a day" in body(ends(1, 6, 9, free=1))
    blocks = ends(1, 6, 9, free=1, counted=Counted.BLOCKS, per_day=-1234.0)
    assert "out of free /28 blocks in about 6 days (4 to 9); 1 free /28 block, 1,234" in body(
        blocks
    )


def test_a_zone_is_told_by_its_cluster() -> None:
    text = body(ends(1, 6, 9, subnet_id=None))
    assert "every subnet of payments in euw1-az2, 111122223333 eu-west-1: out in about 6" in text


def test_too_little_history_is_no_all_clear() -> None:
    few = ahead(1, "too_little_data", missing="9 more days")
    text = body(few, few, dataclasses.replace(few, missing="a look in the last 7 days"))
    assert text == (
        "RUNS OUT No forecast for want of history: 2 subnets need 9 more days, "
        "1 subnet needs a look in the last 7 days."
    )


def test_all_clear_is_of_what_was_forecast_only() -> None:
    stays = ahead(1, "not_within_horizon", free=900)
    assert body(stays) == "RUNS OUT Nothing that was forecast runs out within 30 days."
    warned = dataclasses.replace(stays, earliest=12)
    assert body(warned) == "RUNS OUT 1 subnet may run out within 30 days; no day can be told."
    assert "Not forecast: 7 subnets with more room" in body(stays, unforecast=7)
    assert "has run out" in body(ahead(1, "exhausted", free=0))
    assert body() == ""


@given(
    st.lists(st.tuples(st.integers(-90, 0), st.integers(0, 65_000)), min_size=2, max_size=90),
    st.floats(-10, 65_000),
    st.integers(0, 365),
    st.integers(0, 365),
    st.none() | st.integers(0, 365),
)
def test_every_line_stays_in_the_picture(
    points: list[tuple[int, int]], level: float, days: int, early: int, late: int | None
) -> None:
    earliest = min(days, early)
    latest = None if late is None else max(days, late)
    one = ends(1, days, latest, earliest=earliest, level=level, points=tuple(sorted(points)))
    shown = trend_line(one)
    for line in (shown.seen, shown.middle, shown.range):
        for x, y in (each.split(",") for each in line.split()):
            assert LEFT <= float(x) <= RIGHT
            assert TOP - 0.1 <= float(y) <= BOTTOM + 0.1
    assert all(0 <= each.x <= WIDE and 0 <= each.y <= HIGH for each in shown.labels)


def test_the_picture_is_told_in_words() -> None:
    (drawn, *_) = trends(realistic()).drawn
    assert drawn.said == (
        "free addresses: 9,420 on 20 Jan 2026, 1,300 on 1 Mar 2026; foretold to be none on "
        "7 Mar 2026, in four of five cases between 5 Mar 2026 and 10 Mar 2026"
    )


def test_pictures_are_limited_and_the_others_listed_then_counted() -> None:
    history = ((-9, 90), (0, 50))
    lots = [ends(each, each, None, points=history) for each in range(TRENDS + LISTED + 7)]
    found = trends(audit(*lots))
    assert (len(found.drawn), len(found.left), found.uncounted) == (TRENDS, LISTED, 7)
    assert [each.forecast.days for each in found.drawn] == list(range(TRENDS))
