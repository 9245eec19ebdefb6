"""The history that the checks look ahead with."""

import dataclasses
import datetime as dt

from eksnet.model.history import CapacityRow
from eksnet.model.snapshot import Facet, Snapshot, SubnetLook, Target
from eksnet.pipeline.source import with_sightings
from eksnet.pipeline.trends import trends
from eksnet.store.memory import MemoryStore
from tests.build import NOW, REGION, TARGET, cluster, snapshot, subnet

ELSEWHERE = Target(account_id="222233334444", region=REGION)


def row(subnet_id: str, days: float, free: int, target: Target = TARGET) -> CapacityRow:
    return CapacityRow(
        run_id=f"r{days}",
        seen_at=NOW - dt.timedelta(days=days),
        target=target,
        subnet_id=subnet_id,
        vpc_id="vpc-0a",
        az_id="euw1-az1",
        cidr="10.0.0.0/24",
        usable=251,
        free_ips=free,
        free_28=None,
        x_enis=2,
        clusters=("payments",),
    )


def kept(*rows: CapacityRow) -> MemoryStore:
    store = MemoryStore()
    store.put_capacity(rows)
    return store


SEEN = snapshot(clusters=[cluster()], subnets=[subnet("subnet-a"), subnet("subnet-c")])


def test_used_subnets_have_what_earlier_runs_of_the_target_saw() -> None:
    store = kept(
        row("subnet-a", 2, 50),
        row("subnet-a", 1, 40),
        row("subnet-a", 1.5, 7, ELSEWHERE),
        row("subnet-c", 1, 9),
    )
    (only,) = trends(store, SEEN)
    assert only.subnet_id == "subnet-a"
    assert only.looks == (
        SubnetLook(at=NOW - dt.timedelta(days=2), free_ips=50, free_28=None),
        SubnetLook(at=NOW - dt.timedelta(days=1), free_ips=40, free_28=None),
    )


def test_what_a_later_run_saw_is_not_the_past() -> None:
    assert not [*trends(kept(row("subnet-a", 0, 40), row("subnet-a", -1, 30)), SEEN)]


def test_a_snapshot_with_trends_has_its_history_seen() -> None:
    bare = dataclasses.replace(SEEN, seen=SEEN.seen - {Facet.HISTORY})
    told: Snapshot = with_sightings(bare, {}, trends(kept(row("subnet-a", 1, 40)), SEEN))
    assert Facet.HISTORY in told.seen
    assert [each.subnet_id for each in told.trends] == ["subnet-a"]
