"""The letters of a subnet's /28s agree with its counts, whatever lies in it."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from eksnet.capacity.drain import NEARLY_FREE
from eksnet.capacity.fragmentation import fragmentation
from eksnet.capacity.grid import grid
from eksnet.model.audit import Cell
from eksnet.network.cidr import Block, block

SUBNET = block("10.0.4.0/23")
ADDRESSES = st.frozensets(st.integers(SUBNET.first - 20, SUBNET.last + 20), max_size=200)
FULL = st.frozensets(st.integers(0, 31), max_size=4)
BLOCKS = st.lists(st.integers(0, 31), max_size=6)


def blocks(numbers: list[int]) -> list[Block]:
    return [block(f"10.0.{4 + each // 16}.{each % 16 * 16}/28") for each in numbers]


def cells(text: str) -> Counter[str]:
    return Counter(text)


@given(ADDRESSES, FULL, BLOCKS, BLOCKS)
def test_each_letter_is_as_frequent_as_the_count_says(
    used: frozenset[int], full: frozenset[int], prefixes: list[int], explicit: list[int]
) -> None:
    whole = used | {SUBNET.first + 16 * number + each for number in full for each in range(16)}
    found = cells(grid(SUBNET, whole, blocks(prefixes), blocks(explicit)))
    counts = fragmentation(SUBNET, whole, blocks(prefixes), blocks(explicit))
    assert (found[Cell.FREE], found[Cell.FULL]) == (counts.free, counts.full)
    assert found[Cell.NEARLY] + found[Cell.BROKEN] == counts.fragmented
    assert found[Cell.PREFIX] == counts.delegated
    assert (found[Cell.RESERVED], found[Cell.WITHHELD]) == (counts.reserved, counts.explicit)
    assert found.total() == counts.blocks


def test_letters_stand_where_their_blocks_lie() -> None:
    few = {SUBNET.first + 16 + each for each in range(NEARLY_FREE)}
    more = {SUBNET.first + 32 + each for each in range(NEARLY_FREE + 1)}
    text = grid(SUBNET, few | more, blocks([4]), blocks([30]))
    assert text == "rnmfp" + "f" * 25 + "er"


def test_a_subnet_smaller_than_a_block_has_no_cells() -> None:
    assert grid(block("10.0.0.0/29"), set()) == ""
    assert grid(block("10.0.0.0/28"), set()) == "r"
