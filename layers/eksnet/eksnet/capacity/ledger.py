"""The ledger: every address of a subnet with its owner, and the difference to EC2's own count."""

from collections.abc import Iterable, Mapping

from eksnet.capacity.drain import NearlyFree, nearly_free
from eksnet.capacity.fragmentation import Fragmentation, candidates, fragmentation
from eksnet.capacity.free_blocks import FreeBlocks, Reservation, free_blocks
from eksnet.capacity.owners import Holding, Owner, holdings
from eksnet.cni.membership import used_subnets
from eksnet.model.finding import Unread
from eksnet.model.network import CidrReservation, Subnet
from eksnet.model.record import record
from eksnet.model.resource import subnet_resource
from eksnet.model.snapshot import (
    Blind,
    Facet,
    Snapshot,
    derived,
    grouped,
    subnet_by_id,
    subnets_by_vpc,
)
from eksnet.network.blocks import free_28, reserved
from eksnet.network.cidr import Block, address, block, usable

EXPLICIT = "explicit"  # EC2 API reference, CreateSubnetCidrReservation: you assign the addresses
PARTIAL = Unread(api="eksnet:--partial", error="IncompleteList")
NEEDS = frozenset(
    {
        Facet.CLUSTERS,
        Facet.NODE_GROUPS,
        Facet.FARGATE_PROFILES,
        Facet.ADDON_VPC_CNI,
        Facet.SUBNETS,
        Facet.NETWORK_INTERFACES,
        Facet.INSTANCES,
        Facet.CIDR_RESERVATIONS,
    }
)
"""What the ledger is made of: the subnets a cluster uses, who holds what, what is set aside."""


@record
class Share:
    """The addresses of one cluster and node group; None where nothing seen names them."""

    cluster: str | None
    node_group: str | None
    owners: Mapping[Owner, int]


@record
class SubnetLedger:
    """The account of one subnet; ``free_ips`` of the subnet is EC2's own count.

    ``owners`` and ``shares`` are None where the interfaces were not seen, ``free_blocks`` also
    where the reservations could not be read, and ``blocks`` where not every address in use was seen
    either; ``unseen`` and ``blocks_unseen`` tell why. ``reservations`` is None where none were
    read: only those of the subnets that prefixes come from are asked for.
    """

    subnet: Subnet
    usable: int
    clusters: tuple[str, ...]
    owners: Mapping[Owner, int] | None
    shares: tuple[Share, ...] | None
    blocks: Fragmentation | None
    free_blocks: FreeBlocks | None
    reservations: tuple[Reservation, ...] | None
    unseen: Unread | None = None
    blocks_unseen: Unread | None = None

    @property
    def seen_ips(self) -> int | None:
        """Return how many addresses the interfaces hold; None where they were not seen."""
        return None if self.owners is None else sum(self.owners.values())

    @property
    def not_seen(self) -> int | None:
        """Return what EC2 counts as used and no interface shows; negative the other way round."""
        seen = self.seen_ips
        return None if seen is None else self.usable - self.subnet.free_ips - seen


def ledger(snapshot: Snapshot, subnet_ids: Iterable[str] | None = None) -> tuple[SubnetLedger, ...]:
    """Return the accounts of the subnets named, of those that a cluster uses by default.

    The one with the smallest share of free addresses comes first; a subnet that EC2 does not list
    has no account.
    """
    wanted = clusters_by_subnet(snapshot) if subnet_ids is None else dict.fromkeys(subnet_ids)
    listed = subnet_by_id(snapshot)
    found = [_account(snapshot, listed[each]) for each in wanted if each in listed]
    return tuple(sorted(found, key=_tightness))


def _tightness(one: SubnetLedger) -> tuple[float, str]:
    return (one.subnet.free_ips / one.usable if one.usable > 0 else 1.0), one.subnet.id


@derived
def clusters_by_subnet(snapshot: Snapshot) -> Mapping[str, tuple[str, ...]]:
    """Return the clusters that use each subnet, listed by EC2 or not."""
    uses = [(use.subnet_id, name) for name, used in used_subnets(snapshot).items() for use in used]
    return {
        subnet_id: tuple(sorted(name for _, name in pairs))
        for subnet_id, pairs in grouped(uses, lambda pair: pair[0]).items()
    }


