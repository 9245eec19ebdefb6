import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eksnet.capacity.comparison import Comparison, SubnetChange, compare
from eksnet.capacity.options import Option, Way, options
from eksnet.capacity.planned import plan
from eksnet.capacity.usage import Usage, usage
from eksnet.capacity.whatif import Scenario, changed, require_groups
from eksnet.cni.settings import settings_by_cluster
from eksnet.model.errors import InputError
from eksnet.model.snapshot import Blind, Facet, Snapshot
from tests.build import addon, cluster, instance, node_eni, node_group, snapshot, subnet, vpc

LEAN = '{"env": {"WARM_IP_TARGET": "2", "MINIMUM_IP_TARGET": "10"}, "enableNetworkPolicy": "true"}'
PREFIX = {"ENABLE_PREFIX_DELEGATION": "true"}
CUSTOM = {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}
TAGS = {"eks:cluster-name": "payments", "eks:nodegroup-name": "workers"}


def scenario(**parts: object) -> Scenario:
    values: dict[str, object] = {"env": {}, "nodes": {}, "types": {}}
    return Scenario(**{**values, **parts})  # type: ignore[arg-type]


def fleet(**parts: object) -> Snapshot:
    """One m5.large in each of two zones, each with 11 addresses."""
    values: dict[str, object] = {
        "clusters": [cluster()],
        "vpcs": [vpc()],
        "subnets": [subnet(), subnet("subnet-b")],
        "node_groups": [node_group()],
        "addons": [addon(configuration=LEAN)],
        "instances": [instance(f"i-{az}", f"subnet-{az}", tags=TAGS) for az in "ab"],
        "enis": [
            node_eni(
                f"eni-{az}",
                f"i-{az}",
                f"subnet-{az}",
                private_ips=tuple(f"10.0.{number}.{host}" for host in range(20, 31)),
            )
            for number, az in enumerate("ab")
        ],
    }
    return snapshot(**{**values, **parts})


def compared(seen: Snapshot, **parts: object) -> Comparison:
    return compare(seen, scenario(**parts), 5)


def row(found: Comparison, subnet_id: str = "subnet-a") -> SubnetChange:
    return next(each for each in found.subnets if each.subnet_id == subnet_id)


def totals(one: SubnetChange) -> tuple[tuple[int, int], tuple[int, int]]:
    assert one.today is not None
    assert one.then is not None
    return (
        (one.today.least.total, one.today.most.total),
        (one.then.least.total, one.then.most.total),
    )


def way(seen: Snapshot, name: Way) -> Option | None:
    return next((each for each in options(seen, seen.clusters[0]) if each.way is name), None)


def test_nothing_changed_is_today() -> None:
    seen = fleet()
    assert changed(seen, scenario()) == seen
    found = compared(seen)
    assert all(each.today == each.then for each in found.subnets)
    assert all(each.today is each.then for each in found.answers)


def test_settings_are_written_as_the_add_on_holds_them_and_nothing_else_is_lost() -> None:
    after = changed(fleet(), scenario(env={**PREFIX, "ENABLE_V6_EGRESS": "true"}))
    values = json.loads(after.addons[0].configuration or "")
    assert values["env"]["WARM_IP_TARGET"] == "2"
    assert values["env"]["ENABLE_PREFIX_DELEGATION"] == "true"
    assert values["init"]["env"] == {"ENABLE_V6_EGRESS": "true"}  # for both containers
    assert values["enableNetworkPolicy"] == "true"


def test_yaml_configurations_are_kept_too() -> None:
    seen = fleet(addons=[addon(configuration="env:\n  WARM_IP_TARGET: 2\nreplicas: 3\n")])
    values = json.loads(changed(seen, scenario(env=PREFIX)).addons[0].configuration or "")
    assert values["replicas"] == 3
    assert values["env"] == {"WARM_IP_TARGET": "2", **PREFIX}


def test_the_model_stands_beside_what_is_seen() -> None:
    one = row(compared(fleet(), env={"WARM_IP_TARGET": "1", "MINIMUM_IP_TARGET": "4"}))
    assert one.seen == 11
    assert totals(one) == ((12, 30), (5, 30))
    assert one.free_then == (200 + 11 - 30, 200 + 11 - 5)


