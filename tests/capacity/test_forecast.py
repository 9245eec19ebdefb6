"""Laws of the forecast, on histories whose truth is known."""

import dataclasses
import datetime as dt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eksnet.capacity.forecast import (
    HORIZON,
    MIN_LOWS,
    MIN_SPAN,
    STALE,
    Answer,
    Forecast,
    forecast,
)
from eksnet.capacity.series import DAY, Sample
from tests.build import NOW

counts = st.lists(st.integers(0, 4000), max_size=60)


def daily(*free: float, now: dt.datetime = NOW) -> list[Sample]:
    """A look a day, the last one now."""
    last = len(free) - 1
    return [Sample(at=now - DAY * (last - day), free=round(each)) for day, each in enumerate(free)]


def told(*free: float, floor: int = 0) -> Forecast:
    return forecast(daily(*free), now=NOW, floor=floor)


def plain(found: Forecast) -> tuple[object, ...]:
    return found.answer, found.days, found.earliest, found.latest, found.missing


@given(st.integers(1, 50), st.integers(MIN_SPAN, 60), st.integers(1, 300))
def test_a_straight_decline_ends_on_its_day(pace: int, looks: int, left: int) -> None:
    found = told(*(pace * (left + day) for day in range(looks - 1, -1, -1)))
    assert plain(found) == (Answer.DATED, left, left, left, "")
    assert found.per_day == pytest.approx(-pace)


@given(st.integers(1, 40), st.integers(1, 10), st.integers(100, 3000))
def test_a_steeper_decline_never_ends_later(pace: int, more: int, left: int) -> None:
    def ends(slope: int) -> int:
        found = told(*(left + slope * day for day in range(29, -1, -1)))
        return HORIZON + 1 if found.days is None else found.days

    assert ends(pace + more) <= ends(pace)


@given(st.integers(1, 60), st.integers(1, 500))
def test_what_stays_is_not_dated(looks: int, level: int) -> None:
    found = told(*[level] * looks)
    enough = looks >= MIN_SPAN
    assert found.answer is (Answer.NOT_WITHIN_HORIZON if enough else Answer.TOO_LITTLE_DATA)
    assert found.earliest is None


def test_what_grows_or_is_noise_is_not_dated() -> None:
    chance = Random(4)  # noqa: S311 - not secret
    growing = told(*(50 + 2 * day + chance.gauss(0, 3) for day in range(40)))
    flat = told(*(200 + chance.gauss(0, 3) for _ in range(60)))
    for found in (growing, flat):
        assert (found.answer, found.days) == (Answer.NOT_WITHIN_HORIZON, None)
        assert found.within(30) is False


def test_a_decline_that_noise_hides_is_not_called_safe() -> None:
    chance = Random(3)  # noqa: S311 - not secret
    found = told(*(60 + chance.gauss(0, 12) for _ in range(16)))
    assert found.answer is Answer.NOT_WITHIN_HORIZON
    assert found.earliest is not None
    assert found.within(found.earliest) is None
    assert found.within(found.earliest - 1) is False


