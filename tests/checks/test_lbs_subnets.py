from eksnet.checks.lbs_subnets import balancer_room, stale_cluster_tags
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Severity
from eksnet.model.snapshot import Snapshot
from tests.build import Example, cluster, eni, instance, snapshot, subnet

ROLE = "kubernetes.io/role/elb"
OTHER = "444455556666"


def room(free: int, cidr: str = "10.0.0.0/24", **tags: str) -> Snapshot:
    one = subnet(free_ips=free, cidr=cidr, tags=tags or {ROLE: "1"})
    return snapshot(clusters=[cluster()], subnets=[one])


def named(name: str, **parts: object) -> Snapshot:
    values: dict[str, object] = {
        "clusters": [cluster()],
        "cluster_names": ("payments", "orders"),
        "subnets": [subnet(tags={f"kubernetes.io/cluster/{name}": "shared"})],
    }
    return snapshot(**{**values, **parts})


EXAMPLES = {
    "LBS003": Example(
        good=(room(8), room(20, "10.0.0.0/27")),
        bad=(room(7), room(9, "10.0.0.0/28")),
        unknown=(),
    ),
    "LBS004": Example(
        good=(
            named("payments"),
            named("orders"),
            named("kops", instances=[instance("i-1", cluster_name="kops")]),
        ),
        bad=(named("gone"),),
        unknown=(named("gone", enis=[eni("eni-1", owner_id=OTHER)]),),
    ),
}


def test_a_subnet_that_no_load_balancer_looks_for_is_not_judged() -> None:
    untagged = snapshot(clusters=[cluster()], subnets=[subnet(free_ips=0)])
    assert run(untagged, [balancer_room], Limits()) == ()
    refused = room(0, **{ROLE: "0"})
    assert run(refused, [balancer_room], Limits()) == ()


def test_a_subnet_too_small_to_be_taken_is_low() -> None:
    (finding,) = run(EXAMPLES["LBS003"].bad[1], [balancer_room], Limits())
    assert finding.severity is Severity.LOW


def test_a_cluster_that_could_not_be_described_is_not_gone() -> None:
    seen = named("orders")
    assert "orders" not in {each.name for each in seen.clusters}
    (finding,) = run(seen, [stale_cluster_tags], Limits())
    assert finding.severity is None


def test_tags_of_a_subnet_that_another_account_owns_are_left_to_it() -> None:
    theirs = subnet(owner_id=OTHER, tags={"kubernetes.io/cluster/gone": "shared"})
    assert run(named("gone", subnets=[theirs]), [stale_cluster_tags], Limits()) == ()
