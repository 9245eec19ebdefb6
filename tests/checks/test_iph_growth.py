import json

import pytest

from eksnet.checks.iph_growth import room_to_grow, room_to_roll, sized_for_growth
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.snapshot import Snapshot
from tests.build import Example, addon, cluster, instance, node_eni, node_group, snapshot, subnet


def group(
    free: int, *types: str, maximum: int = 4, cidr: str = "10.0.0.0/24", **parts: object
) -> Snapshot:
    """Return a group of two m5.large nodes in one subnet with so many free addresses."""
    names = ("i-1", "i-2")
    tags = {"kubernetes.io/cluster/payments": "owned", "eks:nodegroup-name": "workers"}
    values: dict[str, object] = {
        "clusters": [cluster(subnet_ids=("subnet-a",))],
        "node_groups": [
            node_group(
                subnet_ids=("subnet-a",), instance_types=types or ("m5.large",), max_size=maximum
            )
        ],
        "addons": [addon()],
        "instances": [instance(each, tags=tags) for each in names],
        "enis": [node_eni(f"eni-{each}", each) for each in names],
        "subnets": [subnet(free_ips=free, cidr=cidr)],
    }
    return snapshot(**{**values, **parts})


CUSTOM = {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}
CONFIG = {
    "create": True,
    "region": "eu-west-1",
    "subnets": {"eu-west-1a": {"id": "subnet-pod-a"}},
}


def pods_apart(nodes: str, pods: str) -> Snapshot:
    """Return the group under custom networking, with subnets of these sizes."""
    text = json.dumps({"env": CUSTOM, "eniConfig": CONFIG})
    subnets = [subnet(cidr=nodes), subnet("subnet-pod-a", cidr=pods)]
    return group(200, addons=[addon(configuration=text)], subnets=subnets)


def template() -> Snapshot:
    """Return a group without nodes, whose launch template names its types."""
    own = node_group(subnet_ids=("subnet-a",), instance_types=())
    return group(200, node_groups=[own], instances=[], enis=[])


OFF = json.dumps({"env": {"DISABLE_NETWORK_RESOURCE_PROVISIONING": "true"}})
UNLISTED = group(
    200, clusters=[cluster()], node_groups=[node_group(max_size=9, subnet_ids=("subnet-a", "b"))]
)
V6_BESIDE = group(
    200,
    maximum=9,
    clusters=[cluster()],
    subnets=[subnet(), subnet("subnet-b", cidr="", free_ips=0)],
)
UNKNOWN = (group(200, addons=[]), group(200, "x99.huge"), template())
EXAMPLES = {
    "IPH005": Example(
        good=(group(200), group(200, node_groups=[node_group(subnet_ids=("subnet-a",))])),
        bad=(group(5), group(15), group(30)),
        unknown=UNKNOWN,
    ),
    "IPH006": Example(
        good=(group(200), group(0, maximum=2)),
        bad=(group(15), group(30)),
        unknown=UNKNOWN,
    ),
    "IPH007": Example(
        good=(group(0), pods_apart("10.0.0.0/27", "100.64.0.0/24")),
        bad=(
            group(200, maximum=9),
            group(200, cidr="10.0.0.0/26"),
            pods_apart("10.0.0.0/18", "100.64.0.0/27"),
            pods_apart("10.0.0.0/29", "100.64.0.0/18"),
            V6_BESIDE,
        ),
        unknown=(*UNKNOWN, UNLISTED, group(200, addons=[addon(configuration=OFF)])),
    ),
}


def ask(check: object, seen: Snapshot) -> Finding:
    (finding,) = run(seen, [check], Limits())  # type: ignore[list-item]
    return finding


@pytest.mark.parametrize(
    ("free", "severity"),
    [(9, Severity.HIGH), (10, Severity.MEDIUM), (20, Severity.LOW), (59, Severity.LOW), (60, None)],
)
def test_an_update_needs_room_for_two_new_nodes(free: int, severity: Severity | None) -> None:
    """An m5.large takes 10 addresses without pods and 30 full of pods."""
    finding = ask(room_to_roll, group(free))
    assert finding.severity is severity, finding.message


def test_the_api_error_that_is_avoided_is_told() -> None:
    finding = ask(room_to_grow, group(15))
    assert finding.evidence["avoided_error"] == "InsufficientFreeAddressesInSubnet"
    assert finding.evidence["new_nodes"] == 2


def test_sizes_count_and_not_what_is_free() -> None:
    assert ask(sized_for_growth, group(0)).severity is None
    finding = ask(sized_for_growth, group(200, maximum=9))
    assert finding.evidence["needed"] == 9 * 30
    assert finding.evidence["usable"] == 251


def test_pods_and_nodes_are_each_held_against_their_own_subnets() -> None:
    """Four nodes at most, each with an address of its own and 20 for pods."""
    finding = ask(sized_for_growth, pods_apart("10.0.0.0/18", "100.64.0.0/27"))
    assert (finding.evidence["needed"], finding.evidence["usable"]) == (4 * 20, 27)
    assert finding.evidence["subnets"] == ["subnet-pod-a"]
    assert "for pods" in finding.message


def test_a_group_that_is_being_deleted_gets_no_more_nodes() -> None:
    going = group(0, node_groups=[node_group(subnet_ids=("subnet-a",), status="DELETING")])
    for check in (room_to_roll, room_to_grow, sized_for_growth):
        assert run(going, [check], Limits()) == ()


def test_a_subnet_that_is_not_listed_is_unknown_by_itself() -> None:
    found = run(UNLISTED, [sized_for_growth], Limits())
    assert {each.resource.id: each.status for each in found} == {
        "b": Status.UNKNOWN,
        "payments": Status.UNKNOWN,
    }
