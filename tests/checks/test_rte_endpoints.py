from eksnet.checks.rte_endpoints import endpoints_of_isolated, s3_gateway
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Severity, Status
from eksnet.model.network import Route, VpcEndpoint
from eksnet.model.snapshot import Snapshot
from tests.build import (
    ACCOUNT,
    REGION,
    VPC,
    Example,
    cluster,
    fargate_profile,
    instance,
    nat,
    node_group,
    route_table,
    snapshot,
    subnet,
)

ALL = ("ec2", "ecr.api", "ecr.dkr", "s3", "sts", "elasticloadbalancing", "logs")
OTHER = "444455556666"


def endpoint(service: str, state: str = "available", **parts: object) -> VpcEndpoint:
    kind = "Gateway" if service == "s3" else "Interface"
    values: dict[str, object] = {
        "id": f"vpce-{service}",
        "vpc_id": VPC,
        "owner_id": ACCOUNT,
        "service_name": f"com.amazonaws.{REGION}.{service}",
        "type": kind,
        "state": state,
        "route_table_ids": ("rtb-1",) if kind == "Gateway" else (),
        "private_dns": True,
        "tags": {},
    }
    return VpcEndpoint(**{**values, **parts})  # type: ignore[arg-type]


def isolated(*services: str, default: str | None = None, **parts: object) -> Snapshot:
    values: dict[str, object] = {
        "clusters": [cluster()],
        "node_groups": [node_group()],
        "subnets": [subnet("subnet-a"), subnet("subnet-b")],
        "route_tables": [route_table(default=default)],
        "nat_gateways": [nat()],
        "vpc_endpoints": [endpoint(each) for each in services],
    }
    return snapshot(**{**values, **parts})


def without(*names: str) -> Snapshot:
    return isolated(*(each for each in ALL if each not in names))


ELSEWHERE = route_table(routes=(Route(destination="10.0.0.0/8", target="tgw-1"),))
KARPENTER = instance("i-1", tags={"eks:cluster-name": "payments", "karpenter.sh/nodepool": "x"})
FOREIGN = route_table(default=None, owner_id=OTHER)
EXAMPLES = {
    "RTE006": Example(
        good=(
            isolated(*ALL),
            isolated(default="nat-1"),
            isolated(*ALL, route_tables=[ELSEWHERE], vpc_endpoints=[endpoint(e) for e in ALL]),
            isolated(*ALL, "ssm", instances=[KARPENTER]),
            isolated(*ALL[1:], node_groups=[], fargate_profiles=[fargate_profile()]),
        ),
        bad=(
            isolated(),
            isolated(default="nat-1", nat_gateways=[nat(state="failed")]),
            without("ec2"),
            without("sts"),
            without("logs"),
            isolated(*ALL, instances=[KARPENTER]),
            isolated(vpc_endpoints=[endpoint(each, "pending") for each in ALL]),
            isolated(
                vpc_endpoints=[
                    endpoint(e, service_name=f"com.amazonaws.{REGION}.ec2messages")
                    if e == "ec2"
                    else endpoint(e)
                    for e in ALL
                ]
            ),
            isolated(
                vpc_endpoints=[endpoint(each) for each in ALL if each != "s3"]
                + [endpoint("s3", route_table_ids=("rtb-other",))]
            ),
        ),
        unknown=(
            isolated(route_tables=[ELSEWHERE]),
            isolated(subnets=[subnet("subnet-a"), subnet("subnet-b", owner_id=OTHER)]),
            isolated(subnets=[]),
            isolated(route_tables=[]),
        ),
    ),
    "RTE007": Example(
        good=(isolated("s3"), isolated("s3", default="nat-1")),
        bad=(
            isolated("ec2", default="nat-1"),
            isolated(vpc_endpoints=[endpoint("s3", route_table_ids=("rtb-other",))]),
            isolated(vpc_endpoints=[endpoint("dynamodb", type="Gateway")]),
        ),
        unknown=(isolated(route_tables=[FOREIGN]), isolated(subnets=[]), isolated(route_tables=[])),
    ),
}


def severity(seen: Snapshot) -> Severity | None:
    return run(seen, [endpoints_of_isolated], Limits())[0].severity


def status(seen: Snapshot) -> Status:
    return run(seen, [endpoints_of_isolated], Limits())[0].status


def test_what_joining_takes_is_worse_to_lack_than_what_some_add_ons_take() -> None:
    assert severity(without("ecr.dkr", "logs")) is Severity.HIGH
    assert severity(without("sts", "logs")) is Severity.MEDIUM
    assert severity(without("logs")) is Severity.LOW


def test_a_way_out_by_a_transit_gateway_is_neither_pass_nor_fail() -> None:
    private = isolated(default="nat-1", nat_gateways=[nat(connectivity="private")])
    for seen in (isolated(default="tgw-1"), private):
        assert run(seen, [endpoints_of_isolated], Limits()) == ()


def test_a_route_to_a_gateway_endpoint_leads_nowhere_else() -> None:
    own = route_table(routes=(Route(destination="pl-s3", target="vpce-s3"),))
    assert status(isolated("s3", route_tables=[own])) is Status.FAIL


def test_a_route_to_an_appliances_endpoint_may_lead_to_other_networks() -> None:
    own = route_table(routes=(Route(destination="pl-offices", target="vpce-fw"),))
    appliance = endpoint("fw", type="GatewayLoadBalancer", private_dns=False)
    (finding, *_) = run(
        isolated(route_tables=[own], vpc_endpoints=[appliance]), [endpoints_of_isolated], Limits()
    )
    assert finding.unknown
    assert finding.unknown.api == "ec2:SearchTransitGatewayRoutes"


def test_an_endpoint_without_private_dns_may_be_found_by_a_hosted_zone_only() -> None:
    nameless = endpoint("s3", type="Interface", route_table_ids=(), private_dns=False)
    rest = [endpoint(each) for each in ALL if each != "s3"]
    seen = isolated(vpc_endpoints=[*rest, nameless])
    (finding, *_) = run(seen, [endpoints_of_isolated], Limits())
    assert finding.unknown
    assert finding.unknown.api == "route53:ListHostedZonesByVPC"
    assert status(isolated(vpc_endpoints=[*rest[1:], nameless])) is Status.FAIL


def test_routes_to_the_internet_over_ipv6_lead_to_no_other_network() -> None:
    routes = (
        Route(destination="::/0", target="eigw-1"),
        Route(destination="::/0", target="tgw-1"),
        Route(destination="203.0.113.0/24", target="igw-1"),
    )
    assert status(isolated(route_tables=[route_table(routes=routes)])) is Status.FAIL


def test_subnets_of_one_route_table_are_one_answer() -> None:
    assert len(run(isolated("s3"), [s3_gateway], Limits())) == 1
