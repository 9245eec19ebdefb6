import dataclasses
import json

import pytest

from eksnet.checks.pfx_nodes import able_nodes, accelerated_nodes, no_mixed_node
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.network import Eni
from eksnet.model.snapshot import Snapshot
from tests.build import (
    Example,
    addon,
    cluster,
    instance,
    instance_type,
    node_eni,
    node_group,
    snapshot,
    trunk,
)

ON = {"ENABLE_PREFIX_DELEGATION": "true"}
UNHEARD_OF = "x99.huge"


def group(
    *types: str,
    env: dict[str, str] | None = ON,
    version: str = "v1.20.4-eksbuild.1",
    **parts: object,
) -> Snapshot:
    text = json.dumps({"env": env})
    values: dict[str, object] = {
        "clusters": [cluster()],
        "node_groups": [node_group(instance_types=types)],
        "addons": [] if env is None else [addon(configuration=text, version=version)],
    }
    return snapshot(**{**values, **parts})


def nodes(*enis: Eni) -> Snapshot:
    return snapshot(clusters=[cluster()], instances=[instance("i-1")], enis=list(enis))


PREFIXED = node_eni("eni-1", "i-1", private_ips=("10.0.0.5",), prefixes=("10.0.0.16/28",))
SINGLES = node_eni("eni-2", "i-1", index=1, private_ips=("10.0.0.6", "10.0.0.7"))
LEFT_ALONE = node_eni(
    "eni-4",
    "i-1",
    index=2,
    description="multus",
    private_ips=("10.0.0.50", "10.0.0.51"),
    tags={"node.k8s.amazonaws.com/no_manage": "true"},
)
TRUNK = trunk("eni-3", "i-1", private_ips=("10.0.0.6", "10.0.0.7"))
IN_TEMPLATE = node_group("own", instance_types=())
OF_TEMPLATE = instance(
    "i-1", tags={"kubernetes.io/cluster/payments": "owned", "eks:nodegroup-name": "own"}
)
WINDOWS = node_group("win", instance_types=("m4.large",), ami_type="WINDOWS_CORE_2022_x86_64")
IPV6 = [cluster(ip_family="ipv6")]

EXAMPLES = {
    "PFX007": Example(
        good=(
            group("m5.large"),
            group("m4.large", env={}),
            group("m5.metal"),
            group(UNHEARD_OF, instance_types=[instance_type(UNHEARD_OF)]),
            group(node_groups=[WINDOWS]),
            group("m5.large", node_groups=[WINDOWS, node_group()]),
            group(node_groups=[IN_TEMPLATE], instances=[OF_TEMPLATE]),
        ),
        bad=(
            group("m5.large", "m4.large"),
            group(node_groups=[IN_TEMPLATE, node_group(instance_types=("m4.large",))]),
            group("m5.large", version="v1.8.0-eksbuild.1"),
            group("m5.metal", version="v1.10.4-eksbuild.1"),
            group("m4.large", clusters=IPV6),
            group("m5.large", instances=[instance("i-1", type="t2.large")]),
            group(UNHEARD_OF, instance_types=[instance_type(UNHEARD_OF, hypervisor="xen")]),
        ),
        unknown=(
            group("m5.large", env=None),
            group(UNHEARD_OF),
            group(node_groups=[IN_TEMPLATE]),
        ),
    ),
    "PFX008": Example(
        good=(
            nodes(PREFIXED),
            nodes(SINGLES),
            nodes(PREFIXED, TRUNK),
            nodes(PREFIXED, LEFT_ALONE),
        ),
        bad=(nodes(PREFIXED, SINGLES),),
    ),
    "PFX009": Example(
        good=(
            group("m5.large", env={}),
            group("g5.xlarge"),
            group("p5.48xlarge", env={}, clusters=IPV6),
            group("m5.large", env=None),
            group("p3.2xlarge", env={}),
        ),
        bad=(group("m5.large", "g5.xlarge", env={}), group("trn1.2xlarge", env={})),
        unknown=(
            group("g5.xlarge", env=None),
            group("g9.unheard", env={}),
            group(node_groups=[IN_TEMPLATE], env={}),
        ),
    ),
}


def ask(seen: Snapshot) -> Finding:
    (finding,) = run(seen, [able_nodes], Limits())
    return finding


def test_a_cni_that_does_not_start_is_worse_than_one_that_falls_back() -> None:
    assert ask(group("m4.large")).severity is Severity.MEDIUM
    assert ask(group("m4.large", clusters=IPV6)).severity is Severity.HIGH


def test_bare_metal_is_not_said_to_lack_nitro() -> None:
    message = ask(group("m5.metal", version="v1.10.4-eksbuild.1")).message
    assert "1.11.0" in message
    assert "Nitro" not in message


def test_what_ec2_said_of_a_type_goes_before_the_table() -> None:
    told = group("m5.large", instance_types=[instance_type(hypervisor="xen")])
    assert ask(told).status is Status.FAIL


@pytest.mark.parametrize("graviton", ["m6g.large", "c7gn.xlarge", "r8g.large"])
def test_graviton_is_no_accelerator(graviton: str) -> None:
    (finding,) = run(group(graviton, env={}), [accelerated_nodes], Limits())
    assert finding.status is Status.PASS


def test_every_mixed_node_is_named() -> None:
    (finding,) = run(nodes(PREFIXED, SINGLES), [no_mixed_node], Limits())
    assert finding.resource.id == "i-1"
    assert finding.evidence == {"prefixes": 1, "single_addresses": 1}


def test_a_group_whose_types_no_one_tells_is_named() -> None:
    finding = ask(group("m5.large", node_groups=[node_group(), IN_TEMPLATE]))
    assert finding.status is Status.UNKNOWN
    assert "own" in finding.message
    going = dataclasses.replace(IN_TEMPLATE, status="DELETING")
    assert ask(group(node_groups=[node_group(), going])).status is Status.PASS


def test_an_accelerated_type_without_nitro_needs_no_prefixes() -> None:
    both = group("p3.2xlarge", "g5.xlarge", env={})
    (finding,) = run(both, [accelerated_nodes], Limits())
    assert finding.status is Status.FAIL
    assert "p3.2xlarge" not in finding.message
