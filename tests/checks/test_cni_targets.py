import dataclasses
import json

import pytest

from eksnet.checks.cni_targets import fitting_targets, readable_targets, warm_interfaces
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.cluster import NodeGroup
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.snapshot import Snapshot
from tests.build import Example, addon, cluster, instance, node_eni, node_group, snapshot, subnet

ON = {"ENABLE_PREFIX_DELEGATION": "true"}


def with_env(family: str = "ipv4", **env: str) -> Snapshot:
    return snapshot(
        clusters=[cluster(ip_family=family)], addons=[addon("payments", json.dumps({"env": env}))]
    )


def tight(
    free: int, *, interfaces: int = 1, kind: str = "m5.large", nodes: int = 2, **env: str
) -> Snapshot:
    """Return nodes with that many interfaces each in a /22 with so many free addresses."""
    names = [f"i-{number}" for number in range(nodes)]
    return snapshot(
        clusters=[cluster()],
        addons=[addon("payments", json.dumps({"env": env}))],
        instances=[instance(name, type=kind) for name in names],
        subnets=[subnet(cidr="10.0.0.0/22", free_ips=free)],
        enis=[
            node_eni(f"eni-{name}-{index}", name, index=index)
            for name in names
            for index in range(interfaces)
        ],
    )


def typed(*types: str, **env: str) -> Snapshot:
    return beside((), *types, **env)


def beside(groups: tuple[NodeGroup, ...], *types: str, **env: str) -> Snapshot:
    """Return a group of the types beside others."""
    return snapshot(
        clusters=[cluster()],
        node_groups=[node_group(instance_types=types), *groups],
        addons=[addon("payments", json.dumps({"env": env}))],
    )


CUSTOM = {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}
CONFIG = {
    "create": True,
    "region": "eu-west-1",
    "subnets": {"eu-west-1a": {"id": "subnet-pod-a"}},
}
NO_MANAGE = {"node.k8s.amazonaws.com/no_manage": "true"}
OFFERED = {"kubernetes.io/role/cni": "1"}


def configured(own: int, pods: int, *, seen: bool = True) -> Snapshot:
    """Return a node under custom networking; its ENIConfig is seen or not."""
    text = json.dumps({"env": CUSTOM, **({"eniConfig": CONFIG} if seen else {})})
    return snapshot(
        clusters=[cluster()],
        addons=[addon("payments", text)],
        instances=[instance("i-1")],
        subnets=[
            subnet(cidr="10.0.0.0/26", free_ips=own),
            subnet("subnet-pod-a", cidr="100.64.0.0/18", free_ips=pods),
        ],
        enis=[node_eni("eni-1", "i-1")],
    )


def discovered(**other: object) -> Snapshot:
    """Return a node whose pods have a second subnet in its zone."""
    return snapshot(
        clusters=[cluster()],
        addons=[addon()],
        instances=[instance("i-1")],
        subnets=[subnet(free_ips=25), subnet("subnet-c", **{**NEXT, **other})],
        enis=[node_eni("eni-1", "i-1"), node_eni("eni-2", "i-1", "subnet-c", 1)],
    )


