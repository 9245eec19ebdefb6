"""Free blocks of a subnet, as prefix delegation needs them: aligned and wholly unused.

Addresses are integers, so that a /16 with 60,000 addresses takes milliseconds.
"""

from collections.abc import Iterable

from eksnet.network.cidr import BITS, Block

PREFIX = 28  # the length of an IPv4 prefix of a network interface: EC2 user guide, ec2-prefix-eni
SHIFT = BITS - PREFIX  # an address without these bits is the number of its /28
HEAD = 4  # reserved at the start (network, router, DNS, future); the last too: subnet sizing


def free_28(subnet: Block, used: Iterable[int], taken: Iterable[Block] = ()) -> tuple[int, ...]:
    """Return the first address of every free /28 of ``subnet``, in order.

    ``used`` are single addresses, ``taken`` whole blocks (delegated prefixes, reservations). What
    lies outside the subnet is ignored; the five reserved addresses count as used.
    """
    held = _held(subnet, used, taken)
    return tuple(number << SHIFT for number in numbers(subnet) if number not in held)


def largest_free_prefix(
    subnet: Block, used: Iterable[int], taken: Iterable[Block] = ()
) -> int | None:
    """Return the length of the largest aligned free block, 32 for one address, None if full.

    The arguments are those of ``free_28``.
    """
    addresses = set(used)
    blocks = tuple(taken)
    held = _held(subnet, addresses, blocks)
    if len(held) < subnet.size >> SHIFT:
        return _shortest(subnet, held, PREFIX)
    spread = {each for one in blocks for each in _inside(subnet, one)}
    return _shortest(subnet, addresses | spread | reserved(subnet), BITS)


def numbers(one: Block) -> range:
    """Return the number of every /28 that has an address in ``one``: its first, shifted."""
    return range(one.first >> SHIFT, (one.last >> SHIFT) + 1)


def reserved(subnet: Block) -> frozenset[int]:
    """Return the five addresses of ``subnet`` that AWS gives to nobody."""
    return frozenset((*range(subnet.first, min(subnet.first + HEAD, subnet.last)), subnet.last))


def _held(subnet: Block, used: Iterable[int], taken: Iterable[Block]) -> set[int]:
    """Return the numbers of the subnet's /28s that hold anything."""
    held = {each >> SHIFT for each in used}
    held.update(each >> SHIFT for each in reserved(subnet))
    for one in taken:
        held.update(numbers(one))
    low, high = subnet.first >> SHIFT, subnet.last >> SHIFT
    return {each for each in held if low <= each <= high}


def _inside(subnet: Block, one: Block) -> range:
    return range(max(subnet.first, one.first), min(subnet.last, one.last) + 1)


def _shortest(subnet: Block, held: set[int], length: int) -> int | None:
    """Return the shortest length with a block that ``held``, numbers of ``length``, leaves free."""
    shift = BITS - length
    low, high = subnet.first >> shift, subnet.last >> shift
    found, numbers = None, {each for each in held if low <= each <= high}
    while length >= subnet.length and len(numbers) < 1 << (length - subnet.length):
        found, length, numbers = length, length - 1, {each >> 1 for each in numbers}
    return found
