import dataclasses
import ipaddress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eksnet.model.errors import InputError
from eksnet.model.network import CidrAssociation, Peering, PeerVpc, Route, TransitAttachment
from eksnet.model.snapshot import Blind, Facet, Snapshot
from eksnet.network.association import decide
from eksnet.network.proposal import EXHAUSTED, PENDING, NoProposal, Proposal, propose
from tests.build import ACCOUNT, REGION, TARGET, VPC, cluster, route_table, snapshot, vpc

Net = ipaddress.IPv4Network


def world(*cidrs: str, routes: tuple[str, ...] = (), **parts: object) -> Snapshot:
    table = route_table(
        routes=tuple(Route(destination=each, target="tgw-1") for each in ("0.0.0.0/0", *routes))
    )
    others = tuple(parts.pop("others", ()))
    return snapshot(vpcs=[vpc(VPC, *cidrs), *others], route_tables=[table], **parts)


def peering(status: str, *cidrs: str, asks: bool = True) -> Peering:
    mine = PeerVpc(vpc_id=VPC, owner_id=ACCOUNT, region=REGION, cidrs=("10.0.0.0/16",))
    far = PeerVpc(vpc_id="vpc-far", owner_id="222233334444", region=REGION, cidrs=cidrs)
    one, two = (mine, far) if asks else (far, mine)
    return Peering(id="pcx-1", status=status, requester=one, accepter=two, tags={})


def cidr(answer: Proposal | NoProposal) -> str:
    assert isinstance(answer, Proposal), answer
    return answer.cidr


def stopped(answer: Proposal | NoProposal) -> NoProposal:
    assert isinstance(answer, NoProposal), answer
    return answer


@pytest.mark.parametrize("prefix", [16, 20, 28])
def test_an_empty_pool_gives_its_first_block(prefix: int) -> None:
    assert cidr(propose(world(), VPC, prefix)) == f"100.64.0.0/{prefix}"


def test_everything_in_use_is_passed_over() -> None:
    seen = world(
        "10.0.0.0/16",
        "100.64.0.0/16",
        routes=("100.65.9.0/24",),
        peerings=[peering("active", "100.66.0.0/16")],
        others=[vpc("vpc-0b", "100.67.0.0/20")],
        clusters=[
            cluster(service_ipv4_cidr="100.68.0.0/24", remote_node_cidrs=("100.69.0.0/24",)),
            cluster("search", remote_pod_cidrs=("100.70.1.0/24",)),
        ],
    )
    assert cidr(propose(seen, VPC, 16)) == "100.71.0.0/16"


def test_other_vpcs_are_overlapped_only_when_nothing_else_is_left_and_named_then() -> None:
    others = [
        vpc(f"vpc-{n}", *(f"100.{64 + 4 * n + k}.0.0/16" for k in range(4))) for n in range(16)
    ]
    answer = propose(world(others=others), VPC, 16)
    assert isinstance(answer, Proposal)
    assert answer.cidr == "100.64.0.0/16"
    assert answer.warnings == ("it overlaps 100.64.0.0/16 of vpc-0",)


def test_a_wider_route_is_avoided_where_there_is_room() -> None:
    assert cidr(propose(world(routes=("100.64.0.0/11",)), VPC, 16)) == "100.96.0.0/16"
    answer = propose(world(routes=("100.64.0.0/10",)), VPC, 16)
    assert isinstance(answer, Proposal)
    assert answer.warnings == ("it overlaps the wider route to 100.64.0.0/10",)


def test_a_block_that_is_gone_is_free_again() -> None:
    own = (
        CidrAssociation(cidr="10.0.0.0/16", state="associated"),
        CidrAssociation(cidr="100.64.0.0/16", state="disassociated"),
        CidrAssociation(cidr="100.65.0.0/16", state="disassociating"),
    )
    seen = dataclasses.replace(world(), vpcs=(vpc(cidrs=own),))
    assert cidr(propose(seen, VPC, 16)) == "100.64.0.0/16"
    table = route_table(routes=(Route(destination="100.64.0.0/16", target="tgw-1"),))
    routed = dataclasses.replace(seen, route_tables=(table,))
    assert cidr(propose(routed, VPC, 16)) == "100.66.0.0/16"


def test_a_block_whose_association_failed_is_avoided_while_there_is_room() -> None:
    own = vpc(VPC, "10.0.0.0/16")
    dead = CidrAssociation(cidr="100.64.0.0/16", state="failed")
    seen = dataclasses.replace(world(), vpcs=(dataclasses.replace(own, cidrs=(*own.cidrs, dead)),))
    assert cidr(propose(seen, VPC, 20)) == "100.65.0.0/20"
    last = propose(seen, VPC, 20, pool="100.64.0.0/16")
    assert isinstance(last, Proposal)
    assert last.warnings == ("it overlaps 100.64.0.0/16, whose association failed before",)