def test_prefixes_are_counted_as_blocks_and_as_addresses() -> None:
    found = compared(fleet(), env={**PREFIX, "WARM_IP_TARGET": "0", "MINIMUM_IP_TARGET": "0"})
    one = row(found)
    assert one.then is not None
    assert (one.then.least.blocks, one.then.most.blocks) == (1, 7)
    assert (one.then.least.total, one.then.most.total) == (17, 113)
    assert [(each.pods_today, each.pods_then) for each in found.pods] == [(29, 110)]


def test_nodes_come_and_go_evenly() -> None:
    more = compared(fleet(), nodes={"workers": 5})
    assert totals(row(more))[1] == (36, 90)
    assert totals(row(more, "subnet-b"))[1] == (24, 60)
    assert totals(row(compared(fleet(), nodes={"payments/workers": 0})))[1] == (0, 0)


def test_a_larger_group_is_still_to_reach_its_size() -> None:
    found = compared(fleet(), nodes={"workers": 32})
    answer = next(each for each in found.answers if each.question == "maximum")
    assert (answer.today, answer.then) == ("yes", "at-risk")


def test_another_type_takes_what_it_takes() -> None:
    found = compared(fleet(), types={"workers": "m5.4xlarge"})
    assert totals(row(found))[1][1] > 30
    assert found.pods[0].type_then == "m5.4xlarge"


def test_custom_networking_moves_pods_to_planned_subnets() -> None:
    found = compared(fleet(), env=CUSTOM, pod_cidrs=("100.64.0.0/16",))
    assert totals(row(found))[1] == (1, 1)
    planned = [each for each in found.subnets if each.planned]
    assert [each.cidr for each in planned] == ["100.64.0.0/17", "100.64.128.0/17"]
    assert totals(planned[0]) == ((0, 0), (12, 20))
    assert found.pods[0].pods_then == 20
    after = changed(fleet(), scenario(env=CUSTOM, pod_cidrs=("100.64.0.0/16",)))
    assert [each.cidr for each in after.vpcs[0].cidrs] == ["10.0.0.0/16", "100.64.0.0/16"]
    assert len(settings_by_cluster(after)["payments"].eni_configs) == 2


def test_an_existing_subnet_can_be_the_pods_own() -> None:
    pods = [subnet(f"subnet-pod-{az}", cidr=f"10.0.2{n}.0/24") for n, az in enumerate("ab")]
    seen = fleet(subnets=[subnet(), subnet("subnet-b"), *pods])
    found = compared(seen, env=CUSTOM, pod_cidrs=("10.0.20.0/24", "10.0.21.0/24"))
    assert totals(row(found, "subnet-pod-a"))[1] == (12, 20)
    assert not any(each.planned for each in found.subnets)


