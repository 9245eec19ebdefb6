from eksnet.checks.rte_zones import nodes_in_zones, subnets_in_zones
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.snapshot import Snapshot
from tests.build import (
    Example,
    cluster,
    fargate_profile,
    instance,
    node_group,
    route_table,
    snapshot,
    subnet,
    zones,
)


def vpc_of(private: str, public: str = "", **parts: object) -> Snapshot:
    outer = [f"subnet-pub-{zone}" for zone in public]
    tables = [route_table()]
    if outer:
        tables.append(route_table("rtb-pub", "igw-1", subnet_ids=tuple(outer)))
    values: dict[str, object] = {
        "clusters": [cluster()],
        "subnets": [subnet(f"subnet-{zone}") for zone in private] + [subnet(e) for e in outer],
        "route_tables": tables,
        "zones": zones(),
    }
    return snapshot(**{**values, **parts})


def nodes_of(*letters: str, **parts: object) -> Snapshot:
    group = node_group(subnet_ids=tuple(f"subnet-{each}" for each in letters))
    values: dict[str, object] = {
        "clusters": [cluster()],
        "node_groups": [group],
        "subnets": [subnet(f"subnet-{each}") for each in "abc"],
    }
    return snapshot(**{**values, **parts})


EXAMPLES = {
    "RTE004": Example(
        good=(vpc_of("ab", "ab"), vpc_of("abc"), vpc_of("ab", zones=zones("ab"))),
        bad=(vpc_of("a", "ab"), vpc_of("ab"), vpc_of("abc", "a"), vpc_of("", "ab")),
        unknown=(
            vpc_of("ab", "ab", subnets=[]),
            vpc_of("ab", "ab", zones=zones("a")),
            vpc_of("ab", route_tables=[]),
        ),
    ),
    "RTE005": Example(
        good=(
            nodes_of("a", "b"),
            nodes_of("a", instances=[instance("i-1", "subnet-b")]),
            nodes_of("a", node_groups=[], fargate_profiles=[fargate_profile()]),
        ),
        bad=(
            nodes_of("a"),
            nodes_of("a", fargate_profiles=[fargate_profile()]),
            nodes_of("a", node_groups=[], instances=[instance("i-1"), instance("i-2")]),
        ),
        unknown=(nodes_of("a", "b", subnets=[subnet("subnet-a")]),),
    ),
}


def ask(seen: Snapshot) -> Finding:
    (finding,) = run(seen, [subnets_in_zones], Limits())
    return finding


def test_private_subnets_in_one_zone_are_worse_than_public_ones_in_one() -> None:
    assert ask(vpc_of("a", "ab")).severity is Severity.MEDIUM
    assert ask(vpc_of("abc", "a")).severity is Severity.LOW


def test_in_a_shared_vpc_the_owners_other_subnets_may_be_there() -> None:
    shared = [subnet(f"subnet-{each}", owner_id="444455556666") for each in "ab"]
    finding = ask(vpc_of("ab", subnets=shared))
    assert finding.unknown
    assert finding.unknown.error == "OwnedByAnotherAccount"
    three = [subnet(f"subnet-{each}", owner_id="444455556666") for each in "abc"]
    assert ask(vpc_of("abc", subnets=three)).status is Status.PASS


def test_what_lies_at_the_edge_is_no_zone() -> None:
    edge = subnet("subnet-c", az_id="use1-bos1-az1")
    outpost = subnet("subnet-b", outpost_arn="arn:aws:outposts:::outpost/op-1")
    local = [*zones("ab"), zones("c")[0]]
    seen = vpc_of("", subnets=[subnet("subnet-a"), outpost, edge], zones=local)
    assert ask(seen).unknown, "a zone that EC2 does not list is not called ordinary"
    assert ask(vpc_of("", subnets=[subnet("subnet-a"), outpost])).evidence["private_zones"] == [
        "euw1-az1"
    ]


def test_a_cluster_without_nodes_is_not_judged() -> None:
    assert run(nodes_of(node_groups=[]), [nodes_in_zones], Limits()) == ()
