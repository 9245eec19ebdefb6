import json

import pytest

from eksnet.checks.v6x_settings import address_family, other_family, pod_groups_on_ipv6
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Status
from eksnet.model.snapshot import Snapshot
from tests.build import Example, addon, cluster, instance, node_eni, snapshot

FOUR, SIX = "ENABLE_IPv4", "ENABLE_IPv6"
PREFIXES = "ENABLE_PREFIX_DELEGATION"
CUSTOM = "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG"
POD_ENI = {"ENABLE_POD_ENI": "true"}
TO_FOUR, TO_SIX = "ENABLE_V4_EGRESS", "ENABLE_V6_EGRESS"
OLD, RECENT = "v1.15.5-eksbuild.1", "v1.16.0-eksbuild.1"


def net(
    env: dict[str, str],
    *,
    version: str = "v1.20.4-eksbuild.1",
    init: dict[str, str] | None = None,
    family: str = "ipv6",
    **parts: object,
) -> Snapshot:
    text = json.dumps({"env": env, "init": {"env": init or {}}})
    values: dict[str, object] = {
        "clusters": [cluster(ip_family=family)],
        "addons": [addon(configuration=text, version=version)],
        "instances": [instance("i-1")],
        "enis": [node_eni("eni-1", "i-1", ipv6_ips=("2001:db8::5",))],
    }
    return snapshot(**{**values, **parts})


def ipv4(env: dict[str, str], *, init: bool = True, **parts: object) -> Snapshot:
    return net(env, init=env if init else None, family="ipv4", **parts)


UNSEEN = (net({}, addons=[]), net({}, addons=[addon(configuration="{")]))
OUT = {TO_SIX: "true"}

EXAMPLES = {
    "V6X007": Example(
        good=(
            net({}),
            net({FOUR: "false", SIX: "true", PREFIXES: "true"}),
            ipv4({SIX: "false"}),
        ),
        bad=(
            net({FOUR: "true"}),
            net({FOUR: "true", SIX: "false"}),
            net({SIX: "false"}),
            net({PREFIXES: "false"}),
            net({CUSTOM: "true"}),
            net({}, version="v1.9.3-eksbuild.1"),
            ipv4({SIX: "true"}),
            ipv4({SIX: "true", FOUR: "false", PREFIXES: "true"}),
        ),
        unknown=UNSEEN,
    ),
    "V6X008": Example(
        good=(net(POD_ENI, version=RECENT),),
        bad=(net(POD_ENI, version=OLD),),
        unknown=(net(POD_ENI, version="latest"), *UNSEEN),
    ),
    "V6X009": Example(
        good=(net({}), net({TO_FOUR: "true"}), ipv4(OUT)),
        bad=(
            net({TO_FOUR: "false"}),
            ipv4(OUT, enis=[node_eni("eni-1", "i-1")]),
            ipv4(OUT, init=False),
            net({}, init=OUT, family="ipv4"),
        ),
        unknown=(ipv4(OUT, instances=[]), ipv4(OUT, enis=[]), *UNSEEN),
    ),
}


def test_a_flag_spelt_otherwise_is_the_same_flag() -> None:
    (finding,) = ask(ipv4(OUT, init=False, addons=net(OUT, init={TO_SIX: "1"}).addons))
    assert finding.status is Status.PASS


def ask(seen: Snapshot) -> tuple[Finding, ...]:
    return run(seen, [address_family, pod_groups_on_ipv6, other_family], Limits())


def test_an_ipv4_cluster_is_judged_only_where_it_names_a_family() -> None:
    assert ask(net({}, family="ipv4")) == ()
    assert ask(net(POD_ENI, family="ipv4", version=OLD)) == ()
    assert ask(net({}, family="ipv4", addons=[])) == ()


def test_auto_mode_alone_runs_no_cni() -> None:
    assert ask(net({}, clusters=[cluster(ip_family="ipv6", auto_mode=True)], addons=[])) == ()


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({CUSTOM: "true"}, "CUSTOM_NETWORK_CFG"),
        ({PREFIXES: "false"}, PREFIXES),
        ({FOUR: "true", SIX: "false"}, "is false in an IPv6 cluster"),
    ],
)
def test_the_reason_names_the_setting(env: dict[str, str], told: str) -> None:
    (finding,) = run(net(env), [address_family], Limits())
    assert told in finding.message
