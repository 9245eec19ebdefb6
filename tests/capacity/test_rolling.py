import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eksnet.capacity.node_need import Need, Take
from eksnet.capacity.places import NO_ENI_CONFIG
from eksnet.capacity.rolling import Judgement, Question, surge_nodes
from eksnet.capacity.room import Places, Room, possibly, surely
from eksnet.capacity.verdict import Answer, GroupVerdict, group_verdict
from eksnet.model.cluster import NodeGroup
from eksnet.model.network import Subnet
from eksnet.model.quota import Quota
from eksnet.model.snapshot import Blind, Facet, Snapshot
from tests.build import (
    addon,
    cluster,
    eni,
    instance,
    node_eni,
    node_group,
    quota,
    snapshot,
    subnet,
)

LEAN = {"WARM_IP_TARGET": "2", "MINIMUM_IP_TARGET": "10"}  # an m5.large: 12 to 30 addresses
PREFIX = {"ENABLE_PREFIX_DELEGATION": "true"}  # an m5.large: 1 to 7 prefixes, one interface
CUSTOM = {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}


def configured(env: dict[str, str], **more: object) -> str:
    return json.dumps({"env": env, **more})


def node(name: str, subnet_id: str = "subnet-a", group: str = "workers") -> object:
    tags = {"eks:cluster-name": "payments", "eks:nodegroup-name": group}
    return instance(name, subnet_id, tags=tags)


def fleet(
    *free: int, env: dict[str, str] | None = None, group: NodeGroup | None = None, **parts: object
) -> Snapshot:
    """Two nodes in two zones whose subnets have so many addresses free."""
    values: dict[str, object] = {
        "clusters": [cluster()],
        "node_groups": [group or node_group()],
        "addons": [addon(configuration=configured(env or LEAN))],
        "subnets": [subnet(f"subnet-{az}", free_ips=n) for az, n in zip("ab", free, strict=True)],
        "instances": [node("i-1"), node("i-2", "subnet-b")],
    }
    return snapshot(**{**values, **parts})


def judged(seen: Snapshot) -> GroupVerdict:
    return group_verdict(seen, seen.clusters[0], seen.node_groups[0])


def answers(seen: Snapshot) -> tuple[str, ...]:
    return tuple(each.answer for each in judged(seen).judgements)


def asked(seen: Snapshot, question: Question) -> Judgement:
    return judged(seen).answer(question)


@pytest.mark.parametrize(
    ("changes", "zones", "nodes"),
    [
        ({}, 3, 6),
        ({"max_unavailable": 20}, 3, 20),
        ({"max_unavailable": None}, 5, 10),
        ({"max_unavailable": None, "max_unavailable_percent": 33, "desired_size": 40}, 3, 14),
        ({"max_unavailable_percent": 100, "desired_size": 400}, 3, 100),
        ({"update_strategy": "MINIMAL"}, 3, 0),
    ],
)
def test_an_update_adds_the_larger_of_the_unavailable_and_two_a_zone(
    changes: dict[str, object], zones: int, nodes: int
) -> None:
    assert surge_nodes(dataclasses.replace(node_group(), **changes), zones) == nodes  # type: ignore[arg-type]


def test_a_new_node_takes_what_the_pool_model_says_empty_and_full() -> None:
    need = judged(fleet(200, 200)).need
    assert need is not None
    assert (need.least.total, need.most.total, need.max_pods) == (12, 30, 29)


@pytest.mark.parametrize(
    ("free", "roll", "surge", "maximum"),
    [
        ((60, 60), "yes", "yes", "yes"),  # two full nodes a zone
        ((59, 60), "yes", "at-risk", "at-risk"),
        ((29, 60), "at-risk", "at-risk", "at-risk"),
        ((11, 60), "no", "no", "at-risk"),  # not one empty node
        ((11, 11), "no", "no", "no"),
        ((0, 200), "no", "no", "at-risk"),  # the other zone can hold them all
    ],
)
def test_the_worst_zone_decides(free: tuple[int, int], roll: str, surge: str, maximum: str) -> None:
    assert answers(fleet(*free)) == (roll, surge, maximum)


