from eksnet.checks.vpc_endpoints import endpoint_groups, endpoint_names_and_zones
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity
from eksnet.model.network import Rule, VpcEndpoint
from eksnet.model.snapshot import Snapshot
from tests.build import (
    ACCOUNT,
    REGION,
    VPC,
    Example,
    branch,
    cluster,
    instance,
    node_eni,
    security_group,
    snapshot,
    subnet,
    trunk,
)


def endpoint(service: str = "ecr.api", **parts: object) -> VpcEndpoint:
    values: dict[str, object] = {
        "id": f"vpce-{service}",
        "vpc_id": VPC,
        "owner_id": ACCOUNT,
        "service_name": f"com.amazonaws.{REGION}.{service}",
        "type": "Interface",
        "state": "available",
        "subnet_ids": ("subnet-a", "subnet-b"),
        "groups": ("sg-ep",),
        "private_dns": True,
        "tags": {},
    }
    return VpcEndpoint(**{**values, **parts})  # type: ignore[arg-type]


def rule(**parts: object) -> Rule:
    values: dict[str, object] = {"protocol": "tcp", "from_port": 443, "to_port": 443}
    return Rule(**{**values, **parts})  # type: ignore[arg-type]


def net(*rules: Rule, **parts: object) -> Snapshot:
    values: dict[str, object] = {
        "clusters": [cluster()],
        "subnets": [subnet("subnet-a"), subnet("subnet-b"), subnet("subnet-c")],
        "instances": [instance("i-1"), instance("i-2", "subnet-b")],
        "enis": [
            node_eni("eni-1", "i-1", groups=("sg-node",)),
            node_eni("eni-2", "i-2", "subnet-b", groups=("sg-node",)),
            node_eni("eni-3", "i-2", "subnet-b", 1, groups=("sg-node",)),
        ],
        "security_groups": [security_group("sg-ep", *rules)],
        "vpc_endpoints": [endpoint()],
    }
    return snapshot(**{**values, **parts})


EDGE = [node_eni("eni-2", "i-2", "subnet-b", groups=("sg-node",))]
PART = rule(cidrs=("10.0.0.0/25",))
FROM_VPC = rule(cidrs=("10.0.0.0/16",))
EXAMPLES = {
    "VPC020": Example(
        good=(
            net(FROM_VPC),
            net(rule(groups=("sg-node",))),
            net(rule(protocol="-1", from_port=None, to_port=None, cidrs=("0.0.0.0/0",))),
            net(rule(cidrs=("10.0.0.0/24",)), rule(cidrs=("10.0.1.0/24",))),
            net(rule(cidrs=("10.0.0.0/25", "10.0.1.0/24")), rule(cidrs=("10.0.0.128/25",))),
        ),
        bad=(
            net(),
            net(rule(cidrs=("10.0.0.0/24",))),
            net(rule(groups=("sg-other",))),
            net(PART, rule(cidrs=("10.0.1.0/24",))),
            net(rule(from_port=80, to_port=80, cidrs=("0.0.0.0/0",))),
        ),
        unknown=(
            net(rule(prefix_lists=("pl-1",))),
            net(FROM_VPC, subnets=[subnet("subnet-a")], enis=EDGE),
            net(security_groups=[]),
            net(vpc_endpoints=[endpoint(groups=())]),
        ),
    ),
    "VPC021": Example(
        good=(
            net(),
            net(vpc_endpoints=[endpoint(), endpoint(id="vpce-2", private_dns=False)]),
        ),
        bad=(
            net(vpc_endpoints=[endpoint(private_dns=False)]),
            net(vpc_endpoints=[endpoint(subnet_ids=("subnet-a",))]),
        ),
        unknown=(
            net(vpc_endpoints=[endpoint(subnet_ids=("subnet-a", "subnet-gone"))]),
            net(subnets=[subnet("subnet-a")]),
        ),
    ),
}


def admitted(seen: Snapshot) -> tuple[Finding, ...]:
    return run(seen, [endpoint_groups], Limits())


def test_a_pod_with_groups_of_its_own_need_not_be_admitted() -> None:
    enis = [
        node_eni("eni-1", "i-1", groups=("sg-node",)),
        trunk("eni-t", "i-1", groups=("sg-node",)),
        branch("eni-b", "eni-t"),
    ]
    (finding,) = admitted(net(rule(groups=("sg-node",)), enis=enis))
    assert finding.severity is None


def test_the_subnet_that_is_refused_is_named() -> None:
    (finding,) = admitted(EXAMPLES["VPC020"].bad[1])
    assert finding.evidence["refused"] == ["subnet-b"]


def test_what_nobody_is_led_to_is_not_asked_for_its_groups() -> None:
    others = [
        endpoint(private_dns=False),
        endpoint("s3"),
        endpoint(state="pending"),
        endpoint("ec2messages"),
    ]
    for each in others:
        assert admitted(net(vpc_endpoints=[each])) == ()


def test_half_a_subnet_is_not_enough() -> None:
    (finding,) = admitted(net(PART, rule(cidrs=("10.0.1.0/24",))))
    assert finding.severity is Severity.MEDIUM
    assert finding.evidence["part"] == ["subnet-a"]


def test_a_zone_without_an_endpoint_is_low() -> None:
    (finding,) = run(EXAMPLES["VPC021"].bad[1], [endpoint_names_and_zones], Limits())
    assert finding.severity is Severity.LOW
    assert finding.evidence["without"] == ["euw1-az2"]


def test_a_cluster_without_nodes_is_not_judged() -> None:
    assert admitted(net(enis=[], instances=[])) == ()
