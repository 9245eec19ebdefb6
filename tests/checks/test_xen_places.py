import pytest

from eksnet.checks.xen_places import ordinary_zone
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Status
from eksnet.model.network import Route, Zone
from eksnet.model.snapshot import Snapshot
from tests.build import Example, cluster, route_table, snapshot, subnet, zones

UNLISTED = snapshot(
    clusters=[cluster()],
    subnets=[subnet("subnet-a")],
    zones=zones(),
    route_tables=[route_table()],
)


def placed(zone_kind: str = "availability-zone", **first: object) -> Snapshot:
    extra = Zone(name="eu-west-1-edge", id="euw1-edge-az1", kind=zone_kind, state="available")
    return snapshot(
        clusters=[cluster()],
        subnets=[subnet("subnet-a", **first), subnet("subnet-b")],
        zones=(*zones(), extra),
    )


def routed(*tables: object) -> Snapshot:
    return snapshot(
        clusters=[cluster()],
        subnets=[subnet("subnet-a"), subnet("subnet-b")],
        route_tables=list(tables),
    )


OUTPOST = "arn:aws:outposts:eu-west-1:111122223333:outpost/op-1"
EXAMPLES = {
    "XEN013": Example(
        good=(placed(),),
        bad=tuple(placed(az_id=each) for each in ("use1-az3", "usw1-az2", "cac1-az3")),
        unknown=(UNLISTED,),
    ),
    "XEN014": Example(
        good=(placed(),),
        bad=(
            placed("wavelength-zone", az_id="euw1-edge-az1"),
            placed("local-zone", az_id="euw1-edge-az1"),
            placed(outpost_arn=OUTPOST),
        ),
        unknown=(UNLISTED, placed(az_id="euw1-az9")),
    ),
    "XEN015": Example(
        good=(
            routed(route_table()),
            routed(route_table(), route_table("rtb-2", "igw-1", subnet_ids=("subnet-c",))),
            routed(route_table(default=None)),
        ),
        bad=(
            routed(route_table(default="igw-1")),
            routed(route_table(), route_table("rtb-2", "igw-1", subnet_ids=("subnet-a",))),
            routed(
                route_table(
                    routes=(Route(destination="198.51.100.0/24", target="igw-1"),),
                )
            ),
        ),
        unknown=(UNLISTED, routed(route_table(subnet_ids=("subnet-a",)))),
    ),
}


@pytest.mark.parametrize("kind", ["wavelength-zone", "local-zone"])
def test_the_kind_of_edge_is_named(kind: str) -> None:
    finding = run(placed(kind, az_id="euw1-edge-az1"), [ordinary_zone], Limits())[0]
    assert finding.status is Status.FAIL
    assert kind in finding.message