def every_subnet(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the ids of the used subnets, and of all others in the clusters' VPCs."""
    by_vpc = subnets_by_vpc(snapshot)
    vpcs = {cluster.vpc_id for cluster in snapshot.clusters}
    theirs = (subnet.id for vpc_id in sorted(vpcs) for subnet in by_vpc.get(vpc_id, ()))
    return tuple(dict.fromkeys((*clusters_by_subnet(snapshot), *theirs)))


def _account(snapshot: Snapshot, subnet: Subnet) -> SubnetLedger:
    clusters = clusters_by_subnet(snapshot).get(subnet.id, ())
    unseen = _unread(snapshot, Facet.NETWORK_INTERFACES, subnet.id)
    unreserved = unseen or _unread(snapshot, Facet.CIDR_RESERVATIONS, subnet.id)
    held = () if unseen else tuple(holdings(snapshot, subnet.id))
    shares = _shares(held)
    used = {address(text) for each in held for text in each.eni.private_ips}
    prefixes = tuple(block(each) for holding in held for each in holding.eni.prefixes)
    kept = _reserved_by_subnet(snapshot).get(subnet.id, ())
    explicit = _explicit(kept)
    owners, blocks = _totals(shares), _blocks(subnet, used, prefixes, explicit)
    judged = () if unreserved or not kept else _judged(subnet, kept, used, prefixes)
    not_seen = usable(subnet.cidr) - subnet.free_ips - sum(owners.values())
    free = free_blocks(subnet, snapshot.target, blocks.free, not_seen, judged)
    return SubnetLedger(
        subnet=subnet,
        usable=usable(subnet.cidr),
        clusters=clusters,
        owners=None if unseen else owners,
        shares=None if unseen else shares,
        blocks=None if unreserved or free.unseen else blocks,
        free_blocks=None if unreserved else free,
        reservations=judged if not unreserved and (prefixes or kept) else None,
        unseen=unseen,
        blocks_unseen=unreserved or free.unseen,
    )


def drain_list(snapshot: Snapshot, one: SubnetLedger) -> tuple[NearlyFree, ...]:
    """Return what stands in the way of each nearly free /28 of a subnet, the cheapest first."""
    if one.blocks is None or not one.blocks.fragmented + one.blocks.full:
        return ()
    held = tuple(holdings(snapshot, one.subnet.id))
    prefixes = [block(each) for holding in held for each in holding.eni.prefixes]
    explicit = _explicit(_reserved_by_subnet(snapshot).get(one.subnet.id, ()))
    return nearly_free(held, candidates(block(one.subnet.cidr), prefixes, explicit))


def _explicit(kept: Iterable[CidrReservation]) -> tuple[Block, ...]:
    return tuple(block(each.cidr) for each in kept if each.kind == EXPLICIT)


def _blocks(
    subnet: Subnet, used: set[int], prefixes: tuple[Block, ...], explicit: tuple[Block, ...]
) -> Fragmentation:
    """Return the subnet's blocks; an IPv6-only one has none."""
    if not subnet.cidr:
        return Fragmentation()
    return fragmentation(block(subnet.cidr), used, prefixes, explicit)


def _totals(shares: Iterable[Share]) -> Mapping[Owner, int]:
    found = dict.fromkeys(Owner, 0)
    for share in shares:
        for owner, count in share.owners.items():
            found[owner] += count
    return found


def _shares(held: Iterable[Holding]) -> tuple[Share, ...]:
    found: dict[tuple[str, str], dict[Owner, int]] = {}
    for holding in held:
        key = (holding.cluster or "", holding.node_group or "")
        if key not in found:
            found[key] = dict.fromkeys(Owner, 0)
        counts = found[key]
        for owner, count in holding.counted():
            counts[owner] += count
    return tuple(
        Share(cluster=cluster or None, node_group=group or None, owners=counts)
        for (cluster, group), counts in sorted(found.items())
    )


def _judged(
    subnet: Subnet, kept: Iterable[CidrReservation], used: set[int], prefixes: tuple[Block, ...]
) -> tuple[Reservation, ...]:
    whole = block(subnet.cidr)
    withheld = reserved(whole)
    return tuple(
        _reservation(whole, withheld, each, used, prefixes)
        for each in sorted(kept, key=lambda each: (block(each.cidr), each.id))
    )


def _reservation(
    whole: Block,
    withheld: frozenset[int],
    one: CidrReservation,
    used: set[int],
    prefixes: tuple[Block, ...],
) -> Reservation:
    range_ = block(one.cidr)
    inside = range(range_.first, range_.last + 1)
    singles = sum(each in inside for each in used)
    delegated = sum(each.size for each in prefixes if range_.contains(each))
    kept = sum(each in inside for each in withheld)
    return Reservation(
        id=one.id,
        cidr=one.cidr,
        kind=one.kind,
        used=singles,
        delegated=delegated,
        unused=range_.size - singles - delegated - kept,
        free_28=sum(first in inside for first in free_28(whole, used, prefixes)),
    )


@derived
def _reserved_by_subnet(snapshot: Snapshot) -> Mapping[str, tuple[CidrReservation, ...]]:
    return grouped(snapshot.cidr_reservations, lambda each: each.subnet_id)


@derived
def _blinds(snapshot: Snapshot) -> Mapping[tuple[Facet, str | None], Unread]:
    """Return why a facet was not read, of one subnet or (None) of all."""
    return {
        (each.facet, _subnet_id(each)): Unread(api=each.api, error=each.error)
        for each in snapshot.blind(NEEDS)
        if each.cluster is None
    }


def _subnet_id(blind: Blind) -> str | None:
    """Return the one subnet that is hidden; what names anything else may hide them all."""
    resource = blind.resource
    return resource.id if resource and resource.type == subnet_resource("").type else None


def _unread(snapshot: Snapshot, facet: Facet, subnet_id: str) -> Unread | None:
    if snapshot.partial:
        return PARTIAL
    blinds = _blinds(snapshot)
    return blinds.get((facet, None)) or blinds.get((facet, subnet_id))
