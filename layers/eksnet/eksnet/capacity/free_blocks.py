"""How many whole /28 blocks of a subnet are free, where not every address in use was seen.

In a shared VPC other accounts' interfaces are not listed, and each may lie in a block that looks
free. EC2's own count of free addresses knows them all: it says how many blocks there can be.
"""

from collections.abc import Iterable

from eksnet.model.finding import Unread
from eksnet.model.network import Subnet
from eksnet.model.record import record
from eksnet.model.snapshot import Target

PREFIX = "prefix"  # EC2 API reference, CreateSubnetCidrReservation: ReservationType
BLOCK = 16  # addresses of a /28
UNKNOWN = "unknown"  # what a target's account is when nothing told it
OTHERS = Unread(api="ec2:DescribeNetworkInterfaces", error="OwnedByAnotherAccount")
NOT_ALL = Unread(api="ec2:DescribeNetworkInterfaces", error="NotAllSeen")


@record
class Reservation:
    """A CIDR reservation of a subnet, and what lies in it.

    ``used`` are single addresses in use, ``delegated`` addresses of prefixes, ``unused`` the others
    that AWS does not keep for itself; ``free_28`` the whole free blocks. One of kind ``prefix`` is
    ``effective`` while no single address lies in it: it evicts nothing (VPC user guide,
    subnet-cidr-reservation), and such an address spoils its /28.
    """

    id: str
    cidr: str
    kind: str
    used: int
    delegated: int
    unused: int
    free_28: int

    @property
    def effective(self) -> bool:
        """Tell whether a prefix reservation is free of single addresses; an explicit one serves."""
        return self.kind != PREFIX or not self.used


@record
class FreeBlocks:
    """The whole free /28s, at ``least`` and at ``most``; ``unseen`` tells why that may differ."""

    least: int
    most: int
    unseen: Unread | None = None


def free_blocks(
    subnet: Subnet, target: Target, free: int, not_seen: int, kept: Iterable[Reservation]
) -> FreeBlocks:
    """Return what ``free`` blocks, by the interfaces seen, are worth.

    ``not_seen`` is what EC2 counts as used and no interface shows. EC2 takes what is reserved off
    its count of free addresses (awslabs/eks-perf-tests, pull request 511), so that the unused part
    of reservations is among it, and free blocks of a prefix reservation are none of the free
    addresses. Each other address not seen spoils one block at most.
    """
    kept = tuple(kept)
    elsewhere = not_seen - sum(each.unused for each in kept)
    shared = UNKNOWN not in (subnet.owner_id, target.account_id) and (
        subnet.owner_id != target.account_id
    )
    if elsewhere <= 0 and not shared:
        return FreeBlocks(least=free, most=free)
    reserved = sum(each.free_28 for each in kept if each.kind == PREFIX)
    most = min(free, max(subnet.free_ips, 0) // BLOCK + reserved)
    least = 0 if shared else min(max(free - elsewhere, 0), most)
    return FreeBlocks(least=least, most=most, unseen=OTHERS if shared else NOT_ALL)
