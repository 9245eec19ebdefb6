import json

from eksnet.checks.cus_ways import fits_connections, way_out
from eksnet.cni.branch import UNNAMED
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.network import Route, RouteTable
from eksnet.model.snapshot import Snapshot
from tests.build import (
    Example,
    addon,
    cluster,
    nat,
    node_eni,
    node_group,
    route_table,
    snapshot,
    subnet,
)

EXTERNAL = {"AWS_VPC_K8S_CNI_EXTERNALSNAT": "true"}
CUSTOM = {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}
EXCLUDE = "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS"
OFFER = {"kubernetes.io/role/cni": "1"}
PODS = "subnet-pods-a"


def net(env: dict[str, str], *tables: RouteTable, **parts: object) -> Snapshot:
    """Return nodes in subnet-a, and a subnet of 100.64.0.0/10 that is offered to pods."""
    values: dict[str, object] = {
        "clusters": [cluster()],
        "node_groups": [node_group(subnet_ids=("subnet-a",))],
        "addons": [addon(configuration=json.dumps({"env": env}))],
        "subnets": [subnet("subnet-a"), subnet(PODS, cidr="100.64.0.0/24", tags=OFFER)],
        "route_tables": [route_table(), *tables],
        "nat_gateways": [nat()],
    }
    return snapshot(**{**values, **parts})


def to(target: str | None, *routes: Route, subnet_id: str = PODS) -> RouteTable:
    """Return a route table of the pods with this default route."""
    table = route_table("rtb-pods", target, subnet_ids=(subnet_id,))
    return route_table("rtb-pods", subnet_ids=(subnet_id,), routes=(*table.routes, *routes))


HOLE = to(None, Route(destination="0.0.0.0/0", target="nat-9", state="blackhole"))
OFFICE = Route(destination="192.168.0.0/16", target="tgw-1")
IPV6 = Route(destination="fd00::/8", target="tgw-1")
ROUTED = {"subnets": [subnet("subnet-a")]}
UNSEEN = (
    net({}, addons=[]),
    net({}, addons=[addon(configuration="{")]),
)

EXAMPLES = {
    "CUS014": Example(
        good=(
            net({}),
            net({}, to("igw-1")),
            net(EXTERNAL),
            net(EXTERNAL, to("tgw-1")),
            net(EXTERNAL, route_tables=[route_table(default=None)]),
        ),
        bad=(
            net(EXTERNAL, to("igw-1")),
            net(EXTERNAL, to(None)),
            net(EXTERNAL, HOLE),
            net(EXTERNAL, nat_gateways=[nat(state="failed")]),
        ),
        unknown=(
            net(EXTERNAL, route_tables=[]),
            net(EXTERNAL, nat_gateways=[]),
            net({}, subnets=[subnet("subnet-b")]),
            *UNSEEN,
        ),
    ),
    "CUS015": Example(
        good=(
            net({}),
            net(EXTERNAL, to("nat-1")),
            net(EXTERNAL, to("nat-1", OFFICE, subnet_id="subnet-a"), **ROUTED),
            net({EXCLUDE: "192.168.0.0/16"}, to("nat-1", OFFICE, IPV6)),
        ),
        bad=(
            net(EXTERNAL, to("nat-1", OFFICE)),
            net(EXTERNAL, to("tgw-1")),
            net({}, to("nat-1", OFFICE, subnet_id="subnet-a")),
            net({EXCLUDE: "192.168.0.0/24"}, to("nat-1", OFFICE, subnet_id="subnet-a")),
        ),
        unknown=(net({}, route_tables=[]), *UNSEEN),
    ),
}


def ask(seen: Snapshot) -> dict[str, Finding]:
    return {each.resource.id: each for each in run(seen, [way_out], Limits())}


def fit(seen: Snapshot) -> Finding:
    (finding,) = run(seen, [fits_connections], Limits())
    return finding


def test_the_subnet_with_the_wrong_way_is_the_one_that_fails() -> None:
    found = ask(net(EXTERNAL, to("igw-1")))
    assert found["subnet-a"].status is Status.PASS
    assert found[PODS].status is Status.FAIL


def test_with_custom_networking_the_eni_configs_subnets_count() -> None:
    section = {"subnets": {"pods": {"id": PODS}}}
    text = json.dumps({"env": EXTERNAL | CUSTOM, "eniConfig": section})
    assert set(ask(net({}, addons=[addon(configuration=text)]))) == {PODS}


def test_without_eni_configs_the_pods_own_interfaces_tell() -> None:
    (finding,) = ask(net(EXTERNAL | CUSTOM)).values()
    assert finding.unknown
    assert finding.unknown.api == "kubernetes:eniconfigs"
    named = node_eni("eni-1", "i-1", PODS, 1, tags={"cluster.k8s.amazonaws.com/name": "payments"})
    assert set(ask(net(EXTERNAL | CUSTOM, enis=[named]))) == {PODS}


def test_a_subnet_for_pods_in_a_zone_without_nodes_is_not_judged() -> None:
    far = subnet("subnet-pods-c", cidr="100.64.2.0/24", tags=OFFER)
    subnets = [subnet("subnet-a"), far]
    nowhere = to(None, subnet_id=far.id)
    assert set(ask(net(EXTERNAL, nowhere, subnets=subnets))) == {"subnet-a"}
    section = {"subnets": {"a": {"id": PODS}, "c": {"id": far.id}}}
    text = json.dumps({"env": EXTERNAL | CUSTOM, "eniConfig": section})
    both = [subnet("subnet-a"), subnet(PODS, cidr="100.64.0.0/24"), far]
    custom = net({}, nowhere, subnets=both, addons=[addon(configuration=text)])
    assert set(ask(custom)) == {PODS}


def test_a_nat_gateway_that_is_not_listed_is_the_one_named() -> None:
    found = ask(net(EXTERNAL, nat_gateways=[]))
    assert "nat-1 is not among" in found["subnet-a"].message


def test_a_route_that_leads_nowhere_connects_no_network() -> None:
    gone = Route(destination="192.168.0.0/16", target="tgw-1", state="blackhole")
    assert fit(net(EXTERNAL, to("nat-1", gone))).status is Status.PASS


def test_addresses_that_nobody_routes_matter_more_than_calls_that_nobody_may_make() -> None:
    assert fit(net(EXTERNAL, to("nat-1", OFFICE))).severity is Severity.MEDIUM
    assert fit(net({}, to("nat-1", OFFICE, subnet_id="subnet-a"))).severity is Severity.LOW


def test_translation_is_right_for_pods_that_nobody_routes_to() -> None:
    inner = [subnet("subnet-a", cidr="100.64.8.0/24"), subnet(PODS, cidr="100.64.0.0/24")]
    finding = fit(net({}, to("nat-1", OFFICE, subnet_id="subnet-a"), subnets=inner))
    assert finding.status is Status.PASS
    assert UNNAMED in finding.message


def test_ipv6_and_auto_mode_alone_are_not_judged() -> None:
    for parts in (
        {"clusters": [cluster(ip_family="ipv6")]},
        {"clusters": [cluster(auto_mode=True)], "addons": []},
    ):
        assert run(net(EXTERNAL, **parts), [way_out, fits_connections], Limits()) == ()