def test_who_asks_for_a_peering_can_add_nothing_and_who_is_asked_can() -> None:
    asking = world(peerings=[peering("pending-acceptance", "10.9.0.0/16")])
    assert stopped(propose(asking, VPC, 16)).rule == PENDING
    asked = world(peerings=[peering("pending-acceptance", "100.64.0.0/16", asks=False)])
    assert cidr(propose(asked, VPC, 16)) == "100.65.0.0/16"


def test_peerings_that_ended_do_not_count() -> None:
    seen = world(peerings=[peering("deleted", "100.64.0.0/10")])
    assert cidr(propose(seen, VPC, 16)) == "100.64.0.0/16"


def test_the_quota_counts_the_primary_block() -> None:
    own = [f"10.{n}.0.0/16" for n in range(2, 7)]
    assert stopped(propose(world(*own), VPC, 16)).rule == "quota"
    assert cidr(propose(world(*own[:4]), VPC, 16)) == "100.64.0.0/16"
    assert cidr(propose(world(*own), VPC, 16, quota=6)) == "100.64.0.0/16"


def test_no_room_is_told_with_what_takes_it() -> None:
    answer = stopped(propose(world(peerings=[peering("active", "100.64.0.0/10")]), VPC, 28))
    assert answer.rule == EXHAUSTED
    assert "100.64.0.0/10 behind pcx-1" in answer.reason


@pytest.mark.parametrize("facet", [Facet.VPCS, Facet.ROUTE_TABLES, Facet.PEERINGS, Facet.CLUSTERS])
def test_what_was_not_seen_is_never_taken_for_free(facet: Facet) -> None:
    blind = Blind(facet=facet, api="ec2:Any", error="UnauthorizedOperation")
    answer = stopped(propose(dataclasses.replace(world(), blinds=(blind,)), VPC, 16))
    assert answer.unseen == blind
    unasked = dataclasses.replace(world(), seen=frozenset(Facet) - {facet})
    assert stopped(propose(unasked, VPC, 16)).unseen


def test_filtered_lists_and_silent_peers_are_not_seen() -> None:
    assert stopped(propose(dataclasses.replace(world(), partial=True), VPC, 16)).unseen
    assert stopped(propose(world(peerings=[peering("active")]), VPC, 16)).unseen
    assert stopped(propose(dataclasses.replace(world(), route_tables=()), VPC, 16)).unseen


def test_a_peer_in_the_snapshot_tells_its_own_blocks() -> None:
    seen = world(peerings=[peering("active")], others=[vpc("vpc-far", "100.64.0.0/16")])
    assert cidr(propose(seen, VPC, 16)) == "100.65.0.0/16"


