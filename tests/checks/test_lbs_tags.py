from eksnet.checks.lbs_tags import INNER, OUTER, tag_fits, tagged_zones
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Severity
from eksnet.model.network import Subnet
from eksnet.model.snapshot import Snapshot
from tests.build import Example, cluster, route_table, snapshot, subnet

OTHER = "444455556666"
FOR_OTHERS = {"kubernetes.io/cluster/orders": "shared"}
OURS = {"kubernetes.io/cluster/payments": "shared", **FOR_OTHERS}


def inner(zone: str, **tags: str) -> Subnet:
    return subnet(f"subnet-{zone}", tags={INNER: "1", **tags})


def outer(zone: str, **tags: str) -> Subnet:
    return subnet(f"subnet-pub-{zone}", tags={OUTER: "", **tags})


def net(*subnets: Subnet, **parts: object) -> Snapshot:
    ids = tuple(each.id for each in subnets if "pub" in each.id)
    tables = [route_table()]
    if ids:
        tables.append(route_table("rtb-pub", "igw-1", subnet_ids=ids))
    values: dict[str, object] = {
        "clusters": [cluster()],
        "subnets": list(subnets),
        "route_tables": tables,
    }
    return snapshot(**{**values, **parts})


BOTH = (inner("a"), inner("b"), outer("a"), outer("b"))
EXAMPLES = {
    "LBS001": Example(
        good=(net(*BOTH), net(subnet("subnet-pub-a", tags={OUTER: "1", INNER: "1"}))),
        bad=(
            net(subnet("subnet-a", tags={OUTER: "1"})),
            net(subnet("subnet-pub-a", tags={INNER: "1"})),
        ),
        unknown=(net(*BOTH, route_tables=[]),),
    ),
    "LBS002": Example(
        good=(
            net(*BOTH),
            net(inner("a"), inner("b")),
            net(inner("a", **OURS), inner("b")),
        ),
        bad=(
            net(inner("a"), subnet("subnet-b")),
            net(subnet("subnet-a"), subnet("subnet-b")),
            net(inner("a"), inner("b"), outer("a")),
            net(inner("a"), inner("b"), subnet("subnet-pub-a"), subnet("subnet-pub-b")),
            net(inner("a"), inner("b", **FOR_OTHERS)),
            net(inner("a"), subnet("subnet-b", tags={INNER: "0"})),
        ),
        unknown=(
            net(subnet("subnet-a", owner_id=OTHER), subnet("subnet-b", owner_id=OTHER)),
            net(),
            net(inner("a"), inner("b"), route_tables=[]),
        ),
    ),
}


def severity(seen: Snapshot) -> Severity | None:
    (finding,) = run(seen, [tagged_zones], Limits())
    return finding.severity


def test_one_tagged_zone_is_worse_than_none() -> None:
    assert severity(EXAMPLES["LBS002"].bad[0]) is Severity.MEDIUM
    assert severity(EXAMPLES["LBS002"].bad[1]) is Severity.LOW


def test_an_internet_facing_tag_on_a_private_subnet_is_worse_than_the_other_way_round() -> None:
    found = [run(each, [tag_fits], Limits())[0].severity for each in EXAMPLES["LBS001"].bad]
    assert found == [Severity.MEDIUM, Severity.LOW]