def test_the_binding_subnet_zone_and_error_are_named() -> None:
    roll = asked(fleet(11, 200), Question.ROLL)
    assert roll.binding is not None
    assert (roll.binding.subnet_id, roll.binding.az_id) == ("subnet-a", "euw1-az1")
    assert (roll.binding.available, roll.binding.needed) == (11, 12)
    assert roll.avoided_error == "InsufficientFreeAddressesInSubnet"
    assert roll.health_code == "InsufficientFreeAddresses"


def test_prefix_mode_asks_for_whole_blocks_and_broken_ones_do_not_count() -> None:
    broken = [
        eni(f"eni-{n}", private_ips=(f"10.0.0.{16 * n + 5}",)) for n in range(16)
    ]  # one address in every /28
    seen = fleet(230, 230, env=PREFIX, enis=broken)
    roll = asked(seen, Question.ROLL)
    assert roll.answer is Answer.NO
    assert roll.binding is not None
    assert (roll.binding.resource, roll.binding.available) == ("/28 blocks", 0)
    assert roll.avoided_error == "InsufficientCidrBlocks"
    assert asked(fleet(251, 251, env=PREFIX), Question.ROLL).answer is Answer.YES


def test_blocks_that_may_be_spoilt_by_what_was_not_seen_neither_suffice_nor_lack() -> None:
    roll = asked(fleet(240, 240, env=PREFIX), Question.ROLL)
    assert roll.answer is Answer.UNKNOWN
    assert "NotAllSeen" in roll.reasons[0]
    assert asked(fleet(15, 15, env=PREFIX), Question.ROLL).answer is Answer.NO


def test_a_quota_that_refuses_even_empty_nodes_is_told_first() -> None:
    tight = fleet(20, 20, quotas=[quota("L-DF5E4CA3", 1)])
    roll = asked(tight, Question.ROLL)
    assert roll.answer is Answer.NO
    assert "network interfaces in the Region" in roll.reasons[0]
    assert roll.avoided_error == "NetworkInterfaceLimitExceeded"


def test_blocks_that_were_not_seen_are_unknown_and_not_needed_for_single_addresses() -> None:
    blind = Blind(facet=Facet.NETWORK_INTERFACES, api="ec2:X", error="UnauthorizedOperation")
    seen = fleet(240, 240, env=PREFIX, blinds=(blind,))
    assert set(answers(seen)) == {"unknown"}
    assert "UnauthorizedOperation" in " ".join(asked(seen, Question.ROLL).reasons)
    assert set(answers(fleet(240, 240, blinds=(blind,)))) == {"yes"}


def test_custom_networking_takes_one_address_of_the_node_subnet_and_the_rest_of_the_pods() -> None:
    config = {az: {"id": f"subnet-pod-{az[-1]}"} for az in ("eu-west-1a", "eu-west-1b")}
    values = configured(
        {**CUSTOM, "ENI_CONFIG_LABEL_DEF": "topology.kubernetes.io/zone"},
        eniConfig={"create": True, "subnets": config},
    )
    nodes = [subnet(f"subnet-{az}", free_ips=2) for az in "ab"]
    pods = [
        subnet(f"subnet-pod-{az}", cidr=f"100.64.{n}.0/24", free_ips=40)
        for n, az in enumerate("ab")
    ]
    seen = fleet(2, 2, addons=[addon(configuration=values)], subnets=[*nodes, *pods])
    assert answers(seen) == ("yes", "yes", "yes")
    short = [*nodes, pods[0], dataclasses.replace(pods[1], free_ips=9)]
    roll = asked(dataclasses.replace(seen, subnets=tuple(short)), Question.ROLL)
    assert roll.answer is Answer.NO
    assert roll.binding is not None
    assert roll.binding.subnet_id == "subnet-pod-b"


