import dataclasses
import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from eksnet.checks.vpc_overlaps import service_range, transit_overlap
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Severity, Status
from eksnet.model.network import Peering, PeerVpc, Route, TransitAttachment, VpcEndpoint
from eksnet.model.snapshot import Blind, Facet, Snapshot
from tests.build import ACCOUNT, REGION, VPC, Example, cluster, route_table, snapshot, vpc


def services(**parts: object) -> Snapshot:
    values: dict[str, object] = {
        "clusters": [cluster()],
        "vpcs": [vpc()],
        "route_tables": [route_table()],
    }
    return snapshot(**{**values, **parts})


def to(destination: str, target: str = "tgw-1", state: str = "active") -> Snapshot:
    route = Route(destination=destination, target=target, state=state)
    return services(route_tables=[route_table(routes=(route,))])


def endpoint(kind: str) -> VpcEndpoint:
    return VpcEndpoint(
        id="vpce-s3",
        vpc_id=VPC,
        owner_id=ACCOUNT,
        service_name="",
        type=kind,
        state="available",
        tags={},
    )


def peer(*cidrs: str, status: str = "active") -> Peering:
    ours = PeerVpc(vpc_id=VPC, owner_id=ACCOUNT, region=REGION, cidrs=("10.0.0.0/16",))
    theirs = PeerVpc(vpc_id="vpc-peer", owner_id=ACCOUNT, region=REGION, cidrs=cidrs)
    return Peering(id="pcx-1", status=status, requester=ours, accepter=theirs, tags={})


def attached(vpc_id: str, gateway: str = "tgw-1", state: str = "available") -> TransitAttachment:
    return TransitAttachment(
        id=f"tgw-attach-{vpc_id}",
        gateway_id=gateway,
        vpc_id=vpc_id,
        vpc_owner_id=ACCOUNT,
        state=state,
        tags={},
    )


def transit(*cidrs: str, other: TransitAttachment | None = None, listed: bool = True) -> Snapshot:
    vpcs = [vpc(), vpc("vpc-other", *cidrs)] if listed else [vpc()]
    return snapshot(
        clusters=[cluster()],
        vpcs=vpcs,
        transit_attachments=[attached(VPC), other or attached("vpc-other")],
    )


EXAMPLES = {
    "VPC022": Example(
        good=(
            services(),
            to("172.16.0.0/12"),
            to("172.20.3.0/24", state="blackhole"),
            dataclasses.replace(to("pl-s3", "vpce-s3"), vpc_endpoints=(endpoint("Gateway"),)),
            services(peerings=[peer()], vpcs=[vpc(), vpc("vpc-peer", "10.9.0.0/16")]),
            services(peerings=[peer("172.20.0.0/16", status="pending-acceptance")]),
            services(peerings=[peer("10.9.0.0/16")]),
        ),
        bad=(
            services(vpcs=[vpc(VPC, "10.0.0.0/16", "172.20.64.0/20")]),
            services(peerings=[peer("172.20.0.0/16")]),
            services(peerings=[peer()], vpcs=[vpc(), vpc("vpc-peer", "172.20.0.0/16")]),
            to("172.20.3.0/24"),
        ),
        unknown=(
            to("pl-offices"),
            to("pl-offices", "vpce-s3"),
            services(peerings=[peer()]),
            services(vpcs=[]),
            services(clusters=[cluster(service_ipv4_cidr=None)]),
        ),
    ),
    "VPC023": Example(
        good=(
            transit("10.1.0.0/16"),
            transit("10.0.0.0/16", other=attached("vpc-other", "tgw-2")),
            transit("10.0.0.0/16", other=attached("vpc-other", state="deleting")),
        ),
        bad=(transit("10.0.0.0/16"), transit("10.1.0.0/16", "10.0.128.0/20")),
        unknown=(transit(listed=False),),
    ),
}


def test_a_block_of_the_vpc_itself_is_worse_than_a_route() -> None:
    severities = [run(e, [service_range], Limits())[0].severity for e in EXAMPLES["VPC022"].bad]
    assert severities == [Severity.HIGH, *[Severity.MEDIUM] * 3]


def test_a_peer_that_shows_no_block_is_named() -> None:
    (finding,) = run(services(peerings=[peer()]), [service_range], Limits())
    assert finding.unknown
    assert finding.unknown.error == "NotShown"
    assert "vpc-peer" in finding.message


def test_an_appliances_endpoint_is_not_taken_for_a_gateway_endpoint() -> None:
    seen = dataclasses.replace(
        to("pl-offices", "vpce-s3"), vpc_endpoints=(endpoint("GatewayLoadBalancer"),)
    )
    (finding,) = run(seen, [service_range], Limits())
    assert finding.unknown
    assert finding.unknown.api == "ec2:GetManagedPrefixListEntries"


def test_endpoints_that_were_refused_are_what_hides_where_a_route_leads() -> None:
    blind = Blind(facet=Facet.VPC_ENDPOINTS, api="ec2:DescribeVpcEndpoints", error="Denied")
    seen = dataclasses.replace(to("pl-s3", "vpce-s3"), blinds=(blind,))
    (finding,) = run(seen, [service_range], Limits())
    assert finding.unknown
    assert (finding.unknown.api, finding.unknown.error) == (blind.api, blind.error)


def test_an_ipv6_cluster_has_a_service_range_of_its_own() -> None:
    seen = services(clusters=[cluster(ip_family="ipv6", service_ipv4_cidr=None)])
    assert run(seen, [service_range], Limits()) == ()


def test_pod_blocks_may_be_the_same_in_every_vpc() -> None:
    both = ("10.0.0.0/16", "100.64.0.0/16")
    seen = snapshot(
        clusters=[cluster()],
        vpcs=[vpc(VPC, *both), vpc("vpc-other", "10.1.0.0/16", "100.64.0.0/16")],
        transit_attachments=[attached(VPC), attached("vpc-other")],
    )
    (finding,) = run(seen, [transit_overlap], Limits())
    assert finding.status is Status.PASS


def test_a_vpc_on_no_transit_gateway_is_not_judged() -> None:
    assert run(services(), [transit_overlap], Limits()) == ()


def _cidr(parts: tuple[int, int]) -> str:
    return str(ipaddress.ip_network(f"10.{parts[0]}.0.0/{parts[1]}", strict=False))


@given(
    st.lists(
        st.tuples(st.integers(0, 7), st.integers(13, 18)).map(_cidr),
        min_size=2,
        max_size=8,
    )
)
def test_what_meets_is_what_shares_an_address(cidrs: list[str]) -> None:
    names = [VPC, *(f"vpc-{number}" for number in range(1, len(cidrs)))]
    seen = snapshot(
        clusters=[cluster()],
        vpcs=[vpc(name, cidr) for name, cidr in zip(names, cidrs, strict=True)],
        transit_attachments=[attached(name) for name in names],
    )
    (finding,) = run(seen, [transit_overlap], Limits())
    first = ipaddress.ip_network(cidrs[0])
    shared = [each for each in cidrs[1:] if first.overlaps(ipaddress.ip_network(each))]
    assert (finding.status is Status.FAIL) is bool(shared)
    assert len(finding.evidence.get("meets", ())) == len(shared)
