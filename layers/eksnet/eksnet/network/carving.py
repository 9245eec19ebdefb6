"""Blocks cut into subnets: how large each must be, what block holds them, and where each lies."""

from collections.abc import Iterable, Sequence

from eksnet.network.association import LARGEST, SMALLEST
from eksnet.network.cidr import BITS, RESERVED, Block


def serving(addresses: int, *, withheld: int = RESERVED) -> int | None:
    """Return the prefix length of the smallest subnet with so many usable addresses.

    ``withheld`` are those that nobody gets. None where even a /16 is too small.
    """
    length = BITS - max(addresses + withheld - 1, 0).bit_length()
    return None if length < LARGEST else min(length, SMALLEST)


def holding(lengths: Iterable[int]) -> int:
    """Return the prefix length of the smallest block that subnets of these lengths fit in."""
    return BITS - max(sum(1 << (BITS - each) for each in lengths) - 1, 0).bit_length()


def widened(lengths: Sequence[int], prefix: int) -> tuple[int, ...]:
    """Return the lengths, all doubled as often as a /``prefix`` still holds them.

    They must fit to begin with.
    """
    wider = tuple(each - 1 for each in lengths)
    if not wider or min(wider) < LARGEST or holding(wider) < prefix:
        return tuple(lengths)
    return widened(wider, prefix)


def carve(whole: Block, lengths: Sequence[int]) -> tuple[Block, ...]:
    """Return a subnet of each length, in the order of the lengths; no two overlap.

    The largest ones come first in the block, so that each begins where its size wants it to.

    Raises:
        ValueError: they don't fit.
    """
    if holding(lengths) < whole.length:
        msg = f"subnets of /{', /'.join(map(str, lengths))} don't fit in {whole}"
        raise ValueError(msg)
    first, found = whole.first, dict[int, Block]()
    for place in sorted(range(len(lengths)), key=lambda each: (lengths[each], each)):
        found[place] = Block(first, lengths[place])
        first = found[place].last + 1
    return tuple(found[place] for place in range(len(lengths)))


def upper_half(subnet: Block) -> Block:
    """Return the second half of a subnet."""
    return Block(subnet.first + subnet.size // 2, subnet.length + 1)