def test_without_an_eni_config_the_subnets_of_the_pod_interfaces_tell() -> None:
    seen = fleet(200, 200, env=CUSTOM)
    roll = asked(seen, Question.ROLL)
    assert roll.answer is Answer.UNKNOWN
    assert roll.zones[0].unseen == NO_ENI_CONFIG
    pods = [subnet(f"subnet-pod-{az}", cidr=f"100.64.{n}.0/24") for n, az in enumerate("ab")]
    enis = [
        node_eni(f"eni-{az}", name, f"subnet-pod-{az}", index=1, private_ips=(f"100.64.{n}.9",))
        for n, (az, name) in enumerate((("a", "i-1"), ("b", "i-2")))
    ]
    known = dataclasses.replace(seen, subnets=(*seen.subnets, *pods), enis=tuple(enis))
    assert asked(known, Question.ROLL).answer is Answer.YES


def test_several_subnets_in_a_zone_are_at_risk_when_not_each_has_room() -> None:
    group = node_group(subnet_ids=("subnet-a", "subnet-2a", "subnet-b"))
    more: list[Subnet] = [
        subnet(free_ips=5),
        subnet("subnet-2a", cidr="10.0.9.0/24"),
        subnet("subnet-b"),
    ]
    roll = asked(fleet(0, 0, group=group, subnets=more), Question.ROLL)
    assert roll.answer is Answer.AT_RISK


def test_mixed_types_are_judged_by_the_one_that_takes_most() -> None:
    found = judged(fleet(200, 200, group=node_group(instance_types=("m5.large", "m5.4xlarge"))))
    assert found.need is not None
    assert found.need.instance_type == "m5.4xlarge"
    assert "m5.large" in found.reasons[0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"group": node_group(instance_types=("m5.large", "x99.future"))}, "x99.future"),
        ({"addons": []}, "kubernetes:aws-node"),
        ({"addons": [addon(configuration="[")]}, "UnreadableConfiguration"),
        ({"group": node_group(ami_type="WINDOWS_CORE_2022_x86_64")}, "Windows"),
        ({"group": node_group(instance_types=()), "instances": []}, "launch template"),
        ({"env": {"ENABLE_IMDS_ONLY_MODE": "true"}}, "ENABLE_IMDS_ONLY_MODE"),
        ({"group": node_group(subnet_ids=("subnet-gone",))}, "EC2 does not list subnet-gone"),
    ],
)
def test_what_can_not_be_known_is_unknown_with_the_reason(
    changes: dict[str, object], said: str
) -> None:
    found = judged(fleet(200, 200, **changes))  # type: ignore[arg-type]
    assert {each.answer for each in found.judgements} == {"unknown"}
    assert found.need is None
    assert said in found.reasons[0]


@pytest.mark.parametrize("facet", [Facet.SUBNETS, Facet.ADDON_VPC_CNI])
def test_a_refused_read_is_unknown(facet: Facet) -> None:
    blind = Blind(facet=facet, api="ec2:X", error="AccessDenied")
    seen = fleet(200, 200, blinds=(blind,))
    assert set(answers(seen)) == {"unknown"}
    assert "AccessDenied" in judged(seen).reasons[0]


def test_settings_with_which_ipamd_does_not_start_are_a_no() -> None:
    found = judged(fleet(200, 200, env={"ENABLE_IPv6": "true"}))
    assert {each.answer for each in found.judgements} == {"no"}
    assert found.judgements[0].health_code == "NodeCreationFailure"


def test_settings_that_starve_a_full_node_are_told() -> None:
    found = judged(fleet(200, 200, env={"MINIMUM_IP_TARGET": "12"}))
    assert found.need is not None
    assert found.need.pending == 29 - 12 - 2  # two pods have the host's network
    assert "15 of the 29 pods" in found.reasons[-1]
    plain = judged(fleet(200, 200, env={"WARM_ENI_TARGET": "1"})).need
    assert plain is not None
    assert plain.pending == 0


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        (2 + 12, ("yes", "yes", "yes")),  # four new nodes, three interfaces each at most
        (2 + 11, ("yes", "at-risk", "at-risk")),
        (2 + 7, ("yes", "no", "no")),  # eight at least: ten addresses need two interfaces
        (2, ("no", "no", "no")),
    ],
)
def test_the_quota_of_network_interfaces_binds_too(quota: int, expected: tuple[str, ...]) -> None:
    limit = Quota(id="L-DF5E4CA3", arn="arn", service="vpc", name="interfaces", value=quota)
    enis = [node_eni(f"eni-{az}", f"i-{az}", f"subnet-{az}") for az in "ab"]
    seen = fleet(200, 200, quotas=[limit], enis=enis)
    assert answers(seen) == expected
    if "no" in expected:
        assert asked(seen, Question.SURGE).avoided_error == "NetworkInterfaceLimitExceeded"


