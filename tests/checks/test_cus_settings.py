import json

import pytest

from eksnet.checks.cus_settings import no_idle_setup, nodes_renewed, with_prefixes, zone_label
from eksnet.cni.branch import UNNAMED
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Severity, Status
from eksnet.model.snapshot import Snapshot
from tests.build import Example, addon, cluster, instance, node_eni, snapshot, zones

ON = {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}
LABEL = "ENI_CONFIG_LABEL_DEF"
ZONE = {LABEL: "topology.kubernetes.io/zone"}
BETA = {LABEL: "failure-domain.beta.kubernetes.io/zone"}
OWN = {LABEL: "example.com/pods"}
PREFIXES = {"ENABLE_PREFIX_DELEGATION": "true"}
DISCOVERY = {"ENABLE_SUBNET_DISCOVERY": "true"}


def net(env: dict[str, str], *configs: str, **parts: object) -> Snapshot:
    """Return a cluster whose ENIConfigs, by name, all name subnet-pods-a."""
    subnets = {name: {"id": "subnet-pods-a"} for name in configs}
    text = json.dumps({"env": env, "eniConfig": {"create": True, "subnets": subnets}})
    values: dict[str, object] = {
        "clusters": [cluster()],
        "addons": [addon(configuration=text)],
        "zones": zones(),
        "instances": [instance("i-0a")],
        "enis": [node_eni("eni-1", "i-0a"), node_eni("eni-2", "i-0a", "subnet-pods-a", 1)],
    }
    return snapshot(**{**values, **parts})


POOL = tuple(f"10.0.0.{number}" for number in range(10, 20))
FULL = [node_eni("eni-1", "i-0a", private_ips=POOL)]
IN_PREFIX = [node_eni("eni-1", "i-0a", prefixes=("10.0.0.32/28",))]
AT_HOME = [node_eni("eni-1", "i-0a"), node_eni("eni-3", "i-0a", "subnet-a", 1)]
UNSEEN = (net(ON, addons=[]), net(ON, addons=[addon(configuration="{")]))

EXAMPLES = {
    "CUS004": Example(
        good=(net(ON | ZONE), net(ON, "pods"), net(ON | OWN, "pods"), net(ON, "eu-west-1a-1")),
        bad=(net(ON | BETA), net(ON, "eu-west-1a"), net(ON | OWN, "pods", "eu-west-1a")),
        unknown=(net(ON), net(ON | OWN), *UNSEEN),
    ),
    "CUS005": Example(
        good=(net(ON, "pods"), net(ON | ZONE)),
        bad=(net({}, "pods"), net(ZONE), net(ON | DISCOVERY, "pods")),
        unknown=UNSEEN,
    ),
    "CUS006": Example(
        good=(net(ON | PREFIXES),),
        bad=(net(ON),),
        unknown=UNSEEN,
    ),
    "CUS007": Example(
        good=(net(ON, "pods"), net(ON)),
        bad=tuple(net(ON, "pods", enis=each) for each in (AT_HOME, FULL, IN_PREFIX)),
        unknown=(net(ON, enis=AT_HOME), *UNSEEN),
    ),
}


@pytest.mark.parametrize(
    ("seen", "severity"),
    [
        (net({}, "pods"), Severity.MEDIUM),
        (net(ZONE), Severity.LOW),
        (net(ON | DISCOVERY), Severity.LOW),
        (net(ON | {"ENABLE_SUBNET_DISCOVERY": "false"}), None),
    ],
)
def test_unused_eni_configs_matter_more_than_idle_variables(
    seen: Snapshot, severity: Severity | None
) -> None:
    (finding,) = run(seen, [no_idle_setup], Limits())
    assert finding.severity is severity


def test_a_default_is_called_one() -> None:
    checks = [zone_label, with_prefixes]
    for finding in run(net(ON, "eu-west-1a"), checks, Limits()):
        assert UNNAMED in finding.message
    named = net(ON | OWN | {"ENABLE_PREFIX_DELEGATION": "false"}, "eu-west-1a")
    for finding in run(named, checks, Limits()):
        assert UNNAMED not in finding.message


def test_nothing_is_judged_without_custom_networking_on_ipv6_or_in_auto_mode_alone() -> None:
    checks = [zone_label, no_idle_setup, with_prefixes, nodes_renewed]
    ipv6 = net(ON, "pods", clusters=[cluster(ip_family="ipv6")])
    auto = net(ON, clusters=[cluster(auto_mode=True)], addons=[])
    for seen in (net({}), ipv6, auto):
        assert run(seen, checks, Limits()) == ()


def test_the_nodes_to_replace_are_named() -> None:
    more = [*AT_HOME, node_eni("eni-4", "i-0b", "subnet-pods-a", 1)]
    two = [instance("i-0a"), instance("i-0b")]
    (finding,) = run(net(ON, "pods", enis=more, instances=two), [nodes_renewed], Limits())
    assert finding.evidence["nodes"] == ["i-0a"]


def test_a_primary_interface_without_the_mark_of_the_cni_tells_nothing() -> None:
    windows = [node_eni("eni-1", "i-0a", private_ips=POOL, tags={})]
    assert run(net(ON, "pods", enis=windows), [nodes_renewed], Limits()) == ()


def test_an_eni_config_may_name_the_nodes_own_subnet() -> None:
    seen = net(ON, "pods", enis=AT_HOME)
    text = json.dumps({"env": ON, "eniConfig": {"subnets": {"pods": {"id": "subnet-a"}}}})
    same = snapshot(
        clusters=seen.clusters,
        instances=seen.instances,
        enis=seen.enis,
        addons=[addon(configuration=text)],
    )
    (finding,) = run(same, [nodes_renewed], Limits())
    assert finding.status is Status.PASS
