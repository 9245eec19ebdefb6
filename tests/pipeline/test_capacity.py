"""The counts that are kept of each subnet."""

import dataclasses

from eksnet.model.network import CidrReservation
from eksnet.model.snapshot import Snapshot
from eksnet.pipeline.capacity import capacity_rows
from tests.build import accounted, cluster, node_eni, snapshot, subnet

SEEN = accounted(
    snapshot(
        clusters=[cluster(subnet_ids=("subnet-a",))],
        subnets=[subnet()],
        enis=[node_eni("eni-1", "i-1", prefixes=("10.0.0.32/28",))],
    )
)


def kept(seen: Snapshot) -> int | None:
    (row,) = capacity_rows(seen, "run")
    return row.free_28


def test_free_blocks_are_kept_where_every_address_in_use_was_seen() -> None:
    """Of sixteen /28s two hold AWS's own addresses and one is a prefix; a node's lies in one."""
    assert kept(SEEN) == 13
    explicit = CidrReservation(
        id="scr-1", subnet_id="subnet-a", cidr="10.0.0.64/27", kind="explicit"
    )
    assert kept(dataclasses.replace(SEEN, cidr_reservations=(explicit,))) == 11


def test_a_count_that_holds_what_only_looks_free_is_not_kept() -> None:
    (known,) = SEEN.subnets
    fewer = dataclasses.replace(known, free_ips=known.free_ips - 1)
    theirs = dataclasses.replace(known, owner_id="999988887777")
    for other in (fewer, theirs):
        assert kept(dataclasses.replace(SEEN, subnets=(other,))) is None