def test_a_quota_that_was_not_seen_changes_no_answer() -> None:
    assert answers(fleet(200, 200)) == ("yes", "yes", "yes")


def test_an_ipv6_cluster_takes_one_address_a_node() -> None:
    seen = fleet(2, 2, env={"ENABLE_POD_ENI": "false"}, clusters=[cluster(ip_family="ipv6")])
    assert answers(seen) == ("yes", "yes", "yes")
    old = node_group(instance_types=("m4.large",))
    refused = fleet(9, 9, env={"X": "y"}, clusters=[cluster(ip_family="ipv6")], group=old)
    assert set(answers(refused)) == {"no"}


def test_pods_with_security_groups_of_their_own_count_as_branch_interfaces() -> None:
    need = judged(fleet(200, 200, env={**LEAN, "ENABLE_POD_ENI": "true"})).need
    assert need is not None
    assert need.most.total == 20 + 1 + 9  # two interfaces full, the trunk, nine branches


def test_the_minimal_strategy_adds_nothing() -> None:
    seen = fleet(0, 0, group=node_group(update_strategy="MINIMAL"))
    assert answers(seen) == ("yes", "yes", "no")


def test_only_zones_with_nodes_need_one_more_to_roll() -> None:
    seen = fleet(0, 200, instances=[node("i-2", "subnet-b")])
    assert asked(seen, Question.ROLL).answer is Answer.YES


def test_nodes_that_could_not_start_are_still_to_come() -> None:
    group = node_group(desired_size=6)
    seen = fleet(0, 0, group=group, instances=[])
    assert answers(seen) == ("no", "no", "no")
    assert asked(seen, Question.MAXIMUM).nodes == 6


def test_nodes_that_were_not_seen_are_taken_to_be_as_many_as_desired() -> None:
    blind = Blind(facet=Facet.INSTANCES, api="ec2:DescribeInstances", error="Denied")
    found = judged(fleet(200, 200, blinds=(blind,)))
    assert found.answer(Question.MAXIMUM).nodes == 4
    assert "not seen" in found.reasons[-1]


rooms = st.builds(
    lambda name, addresses, blocks: Room(
        subnet_id=name, az_id="z", addresses=addresses, blocks=blocks
    ),
    st.sampled_from(("a", "b")),
    st.integers(0, 300),
    st.integers(0, 18),
)
takes = st.builds(
    lambda own, blocks, more: Take(
        own=Need(addresses=own, blocks=blocks), rest=Need(addresses=more)
    ),
    st.integers(1, 40),
    st.integers(0, 4),
    st.integers(0, 40),
)


@given(rooms, takes)
def test_the_nodes_that_fit_are_the_most_that_do(room: Room, take: Take) -> None:
    places = [Places(own=room, pods=((room,),))]
    fit = surely(places, take)
    assert fit == possibly(places, take)
    for count, holds in ((fit, True), (fit + 1, False)):
        need = take.own.plus(take.rest).times(count)
        assert (need.total <= room.addresses and need.blocks <= (room.blocks or 0)) is holds


@given(rooms, rooms, takes)
def test_what_surely_fits_possibly_does(first: Room, second: Room, take: Take) -> None:
    places = [
        Places(own=first, pods=((first,), (second,))),
        Places(own=second, pods=((second,), (second,))),
    ]
    assert surely(places, take) <= possibly(places, take)