def test_what_could_not_be_compared_is_named() -> None:
    blind = Blind(facet=Facet.CLUSTERS, api="eks:DescribeCluster", error="No", cluster="hidden")
    seen = dataclasses.replace(world(routes=("pl-1", "2001:db8::/56")), blinds=(blind,))
    answer = propose(seen, VPC, 16)
    assert isinstance(answer, Proposal)
    assert [("pl-1" in each, "hidden" in each) for each in answer.warnings] == [
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize("prefix", [15, 29])
def test_an_impossible_size_is_bad_input(prefix: int) -> None:
    with pytest.raises(InputError):
        propose(world(), VPC, prefix)


def test_a_vpc_that_is_not_there_is_bad_input() -> None:
    with pytest.raises(InputError, match="vpc-nowhere"):
        propose(world(), "vpc-nowhere", 16)


pool = st.builds(
    lambda start, length: str(
        Net((int(ipaddress.IPv4Address("100.64.0.0")) + start, length), strict=False)
    ),
    st.integers(0, (1 << 22) - 1),
    st.integers(11, 28),
)


@settings(deadline=None)  # every candidate is asked, on a machine that may be busy
@given(
    routes=st.lists(pool, max_size=6),
    peers=st.lists(pool, max_size=4),
    primary=st.sampled_from(["10.0.0.0/16", "172.31.0.0/16", "192.168.0.0/24", "52.0.0.0/16"]),
    prefix=st.integers(16, 20),
)
def test_a_proposal_is_legal_and_none_means_that_no_block_is(
    routes: list[str], peers: list[str], primary: str, prefix: int
) -> None:
    seen = world(
        primary,
        routes=tuple(routes),
        peerings=[peering("active", *peers)] if peers else [],
    )
    answer = propose(seen, VPC, prefix)
    candidates = Net("100.64.0.0/10").subnets(new_prefix=prefix)
    legal = [
        str(each) for each in candidates if decide([primary], str(each), routes, peers).allowed
    ]
    if isinstance(answer, Proposal):
        assert answer.cidr in legal
    else:
        assert not legal


def test_the_rules_have_the_last_word() -> None:
    assert stopped(propose(world("169.254.0.0/16"), VPC, 16)).rule == "never-allowed"


def test_the_block_of_a_shared_vpc_is_not_known_here_whoever_peers_with_it() -> None:
    shared = dataclasses.replace(world(), vpcs=(vpc(owner_id="444455556666"),))
    for seen in (shared, dataclasses.replace(shared, route_tables=())):
        answer = stopped(propose(seen, VPC, 16))
        assert answer.unseen
        assert answer.unseen.api == "ec2:DescribeVpcPeeringConnections"
        assert answer.unseen.error == "OwnedByAnotherAccount"
        assert "444455556666, must add the block" in answer.reason


@pytest.mark.parametrize(("owner", "account"), [("444455556666", "unknown"), ("unknown", ACCOUNT)])
def test_an_owner_or_account_that_nothing_told_stops_no_proposal(owner: str, account: str) -> None:
    seen = dataclasses.replace(
        world(),
        vpcs=(vpc(owner_id=owner),),
        target=dataclasses.replace(TARGET, account_id=account),
    )
    assert cidr(propose(seen, VPC, 16)) == "100.64.0.0/16"


@settings(deadline=None)
@given(
    own=st.lists(
        st.sampled_from(["10.0.0.0/16", "10.1.0.0/20", "172.16.0.0/16", "100.64.0.0/18"]),
        min_size=1,
        max_size=2,
        unique=True,
    ),
    whole=st.sampled_from(["10.0.0.0/13", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15"]),
    avoid=st.lists(pool, max_size=2),
    prefix=st.integers(16, 20),
)
def test_any_pool_gives_a_legal_block_whenever_it_has_one(
    own: list[str], whole: str, avoid: list[str], prefix: int
) -> None:
    answer = propose(world(*own), VPC, prefix, pool=whole, avoid=[*avoid, "10.2.0.0/15"])
    legal = [
        str(each)
        for each in Net(whole).subnets(new_prefix=prefix)
        if decide(own, str(each)).allowed and not each.overlaps(Net("10.2.0.0/15"))
    ]
    if isinstance(answer, Proposal):
        assert answer.cidr == legal[0]
    else:
        assert not legal


def test_a_pool_smaller_than_the_block_has_no_room() -> None:
    assert stopped(propose(world(), VPC, 16, pool="100.64.0.0/20")).rule == EXHAUSTED


def test_blocks_to_avoid_are_never_overlapped() -> None:
    avoid = ("100.64.0.0/12", "100.80.4.0/24")
    assert cidr(propose(world(), VPC, 20, avoid=avoid)) == "100.80.16.0/20"
    assert stopped(propose(world(), VPC, 20, avoid=("100.64.0.0/10",))).rule == EXHAUSTED


@pytest.mark.parametrize("wrong", [{"pool": "100.64.0.0"}, {"avoid": ("x/1",)}])
def test_a_malformed_pool_is_bad_input(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="block"):
        propose(world(), VPC, 16, **wrong)


def test_the_clusters_of_other_vpcs_are_passed_over_while_there_is_room() -> None:
    far = cluster("far", vpc_id="vpc-0b", service_ipv4_cidr="100.64.0.0/20")
    assert cidr(propose(world(clusters=[far]), VPC, 16)) == "100.65.0.0/16"
    answer = propose(world(clusters=[far]), VPC, 16, pool="100.64.0.0/16")
    assert isinstance(answer, Proposal)
    assert answer.warnings == ("it overlaps 100.64.0.0/20 of cluster far",)


def test_unseen_neighbours_on_a_transit_gateway_are_named() -> None:
    attached = [
        TransitAttachment(
            id=f"tgw-attach-{vpc_id}",
            gateway_id="tgw-1",
            vpc_id=vpc_id,
            vpc_owner_id=ACCOUNT,
            state="available",
            tags={},
        )
        for vpc_id in (VPC, "vpc-0b", "vpc-hidden")
    ]
    seen = world(others=[vpc("vpc-0b", "100.64.0.0/16")], transit_attachments=attached)
    answer = propose(seen, VPC, 16)
    assert isinstance(answer, Proposal)
    assert answer.cidr == "100.65.0.0/16"
    assert answer.warnings == ("VPCs on the same transit gateway were not compared: vpc-hidden",)
