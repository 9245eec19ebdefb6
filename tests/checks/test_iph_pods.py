import dataclasses
import json

import pytest

from eksnet.checks.iph_pods import pod_headroom
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.snapshot import Blind, Facet, Snapshot
from tests.build import (
    Example,
    addon,
    cluster,
    fargate_profile,
    node_group,
    snapshot,
    subnet,
)

WIDE = "10.0.0.0/20"
OFFER = {"kubernetes.io/role/cni": "1"}
KEEP_OUT = {"kubernetes.io/role/cni": "0"}
CUSTOM = "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG"
ZONE_LABEL = {"ENI_CONFIG_LABEL_DEF": "topology.kubernetes.io/zone"}


def configured(env: dict[str, str], **eni_configs: str) -> str:
    subnets = {name.replace("_", "-"): {"id": each} for name, each in eni_configs.items()}
    return json.dumps({"env": env, "eniConfig": {"create": True, "subnets": subnets}})


Other = tuple[str, int, dict[str, str]]


def zone(
    free: int,
    *others: Other,
    tags: dict[str, str] | None = None,
    configuration: str | None = None,
    **parts: object,
) -> Snapshot:
    """Return a cluster with nodes in subnet-a, and other subnets of the VPC."""
    values: dict[str, object] = {
        "clusters": [cluster()],
        "node_groups": [node_group(subnet_ids=("subnet-a",))],
        "addons": [addon(configuration=configuration)],
        "subnets": [
            subnet("subnet-a", cidr=WIDE, free_ips=free, tags=tags or {}),
            *(subnet(name, cidr=WIDE, free_ips=n, tags=t) for name, n, t in others),
        ],
    }
    return snapshot(**{**values, **parts})


IPV6 = [cluster(ip_family="ipv6")]
AUTO = [cluster(auto_mode=True)]
JOBS = [fargate_profile(subnet_ids=("subnet-jobs-a",))]
POOR_JOBS: Other = ("subnet-jobs-a", 3, {})
EXAMPLES = {
    "IPH002": Example(
        good=(
            zone(256),
            zone(0, ("subnet-pods-a", 256, OFFER)),
            zone(
                0,
                ("subnet-pods-a", 256, {}),
                configuration=configured({CUSTOM: "true"}, a="subnet-pods-a"),
            ),
            zone(0, clusters=IPV6),
            zone(256, addons=[]),
            zone(256, ("subnet-x-a", 300, {}), clusters=AUTO, addons=[]),
            zone(256, ("subnet-jobs-a", 256, {}), fargate_profiles=JOBS),
        ),
        bad=(
            zone(255),
            zone(0, ("subnet-pods-a", 900, {})),
            zone(0, ("subnet-pods-b", 900, OFFER)),
            zone(900, tags=KEEP_OUT),
            zone(
                0,
                ("subnet-pods-a", 900, OFFER),
                configuration=configured({"ENABLE_SUBNET_DISCOVERY": "false"}),
            ),
            zone(
                900,
                ("subnet-pods-a", 0, {}),
                configuration=configured({CUSTOM: "true"}, a="subnet-pods-a"),
            ),
            zone(900, POOR_JOBS, fargate_profiles=JOBS),
            zone(900, POOR_JOBS, fargate_profiles=JOBS, clusters=IPV6),
            zone(10, ("subnet-x-a", 11, {}), addons=[]),
        ),
        unknown=(
            zone(10, ("subnet-x-a", 900, {}), addons=[]),
            zone(900, ("subnet-x-a", 10, {}), clusters=AUTO, addons=[]),
            zone(900, ("subnet-x-a", 10, {}), configuration="{"),
            zone(900, ("subnet-x-a", 900, {}), tags=KEEP_OUT, addons=[]),
            zone(900, ("subnet-x-a", 10, {}), configuration=configured({CUSTOM: "true"})),
            zone(900, node_groups=[node_group(subnet_ids=("subnet-gone",))]),
        ),
    ),
}


def ask(seen: Snapshot) -> Finding:
    (finding,) = run(seen, [pod_headroom], Limits())
    return finding


