import pytest

from eksnet.checks.v6x_subnets import (
    assign_on_creation,
    dual_stack_subnets,
    dual_stack_x_enis,
    ipv6_way_out,
)
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Severity
from eksnet.model.network import Route, RouteTable
from eksnet.model.snapshot import Snapshot
from tests.build import (
    Example,
    cluster,
    fargate_profile,
    node_group,
    route_table,
    snapshot,
    subnet,
    x_eni,
)

CHECKS = (dual_stack_subnets, assign_on_creation, ipv6_way_out, dual_stack_x_enis)
SIX = ("2001:db8::/64",)


def table(*ipv6: str, default: str | None = "nat-1", state: str = "active") -> RouteTable:
    """Return the main route table with routes to ::/0."""
    routes = [Route(destination="::/0", target=each, state=state) for each in ipv6]
    return route_table(routes=(*route_table(default=default).routes, *routes))


def net(*tables: RouteTable, **parts: object) -> Snapshot:
    """Return an IPv6 cluster with nodes in subnet-a, as it should be."""
    values: dict[str, object] = {
        "clusters": [cluster(ip_family="ipv6", subnet_ids=("subnet-a",))],
        "node_groups": [node_group(subnet_ids=("subnet-a",))],
        "subnets": [subnet(ipv6_cidrs=SIX, assign_ipv6=True), subnet("subnet-b")],
        "route_tables": tables or [table("eigw-1")],
        "enis": [x_eni("eni-1", ipv6_ips=("2001:db8::5",))],
    }
    return snapshot(**{**values, **parts})


GONE = net(subnets=[])
JOBS = [fargate_profile(subnet_ids=("subnet-b",))]

EXAMPLES = {
    "V6X001": Example(
        good=(net(), net(node_groups=[])),
        bad=(
            net(subnets=[subnet()]),
            net(subnets=[subnet(cidr="", ipv6_cidrs=SIX)]),
            net(fargate_profiles=JOBS),
        ),
        unknown=(GONE,),
    ),
    "V6X002": Example(
        good=(net(),),
        bad=(net(subnets=[subnet(ipv6_cidrs=SIX)]),),
        unknown=(GONE,),
    ),
    "V6X003": Example(
        good=(
            net(),
            net(table("igw-1", default="igw-1")),
            net(table(default=None)),
            net(table("tgw-1")),
        ),
        bad=(net(table()), net(table("igw-1")), net(table("eigw-1", state="blackhole"))),
        unknown=(net(route_tables=[]), GONE),
    ),
    "V6X004": Example(
        good=(net(), net(enis=[x_eni("eni-1", ipv6_prefixes=("2001:db8::/80",))])),
        bad=(net(enis=[x_eni("eni-1")]),),
    ),
}


@pytest.mark.parametrize(
    ("seen", "severity"),
    [
        (net(table()), Severity.HIGH),
        (net(table("eigw-1", state="blackhole")), Severity.HIGH),
        (net(table("igw-1")), Severity.MEDIUM),
        (net(table("igw-1", default=None)), Severity.MEDIUM),
    ],
)
def test_no_way_out_is_worse_than_an_open_one(seen: Snapshot, severity: Severity) -> None:
    (finding,) = run(seen, [ipv6_way_out], Limits())
    assert finding.severity is severity


def test_a_cluster_subnet_without_nodes_need_not_assign() -> None:
    seen = net(node_groups=[], subnets=[subnet(ipv6_cidrs=SIX)])
    assert run(seen, [assign_on_creation], Limits()) == ()


def test_an_ipv4_cluster_is_not_judged() -> None:
    assert run(net(clusters=[cluster()]), CHECKS, Limits()) == ()
