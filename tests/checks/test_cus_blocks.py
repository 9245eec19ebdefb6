import json

import pytest

from eksnet.checks.cus_blocks import pod_range, secondary_blocks
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.network import CidrAssociation, Route
from eksnet.model.snapshot import Snapshot
from tests.build import VPC, Example, addon, cluster, node_group, route_table, snapshot, subnet, vpc

OFFER = {"kubernetes.io/role/cni": "1"}
BLOCK = "100.64.0.0/16"


def net(*zones: str, state: str = "associated", block: str = BLOCK, **parts: object) -> Snapshot:
    """Return nodes in the zones a and b, and subnets of the block in these zones."""
    home = CidrAssociation(cidr="10.0.0.0/16", state="associated")
    values: dict[str, object] = {
        "clusters": [cluster()],
        "node_groups": [node_group()],
        "vpcs": [vpc(VPC, cidrs=(home, CidrAssociation(cidr=block, state=state)))],
        "subnets": [
            subnet("subnet-a"),
            subnet("subnet-b"),
            *(
                subnet(f"subnet-pods-{each}", cidr=f"100.64.{'abc'.index(each)}.0/24")
                for each in zones
            ),
        ],
    }
    return snapshot(**{**values, **parts})


def pods(cidr: str = "100.64.0.0/24", *routes: Route, **parts: object) -> Snapshot:
    """Return one subnet offered to pods, and a route table with these routes."""
    values: dict[str, object] = {
        "clusters": [cluster()],
        "addons": [addon()],
        "subnets": [subnet("subnet-a"), subnet("subnet-pods-a", cidr=cidr, tags=OFFER)],
        "route_tables": [route_table(routes=routes)],
    }
    return snapshot(**{**values, **parts})


def away(destination: str, target: str = "tgw-1") -> Route:
    return Route(destination=destination, target=target)


def custom(subnet_id: str) -> list[object]:
    text = json.dumps(
        {
            "env": {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"},
            "eniConfig": {"subnets": {"pods": {"id": subnet_id}}},
        }
    )
    return [addon(configuration=text)]


EXAMPLES = {
    "CUS012": Example(
        good=(net("a", "b"), net("a", "b", "c")),
        bad=(net("a"), net(), net("a", "b", state="failed")),
        unknown=(net("a", "b", state="associating"), net("a", "b", vpcs=[])),
    ),
    "CUS013": Example(
        good=(
            pods(),
            pods("198.19.0.0/24"),
            pods("100.64.0.0/24", away("0.0.0.0/0"), away("10.9.0.0/16"), away("fd00::/8")),
            pods("100.64.0.0/24", away("100.64.0.0/16", "local"), away("pl-1", "vpce-1")),
        ),
        bad=(
            pods("10.0.9.0/24"),
            pods("100.64.0.0/24", away("100.64.0.0/10")),
            pods("100.64.0.0/24", away("100.64.0.128/25", "pcx-1")),
            pods("100.64.0.0/24", addons=custom("subnet-a")),
        ),
        unknown=(
            pods("100.64.0.0/24", away("pl-1")),
            pods(addons=[]),
            pods(addons=[addon(configuration="{")]),
        ),
    ),
}


def blocks(seen: Snapshot) -> Finding:
    (finding,) = run(seen, [secondary_blocks], Limits())
    return finding


@pytest.mark.parametrize(
    ("seen", "severity"),
    [(net("a"), Severity.MEDIUM), (net(), Severity.LOW), (net("c"), Severity.MEDIUM)],
)
def test_a_zone_left_out_is_worse_than_a_block_not_used_yet(
    seen: Snapshot, severity: Severity
) -> None:
    assert blocks(seen).severity is severity


def test_a_block_still_being_associated_names_its_state() -> None:
    finding = blocks(net("a", "b", state="associating"))
    assert finding.unknown
    assert finding.unknown.error == "InProgress"
    assert finding.message == "100.64.0.0/16 is associating"


def test_other_secondary_blocks_and_those_gone_are_not_judged() -> None:
    ipv6 = net(clusters=[cluster(ip_family="ipv6")])
    for seen in (net(block="10.1.0.0/16"), net(state="disassociated"), ipv6):
        assert run(seen, [secondary_blocks], Limits()) == ()


@pytest.mark.parametrize("states", [("associated", "failed"), ("failed", "associated")])
def test_an_earlier_try_that_failed_does_not_count_beside_one_that_holds(
    states: tuple[str, str],
) -> None:
    home = CidrAssociation(cidr="10.0.0.0/16", state="associated")
    tries = [CidrAssociation(cidr=BLOCK, state=each) for each in states]
    other = CidrAssociation(cidr="198.19.0.0/16", state="failed")
    seen = net("a", "b", vpcs=[vpc(VPC, cidrs=(home, *tries, other))])
    assert blocks(seen).status is Status.PASS
    alone = net("a", "b", vpcs=[vpc(VPC, cidrs=(home, other))])
    assert blocks(alone).severity is Severity.MEDIUM


def test_a_tag_for_karpenter_puts_no_node_in_a_zone() -> None:
    seen = net("a", "b")
    tagged = subnet("subnet-c", tags={"karpenter.sh/discovery": "payments"})
    assert blocks(net("a", "b", subnets=[*seen.subnets, tagged])).status is Status.PASS


def test_a_route_that_leads_nowhere_leads_no_address_away() -> None:
    gone = Route(destination="100.64.0.0/10", target="tgw-1", state="blackhole")
    (finding,) = run(pods("100.64.0.0/24", gone), [pod_range], Limits())
    assert finding.status is Status.PASS


def test_with_custom_networking_the_tag_does_not_make_a_pod_subnet() -> None:
    (finding,) = run(pods(addons=custom("subnet-pods-a")), [pod_range], Limits())
    assert (finding.resource.id, finding.status) == ("subnet-pods-a", Status.PASS)
