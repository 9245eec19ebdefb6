import dataclasses

from eksnet.checks.vpc_secondary_block import secondary_block
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Status
from eksnet.model.network import Peering, PeerVpc, Route
from eksnet.model.snapshot import Snapshot
from tests.build import ACCOUNT, REGION, VPC, Example, cluster, route_table, snapshot, vpc


def held(*cidrs: str, **parts: object) -> Snapshot:
    values = {"route_tables": [route_table()], **parts}
    return snapshot(clusters=[cluster()], vpcs=[vpc(VPC, *cidrs)], **values)


def peering(status: str, *, requester: bool = True, cidrs: tuple[str, ...] = ()) -> Peering:
    mine = PeerVpc(vpc_id=VPC, owner_id=ACCOUNT, region=REGION, cidrs=("10.0.0.0/16",))
    other = PeerVpc(vpc_id="vpc-far", owner_id="222233334444", region=REGION, cidrs=cidrs)
    sides = (mine, other) if requester else (other, mine)
    return Peering(id="pcx-1", status=status, requester=sides[0], accepter=sides[1], tags={})


def routed(*destinations: str) -> list[object]:
    routes = tuple(Route(destination=each, target="tgw-1") for each in destinations)
    return [route_table(routes=routes)]


FULL = routed(*(f"100.{second}.0.0/16" for second in range(64, 128)))
HALVES = routed(*(f"100.{second}.0.0/24" for second in range(64, 128)))

SHARED = dataclasses.replace(held(), vpcs=(vpc(owner_id="444455556666"),))

EXAMPLES = {
    "VPC003": Example(
        good=(held(), held(route_tables=HALVES)),
        bad=(
            held(peerings=[peering("pending-acceptance")]),
            held(peerings=[peering("active", cidrs=("100.64.0.0/10",))]),
            held("10.0.0.0/16", *(f"10.{n}.0.0/16" for n in range(2, 51))),
        ),
        unknown=(
            held("10.0.0.0/16", *(f"10.{n}.0.0/16" for n in range(2, 6))),
            held(peerings=[peering("active")]),
            held(route_tables=[]),
            SHARED,
            snapshot(clusters=[cluster()]),
        ),
    ),
}


def proposed(seen: Snapshot) -> object:
    (finding,) = run(seen, [secondary_block], Limits())
    assert finding.status is Status.PASS
    return finding.evidence["proposed"]


def test_the_lowest_whole_16_is_offered_first() -> None:
    assert proposed(held()) == "100.64.0.0/16"
    assert proposed(held("10.0.0.0/16", "100.64.0.0/16")) == "100.65.0.0/16"


def test_a_smaller_block_is_offered_when_no_larger_one_is_left() -> None:
    assert proposed(held(route_tables=HALVES)) == "100.64.128.0/17"


def test_a_route_as_large_as_each_block_leaves_its_smaller_parts() -> None:
    assert proposed(held(route_tables=FULL)) == "100.64.0.0/17"


def test_the_finding_names_the_rule_that_stops_it() -> None:
    (finding,) = run(held(peerings=[peering("pending-acceptance")]), [secondary_block], Limits())
    assert finding.evidence["rule"] == "peering-pending"
    assert "pcx-1" in finding.message


def test_other_clusters_are_judged_on_their_own_vpc() -> None:
    seen = held(peerings=[peering("pending-acceptance")])
    other = cluster("search", vpc_id="vpc-0b")
    more = dataclasses.replace(
        seen,
        clusters=(*seen.clusters, other),
        vpcs=(*seen.vpcs, vpc("vpc-0b", "10.9.0.0/16")),
        route_tables=(*seen.route_tables, route_table("rtb-b", vpc_id="vpc-0b")),
    )
    found = {each.cluster: each.status for each in run(more, [secondary_block], Limits())}
    assert found == {"payments": Status.FAIL, "search": Status.PASS}


def test_a_vpc_shared_by_another_account_is_for_its_owner_to_change() -> None:
    (finding,) = run(SHARED, [secondary_block], Limits())
    assert finding.status is Status.UNKNOWN
    assert finding.unknown
    assert finding.unknown.api == "ec2:DescribeVpcPeeringConnections"
    assert finding.unknown.error == "OwnedByAnotherAccount"
    assert "must add the block" in finding.message
