import json

from eksnet.checks.cus_zones import eni_config_in_each_zone, offered_in_each_zone
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Status
from eksnet.model.snapshot import Snapshot
from tests.build import (
    Example,
    addon,
    cluster,
    instance,
    node_eni,
    node_group,
    snapshot,
    subnet,
)

ON = {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}
BY_ZONE = {**ON, "ENI_CONFIG_LABEL_DEF": "topology.kubernetes.io/zone"}
OFFER = {"kubernetes.io/role/cni": "1"}


def configured(env: dict[str, str], **configs: str) -> str:
    subnets = {name.replace("_", "-"): {"id": each} for name, each in configs.items()}
    return json.dumps({"env": env, "eniConfig": {"create": True, "subnets": subnets}})


def net(configuration: str | None = None, *, offered: str = "", **parts: object) -> Snapshot:
    """Return nodes in the zones a and b, and a pod subnet in each; ``offered`` are zones."""
    values: dict[str, object] = {
        "clusters": [cluster()],
        "node_groups": [node_group()],
        "addons": [addon(configuration=configuration)],
        "subnets": [
            subnet("subnet-a"),
            subnet("subnet-b"),
            *(
                subnet(f"subnet-pods-{each}", tags=OFFER if each in offered else {})
                for each in "abc"
            ),
        ],
    }
    return snapshot(**{**values, **parts})


BOTH = configured(BY_ZONE, eu_west_1a="subnet-pods-a", eu_west_1b="subnet-pods-b")
ONE = configured(BY_ZONE, eu_west_1a="subnet-pods-a")
BY_HAND = json.dumps({"env": ON})
ALONE = {"node_groups": [], "instances": [instance("i-0a")]}
PRIMARY = node_eni("eni-1", "i-0a")
SECOND = node_eni("eni-2", "i-0a", "subnet-pods-a", 1)
AT_HOME = node_eni("eni-3", "i-0a", "subnet-a", 1)

EXAMPLES = {
    "CUS001": Example(
        good=(
            net(BOTH),
            net(configured(ON, one="subnet-pods-a", two="subnet-pods-b")),
            net(BY_HAND, enis=[PRIMARY, SECOND], **ALONE),
        ),
        bad=(
            net(ONE),
            net(configured(BY_ZONE, one="subnet-pods-a", two="subnet-pods-b")),
            net(BY_HAND, enis=[PRIMARY], **ALONE),
        ),
        unknown=(
            net(BY_HAND),
            net(BY_HAND, enis=[PRIMARY, AT_HOME], **ALONE),
            net(BY_HAND, enis=[PRIMARY, SECOND], offered="a", **ALONE),
            net(BOTH, subnets=[]),
            net(BOTH, addons=[]),
            net("{"),
        ),
    ),
    "CUS011": Example(
        good=(net(offered="ab"), net(offered="abc")),
        bad=(net(offered="a"), net(offered="c")),
        unknown=(
            net(offered="a", addons=[]),
            net("{", offered="a"),
            net(subnets=[subnet("subnet-a"), subnet("subnet-pods-a", tags=OFFER)]),
        ),
    ),
}


def by_zone(seen: Snapshot, *, offered: bool = False) -> dict[str, Finding]:
    check = offered_in_each_zone if offered else eni_config_in_each_zone
    return {each.resource.id: each for each in run(seen, [check], Limits())}


def test_each_zone_is_told_by_itself() -> None:
    found = by_zone(net(ONE))
    assert found["payments/euw1-az1"].status is Status.PASS
    assert found["payments/euw1-az2"].status is Status.FAIL
    assert "none for eu-west-1b" in found["payments/euw1-az2"].message


def test_a_zone_without_nodes_needs_no_pod_subnet() -> None:
    assert set(by_zone(net(BOTH))) == {"payments/euw1-az1", "payments/euw1-az2"}
    assert set(by_zone(net(offered="ab"), offered=True)) == set(by_zone(net(BOTH)))


def test_a_zone_whose_nodes_use_no_eni_config_needs_none() -> None:
    windows = node_group("win", ami_type="WINDOWS_CORE_2022_x86_64", subnet_ids=("subnet-b",))
    one = node_group(subnet_ids=("subnet-a",))
    of_windows = {"eks:cluster-name": "payments", "eks:nodegroup-name": "win"}
    of_auto_mode = {"eks:eks-cluster-name": "payments"}
    for parts in (
        {
            "node_groups": [one, windows],
            "instances": [instance("i-b", "subnet-b", tags=of_windows)],
        },
        {"node_groups": [one], "instances": [instance("i-b", "subnet-b", tags=of_auto_mode)]},
    ):
        assert set(by_zone(net(ONE, **parts))) == {"payments/euw1-az1"}
        assert set(by_zone(net(offered="a", **parts), offered=True)) == {"payments/euw1-az1"}


def test_a_tag_for_karpenter_puts_no_node_in_a_zone() -> None:
    tagged = subnet("subnet-c", tags={"karpenter.sh/discovery": "payments"})
    offered = subnet("subnet-pods-a", tags=OFFER)
    seen = net(subnets=[subnet("subnet-a"), subnet("subnet-b"), tagged, offered])
    assert set(by_zone(seen, offered=True)) == {"payments/euw1-az1", "payments/euw1-az2"}


def test_a_node_that_is_still_starting_proves_nothing() -> None:
    starting = {"node_groups": [], "instances": [instance("i-0a", state="pending")]}
    (finding,) = by_zone(net(BY_HAND, enis=[PRIMARY], **starting)).values()
    assert finding.status is Status.UNKNOWN


def test_an_offer_matters_without_custom_networking_only() -> None:
    assert by_zone(net(BOTH, offered="a"), offered=True) == {}
    assert by_zone(net(), offered=True) == {}
