import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from eksnet.capacity.drain import Effort
from eksnet.capacity.ledger import SubnetLedger, drain_list, every_subnet, ledger
from eksnet.capacity.owners import Owner
from eksnet.model.network import Attachment, CidrReservation, Eni, Subnet
from eksnet.model.resource import subnet_resource
from eksnet.model.snapshot import Blind, Facet, Snapshot
from tests.build import (
    ACCOUNT,
    accounted,
    branch,
    cluster,
    eni,
    instance,
    node_eni,
    snapshot,
    subnet,
    trunk,
    vpc,
    x_eni,
)

DENIED = "UnauthorizedOperation"


def seen(*enis: Eni, subnets: tuple[Subnet, ...] | None = None, **parts: object) -> Snapshot:
    found = subnets or (subnet(), subnet("subnet-b"))
    return snapshot(clusters=[cluster()], vpcs=[vpc()], subnets=found, enis=enis, **parts)


def account(found: Snapshot, subnet_id: str = "subnet-a") -> SubnetLedger:
    return next(each for each in ledger(found) if each.subnet.id == subnet_id)


def owned(found: Snapshot, subnet_id: str = "subnet-a") -> dict[Owner, int]:
    owners = account(found, subnet_id).owners
    assert owners is not None
    assert tuple(owners) == tuple(Owner)
    return {owner: count for owner, count in owners.items() if count}


def hosts(*numbers: int) -> tuple[str, ...]:
    return tuple(f"10.0.0.{each}" for each in numbers)


def managed(kind: str, description: str = "", requester: str | None = None) -> Eni:
    return eni(
        f"eni-{kind}",
        interface_type=kind,
        description=description,
        requester_id=requester,
        requester_managed=True,
    )


def test_every_class_of_interface_has_its_owner() -> None:
    elb = "ELB app/shop/0123456789abcdef"
    cases = {
        Owner.X_ENI: x_eni("eni-x"),
        Owner.TRUNK: trunk("eni-t", "i-1"),
        Owner.BRANCH: branch("eni-b", "eni-t"),
        Owner.FARGATE: managed("interface", "arn:aws:ecs:eu-west-1:111122223333:attachment/0a"),
        Owner.NAT: managed("nat_gateway"),
        Owner.LOAD_BALANCER: managed("interface", elb, "amazon-elb"),
        Owner.ENDPOINT: managed("vpc_endpoint"),
        Owner.LAMBDA: managed("lambda"),
        Owner.RDS: managed("interface", "RDSNetworkInterface", "amazon-rds"),
        Owner.TRANSIT_GATEWAY: managed("transit_gateway"),
        Owner.OTHER: eni("eni-o"),
        Owner.INSTANCE: eni("eni-i", attachment=Attachment(instance_id="i-9", device_index=0)),
    }
    for owner, each in cases.items():
        assert owned(seen(each)) == {owner: 1}, owner
    assert owned(seen(managed("network_load_balancer"))) == {Owner.LOAD_BALANCER: 1}
    assert owned(seen(managed("gateway_load_balancer"))) == {Owner.LOAD_BALANCER: 1}
    assert owned(seen(managed("gateway_load_balancer_endpoint"))) == {Owner.ENDPOINT: 1}


def test_a_nodes_interfaces_hold_their_own_addresses_a_pool_and_prefixes() -> None:
    first = node_eni("eni-1", "i-1", private_ips=hosts(10, 11, 12))
    second = node_eni("eni-2", "i-1", index=1, private_ips=hosts(13), prefixes=("10.0.0.32/28",))
    assert owned(seen(first, second, instances=[instance("i-1")])) == {
        Owner.NODE_PRIMARY: 2,
        Owner.POD_POOL: 2,
        Owner.PREFIX: 16,
    }


def test_an_interface_from_a_launch_template_is_a_nodes_unless_the_cni_must_leave_it() -> None:
    place = Attachment(instance_id="i-1", device_index=2)
    made = eni("eni-3", private_ips=hosts(10, 11), attachment=place)
    nodes = [instance("i-1")]
    assert owned(seen(made, instances=nodes)) == {Owner.NODE_PRIMARY: 1, Owner.POD_POOL: 1}
    left = dataclasses.replace(made, tags={"node.k8s.amazonaws.com/no_manage": "true"})
    assert owned(seen(left, instances=nodes)) == {Owner.INSTANCE: 2}


