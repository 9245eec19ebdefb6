from eksnet.checks.rte_nodes import nat_in_same_zone, nodes_in_private_subnets
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.network import Route, RouteTable
from eksnet.model.snapshot import Snapshot
from tests.build import (
    Example,
    cluster,
    instance,
    nat,
    node_group,
    route_table,
    snapshot,
    subnet,
)


def net(*tables: RouteTable, **parts: object) -> Snapshot:
    values: dict[str, object] = {
        "clusters": [cluster()],
        "node_groups": [node_group(subnet_ids=("subnet-a",))],
        "subnets": [subnet("subnet-a"), subnet("subnet-b"), subnet("subnet-pub-a")],
        "nat_gateways": [nat()],
        "route_tables": list(tables),
    }
    return snapshot(**{**values, **parts})


def own(default: str | None) -> RouteTable:
    return route_table("rtb-a", default, subnet_ids=("subnet-a",))


HOLE = RouteTable(
    id="rtb-a",
    vpc_id="vpc-0a",
    owner_id="111122223333",
    main=False,
    subnet_ids=("subnet-a",),
    routes=(Route(destination="0.0.0.0/0", target="nat-9", state="blackhole"),),
    tags={},
)

EXAMPLES = {
    "RTE001": Example(
        good=(
            net(own("nat-1")),
            net(route_table()),
            net(route_table(default=None), node_groups=[], instances=[instance("i-1")]),
        ),
        bad=(
            net(own("igw-1"), route_table()),
            net(route_table(default="igw-1"), node_groups=[], instances=[instance("i-1")]),
        ),
        unknown=(net(), net(route_table(), subnets=[])),
    ),
    "RTE002": Example(
        good=(
            net(own("nat-1")),
            net(own("nat-1"), nat_gateways=[nat(subnet_id=None)]),
        ),
        bad=(
            net(HOLE, route_table()),
            net(own("nat-1"), nat_gateways=[nat(subnet_id="subnet-b")]),
            net(own("nat-1"), nat_gateways=[nat(state="failed")]),
        ),
        unknown=(
            net(own("nat-1"), nat_gateways=[]),
            net(own("nat-1"), nat_gateways=[nat(subnet_id="subnet-gone")]),
            net(),
        ),
    ),
}


def nat_answer(seen: Snapshot) -> tuple[Finding, ...]:
    return run(seen, [nat_in_same_zone], Limits())


def test_a_gateway_elsewhere_is_medium_and_a_dead_one_high() -> None:
    (elsewhere,) = nat_answer(EXAMPLES["RTE002"].bad[1])
    (dead,) = nat_answer(EXAMPLES["RTE002"].bad[2])
    (hole,) = nat_answer(EXAMPLES["RTE002"].bad[0])
    assert elsewhere.severity is Severity.MEDIUM
    assert dead.severity is hole.severity is Severity.HIGH


def test_another_way_out_is_not_judged_and_never_a_pass() -> None:
    for target in ("tgw-1", "igw-1", "i-0a", None):
        assert nat_answer(net(own(target))) == ()


def test_an_unseen_gateway_names_its_api() -> None:
    (finding,) = nat_answer(net(own("nat-1"), nat_gateways=[]))
    assert finding.unknown
    assert finding.unknown.api == "ec2:DescribeNatGateways"


def test_only_subnets_that_hold_nodes_are_judged() -> None:
    seen = net(route_table(default="igw-1"), node_groups=[])
    assert run(seen, [nodes_in_private_subnets], Limits()) == ()


def test_two_clusters_in_one_subnet_are_judged_each() -> None:
    seen = net(
        own("igw-1"),
        clusters=[cluster(), cluster("orders")],
        node_groups=[
            node_group(subnet_ids=("subnet-a",)),
            node_group("w", "orders", subnet_ids=("subnet-a",)),
        ],
    )
    findings = run(seen, [nodes_in_private_subnets], Limits())
    assert {(f.cluster, f.status) for f in findings} == {
        ("payments", Status.FAIL),
        ("orders", Status.FAIL),
    }
