"""A subnet as a picture: a letter for each of its /28 blocks, by what is in it."""

from collections import Counter
from collections.abc import Collection, Iterable

from eksnet.capacity.drain import NEARLY_FREE
from eksnet.capacity.fragmentation import WHOLE
from eksnet.capacity.ledger import EXPLICIT, SubnetLedger
from eksnet.capacity.owners import holdings
from eksnet.model.audit import Cell
from eksnet.model.snapshot import Snapshot
from eksnet.network.blocks import PREFIX, SHIFT, numbers, reserved
from eksnet.network.cidr import Block, address, block


def grid_of(snapshot: Snapshot, one: SubnetLedger) -> str | None:
    """Return the cells of an account's subnet, None where its blocks are not known."""
    if one.blocks is None or not one.subnet.cidr:
        return None
    held = tuple(holdings(snapshot, one.subnet.id))
    return grid(
        block(one.subnet.cidr),
        {address(text) for each in held for text in each.eni.private_ips},
        [block(text) for each in held for text in each.eni.prefixes],
        [block(each.cidr) for each in one.reservations or () if each.kind == EXPLICIT],
    )


def grid(
    subnet: Block,
    used: Collection[int],
    prefixes: Iterable[Block] = (),
    explicit: Iterable[Block] = (),
) -> str:
    """Return a ``Cell`` for each /28 of ``subnet``; what it is comes before what is used in it.

    The arguments, and which comes first where a block is several things, are those of
    ``fragmentation``: the letters agree with its counts.
    """
    if subnet.length > PREFIX:
        return ""
    counts = Counter(each >> SHIFT for each in used)
    special = {number: Cell.WITHHELD for one in explicit for number in numbers(one)}
    special.update((each >> SHIFT, Cell.RESERVED) for each in reserved(subnet))
    special.update((number, Cell.PREFIX) for one in prefixes for number in numbers(one))
    return "".join(special.get(each) or _cell(counts[each]) for each in numbers(subnet))


def _cell(used: int) -> Cell:
    if not used:
        return Cell.FREE
    if used >= WHOLE:
        return Cell.FULL
    return Cell.NEARLY if used <= NEARLY_FREE else Cell.BROKEN