def test_the_nodes_of_a_cluster_not_asked_for_are_nodes_all_the_same() -> None:
    node = instance("i-1", cluster_name="other")
    hangs = Attachment(instance_id="i-1", device_index=0)
    found = seen(eni("eni-1", private_ips=hosts(10, 11), attachment=hangs), instances=[node])
    assert owned(found) == {Owner.NODE_PRIMARY: 1, Owner.POD_POOL: 1}
    shares = account(found).shares
    assert shares is not None
    assert [share.cluster for share in shares] == [None]


def test_all_that_an_unattached_interface_of_the_cni_holds_is_leaked() -> None:
    left = node_eni(
        "eni-1",
        "i-1",
        index=1,
        status="available",
        attachment=None,
        private_ips=hosts(10, 11),
        prefixes=("10.0.0.32/28",),
    )
    assert owned(seen(left)) == {Owner.LEAKED: 18}


def test_addresses_are_told_by_cluster_and_node_group() -> None:
    tags = {"kubernetes.io/cluster/payments": "owned", "eks:nodegroup-name": "workers"}
    found = seen(
        node_eni("eni-1", "i-1", private_ips=hosts(10, 11)),
        x_eni("eni-x", private_ips=hosts(20)),
        eni("eni-o", private_ips=hosts(30)),
        instances=[instance("i-1", tags=tags)],
    )
    shares = account(found).shares
    assert shares is not None
    assert [(s.cluster, s.node_group, sum(s.owners.values())) for s in shares] == [
        (None, None, 1),
        ("payments", None, 1),
        ("payments", "workers", 2),
    ]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 6)), max_size=20), st.integers(0, 251))
def test_owners_add_up_to_what_was_seen_and_with_the_unseen_to_what_is_used(
    kinds: list[tuple[int, int]], free: int
) -> None:
    enis = []
    for index, (kind, count) in enumerate(kinds):
        ips = tuple(f"10.0.0.{4 + index * 6 + each}" for each in range(count))
        makers = (
            lambda n, ips: x_eni(n, private_ips=ips),
            lambda n, ips: node_eni(n, "i-1", private_ips=ips),
            lambda n, ips: node_eni(
                n, "i-2", index=1, private_ips=ips, prefixes=("10.0.0.224/28",)
            ),
            lambda n, ips: trunk(n, "i-1", private_ips=ips),
            lambda n, ips: eni(n, private_ips=ips),
            lambda n, ips: eni(n, interface_type="lambda", private_ips=ips),
        )
        enis.append(makers[kind](f"eni-{index}", ips))
    one = account(seen(*enis, subnets=(subnet(free_ips=free),)))
    assert one.owners is not None
    assert one.shares is not None
    assert one.seen_ips is not None
    assert one.not_seen is not None
    total = sum(len(each.private_ips) + 16 * len(each.prefixes) for each in enis)
    assert sum(one.owners.values()) == one.seen_ips == total
    assert one.seen_ips + one.not_seen == one.usable - free
    for owner in Owner:
        assert sum(share.owners[owner] for share in one.shares) == one.owners[owner]


def test_the_difference_to_ec2s_count_keeps_its_sign() -> None:
    held = eni("eni-1", private_ips=hosts(10, 11))
    assert account(seen(held, subnets=(subnet(free_ips=251),))).not_seen == -2
    assert account(seen(held, subnets=(subnet(free_ips=240),))).not_seen == 9


def test_where_interfaces_are_blind_nothing_is_zero() -> None:
    why = Blind(facet=Facet.NETWORK_INTERFACES, api="ec2:DescribeNetworkInterfaces", error=DENIED)
    found = seen(blinds=(why,))
    one = account(found)
    assert (one.owners, one.shares, one.seen_ips, one.not_seen) == (None, None, None, None)
    assert (one.blocks, one.reservations, drain_list(found, one)) == (None, None, ())
    assert one.unseen is not None
    assert (one.unseen.api, one.unseen.error) == (why.api, why.error)


def test_filtered_lists_tell_nothing_of_owners() -> None:
    one = account(seen(eni("eni-1"), partial=True))
    assert (one.owners, one.blocks) == (None, None)


