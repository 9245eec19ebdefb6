import json

import pytest

from eksnet.checks.cus_discovery import closed_node_subnets, offered_subnets, tagged_groups
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.snapshot import Snapshot
from tests.build import (
    Example,
    addon,
    cluster,
    instance,
    node_group,
    security_group,
    snapshot,
    subnet,
)

ROLE = "kubernetes.io/role/cni"
OFFER, CLOSED = {ROLE: "1"}, {ROLE: "0"}
SCOPE = "cni.networking.k8s.aws/cluster/"
OLD_SCOPE = "kubernetes.io/cluster/"
OFF = {"ENABLE_SUBNET_DISCOVERY": "false"}
CUSTOM = {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}
Tags = dict[str, str]


def net(
    node: Tags | None = None,
    pods: Tags | None = None,
    env: Tags | None = None,
    **parts: object,
) -> Snapshot:
    """Return nodes in subnet-a and a pod subnet beside it, with these tags."""
    values: dict[str, object] = {
        "clusters": [cluster()],
        "node_groups": [node_group(subnet_ids=("subnet-a",))],
        "addons": [addon(configuration=json.dumps({"env": env or {}}))],
        "subnets": [
            subnet("subnet-a", tags=node or {}),
            subnet("subnet-pods-a", tags=pods or {}),
            subnet("subnet-pods-b", tags=OFFER),
        ],
        "security_groups": [security_group("sg-pods")],
    }
    return snapshot(**{**values, **parts})


def only(pods: Tags, env: Tags | None = None, **parts: object) -> Snapshot:
    """Return a network whose one tagged subnet is this."""
    return net(None, pods, env, **{"subnets": [subnet("subnet-pods-a", tags=pods)], **parts})


OLD = [addon(version="v1.17.1-eksbuild.1")]
SELF_MANAGED: dict[str, object] = {"addons": []}
BROKEN: dict[str, object] = {"addons": [addon(configuration="{")]}
TAGGED = [security_group("sg-pods", tags=OFFER)]
SHARED = subnet("subnet-pods-a", owner_id="999988887777", tags={**OFFER, SCOPE + "theirs": "1"})

EXAMPLES = {
    "CUS008": Example(
        good=(
            net(),
            net(CLOSED, OFFER),
            net({SCOPE + "payments": "shared"}),
            net({SCOPE + "other": "shared"}, env=OFF),
            net(**SELF_MANAGED),
        ),
        bad=(
            net(CLOSED),
            net(CLOSED, OFFER, OFF),
            net(CLOSED, OFFER, addons=OLD),
            net(CLOSED, {**OFFER, SCOPE + "other": "shared"}),
            net({SCOPE + "other": "shared"}),
        ),
        unknown=(net(CLOSED, **SELF_MANAGED), net(CLOSED, **BROKEN), net(subnets=[])),
    ),
    "CUS009": Example(
        good=(
            only(OFFER),
            only({**OFFER, SCOPE + "payments": "shared", SCOPE + "other": "shared"}),
            only({**OFFER, OLD_SCOPE + "payments": "owned"}),
        ),
        bad=(
            only(OFFER, OFF),
            only(OFFER, addons=OLD),
            only(OFFER, CUSTOM),
            only({**OFFER, SCOPE + "gone": "shared"}),
            only({**OFFER, OLD_SCOPE + "gone": "owned"}),
        ),
        unknown=(only(OFFER, **SELF_MANAGED), only(OFFER, **BROKEN)),
    ),
    "CUS010": Example(
        good=(net(), net(**SELF_MANAGED)),
        bad=(net(security_groups=TAGGED),),
        unknown=(
            net(security_groups=TAGGED, **SELF_MANAGED),
            net(security_groups=TAGGED, **BROKEN),
        ),
    ),
}


def offers(seen: Snapshot) -> tuple[Finding, ...]:
    return run(seen, [offered_subnets], Limits())


def test_with_custom_networking_a_closed_node_subnet_is_no_trap() -> None:
    assert run(net(CLOSED, env=CUSTOM), [closed_node_subnets], Limits()) == ()


def test_an_offer_in_another_zone_opens_nothing() -> None:
    (finding,) = run(net(CLOSED), [closed_node_subnets], Limits())
    assert finding.status is Status.FAIL
    assert "no other subnet of eu-west-1a is offered" in finding.message


def test_a_subnet_of_another_listed_cluster_is_its_own_affair() -> None:
    seen = only(
        {**OFFER, SCOPE + "orders": "shared"},
        clusters=[cluster(), cluster("orders")],
        addons=[addon(), addon("orders")],
    )
    (finding,) = offers(seen)
    assert (finding.cluster, finding.status) == ("orders", Status.PASS)


@pytest.mark.parametrize(
    ("seen", "severity"),
    [
        (only(OFFER, OFF), Severity.MEDIUM),
        (only(OFFER, CUSTOM), Severity.LOW),
        (only({**OFFER, SCOPE + "gone": "1"}), Severity.MEDIUM),
        (only({}, subnets=[SHARED]), Severity.LOW),
    ],
)
def test_what_may_be_meant_is_low(seen: Snapshot, severity: Severity) -> None:
    assert [finding.severity for finding in offers(seen)] == [severity]


def test_the_tag_of_an_eni_configs_own_subnet_does_no_harm() -> None:
    section = {"subnets": {"pods": {"id": "subnet-pods-a"}}}
    text = json.dumps({"env": CUSTOM, "eniConfig": section})
    (finding,) = offers(only(OFFER, addons=[addon(configuration=text)]))
    assert finding.status is Status.PASS


def test_ipv6_and_auto_mode_alone_are_not_judged() -> None:
    checks = [closed_node_subnets, offered_subnets, tagged_groups]
    for parts in (
        {"clusters": [cluster(ip_family="ipv6")]},
        {"clusters": [cluster(auto_mode=True)], "addons": []},
    ):
        assert run(net(CLOSED, OFFER, security_groups=TAGGED, **parts), checks, Limits()) == ()


def test_a_closed_subnet_of_windows_or_auto_mode_nodes_is_not_judged() -> None:
    windows = node_group(ami_type="WINDOWS_CORE_2022_x86_64", subnet_ids=("subnet-a",))
    auto = instance("i-0a", tags={"eks:eks-cluster-name": "payments"})
    for parts in ({"node_groups": [windows]}, {"node_groups": [], "instances": [auto]}):
        assert run(net(CLOSED, **parts), [closed_node_subnets], Limits()) == ()
