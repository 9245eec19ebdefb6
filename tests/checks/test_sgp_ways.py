import dataclasses
import json

import pytest

from eksnet.checks.sgp_ways import admits_probes, way_out
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Status
from eksnet.model.network import Eni, Route, RouteTable, Rule
from eksnet.model.snapshot import Snapshot
from tests.build import (
    Example,
    addon,
    branch,
    cluster,
    instance,
    nat,
    node_eni,
    route_table,
    security_group,
    snapshot,
    subnet,
    trunk,
)

ON = {"ENABLE_POD_ENI": "true"}
STANDARD = ON | {"POD_SECURITY_GROUP_ENFORCING_MODE": "standard"}
SNAT = {"AWS_VPC_K8S_CNI_EXTERNALSNAT": "true"}
NODE = node_eni("eni-1", "i-1", groups=("sg-payments",), private_ips=("10.0.0.20", "10.0.0.21"))
TRUNK, BRANCH = trunk("eni-t", "i-1"), branch("eni-b", "eni-t", "subnet-b")


def cni(env: dict[str, str]) -> list[object]:
    return [addon(configuration=json.dumps({"env": env}))]


def net(**parts: object) -> Snapshot:
    """Return a cluster with its node in subnet-a and a pod's branch interface in subnet-b."""
    values: dict[str, object] = {
        "clusters": [cluster()],
        "addons": cni(ON),
        "enis": [NODE, TRUNK, BRANCH],
        "instances": [instance("i-1")],
        "subnets": [subnet("subnet-a"), subnet("subnet-b")],
        "route_tables": [route_table()],
        "nat_gateways": [nat()],
        "security_groups": [pods(FROM_NODES)],
    }
    return snapshot(**{**values, **parts})


def pods(*ingress: Rule) -> object:
    return security_group("sg-pod", *ingress)


def way(default: str | None, state: str = "active") -> list[RouteTable]:
    """Return a table of their own for branch interfaces, beside the nodes'."""
    own = route_table("rtb-2", default, subnet_ids=("subnet-b",))
    routes = tuple(
        Route(destination=each.destination, target=each.target, state=state)
        if each.target == default
        else each
        for each in own.routes
    )
    return [route_table(), dataclasses.replace(own, routes=routes)]


FROM_NODES = Rule(protocol="tcp", from_port=8080, to_port=8080, groups=("sg-payments",))
FROM_ADDRESS = Rule(protocol="-1", cidrs=("10.0.0.0/24",))
FROM_ELSEWHERE = Rule(protocol="tcp", from_port=80, to_port=80, cidrs=("192.0.2.0/24",))
ONLY_UDP = Rule(protocol="udp", from_port=0, to_port=65535, groups=("sg-payments",))
BY_LIST = Rule(protocol="tcp", from_port=80, to_port=80, prefix_lists=("pl-1",))

EXAMPLES = {
    "SGP014": Example(
        good=(
            net(),
            net(route_tables=way("tgw-1")),
            net(route_tables=[route_table(default=None)]),
            net(route_tables=way(None), addons=cni(STANDARD)),
        ),
        bad=(
            net(route_tables=way(None)),
            net(route_tables=way("nat-1", "blackhole")),
            net(nat_gateways=[nat(state="failed")]),
            net(route_tables=way(None), addons=cni(STANDARD | SNAT)),
        ),
        unknown=(net(addons=[]), net(nat_gateways=[]), net(route_tables=[])),
    ),
    "SGP015": Example(
        good=(
            net(),
            net(security_groups=[pods(FROM_ELSEWHERE, FROM_ADDRESS)]),
            net(security_groups=[pods()], addons=cni(STANDARD)),
            net(addons=[]),
        ),
        bad=(
            net(security_groups=[pods()]),
            net(security_groups=[pods(FROM_ELSEWHERE, ONLY_UDP)]),
        ),
        unknown=(
            net(security_groups=[pods(BY_LIST)]),
            net(security_groups=[]),
            net(security_groups=[pods()], addons=[]),
            net(enis=[TRUNK, BRANCH]),
        ),
    ),
}


@pytest.mark.parametrize("enis", [(), (NODE, TRUNK)])
def test_without_branch_interfaces_nothing_is_judged(enis: tuple[Eni, ...]) -> None:
    assert run(net(enis=enis), [way_out, admits_probes], Limits()) == ()


def test_public_subnets_and_ipv6_are_others_business() -> None:
    for seen in (net(route_tables=way("igw-1")), net(clusters=[cluster(ip_family="ipv6")])):
        assert run(seen, [way_out], Limits()) == ()


def test_nodes_that_differ_leave_it_open_whether_a_probe_passes() -> None:
    other = node_eni("eni-2", "i-2", groups=("sg-others",), private_ips=("10.0.9.9",))
    nodes = [instance("i-1"), instance("i-2")]
    (finding,) = run(
        net(enis=[NODE, other, TRUNK, BRANCH], instances=nodes), [admits_probes], Limits()
    )
    assert finding.status is Status.UNKNOWN