def test_a_facet_never_asked_for_is_blind() -> None:
    facets = frozenset(Facet) - {Facet.CIDR_RESERVATIONS}
    one = account(seen(eni("eni-1"), seen=facets))
    assert one.seen_ips == 1
    assert one.blocks is None


def test_refused_reservations_hide_the_blocks_of_their_subnet_only() -> None:
    why = Blind(
        facet=Facet.CIDR_RESERVATIONS,
        api="ec2:GetSubnetCidrReservations",
        error=DENIED,
        resource=subnet_resource("subnet-a"),
    )
    found = accounted(seen(eni("eni-1"), blinds=(why,)))
    assert account(found).blocks is None
    assert account(found).seen_ips == 1
    assert account(found, "subnet-b").blocks is not None


def test_a_prefix_reservation_is_spoilt_by_a_single_address_only() -> None:
    kept = CidrReservation(id="scr-1", subnet_id="subnet-a", cidr="10.0.0.64/26", kind="prefix")
    delegated = node_eni("eni-1", "i-1", private_ips=hosts(10), prefixes=("10.0.0.64/28",))
    found = account(seen(delegated, cidr_reservations=[kept])).reservations
    assert found is not None
    assert [(r.effective, r.used, r.delegated, r.unused, r.free_28) for r in found] == [
        (True, 0, 16, 48, 3)
    ]
    stray = eni("eni-2", private_ips=hosts(127))
    found = account(seen(delegated, stray, cidr_reservations=[kept])).reservations
    assert found is not None
    assert [(r.effective, r.used, r.unused, r.free_28) for r in found] == [(False, 1, 47, 2)]


def test_an_explicit_reservation_takes_its_blocks_away() -> None:
    kept = CidrReservation(id="scr-1", subnet_id="subnet-a", cidr="10.0.0.64/26", kind="explicit")
    blocks = account(seen(cidr_reservations=[kept])).blocks
    assert blocks is not None
    assert (blocks.free, blocks.explicit, blocks.score) == (10, 4, 0)


def test_reservations_that_nobody_asked_for_are_not_none_at_all() -> None:
    assert account(seen()).reservations is None


def test_the_edges_of_a_reservation_are_not_counted_as_unused() -> None:
    kept = CidrReservation(id="scr-1", subnet_id="subnet-a", cidr="10.0.0.0/27", kind="prefix")
    found = account(seen(cidr_reservations=[kept])).reservations
    assert found is not None
    assert (found[0].unused, found[0].free_28) == (28, 1)


def test_a_subnet_of_a_secondary_block_is_accounted_like_any_other() -> None:
    pods = subnet(cidr="100.64.0.0/24", free_ips=249)
    held = node_eni("eni-1", "i-1", index=1, private_ips=("100.64.0.20", "100.64.0.40"))
    one = account(seen(held, subnets=(pods,)))
    assert one.blocks is not None
    assert (one.seen_ips, one.not_seen, one.blocks.free) == (2, 0, 12)


def test_an_ipv6_only_subnet_has_no_ipv4_addresses() -> None:
    six = subnet(cidr="", ipv6_cidrs=("2001:db8::/64",), free_ips=0)
    one = account(seen(eni("eni-1", private_ips=()), subnets=(six,)))
    assert one.blocks is not None
    assert (one.usable, one.seen_ips, one.not_seen) == (0, 0, 0)
    assert (one.blocks.free, one.blocks.score, one.blocks.largest_free_prefix) == (0, None, None)


def test_the_drain_list_begins_with_what_is_cheapest_to_move() -> None:
    left = node_eni("eni-l", "i-0", index=1, status="available", attachment=None)
    found = seen(
        x_eni("eni-x", private_ips=hosts(20)),
        eni("eni-o", private_ips=hosts(40)),
        node_eni("eni-n", "i-1", private_ips=hosts(*range(50, 60))),
        branch("eni-b", "eni-t", private_ips=hosts(70)),
        dataclasses.replace(left, private_ips=hosts(90)),
        eni("eni-p", private_ips=hosts(*range(100, 105))),
        eni("eni-r", private_ips=hosts(5)),
    )
    found = accounted(found)
    drain = drain_list(found, account(found))
    assert [(each.cidr, each.effort) for each in drain] == [
        ("10.0.0.80/28", Effort.DELETE),
        ("10.0.0.64/28", Effort.RESTART_POD),
        ("10.0.0.48/28", Effort.REPLACE_NODE),
        ("10.0.0.32/28", Effort.MOVE),
        ("10.0.0.16/28", Effort.CONTROL_PLANE),
    ]
    node = drain[2].blockers
    assert [(b.owner, b.holder, len(b.addresses)) for b in node] == [
        (Owner.NODE_PRIMARY, "i-1", 1),
        (Owner.POD_POOL, "i-1", 9),
    ]


