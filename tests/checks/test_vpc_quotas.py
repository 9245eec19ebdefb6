import dataclasses

import pytest

from eksnet.checks.vpc_quotas import interface_quota, route_quota, subnet_quota
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.network import Peering, PeerVpc, Route, VpcEndpoint
from eksnet.model.snapshot import Blind, Facet, Snapshot
from tests.build import (
    ACCOUNT,
    REGION,
    VPC,
    Example,
    cluster,
    eni,
    quota,
    route_table,
    snapshot,
    subnet,
    vpc,
)

INTERFACES, BLOCKS, SUBNETS = "L-DF5E4CA3", "L-83CA0A9D", "L-407747CB"
ROUTES, PEERINGS = "L-93826ACB", "L-7E9ECCDB"
BY_OTHERS = vpc(owner_id="444455556666")


def used(**quotas: int) -> dict[str, object]:
    codes = {name.replace("_", "-"): value for name, value in quotas.items()}
    return {"quotas": [quota(code, value) for code, value in codes.items()]}


def interfaces(count: int, allowed: int, **parts: object) -> Snapshot:
    enis = [eni(f"eni-{number}", **parts) for number in range(count)]
    return snapshot(clusters=[cluster()], enis=enis, **used(L_DF5E4CA3=allowed))


def blocks(count: int, allowed: int = 5) -> Snapshot:
    cidrs = (f"10.{number}.0.0/16" for number in range(count))
    return snapshot(clusters=[cluster()], vpcs=[vpc(VPC, *cidrs)], **used(L_83CA0A9D=allowed))


def subnets(count: int, peerings: int = 0, allowed: int = 10) -> Snapshot:
    sides = [PeerVpc(vpc_id=each, owner_id=ACCOUNT, region=REGION) for each in (VPC, "vpc-far")]
    return snapshot(
        clusters=[cluster()],
        vpcs=[vpc()],
        subnets=[subnet(f"subnet-{number}") for number in range(count)],
        peerings=[
            Peering(id=f"pcx-{n}", status="active", requester=sides[0], accepter=sides[1], tags={})
            for n in range(peerings)
        ],
        **used(L_407747CB=allowed, L_7E9ECCDB=10),
    )


def routes(*destinations: str, target: str = "tgw-1", origin: str = "CreateRoute") -> Snapshot:
    given = tuple(Route(destination=each, target=target, origin=origin) for each in destinations)
    return snapshot(
        clusters=[cluster()],
        vpcs=[vpc()],
        route_tables=[route_table(routes=given)],
        **used(L_93826ACB=10),
    )


def behind(kind: str) -> Snapshot:
    """Return a route by a prefix list to an endpoint of this type."""
    endpoint = VpcEndpoint(
        id="vpce-1",
        vpc_id=VPC,
        owner_id=ACCOUNT,
        service_name="",
        type=kind,
        state="available",
        tags={},
    )
    seen = routes("pl-6da54004", target="vpce-1")
    return dataclasses.replace(seen, vpc_endpoints=(endpoint,))


FOURS = tuple(f"10.{number}.0.0/16" for number in range(8))
SIXES = tuple(f"2001:db8:{number}::/48" for number in range(8))


def unknown(seen: Snapshot) -> tuple[Snapshot, ...]:
    shared = dataclasses.replace(seen, vpcs=(BY_OTHERS,))
    return dataclasses.replace(seen, quotas=()), shared, dataclasses.replace(seen, vpcs=())


EXAMPLES = {
    "VPC004": Example(
        good=(interfaces(7, 10), interfaces(20, 10, owner_id="444455556666")),
        bad=(interfaces(8, 10), interfaces(10, 10)),
        unknown=(dataclasses.replace(interfaces(1, 10), quotas=()),),
    ),
    "VPC005": Example(
        good=(blocks(3), blocks(5, allowed=10)),
        bad=(blocks(4), blocks(5)),
        unknown=unknown(blocks(1)),
    ),
    "VPC006": Example(
        good=(subnets(7, 7),),
        bad=(subnets(8), subnets(10), subnets(1, 8)),
        unknown=unknown(subnets(1)),
    ),
    "VPC007": Example(
        good=(
            routes(*FOURS[:7]),
            routes(*FOURS[:4], *SIXES[:4]),
            routes(*FOURS, origin="EnableVgwRoutePropagation"),
            behind("Gateway"),
        ),
        bad=(routes(*FOURS), routes(*SIXES)),
        unknown=(
            *unknown(routes(*FOURS[:1])),
            routes("pl-0a1b2c3d"),
            behind("GatewayLoadBalancer"),
        ),
    ),
}


def ask(check: object, seen: Snapshot) -> Finding:
    (finding,) = run(seen, [check], Limits())  # type: ignore[list-item]
    return finding


@pytest.mark.parametrize(
    ("count", "severity"), [(7, None), (8, Severity.MEDIUM), (10, Severity.HIGH)]
)
def test_the_share_of_the_applied_quota_decides(count: int, severity: Severity | None) -> None:
    assert ask(interface_quota, interfaces(count, 10)).severity is severity


def test_the_tighter_of_two_quotas_is_named() -> None:
    assert ask(subnet_quota, subnets(1, 9)).evidence["quota"] == PEERINGS
    assert ask(subnet_quota, subnets(9, 1)).evidence["quota"] == SUBNETS


def test_a_quota_that_was_not_told_hides_no_fail() -> None:
    seen = subnets(9)
    left = tuple(each for each in seen.quotas if each.id == SUBNETS)
    assert ask(subnet_quota, dataclasses.replace(seen, quotas=left)).status is Status.FAIL


def test_a_prefix_list_hides_no_fail() -> None:
    assert ask(route_quota, routes(*FOURS, "pl-0a1b2c3d")).status is Status.FAIL


def test_endpoints_that_were_refused_hide_what_a_prefix_list_adds() -> None:
    blind = Blind(facet=Facet.VPC_ENDPOINTS, api="ec2:DescribeVpcEndpoints", error="Denied")
    finding = ask(
        route_quota, dataclasses.replace(behind("Gateway"), vpc_endpoints=(), blinds=(blind,))
    )
    assert finding.unknown
    assert finding.unknown.api == blind.api


def test_a_region_without_a_cluster_is_not_judged() -> None:
    seen = dataclasses.replace(interfaces(10, 10), clusters=(), cluster_names=())
    assert run(seen, [interface_quota], Limits()) == ()
