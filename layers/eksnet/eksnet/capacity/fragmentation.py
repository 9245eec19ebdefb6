"""How broken up a subnet is: what of it could still be given away as a /28 prefix.

The score is that of aws-support-tools (EKS/subnet-fragmentation, commit 7bdd34b): of the /28s that
could serve a new prefix, the share that can't because an address in them is in use.
"""

import enum
from collections import Counter
from collections.abc import Collection, Iterable

from eksnet.model.record import record
from eksnet.network.blocks import PREFIX, SHIFT, free_28, largest_free_prefix, numbers, reserved
from eksnet.network.cidr import Block

WHOLE = 1 << SHIFT  # addresses of a /28
BANDS = (25, 50, 75, 100)  # aws-support-tools 7bdd34b, EKS/subnet-fragmentation/README.md


class Band(enum.StrEnum):
    """What a score means; a full score is exhausted when no block is merely broken up."""

    HEALTHY = "healthy"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    EXHAUSTED = "exhausted"


@record
class Fragmentation:
    """The /28s of a subnet by what they are, each counted once.

    ``delegated`` are prefixes of interfaces, ``reserved`` hold one of AWS's five addresses,
    ``explicit`` lie in an explicit CIDR reservation; these three are no candidates. ``free`` could
    be given away now, ``fragmented`` have some addresses in use, ``full`` all 16.
    """

    blocks: int = 0
    free: int = 0
    fragmented: int = 0
    full: int = 0
    delegated: int = 0
    reserved: int = 0
    explicit: int = 0
    largest_free_prefix: int | None = None

    @property
    def candidates(self) -> int:
        """Return how many /28s could serve a new prefix if nothing in them were in use."""
        return self.free + self.fragmented + self.full

    @property
    def score(self) -> int | None:
        """Return 0 to 100, rounded up so that one broken block shows; None without candidates."""
        if not self.candidates:
            return None
        return -(-100 * (self.fragmented + self.full) // self.candidates)

    @property
    def band(self) -> Band | None:
        """Return what the score means; None without candidates."""
        score = self.score
        if score is None:
            return None
        if score == BANDS[-1] and not self.fragmented:
            return Band.EXHAUSTED
        return tuple(Band)[sum(score >= each for each in BANDS)]


def fragmentation(
    subnet: Block,
    used: Collection[int],
    prefixes: Iterable[Block] = (),
    explicit: Iterable[Block] = (),
) -> Fragmentation:
    """Count the /28s of ``subnet``, each once: prefix before reserved before explicit before used.

    ``used`` are single addresses, ``prefixes`` those of interfaces, ``explicit`` the blocks of
    explicit reservations; what lies outside the subnet is ignored.
    """
    taken, kept = tuple(prefixes), tuple(explicit)
    whole = _whole(subnet)
    delegated, own, withheld = _closed(subnet, taken, kept)
    free = len(free_28(subnet, used, (*taken, *kept))) if whole else 0
    closed = delegated | own | withheld
    counts = Counter(each >> SHIFT for each in used)
    full = sum(
        count == WHOLE and each in whole and each not in closed for each, count in counts.items()
    )
    return Fragmentation(
        blocks=len(whole),
        free=free,
        fragmented=len(whole) - len(closed) - free - full,
        full=full,
        delegated=len(delegated),
        reserved=len(own),
        explicit=len(withheld),
        largest_free_prefix=largest_free_prefix(subnet, used, (*taken, *kept)),
    )


def candidates(
    subnet: Block, prefixes: Iterable[Block] = (), explicit: Iterable[Block] = ()
) -> frozenset[int]:
    """Return the numbers of the /28s that could serve a new prefix if nothing were in use there."""
    closed = _closed(subnet, prefixes, explicit)
    return frozenset(_whole(subnet)).difference(*closed)


def _whole(subnet: Block) -> range:
    return numbers(subnet) if subnet.length <= PREFIX else range(0)


def _closed(
    subnet: Block, prefixes: Iterable[Block], explicit: Iterable[Block]
) -> tuple[set[int], set[int], set[int]]:
    """Return the /28s that are delegated, that hold a reserved address, and that are withheld."""
    inside = _whole(subnet)
    delegated = _touched(inside, prefixes)
    own = {each >> SHIFT for each in reserved(subnet)}.intersection(inside) - delegated
    return delegated, own, _touched(inside, explicit) - delegated - own


def _touched(inside: range, blocks: Iterable[Block]) -> set[int]:
    return {number for one in blocks for number in numbers(one) if number in inside}