@pytest.mark.parametrize(
    ("free", "severity"),
    [(15, Severity.HIGH), (16, Severity.MEDIUM), (255, Severity.MEDIUM), (256, None)],
)
def test_the_best_subnet_decides(free: int, severity: Severity | None) -> None:
    finding = ask(zone(free, ("subnet-pods-a", 2, OFFER)))
    assert finding.severity is severity
    assert finding.evidence["best_subnet"] == "subnet-a"
    assert finding.resource.id == "payments/euw1-az1"


BOTH_SUBNETS = [
    node_group("one", subnet_ids=("subnet-a",)),
    node_group("two", subnet_ids=("subnet-2a",)),
]


def test_a_node_lends_its_subnet_to_no_other_node() -> None:
    finding = ask(zone(0, ("subnet-2a", 5000, {}), node_groups=BOTH_SUBNETS))
    assert finding.severity is Severity.HIGH
    assert finding.evidence["best_subnet"] == "subnet-a"
    assert "pods on nodes in subnet-a" in finding.message


def test_an_offered_subnet_helps_every_node_of_its_zone() -> None:
    full: Other = ("subnet-2a", 0, {})
    offered: Other = ("subnet-pods-a", 256, OFFER)
    assert ask(zone(0, full, offered, node_groups=BOTH_SUBNETS)).status is Status.PASS


def test_a_node_subnet_that_is_offered_helps_the_other_nodes() -> None:
    offered: Other = ("subnet-2a", 5000, OFFER)
    assert ask(zone(0, offered, node_groups=BOTH_SUBNETS)).status is Status.PASS


def test_with_custom_networking_node_subnets_do_not_matter() -> None:
    pods: tuple[Other, ...] = (("subnet-2a", 0, {}), ("subnet-pods-a", 256, {}))
    custom = configured({CUSTOM: "true"}, a="subnet-pods-a")
    seen = zone(0, *pods, node_groups=BOTH_SUBNETS, configuration=custom)
    assert ask(seen).status is Status.PASS


def test_an_offer_to_another_cluster_is_none() -> None:
    other = {**OFFER, "cni.networking.k8s.aws/cluster/other": "shared"}
    assert ask(zone(0, ("subnet-pods-a", 900, other))).status is Status.FAIL


def test_before_1_18_there_is_no_subnet_discovery() -> None:
    old = addon(version="v1.17.1-eksbuild.1")
    assert ask(zone(0, ("subnet-pods-a", 900, OFFER), addons=[old])).status is Status.FAIL


def test_a_self_managed_cni_is_unknown_where_it_matters() -> None:
    finding = ask(zone(10, ("subnet-x-a", 900, {}), addons=[]))
    assert finding.status is Status.UNKNOWN
    assert finding.unknown
    assert (finding.unknown.api, finding.unknown.error) == ("kubernetes:aws-node", "NotRead")


def test_a_refused_add_on_names_its_own_error() -> None:
    blind = Blind(
        facet=Facet.ADDON_VPC_CNI, api="eks:DescribeAddon", error="Denied", cluster="payments"
    )
    seen = zone(900, ("subnet-x-a", 1, {}), addons=[])
    finding = ask(dataclasses.replace(seen, blinds=(blind,)))
    assert finding.unknown
    assert (finding.unknown.api, finding.unknown.error) == ("eks:DescribeAddon", "Denied")


def test_of_two_eni_configs_the_one_named_after_the_zone_is_meant() -> None:
    subnets: tuple[Other, ...] = (("subnet-pods-a", 900, {}), ("subnet-old-a", 1, {}))
    names = {"eu_west_1a": "subnet-pods-a", "old": "subnet-old-a"}
    by_zone = configured({CUSTOM: "true", **ZONE_LABEL}, **names)
    assert ask(zone(0, *subnets, configuration=by_zone)).status is Status.PASS
    by_label = configured({CUSTOM: "true"}, **names)
    finding = ask(zone(0, *subnets, configuration=by_label))
    assert finding.unknown
    assert finding.unknown.api == "kubernetes:eniconfigs"


def test_pods_of_an_ipv6_cluster_are_said_to_take_none() -> None:
    finding = ask(zone(0, clusters=IPV6))
    assert finding.status is Status.PASS
    assert "IPv6" in finding.message