def test_the_blockers_of_a_block_are_all_addresses_in_it() -> None:
    found = seen(
        node_eni("eni-1", "i-1", private_ips=hosts(20, 40)),
        node_eni("eni-2", "i-2", private_ips=hosts(21, 41)),
    )
    found = accounted(found)
    for each in drain_list(found, account(found)):
        assert len({a for b in each.blockers for a in b.addresses}) == 2


def test_the_tightest_subnet_comes_first() -> None:
    found = seen(subnets=(subnet(free_ips=200), subnet("subnet-b", free_ips=3)))
    assert [each.subnet.id for each in ledger(found)] == ["subnet-b", "subnet-a"]


def test_by_default_only_used_subnets_have_accounts() -> None:
    elsewhere = subnet("subnet-z", vpc_id="vpc-9", owner_id=ACCOUNT)
    idle = subnet("subnet-c")
    found = seen(subnets=(subnet(), subnet("subnet-b"), idle, elsewhere))
    assert {each.subnet.id for each in ledger(found)} == {"subnet-a", "subnet-b"}
    assert every_subnet(found) == ("subnet-a", "subnet-b", "subnet-c")
    assert [each.clusters for each in ledger(found, ["subnet-z"])] == [()]


def blocks(found: Snapshot) -> tuple[int, int]:
    free = account(found).free_blocks
    assert free is not None
    return free.least, free.most


def test_every_block_that_looks_free_is_free_only_where_all_addresses_are_accounted_for() -> None:
    """A /24 has sixteen /28s: the first and the last hold AWS's own, another an interface."""
    exact = accounted(seen(eni("eni-1", private_ips=hosts(20))))
    assert blocks(exact) == (13, 13)
    assert account(exact).blocks is not None
    one = account(seen(eni("eni-1", private_ips=hosts(20)), subnets=(subnet(free_ips=240),)))
    assert one.free_blocks is not None
    assert (one.free_blocks.least, one.free_blocks.most) == (3, 13)
    assert one.blocks is None
    assert one.blocks_unseen is not None
    assert one.blocks_unseen.error == "NotAllSeen"


def test_in_a_subnet_of_another_account_no_block_is_surely_free() -> None:
    shared = subnet(owner_id="999988887777", free_ips=40)
    found = seen(eni("eni-1", private_ips=hosts(20)), subnets=(shared,))
    assert blocks(found) == (0, 2)
    unseen = account(found).blocks_unseen
    assert unseen is not None
    assert unseen.error == "OwnedByAnotherAccount"


def test_what_is_reserved_is_not_taken_for_addresses_that_were_not_seen() -> None:
    """EC2 takes a reservation off its count: 251 less 128, and less an interface outside it."""
    kept = CidrReservation(id="scr-1", subnet_id="subnet-a", cidr="10.0.0.128/25", kind="prefix")
    taken = 251 - 127 - 1
    there = (subnet(free_ips=taken),)
    found = seen(eni("eni-1", private_ips=hosts(20)), subnets=there, cidr_reservations=[kept])
    assert blocks(found) == (13, 13)
    fewer = (subnet(free_ips=3),)
    found = seen(eni("eni-1", private_ips=hosts(20)), subnets=fewer, cidr_reservations=[kept])
    assert blocks(found) == (0, 7), "the seven of the reservation are none of the free addresses"


@given(st.sets(st.integers(4, 254)), st.sets(st.integers(4, 254)))
def test_what_was_not_seen_never_leaves_fewer_or_more_blocks_than_told(
    shown: set[int], hidden: set[int]
) -> None:
    all_used = [eni(f"eni-{n}", private_ips=hosts(n)) for n in sorted(shown | hidden)]
    truth = accounted(seen(*all_used))
    some = tuple(each for each in truth.enis if each.private_ips[0] in hosts(*shown))
    least, most = blocks(dataclasses.replace(truth, enis=some))
    assert least <= blocks(truth)[0] <= most
