"""How much room each subnet had: the history that a forecast needs."""

from collections.abc import Iterator

from eksnet.capacity.ledger import ledger
from eksnet.model.history import CapacityRow
from eksnet.model.snapshot import Snapshot, grouped, subnet_by_id
from eksnet.pipeline.audit import subnet_uses


def capacity_rows(snapshot: Snapshot, run_id: str) -> Iterator[CapacityRow]:
    """Yield a row for each subnet that a cluster uses.

    The free /28 blocks are kept only where every address in use was seen: a count that holds what
    looks free would be a trend of nothing.
    """
    subnets, used = subnet_by_id(snapshot), subnet_uses(snapshot)
    by_subnet = grouped(used, lambda use: use.subnet_id)
    accounts = {one.subnet.id: one for one in ledger(snapshot, by_subnet)}
    for subnet_id, uses in by_subnet.items():
        subnet, blocks = subnets[subnet_id], accounts[subnet_id].blocks
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
            free_28=blocks.free if blocks and subnet.cidr else None,
            x_enis=sum(use.x_enis for use in uses),
            clusters=tuple(sorted(use.cluster for use in uses)),
        )
