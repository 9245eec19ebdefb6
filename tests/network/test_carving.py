import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eksnet.network.carving import carve, holding, serving, upper_half, widened
from eksnet.network.cidr import RESERVED, Block, block

lengths = st.lists(st.integers(16, 28), min_size=1, max_size=8)


@given(lengths)
def test_pieces_have_their_lengths_fit_and_never_overlap(wanted: list[int]) -> None:
    whole = Block(block("100.64.0.0/10").first, holding(wanted))
    pieces = carve(whole, wanted)
    assert [each.length for each in pieces] == wanted
    assert all(whole.contains(each) for each in pieces)
    assert all(each.first % each.size == 0 for each in pieces)
    assert not any(one.overlaps(other) for one, other in itertools.combinations(pieces, 2))


@given(lengths)
def test_no_smaller_block_holds_them(wanted: list[int]) -> None:
    small = Block(block("100.64.0.0/10").first, holding(wanted) + 1)
    assert sum(1 << (32 - each) for each in wanted) > small.size
    with pytest.raises(ValueError, match="don't fit"):
        carve(small, wanted)


@given(st.integers(0, 70_000), st.sampled_from([RESERVED, 32]))
def test_the_smallest_subnet_serves_and_half_of_it_would_not(need: int, withheld: int) -> None:
    length = serving(need, withheld=withheld)
    if length is None:
        assert need + withheld > 1 << 16
        return
    assert (1 << (32 - length)) - withheld >= need
    assert length == 28 or (1 << (31 - length)) - withheld < need


@given(lengths, st.integers(8, 28))
def test_widened_subnets_fit_and_could_not_all_be_wider(wanted: list[int], prefix: int) -> None:
    if holding(wanted) < prefix:
        return
    wide = widened(wanted, prefix)
    assert holding(wide) >= prefix
    assert min(wide) == 16 or holding([each - 1 for each in wide]) < prefix
    assert len({one - other for one, other in zip(wanted, wide, strict=True)}) == 1


def test_the_upper_half_ends_where_the_subnet_does() -> None:
    assert str(upper_half(block("100.64.0.0/20"))) == "100.64.8.0/21"
