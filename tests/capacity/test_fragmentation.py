import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eksnet.capacity.fragmentation import Band, Fragmentation, candidates, fragmentation
from eksnet.network.blocks import free_28
from eksnet.network.cidr import Block, address, block

Case = tuple[Block, set[int], list[Block], list[Block]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    length = draw(st.integers(21, 28))
    subnet = Block(address("10.1.0.0") + draw(st.integers(0, 3)) * (1 << (32 - length)), length)
    usable = range(subnet.first + 4, subnet.last)
    firsts = [first for first in range(subnet.first, subnet.last, 16) if first + 15 in usable]
    prefixes = [
        Block(each, 28)
        for each in draw(
            st.lists(st.sampled_from(firsts), unique=True, max_size=4) if firsts else st.just([])
        )
        if each in usable
    ]
    given_away = {n for one in prefixes for n in range(one.first, one.last + 1)}
    used = set(draw(st.lists(st.sampled_from(usable), max_size=60))) - given_away
    for first in draw(st.lists(st.sampled_from(firsts or [subnet.first]), max_size=3)):
        used |= set(range(first, first + 16)) & set(usable) - given_away
    starts = st.integers(0, subnet.size - 1)
    kept = [
        Block(subnet.first + (start & -(1 << (32 - size))), size)
        for start, size in draw(st.lists(st.tuples(starts, st.integers(length, 32)), max_size=2))
    ]
    return subnet, used, prefixes, kept


def bitmap(subnet: Block, used: set[int], prefixes: list[Block], kept: list[Block]) -> list[str]:
    """Name each /28 by looking at each of its addresses."""
    states = []
    for first in range(subnet.first, subnet.last + 1, 16):
        addresses = set(range(first, first + 16))
        aws = addresses & ({*range(subnet.first, subnet.first + 4)} | {subnet.last})
        if any(addresses & set(range(one.first, one.last + 1)) for one in prefixes):
            states.append("delegated")
        elif aws:
            states.append("reserved")
        elif any(one.first <= each <= one.last for one in kept for each in addresses):
            states.append("explicit")
        else:
            count = len(addresses & used)
            states.append("free" if not count else "full" if count == 16 else "fragmented")
    return states


@given(cases())
def test_every_28_is_counted_once_and_as_what_it_is(case: Case) -> None:
    found, states = fragmentation(*case), bitmap(*case)
    for name in ("free", "fragmented", "full", "delegated", "reserved", "explicit"):
        assert getattr(found, name) == states.count(name), name
    assert found.blocks == len(states)
    assert found.free == len(free_28(case[0], case[1], (*case[2], *case[3])))


@given(cases())
def test_the_score_is_the_share_of_candidates_in_use_rounded_up(case: Case) -> None:
    found, states = fragmentation(*case), bitmap(*case)
    spoilt = states.count("fragmented") + states.count("full")
    total = spoilt + states.count("free")
    assert found.score == (math.ceil(round(spoilt / total * 100, 9)) if total else None)
    assert (found.band is None) == (total == 0)


@given(cases())
def test_the_largest_free_block_is_the_one_that_counting_finds(case: Case) -> None:
    subnet, used, prefixes, kept = case
    held = set(used) | {*range(subnet.first, subnet.first + 4), subnet.last}
    held |= {each for one in (*prefixes, *kept) for each in range(one.first, one.last + 1)}
    lengths = (
        length
        for length in range(subnet.length, 33)
        for first in range(subnet.first, subnet.last + 1, 1 << (32 - length))
        if held.isdisjoint(range(first, first + (1 << (32 - length))))
    )
    assert fragmentation(*case).largest_free_prefix == next(lengths, None)


@given(cases())
def test_candidates_are_the_blocks_that_the_score_is_made_of(case: Case) -> None:
    subnet, used, prefixes, kept = case
    states = bitmap(subnet, used, prefixes, kept)
    wanted = {
        (subnet.first >> 4) + index
        for index, state in enumerate(states)
        if state in {"free", "fragmented", "full"}
    }
    assert candidates(subnet, prefixes, kept) == wanted


@pytest.mark.parametrize(
    "spoilt, free, full, band",
    [
        (0, 4, 0, Band.HEALTHY),
        (24, 76, 0, Band.HEALTHY),
        (25, 75, 0, Band.LOW),
        (49, 51, 0, Band.LOW),
        (50, 50, 0, Band.MEDIUM),
        (75, 25, 0, Band.HIGH),
        (99, 1, 0, Band.HIGH),
        (1, 0, 9, Band.CRITICAL),
        (0, 0, 9, Band.EXHAUSTED),
    ],
)
def test_the_bands_begin_at_25_50_75_and_100(spoilt: int, free: int, full: int, band: Band) -> None:
    found = Fragmentation(blocks=spoilt + free + full, free=free, fragmented=spoilt, full=full)
    assert found.band is band


def test_one_broken_block_of_many_is_not_rounded_away() -> None:
    subnet = block("10.0.0.0/16")
    found = fragmentation(subnet, {subnet.first + 100})
    assert (found.free, found.score) == (4093, 1)


def test_an_empty_subnet_is_whole_but_for_its_edges() -> None:
    found = fragmentation(block("10.0.0.0/24"), ())
    assert (found.free, found.reserved, found.score, found.largest_free_prefix) == (14, 2, 0, 26)


def test_a_full_subnet_is_exhausted() -> None:
    subnet = block("10.0.0.0/24")
    found = fragmentation(subnet, range(subnet.first + 4, subnet.last))
    assert (found.free, found.full, found.score, found.band) == (0, 14, 100, Band.EXHAUSTED)
    assert found.largest_free_prefix is None


def test_one_address_in_every_28_leaves_none_and_is_critical() -> None:
    subnet = block("10.0.0.0/24")
    found = fragmentation(subnet, range(subnet.first + 7, subnet.last, 16))
    assert (found.free, found.fragmented, found.score) == (0, 14, 100)
    assert found.band is Band.CRITICAL


def test_a_subnet_of_reserved_blocks_only_has_no_score() -> None:
    for cidr in ("10.0.0.0/28", "10.0.0.0/27"):
        found = fragmentation(block(cidr), ())
        assert (found.free, found.score, found.band) == (0, None, None), cidr


def test_a_16_with_60000_addresses_takes_milliseconds() -> None:
    subnet = block("10.0.0.0/16")
    used = set(range(subnet.first + 4, subnet.first + 60_004))
    took = []
    for _ in range(5):
        started = time.perf_counter()
        assert len(free_28(subnet, used)) == 344
        took.append(time.perf_counter() - started)
    assert min(took) < 0.02
