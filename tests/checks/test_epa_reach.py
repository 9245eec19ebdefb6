import dataclasses

from eksnet.checks.epa_reach import WANTED, way_out
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Status
from eksnet.model.network import Route
from eksnet.model.snapshot import Blind, Snapshot
from tests.build import (
    Example,
    cluster,
    fargate_profile,
    instance,
    nat,
    node_group,
    route_table,
    snapshot,
    subnet,
)


def public_only(default: str | None = "nat-1", **parts: object) -> Snapshot:
    values: dict[str, object] = {
        "clusters": [cluster(endpoint_private=False)],
        "node_groups": [node_group()],
        "subnets": [subnet("subnet-a"), subnet("subnet-b")],
        "route_tables": [route_table(default=default)],
        "nat_gateways": [nat()],
    }
    return snapshot(**{**values, **parts})


OPEN = [subnet("subnet-a", map_public_ip=True), subnet("subnet-b", map_public_ip=True)]
HOLE = route_table(routes=(Route(destination="0.0.0.0/0", target="nat-1", state="blackhole"),))
HALVES = route_table(
    routes=tuple(Route(destination=half, target="tgw-1") for half in ("0.0.0.0/1", "128.0.0.0/1"))
)
V6 = route_table(routes=(Route(destination="::/0", target="eigw-1"),))
EXAMPLES = {
    "EPA003": Example(
        good=(
            snapshot(clusters=[cluster()]),
            public_only(),
            public_only("igw-1", subnets=OPEN),
            public_only(
                "igw-1",
                node_groups=[],
                instances=[instance("i-1", public_ip="198.51.100.7")],
            ),
        ),
        bad=(
            public_only(None),
            public_only("pcx-1"),
            public_only(nat_gateways=[nat(state="failed")]),
            public_only("igw-1"),
            public_only(route_tables=[HOLE]),
            public_only("igw-1", subnets=OPEN, instances=[instance("i-1")]),
            public_only("igw-1", subnets=OPEN, fargate_profiles=[fargate_profile()]),
            public_only(
                route_tables=[route_table(), route_table("rtb-2", None, subnet_ids=("subnet-a",))]
            ),
        ),
        unknown=(
            public_only("tgw-1"),
            public_only("eni-firewall"),
            public_only(nat_gateways=[nat(connectivity="private")]),
            public_only(nat_gateways=[]),
            public_only(route_tables=[HALVES]),
            public_only(node_groups=[]),
            public_only(subnets=[subnet("subnet-a")]),
            public_only(route_tables=[route_table(subnet_ids=("subnet-a",))]),
            public_only(
                clusters=[cluster(endpoint_private=False, ip_family="ipv6")], route_tables=[V6]
            ),
        ),
    ),
}


def ask(seen: Snapshot) -> Finding:
    (finding,) = run(seen, [way_out], Limits())
    return finding


def test_what_a_private_endpoint_does_not_need_may_be_blind() -> None:
    blinds = tuple(Blind(facet=each, api=f"any:{each}", error="Denied") for each in WANTED)
    private = dataclasses.replace(snapshot(clusters=[cluster()]), blinds=blinds)
    assert ask(private).status is Status.PASS


def test_what_a_public_only_endpoint_needs_makes_it_unknown() -> None:
    for each in WANTED:
        blind = Blind(facet=each, api=f"any:{each}", error="Denied")
        finding = ask(dataclasses.replace(public_only(), blinds=(blind,)))
        assert finding.unknown
        assert (finding.unknown.api, finding.unknown.error) == (blind.api, "Denied")


def test_the_stranded_subnets_are_named_with_the_reason() -> None:
    own = route_table("rtb-2", None, subnet_ids=("subnet-a",))
    finding = ask(public_only(route_tables=[route_table(), own]))
    assert finding.evidence["stranded"] == {"subnet-a": "has no default route"}


def test_a_stopped_node_needs_no_public_address() -> None:
    nodes = [instance("i-1", public_ip="198.51.100.7"), instance("i-2", state="stopped")]
    seen = public_only("igw-1", subnets=OPEN, instances=nodes)
    assert ask(seen).status is Status.PASS
