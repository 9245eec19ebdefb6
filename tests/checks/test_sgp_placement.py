from eksnet.checks.sgp_placement import branches_in_private_subnets, one_group_tagged
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.network import SecurityGroup
from eksnet.model.snapshot import Snapshot
from tests.build import Example, branch, cluster, route_table, security_group, snapshot, subnet

TAG = {"kubernetes.io/cluster/payments": "owned"}


def lies_in(default: str, **parts: object) -> Snapshot:
    values: dict[str, object] = {
        "clusters": [cluster()],
        "subnets": [subnet("subnet-a")],
        "enis": [branch("eni-b", "eni-t")],
        "route_tables": [route_table("rtb-a", default, subnet_ids=("subnet-a",))],
    }
    return snapshot(**{**values, **parts})


def tagged(*groups: SecurityGroup, on: tuple[str, ...] = ("sg-1", "sg-2")) -> Snapshot:
    return snapshot(
        clusters=[cluster()],
        enis=[branch("eni-b", "eni-t", groups=on)],
        security_groups=groups,
    )


def group(group_id: str, *, ours: bool) -> SecurityGroup:
    return security_group(group_id, tags=TAG if ours else {})


ONE, TWO = group("sg-1", ours=True), group("sg-2", ours=True)
PLAIN, OTHER = group("sg-1", ours=False), group("sg-2", ours=False)

EXAMPLES = {
    "SGP005": Example(
        good=(lies_in("nat-1"), lies_in("nat-1", route_tables=[route_table()])),
        bad=(lies_in("igw-1"), lies_in("igw-1", route_tables=[route_table(default="igw-1")])),
        unknown=(lies_in("igw-1", route_tables=[]), lies_in("nat-1", subnets=[])),
    ),
    "SGP006": Example(
        good=(tagged(ONE, OTHER), tagged(PLAIN, on=("sg-1",))),
        bad=(tagged(ONE, TWO), tagged(PLAIN, OTHER)),
        unknown=(tagged(ONE), tagged(PLAIN)),
    ),
}


def test_clusters_without_branches_are_not_looked_at() -> None:
    for check in (branches_in_private_subnets, one_group_tagged):
        assert run(lies_in("igw-1", enis=[]), [check], Limits()) == ()


def test_many_interfaces_with_one_set_of_groups_are_one_wrong_set() -> None:
    seen = snapshot(
        clusters=[cluster()],
        enis=[branch(f"eni-{n}", "eni-t", groups=("sg-2", "sg-1")) for n in range(5)],
        security_groups=[ONE, TWO],
    )
    (finding,) = run(seen, [one_group_tagged], Limits())
    assert finding.evidence["sets"] == [{"groups": ["sg-1", "sg-2"], "tagged": ["sg-1", "sg-2"]}]
