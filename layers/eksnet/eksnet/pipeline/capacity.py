"""How much room each subnet had: the history that a forecast needs."""

from collections.abc import Iterator

from eksnet.model.history import CapacityRow
from eksnet.model.network import Subnet
from eksnet.model.snapshot import Facet, Snapshot, enis_by_subnet, grouped, subnet_by_id
from eksnet.network.blocks import free_28
from eksnet.network.cidr import address, block
from eksnet.pipeline.audit import subnet_uses

EXPLICIT = (
    "explicit"  # a reservation that EC2 assigns nothing from by itself: subnet-cidr-reservation
)


def capacity_rows(snapshot: Snapshot, run_id: str) -> Iterator[CapacityRow]:
    """Yield a row for each subnet that a cluster uses."""
    subnets = subnet_by_id(snapshot)
    for subnet_id, uses in grouped(subnet_uses(snapshot), lambda use: use.subnet_id).items():
        subnet = subnets[subnet_id]
        yield CapacityRow(
            run_id=run_id,
            seen_at=snapshot.captured_at,
            target=snapshot.target,
            subnet_id=subnet_id,
            vpc_id=subnet.vpc_id,
            az_id=subnet.az_id,
            cidr=subnet.cidr,
            usable=uses[0].usable,
            free_ips=subnet.free_ips,
            free_28=_free_28(snapshot, subnet),
            x_enis=sum(use.x_enis for use in uses),
            clusters=tuple(sorted(use.cluster for use in uses)),
        )


def _free_28(snapshot: Snapshot, subnet: Subnet) -> int | None:
    """Return how many whole /28 blocks the CNI could still take; a prefix reservation is for it."""
    needs = frozenset({Facet.NETWORK_INTERFACES, Facet.CIDR_RESERVATIONS})
    if not subnet.cidr or snapshot.partial or snapshot.blind(needs):
        return None
    enis = enis_by_subnet(snapshot).get(subnet.id, ())
    used = (address(each) for eni in enis for each in eni.private_ips)
    prefixes = [block(each) for eni in enis for each in eni.prefixes]
    reserved = [
        block(each.cidr)
        for each in snapshot.cidr_reservations
        if each.subnet_id == subnet.id and each.kind == EXPLICIT
    ]
    return len(free_28(block(subnet.cidr), used, (*prefixes, *reserved)))
