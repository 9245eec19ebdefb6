import json

import pytest

from eksnet.checks.cus_eni_configs import eni_config_groups, eni_config_subnet
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.snapshot import Snapshot
from tests.build import Example, addon, cluster, security_group, snapshot, subnet, zones

ON = {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}
BY_ZONE = {**ON, "ENI_CONFIG_LABEL_DEF": "topology.kubernetes.io/zone"}


def net(
    name: str = "eu-west-1a",
    subnet_id: str = "subnet-pods-a",
    groups: tuple[str, ...] = ("sg-pods",),
    env: dict[str, str] = BY_ZONE,
    **parts: object,
) -> Snapshot:
    section = {name: {"id": subnet_id, "securityGroups": groups}}
    text = json.dumps({"env": env, "eniConfig": {"create": True, "subnets": section}})
    values: dict[str, object] = {
        "clusters": [cluster()],
        "addons": [addon(configuration=text)],
        "subnets": [
            subnet("subnet-pods-a"),
            subnet("subnet-pods-b"),
            subnet("subnet-far-a", vpc_id="vpc-far"),
        ],
        "zones": zones(),
        "security_groups": [security_group("sg-pods"), security_group("sg-far", vpc_id="vpc-far")],
    }
    return snapshot(**{**values, **parts})


BROKEN = net(addons=[addon(configuration="{")])
SELF_MANAGED = net(addons=[])
AUTO = {"clusters": [cluster(auto_mode=True)], "addons": []}

EXAMPLES = {
    "CUS002": Example(
        good=(net(), net("pods", env=ON), net("eu-west-1b-1", env=ON)),
        bad=(
            net(subnet_id="subnet-pods-b"),
            net(subnet_id="subnet-gone"),
            net(subnet_id="subnet-far-a"),
            net("pods"),
            net(subnet_id="subnet-pods-b", env=ON),
        ),
        unknown=(SELF_MANAGED, BROKEN),
    ),
    "CUS003": Example(
        good=(net(),),
        bad=(net(groups=()), net(groups=("sg-gone",)), net(groups=("sg-far",))),
        unknown=(SELF_MANAGED, BROKEN),
    ),
}


def ask(seen: Snapshot) -> tuple[Finding, Finding]:
    (where,) = run(seen, [eni_config_subnet], Limits())
    (who,) = run(seen, [eni_config_groups], Limits())
    return where, who


@pytest.mark.parametrize(
    ("seen", "severity"),
    [
        (net(subnet_id="subnet-pods-b"), Severity.HIGH),
        (net(subnet_id="subnet-pods-b", env=ON), Severity.MEDIUM),
        (net("pods"), Severity.LOW),
        (net("pods", env=ON), None),
        (net(subnet_id="subnet-far-a", env=ON), Severity.HIGH),
    ],
)
def test_what_stops_pods_for_sure_is_high(seen: Snapshot, severity: Severity | None) -> None:
    assert ask(seen)[0].severity is severity


def test_a_name_that_begins_like_a_zone_is_not_a_zone() -> None:
    assert ask(net("eu-west-1a-1", env=ON))[0].status is Status.PASS
    assert ask(net("eu-west-1a-1"))[0].severity is Severity.LOW


def test_no_group_is_low_and_a_wrong_one_high() -> None:
    assert ask(net(groups=()))[1].severity is Severity.LOW
    assert ask(net(groups=("sg-pods", "sg-gone")))[1].severity is Severity.HIGH
    assert ask(net(groups=("sg-far", "sg-gone")))[1].evidence["other_vpc"] == ["sg-far"]


def test_an_eni_config_is_the_resource() -> None:
    where, who = ask(net())
    assert where.resource == who.resource
    assert (where.resource.type, where.resource.id) == (
        "Eksnet::EniConfig",
        "payments/eu-west-1a",
    )


@pytest.mark.parametrize(
    "seen",
    [net(env={}), net(**AUTO), net(clusters=[cluster(ip_family="ipv6")])],
    ids=["off", "auto", "ipv6"],
)
def test_without_custom_networking_nothing_is_judged(seen: Snapshot) -> None:
    assert run(seen, [eni_config_subnet, eni_config_groups], Limits()) == ()
