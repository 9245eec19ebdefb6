"""What is kept of the looks, and what of several subnets."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from eksnet.capacity.series import DAY, LOOK_BACK, Sample, best_of, daily_lows, looks
from tests.build import NOW

HOUR = dt.timedelta(hours=1)


def sample(hours: float, free: int | None) -> Sample:
    return Sample(at=NOW - HOUR * hours, free=free)


def test_a_days_value_is_its_lowest_at_its_own_time() -> None:
    seen = looks([sample(0, 9), sample(5, 3), sample(10, 7), sample(30, 4)], NOW)
    lows = daily_lows(seen, NOW)
    assert (lows.values, lows.numbers) == ((4, 3), (-1, 0))
    assert lows.days == (-30 / 24, -5 / 24)


@given(st.lists(st.floats(-1.9, 1.9), min_size=3, max_size=40))
def test_daily_looks_that_start_late_are_a_day_each(late: list[float]) -> None:
    samples = [sample(24 * day + (hours / 2 if day else 0), 5) for day, hours in enumerate(late)]
    lows = daily_lows(looks(samples, NOW), NOW)
    assert lows.numbers == tuple(range(1 - len(late), 1))
    assert lows.span == len(late)


def test_looks_are_neither_of_the_future_nor_unseen_nor_too_old() -> None:
    given_ = [
        sample(-1, 1),
        sample(0, None),
        sample(2, 5),
        Sample(at=NOW - LOOK_BACK - DAY, free=1),
    ]
    assert looks(given_, NOW) == [(NOW - 2 * HOUR, 5)]


def test_of_one_moment_the_lower_count_is_kept() -> None:
    assert looks([sample(1, 5), sample(1, 4), sample(1, 6)], NOW) == [(NOW - HOUR, 4)]


def test_the_best_of_several_is_the_greatest_of_each_moment_if_all_are_known() -> None:
    given_ = [sample(1, 5), sample(1, 8), sample(0, None), sample(0, 8), sample(0, 9), sample(2, 0)]
    assert [each.free for each in best_of(given_)] == [0, 8, None]
