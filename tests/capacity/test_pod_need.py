import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eksnet.capacity.pod_need import PodNeed, grown, pod_need
from eksnet.capacity.pod_sites import PodSite, filling, pod_sites, sizes
from eksnet.model.finding import Unread
from tests.build import addon, cluster, instance, node_group, snapshot, subnet, zones

CLUSTER = cluster()
EACH = 29  # an m5.large full of pods: 3 interfaces of 10 addresses, but for its first


def need(env: dict[str, str] | None = None, **parts: Any) -> PodNeed:
    found = pod_need(world(env, **parts), CLUSTER)
    assert isinstance(found, PodNeed), found
    return found


def world(env: dict[str, str] | None = None, **parts: Any) -> Any:
    standard: dict[str, Any] = {
        "clusters": [CLUSTER],
        "subnets": [subnet("subnet-a"), subnet("subnet-b")],
        "addons": [addon(configuration=json.dumps({"env": env or {}}))],
        "zones": zones(),
    }
    return snapshot(**{**standard, **parts})


def test_groups_count_with_their_maximum_shared_by_their_zones() -> None:
    found = need(node_groups=[node_group(max_size=5)])
    assert found.zones == {"euw1-az1": 3 * EACH, "euw1-az2": 3 * EACH}


def test_a_zone_with_more_nodes_than_its_share_counts_as_it_is() -> None:
    nodes = [
        instance(f"i-{n}", tags={**instance("i").tags, "eks:nodegroup-name": "workers"})
        for n in range(4)
    ]
    found = need(node_groups=[node_group(max_size=4)], instances=nodes)
    assert found.zones == {"euw1-az1": 4 * EACH, "euw1-az2": 2 * EACH}


def test_nodes_of_no_group_count_as_they_are() -> None:
    assert need(instances=[instance("i-1"), instance("i-2", "subnet-b")]).zones == {
        "euw1-az1": EACH,
        "euw1-az2": EACH,
    }


def test_a_node_in_a_subnet_that_is_not_listed_has_no_zone_to_count_in() -> None:
    assert need(instances=[instance("i-1", "subnet-gone")]).zones == {}


def test_the_type_that_takes_most_decides() -> None:
    one = need(node_groups=[node_group(max_size=2, instance_types=("m5.large", "m5.4xlarge"))])
    other = need(node_groups=[node_group(max_size=2, instance_types=("m5.4xlarge",))])
    assert one.zones == other.zones
    assert one.zones["euw1-az1"] > EACH


def test_custom_networking_takes_only_the_other_interfaces() -> None:
    env = {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}
    assert need(env, instances=[instance("i-1")]).zones == {"euw1-az1": 20}


def test_prefixes_are_whole_blocks() -> None:
    found = need({"ENABLE_PREFIX_DELEGATION": "true"}, instances=[instance("i-1")])
    assert found.prefixes
    assert found.zones["euw1-az1"] >= 110


def test_what_is_guessed_or_left_out_is_told() -> None:
    groups = [
        node_group("win", ami_type="WINDOWS_CORE_2022_x86_64"),
        node_group("any", instance_types=()),
        node_group("odd", instance_types=("zz9.large",)),
    ]
    notes = " ".join(need(node_groups=groups).notes)
    assert "Windows nodes of win" in notes
    assert "any names no instance type" in notes
    assert "zz9.large" in notes


@pytest.mark.parametrize(
    ("env", "why"),
    [
        ({"ENABLE_IMDS_ONLY_MODE": "true"}, "ProvisioningOff"),
        ({"ENABLE_IPv4": "false"}, "DoesNotStart"),
    ],
)
def test_what_no_model_tells_has_no_figure(env: dict[str, str], why: str) -> None:
    found = pod_need(world(env), CLUSTER)
    assert isinstance(found, Unread)
    assert found.error == why


def test_settings_that_were_not_read_leave_the_need_unread() -> None:
    assert isinstance(pod_need(world(addons=[]), CLUSTER), Unread)


@given(st.integers(0, 100_000), st.integers(0, 500))
def test_growth_is_never_rounded_down(addresses: int, percent: int) -> None:
    assert grown(addresses, percent) * 100 >= addresses * (100 + percent)
    assert (grown(addresses, percent) - 1) * 100 < addresses * (100 + percent) or not addresses


def test_zones_of_another_kind_are_left_out() -> None:
    local = subnet("subnet-c", az_id="euw1-lax1", az="eu-west-1-lax-1a")
    kinds = [*zones(), type(zones()[0])(name=local.az, id=local.az_id, kind="local-zone", state="")]
    seen = world(
        subnets=[*world().subnets, local],
        zones=kinds,
        node_groups=[node_group(subnet_ids=("subnet-a", "subnet-c"))],
    )
    found = pod_sites(seen, CLUSTER)
    assert [each.az_id for each in found.sites] == ["euw1-az1"]
    assert found.left_out == ("subnet-c is in eu-west-1-lax-1a, a local-zone: left out",)


SITES = tuple(PodSite(az_id=f"euw1-az{n}", az="", subnets=()) for n in (1, 2, 3))


@given(
    wanted=st.tuples(*(st.integers(0, 20_000) for _ in SITES)),
    prefixes=st.booleans(),
    reserve=st.booleans(),
)
def test_every_subnet_serves_its_need(
    *, wanted: tuple[int, ...], prefixes: bool, reserve: bool
) -> None:
    zones_ = {site.az_id: number for site, number in zip(SITES, wanted, strict=True)}
    told = PodNeed(zones=zones_, prefixes=prefixes)
    found = sizes(SITES, told, growth=30, least=256, reserve=reserve)
    assert found.lengths
    assert found.prefix
    for one, length in zip(found.needs, found.lengths, strict=True):
        assert (1 << (32 - length)) - 5 >= one * (1 + reserve) >= 256
    larger = filling(found, found.prefix - 1)
    assert larger.lengths
    assert all(a >= b for a, b in zip(found.lengths, larger.lengths, strict=True))


def test_more_than_a_16_has_no_size() -> None:
    told = PodNeed(zones={"euw1-az1": 60_000}, prefixes=False)
    assert sizes(SITES, told, growth=30, least=256, reserve=False).prefix is None
