"""What earlier runs saw of a target's subnets, for the checks that look ahead."""

import concurrent.futures
from collections.abc import Iterator

from eksnet.capacity.series import LOOK_BACK
from eksnet.model.history import CapacityRow
from eksnet.model.snapshot import Snapshot, SubnetLook, SubnetTrend
from eksnet.pipeline.audit import subnet_uses
from eksnet.pipeline.forecast import READERS
from eksnet.store.interface import Store


def trends(store: Store, snapshot: Snapshot) -> Iterator[SubnetTrend]:
    """Yield the history of each subnet that a cluster uses, those without any left out.

    What another account saw of a shared subnet is left out: it may have seen other interfaces.

    Raises:
        StoreError: the history can't be read.
    """
    since = snapshot.captured_at - LOOK_BACK

    def read(subnet_id: str) -> tuple[CapacityRow, ...]:
        return store.capacity(subnet_id, since=since)

    subnet_ids = sorted({use.subnet_id for use in subnet_uses(snapshot)})
    with concurrent.futures.ThreadPoolExecutor(READERS) as pool:
        for subnet_id, rows in zip(subnet_ids, pool.map(read, subnet_ids), strict=True):
            looks = tuple(_look(row) for row in rows if _counts(row, snapshot))
            if looks:
                yield SubnetTrend(subnet_id=subnet_id, looks=looks)


def _counts(row: CapacityRow, snapshot: Snapshot) -> bool:
    return row.target == snapshot.target and row.seen_at < snapshot.captured_at


def _look(row: CapacityRow) -> SubnetLook:
    return SubnetLook(at=row.seen_at, free_ips=row.free_ips, free_28=row.free_28)