@given(counts, st.integers(0, 50))
def test_a_range_holds_its_day_and_only_a_dated_answer_has_one(free: list[int], floor: int) -> None:
    found = told(*free, floor=floor)
    assert (found.days is not None) == (found.answer is Answer.DATED)
    assert bool(found.missing) == (found.answer is Answer.TOO_LITTLE_DATA)
    if found.days is not None:
        assert found.earliest is not None
        assert 0 <= found.earliest <= found.days <= (found.latest or HORIZON) <= HORIZON


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 23), st.integers(0, 500)), max_size=12)
)
def test_too_few_days_are_never_forecast(looks: list[tuple[int, int, int]]) -> None:
    samples = [
        Sample(at=NOW - DAY * day - dt.timedelta(hours=hour), free=free)
        for day, hour, free in looks
    ]
    days = {(NOW - each.at) // DAY for each in samples}
    found = forecast(samples, now=NOW)
    if len(days) < MIN_LOWS - 1 or max(days) < MIN_SPAN - 2:
        assert found.answer in {Answer.TOO_LITTLE_DATA, Answer.EXHAUSTED}


@pytest.mark.parametrize(
    "looks, missing", [(0, "14 more days"), (1, "13 more days"), (13, "1 more day")]
)
def test_what_is_missing_is_told(looks: int, missing: str) -> None:
    found = told(*range(100, 100 - looks, -1))
    assert (found.answer, found.missing) == (Answer.TOO_LITTLE_DATA, missing)


def test_long_gaps_leave_too_few_days() -> None:
    found = forecast(daily(*range(200, 110, -1))[::10], now=NOW - DAY * 9)
    assert found.missing == "1 more day"


def test_a_subnet_not_seen_for_a_week_is_unknown_even_if_it_was_full() -> None:
    full = daily(*range(29, -1, -1), now=NOW - DAY * (STALE + 1))
    found = forecast(full, now=NOW)
    assert (found.answer, found.free) == (Answer.TOO_LITTLE_DATA, 0)
    assert found.within(30) is None


def test_what_is_at_the_floor_is_exhausted_however_little_is_known() -> None:
    assert told(5, floor=5).answer is Answer.EXHAUSTED
    assert told(5, floor=4).answer is Answer.TOO_LITTLE_DATA
    assert told(5, floor=5).within(0) is True


def test_a_days_low_that_is_usually_at_the_floor_is_exhausted_at_night_too() -> None:
    hours = dt.timedelta(hours=3)
    samples = [Sample(at=NOW - hours * back, free=abs(back % 8 - 4)) for back in range(8 * 30)]
    assert samples[0].free == 4
    assert forecast(samples, now=NOW).answer is Answer.EXHAUSTED


@given(counts, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing_and_nor_do_doubles(
    free: list[int], chance: Random
) -> None:
    samples = daily(*free)
    mixed = [*samples, *samples[::3]]
    chance.shuffle(mixed)
    assert forecast(mixed, now=NOW) == forecast(samples, now=NOW)


@given(counts, st.timedeltas(dt.timedelta(-500), dt.timedelta(500)))
def test_another_clock_changes_no_day(free: list[int], by: dt.timedelta) -> None:
    moved = [dataclasses.replace(each, at=each.at + by) for each in daily(*free)]
    assert plain(forecast(moved, now=NOW + by)) == plain(told(*free))


@given(counts, st.integers(0, 20), st.sampled_from([2, 4, 8, 64]))
def test_a_larger_network_of_the_same_shape_ends_on_the_same_day(
    free: list[int], floor: int, times: int
) -> None:
    larger = told(*(each * times for each in free), floor=floor * times)
    assert plain(larger) == plain(told(*free, floor=floor))


@given(st.lists(st.integers(1, 4000), min_size=20, max_size=60))
def test_a_higher_floor_is_never_reached_later(free: list[int]) -> None:
    def ends(floor: int) -> int:
        found = told(*free, floor=floor)
        return 0 if found.answer is Answer.EXHAUSTED else found.days or HORIZON + 1

    assert ends(20) <= ends(5) <= ends(0)


def test_counts_not_seen_are_no_zeros() -> None:
    seen = daily(*range(200, 160, -1))
    blind = [dataclasses.replace(each, free=None) for each in seen]
    assert forecast(blind, now=NOW).answer is Answer.TOO_LITTLE_DATA
    few = [*blind[:-9], *seen[-9:]]
    assert forecast(few, now=NOW).missing == "5 more days"
    half = [*blind[:20], *seen[20:]]
    assert plain(forecast(half, now=NOW)) == plain(forecast(seen[20:], now=NOW))


def test_what_came_after_now_is_not_used() -> None:
    samples = daily(*range(200, 140, -1))
    then = NOW - DAY * 20
    assert forecast(samples, now=then) == forecast(samples[:-20], now=then)


def test_a_migration_is_no_trend() -> None:
    for before in (1000, 330):
        found = told(*[before] * 30, *(520 - 2 * day for day in range(20)))
        assert (found.answer, found.shifted) == (Answer.DATED, True)
        assert found.days == (520 - 38) // 2
        assert found.since == NOW - DAY * 19


def test_growth_that_began_lately_is_not_averaged_with_the_calm_before() -> None:
    found = told(*[600] * 60, *(600 - 10 * day for day in range(1, 21)))
    assert found.days == pytest.approx(40, abs=1)
    assert found.per_day == pytest.approx(-10, abs=0.2)


def test_after_a_change_it_takes_a_fortnight_again() -> None:
    found = told(*[1000] * 30, *[400] * 8)
    assert found.missing == "6 more days since the level or the pace changed"


def test_odd_days_move_no_slope_and_may_come_again() -> None:
    steady = [500.0 - 4 * day for day in range(40)]
    odd = [*steady]
    odd[7], odd[22], odd[33] = 30, 499, 60
    found, plainly = told(*odd), told(*steady)
    assert found.per_day == pytest.approx(-4, abs=0.1)
    assert found.days is not None and plainly.days == 86  # noqa: PT018
    assert found.days < plainly.days


def test_weekends_are_no_trend_and_are_foreseen() -> None:
    def free(day: int) -> int:
        return 1000 - 5 * day + 80 * (day % 7 in {5, 6})

    truth = next(day for day in range(1, 365) if free(40 + day) <= 0)
    found = told(*(free(day) for day in range(41)))
    assert found.days == pytest.approx(truth, abs=1)
    assert found.latest is not None
    assert found.latest - found.days <= 3


def test_by_night_there_is_room_but_the_day_counts() -> None:
    samples = [
        Sample(at=NOW - dt.timedelta(hours=back), free=100 + back // 24 * 3 + 40 * (back % 24 < 10))
        for back in range(24 * 40)
    ]
    found = forecast(samples, now=NOW)
    assert found.days == pytest.approx(33, abs=1)


def test_steps_are_a_trend_with_a_wide_range() -> None:
    chance = Random(3)  # noqa: S311 - not secret
    level, free = 1500, []
    for _ in range(80):
        level -= 40 * (chance.random() < 0.25)
        free.append(level)
    found = told(*free)
    assert found.days is not None and found.earliest is not None  # noqa: PT018
    assert found.earliest < found.days - 5


def test_a_range_that_goes_beyond_the_horizon_says_so() -> None:
    chance = Random(0)  # noqa: S311 - not secret
    found = told(*(360 - day + chance.gauss(0, 9) for day in range(30)))
    assert (found.answer, found.latest) == (Answer.DATED, None)
    assert found.within(HORIZON) is None


def test_rows_of_a_year_ago_weigh_nothing() -> None:
    recent = daily(*range(400, 310, -1))
    old = [Sample(at=NOW - DAY * back, free=5) for back in range(100, 360)]
    assert forecast([*old, *recent], now=NOW) == forecast(recent, now=NOW)