@pytest.mark.parametrize(
    ("cidrs", "said"),
    [
        (("10.0.0.0/25",), "subnet-a"),
        (("192.168.0.0/16",), "not in vpc-0a"),
        (("100.64.0.0/28",), "too small"),
        (("pods",), "no IPv4 block"),
        (("10.0.0.0/24",), "subnet-a"),
        (("100.64.0.0/16", "100.64.0.0/17"), "another --pod-cidr"),
        (("100.64.0.0/18", "100.65.0.0/18", "100.66.0.0/18"), "3 blocks for 2 zones"),
    ],
)
def test_pod_blocks_that_can_not_be_are_refused(cidrs: tuple[str, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        plan(fleet(), cidrs)


def test_custom_networking_needs_pod_subnets_from_somewhere() -> None:
    with pytest.raises(InputError, match="--pod-cidr"):
        changed(fleet(), scenario(env=CUSTOM))


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"nodes": {"nobody": 3}}, "payments/workers"),
        ({"types": {"nobody": "m5.large"}}, "payments/workers"),
        ({"nodes": {"workers": -1}}, "-1"),
        ({"types": {"workers": "m5.lorge"}}, "m5.large"),
    ],
)
def test_names_of_nothing_are_refused(parts: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        require_groups([fleet()], scenario(**parts))


def test_a_cluster_whose_settings_are_not_known_has_no_figures() -> None:
    found = compared(fleet(addons=[]), env=PREFIX)
    assert found.subnets == ()
    assert found.unknown["payments"].api == "kubernetes:aws-node"


def test_what_was_not_seen_is_none_and_never_zero() -> None:
    blind = Blind(facet=Facet.NETWORK_INTERFACES, api="ec2:X", error="Denied")
    seen = fleet(enis=[], blinds=(blind,))
    one = row(compared(seen, env=PREFIX))
    assert (one.seen, one.free_28, one.free_then) == (None, None, None)
    option = way(seen, Way.CUSTOM_NETWORKING)
    assert option is not None
    assert (option.at_least, option.at_most) == (None, None)


def test_an_unknown_type_is_named_as_not_counted() -> None:
    strange = instance("i-z", tags={"eks:cluster-name": "payments"}, type="x99.future")
    seen = fleet(instances=[*fleet().instances, strange])
    found = usage(seen, seen.clusters[0])
    assert isinstance(found, Usage)
    assert "x99.future" in found.skipped[0]


def test_custom_networking_gives_back_all_but_one_address_a_node() -> None:
    option = way(fleet(), Way.CUSTOM_NETWORKING)
    assert option is not None
    assert (option.at_least, option.at_most) == (20, 20)


def test_lean_targets_give_back_nothing_at_least_and_are_not_offered_twice() -> None:
    assert way(fleet(), Way.WARM_TARGETS) is None
    full = [
        dataclasses.replace(each, private_ips=tuple(f"10.0.{n}.{host}" for host in range(20, 50)))
        for n, each in enumerate(fleet().enis)
    ]
    option = way(fleet(addons=[addon()], enis=full), Way.WARM_TARGETS)
    assert option is not None
    assert (option.at_least, option.at_most) == (0, 2 * (30 - 12))


def test_prefix_mode_without_free_blocks_is_hindered_and_comes_last() -> None:
    broken = [node_eni(f"eni-{n}", "i-a", private_ips=(f"10.0.0.{16 * n + 5}",)) for n in range(16)]
    found = options(fleet(enis=broken), fleet().clusters[0])
    prefix = next(each for each in found if each.way is Way.PREFIX_MODE)
    assert "0 free /28s" in prefix.obstacles[0]
    assert found[0].way is Way.CUSTOM_NETWORKING


def test_what_stands_in_the_way_of_ipv6_is_told_from_what_was_seen() -> None:
    option = way(fleet(), Way.IPV6)
    assert option is not None
    said = " ".join(option.obstacles)
    assert "vpc-0a has no IPv6 block" in said
    assert "subnet-a, subnet-b" in said
    ready = fleet(
        vpcs=[vpc(ipv6_cidrs=("2001:db8::/56",))],
        subnets=[subnet(f"subnet-{az}", ipv6_cidrs=("2001:db8::/64",)) for az in "ab"],
    )
    better = way(ready, Way.IPV6)
    assert better is not None
    assert len(better.obstacles) == 1  # the family is fixed
    assert options(fleet(clusters=[cluster(ip_family="ipv6")]), cluster(ip_family="ipv6")) == ()


targets = st.integers(0, 40)


@given(targets, targets, st.sampled_from(("true", "false")))
def test_a_full_node_never_takes_less_than_an_empty_one(
    warm: int, minimum: int, prefixes: str
) -> None:
    env = {
        "WARM_IP_TARGET": str(warm),
        "MINIMUM_IP_TARGET": str(minimum),
        "ENABLE_PREFIX_DELEGATION": prefixes,
    }
    one = row(compared(fleet(), env=env))
    assert one.then is not None
    assert one.then.least.total <= one.then.most.total


def test_pod_subnets_that_only_kubernetes_could_tell_apart_are_named() -> None:
    pods = [subnet(f"subnet-pod{n}-a", cidr=f"100.64.{n}.0/24") for n in range(2)]
    section = {f"team{n}": {"id": each.id} for n, each in enumerate(pods)}
    values = {"env": CUSTOM, "eniConfig": {"create": True, "subnets": section}}
    seen = fleet(
        subnets=[subnet(), *pods],
        addons=[addon(configuration=json.dumps(values))],
        instances=[instance("i-a", tags=TAGS)],
        node_groups=[node_group(subnet_ids=("subnet-a",))],
    )
    found = usage(seen, seen.clusters[0])
    assert isinstance(found, Usage)
    assert "which pod subnet" in found.skipped[0]


def test_auto_mode_has_settings_of_its_own_that_were_not_read() -> None:
    found = compared(fleet(clusters=[cluster(auto_mode=True)], addons=[]))
    assert found.unknown["payments"].api == "kubernetes:nodeclasses"