NEXT: dict[str, object] = {
    "cidr": "100.64.0.0/24",
    "free_ips": 30,
    "az_id": "euw1-az1",
    "tags": OFFERED,
}
WINDOWS = node_group("win", instance_types=("t3.small",), ami_type="WINDOWS_CORE_2022_x86_64")
UNKNOWN = (
    snapshot(clusters=[cluster()]),
    snapshot(clusters=[cluster()], addons=[addon("payments", "- not\n- a mapping")]),
)
EXAMPLES = {
    "CNI006": Example(
        good=(
            with_env(),
            with_env(WARM_ENI_TARGET="2"),
            with_env(WARM_PREFIX_TARGET="1"),
            with_env(WARM_PREFIX_TARGET="2", **ON),
            with_env(WARM_ENI_TARGET="3", WARM_IP_TARGET="2"),
            with_env("ipv6", WARM_ENI_TARGET="3"),
        ),
        bad=(
            with_env(WARM_PREFIX_TARGET="2"),
            with_env(WARM_ENI_TARGET="2", **ON),
            with_env(WARM_IP_TARGET="two"),
            with_env(WARM_ENI_TARGET="2", DISABLE_NETWORK_RESOURCE_PROVISIONING="true"),
        ),
        unknown=UNKNOWN,
    ),
    "CNI007": Example(
        good=(
            tight(256),
            tight(10, WARM_IP_TARGET="2"),
            tight(10, interfaces=3),
            tight(10, WARM_ENI_TARGET="0"),
            tight(10, **ON),
            tight(10, nodes=0),
            configured(8, 16000),
        ),
        bad=(tight(255), tight(10), configured(60, 100), discovered()),
        unknown=(*UNKNOWN, tight(10, kind="x99.huge"), configured(8, 16000, seen=False)),
    ),
    "CNI008": Example(
        good=(
            typed("m5.large", MINIMUM_IP_TARGET="29", WARM_IP_TARGET="9"),
            typed("m5.large"),
            typed("m5.large", WARM_IP_TARGET="12", **ON),
            typed("x99.huge"),
            beside((WINDOWS,), "m5.large", MINIMUM_IP_TARGET="20", WARM_IP_TARGET="2"),
        ),
        bad=(
            typed("m5.large", "t3.small", MINIMUM_IP_TARGET="12", WARM_IP_TARGET="2"),
            typed("m5.large", MINIMUM_IP_TARGET="30"),
            typed("m5.large", WARM_IP_TARGET="10"),
        ),
        unknown=(
            *UNKNOWN,
            typed("x99.huge", WARM_IP_TARGET="1"),
            typed(WARM_IP_TARGET="2", MINIMUM_IP_TARGET="500"),
            typed("c7i.32xlarge", WARM_IP_TARGET="2", MINIMUM_IP_TARGET="200"),
        ),
    ),
}


def ask(seen: Snapshot) -> Finding:
    (finding,) = run(seen, [warm_interfaces], Limits())
    return finding


@pytest.mark.parametrize(
    ("free", "severity"), [(17, Severity.MEDIUM), (18, Severity.LOW), (256, None)]
)
def test_more_warm_than_free_is_worse(free: int, severity: Severity | None) -> None:
    """Two m5.large keep an interface of nine addresses each."""
    finding = ask(tight(free))
    assert finding.severity is severity
    assert finding.evidence.get("warm_ips", 18) == 18


def test_a_node_with_all_its_interfaces_keeps_none() -> None:
    assert ask(tight(5, interfaces=3)).evidence["warm_ips"] == 0
    assert ask(tight(5, interfaces=2)).evidence["warm_ips"] == 18


def test_a_fact_is_said_by_one_check_only() -> None:
    """What an IP target overrules is CNI005's."""
    (finding,) = run(
        with_env(WARM_ENI_TARGET="3", MINIMUM_IP_TARGET="2"), [readable_targets], Limits()
    )
    assert finding.status is Status.PASS


def test_the_type_that_a_target_does_not_fit_is_named() -> None:
    seen = typed("m5.large", "t3.small", MINIMUM_IP_TARGET="12", WARM_IP_TARGET="2")
    (finding,) = run(seen, [fitting_targets], Limits())
    assert "t3.small runs 11 pods at most" in finding.message
    assert "m5.large" not in finding.message


def test_a_spare_interface_is_counted_once_where_it_would_go() -> None:
    """The node holds interfaces in both subnets; the roomier one gets the next."""
    finding = ask(discovered())
    assert (finding.resource.id, finding.evidence["warm_ips"]) == ("subnet-c", 9)
    assert ask(discovered(free_ips=20)).resource.id == "subnet-a"


def test_a_subnet_of_primary_interfaces_only_gets_no_spare_ones() -> None:
    assert ask(configured(8, 16000)).resource.id == "subnet-pod-a"


def test_no_more_interfaces_are_kept_warm_than_a_node_may_have() -> None:
    """An m5.large has three: with two attached there is room for one."""
    warm = ask(tight(5, interfaces=2, WARM_ENI_TARGET="3")).evidence["warm_ips"]
    assert warm == 2 * 9


def test_an_interface_left_alone_takes_the_place_of_one_kept_warm() -> None:
    seen = tight(5, interfaces=2, nodes=1)
    alone = node_eni("eni-m", "i-0", index=3, description="multus", tags=NO_MANAGE)
    assert ask(dataclasses.replace(seen, enis=(*seen.enis, alone))).evidence["warm_ips"] == 0
    assert ask(seen).evidence["warm_ips"] == 9


def test_a_subnet_without_ipv4_keeps_nothing_warm() -> None:
    seen = tight(256)
    only = dataclasses.replace(seen.subnets[0], cidr="", free_ips=0)
    finding = ask(dataclasses.replace(seen, subnets=(only,)))
    assert (finding.status, finding.resource.id) == (Status.PASS, "payments")
