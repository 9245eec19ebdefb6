import json

import pytest

from eksnet.checks.cni_targets import fitting_targets, readable_targets, warm_interfaces
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
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
    return snapshot(
        clusters=[cluster()],
        node_groups=[node_group(instance_types=types)],
        addons=[addon("payments", json.dumps({"env": env}))],
    )


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
        ),
        bad=(tight(255), tight(10)),
        unknown=(*UNKNOWN, tight(10, kind="x99.huge")),
    ),
    "CNI008": Example(
        good=(
            typed("m5.large", MINIMUM_IP_TARGET="29", WARM_IP_TARGET="9"),
            typed("m5.large"),
            typed("m5.large", WARM_IP_TARGET="12", **ON),
            typed("x99.huge"),
        ),
        bad=(
            typed("m5.large", "t3.small", MINIMUM_IP_TARGET="12", WARM_IP_TARGET="2"),
            typed("m5.large", MINIMUM_IP_TARGET="30"),
            typed("m5.large", WARM_IP_TARGET="10"),
        ),
        unknown=(*UNKNOWN, typed("x99.huge", WARM_IP_TARGET="1")),
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
