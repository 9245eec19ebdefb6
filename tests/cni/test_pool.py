import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eksnet.cni.limits import limits
from eksnet.cni.max_pods import HOST_NETWORK_PODS, Mode, max_pods
from eksnet.cni.pool import NodeShape, PoolTargets, node_shape, pod_enis, pool
from eksnet.cni.pool_steps import PoolSteps, grown
from eksnet.model.errors import InputError

SHAPES = st.builds(
    NodeShape,
    instance_type=st.just("x1.test"),
    max_enis=st.integers(1, 8),
    ips_per_eni=st.sampled_from([1, 2, 4, 6, 10, 15, 30, 50]),
    nitro=st.sampled_from([True, False, None]),
    trunk_compatible=st.sampled_from([True, False, None]),
    max_pods=st.none() | st.integers(1, 300),
)
TARGETS = st.builds(
    PoolTargets,
    warm_eni=st.integers(0, 5),
    warm_ip=st.none() | st.integers(1, 70),
    minimum_ip=st.none() | st.integers(1, 120),
    warm_prefix=st.integers(0, 20),
    prefix_delegation=st.booleans(),
    custom_networking=st.booleans(),
    max_eni=st.none() | st.integers(1, 10),
    pod_eni=st.booleans(),
    unmanaged_enis=st.integers(0, 2),
)
PODS = st.integers(0, 250)


def shape(**parts: object) -> NodeShape:
    values: dict[str, object] = {
        "instance_type": "x1.test",
        "max_enis": 4,
        "ips_per_eni": 15,
        "nitro": True,
        "trunk_compatible": True,
    }
    return NodeShape(**{**values, **parts})  # type: ignore[arg-type]


def crowded(node: NodeShape, targets: PoolTargets, pods: int) -> PoolSteps:
    steps = PoolSteps(node, targets)
    steps.settle()
    for _ in range(pods):
        steps.arrive()
        steps.settle()
    return steps


def leave(steps: PoolSteps, pick: int) -> bool:
    """Let one pod leave, wherever the pick points; tell whether there was one."""
    places = [(e, s) for e, eni in enumerate(steps.enis) for s, held in enumerate(eni) if held]
    if places:
        steps.leave(*places[pick % len(places)])
        steps.settle()
    return bool(places)


def played(node: NodeShape, targets: PoolTargets, picks: list[int], pods: int) -> PoolSteps:
    steps = crowded(node, targets, pods)
    for pick in picks:
        leave(steps, pick)
    return steps


@settings(max_examples=400, deadline=None)
@given(SHAPES, TARGETS, PODS)
def test_the_closed_forms_are_what_the_steps_come_to(
    node: NodeShape, targets: PoolTargets, pods: int
) -> None:
    assert pool(node, targets, pods) == grown(node, targets, pods)


@given(SHAPES, TARGETS, PODS)
def test_a_node_never_holds_more_than_its_type_allows(
    node: NodeShape, targets: PoolTargets, pods: int
) -> None:
    found = pool(node, targets, pods)
    allowed = pod_enis(node, targets)
    assert found.slots <= allowed * node.slots_per_eni
    assert found.enis <= node.max_enis
    assert max(found.per_eni) <= node.slots_per_eni
    assert sum(found.per_eni) == found.slots
    assert len(found.per_eni) == found.enis


@given(SHAPES, TARGETS, PODS)
def test_every_address_is_counted_once(node: NodeShape, targets: PoolTargets, pods: int) -> None:
    found = pool(node, targets, pods)
    assert found.pods + found.pending == pods
    assert found.unused_ips == found.ips - found.pods >= 0
    assert found.ips == (found.slots * 16 if found.mode is Mode.PREFIX else found.slots)
    assert found.prefixes == (found.slots if found.mode is Mode.PREFIX else 0)
    assert found.subnet_addresses == found.ips + found.enis
    if targets.custom_networking:
        assert found.node_subnet_addresses == 1
        assert found.per_eni[0] == 0


@given(SHAPES, TARGETS, PODS)
def test_more_pods_never_take_less(node: NodeShape, targets: PoolTargets, pods: int) -> None:
    assert pool(node, targets, pods).slots <= pool(node, targets, pods + 1).slots


@given(SHAPES, TARGETS, PODS)
def test_the_stop_at_max_pods_only_ever_takes_less(
    node: NodeShape, targets: PoolTargets, pods: int
) -> None:
    found = pool(node, targets, pods)
    free = pool(dataclasses.replace(node, max_pods=None), targets, found.pods)
    assert found.slots <= free.slots
    assert found.stopped_by_max_pods == (found.slots < free.slots)


@settings(max_examples=150, deadline=None)
@given(SHAPES, TARGETS, st.integers(0, 60), st.lists(st.integers(0, 999), max_size=70))
def test_after_pods_left_a_node_holds_no_less_than_the_closed_form(
    node: NodeShape, targets: PoolTargets, pods: int, picks: list[int]
) -> None:
    steps = played(dataclasses.replace(node, max_pods=None), targets, picks, pods)
    assert steps.pool().slots >= pool(steps.shape, targets, steps.pods).slots
    assert steps.pool().unused_ips >= 0


@settings(max_examples=150, deadline=None)
@given(SHAPES, TARGETS, st.integers(0, 60), st.lists(st.integers(0, 999), max_size=70))
def test_an_interface_with_pods_is_never_given_back(
    node: NodeShape, targets: PoolTargets, pods: int, picks: list[int]
) -> None:
    steps = crowded(node, targets, pods)
    for pick in picks:
        before = steps.pods + steps.pending
        left = leave(steps, pick)
        assert steps.pods + steps.pending == before - left


@settings(max_examples=150, deadline=None)
@given(SHAPES, st.integers(0, 3), st.integers(0, 80), st.lists(st.integers(0, 999), max_size=90))
def test_by_default_a_node_keeps_at_most_the_interfaces_with_pods_beside_its_target(
    node: NodeShape, warm: int, pods: int, picks: list[int]
) -> None:
    steps = played(node, PoolTargets(warm_eni=warm), picks, pods)
    busy = sum(any(eni) for eni in steps.enis)
    target = pool(node, PoolTargets(warm_eni=warm), steps.pods).enis
    assert len(steps.enis) <= max(target, busy + 1)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 20),
    st.integers(0, 30),
    st.integers(0, 40),
    st.lists(st.integers(0, 999), max_size=50),
)
def test_ip_targets_shrink_to_the_closed_form_again(
    warm: int, least: int, pods: int, picks: list[int]
) -> None:
    targets = PoolTargets(warm_ip=warm or None, minimum_ip=least or None)
    if targets.ip_targets and warm:
        steps = played(shape(), targets, picks, pods)
        if steps.pool().ips < 4 * 14:
            assert steps.pool().ips == pool(shape(), targets, steps.pods).ips


def test_scattered_pods_keep_every_interface() -> None:
    steps = crowded(shape(max_enis=8), PoolTargets(), 14 * 4)
    assert len(steps.enis) == 5
    for eni in range(4):
        for slot in range(13):
            steps.leave(eni, slot)
            steps.settle()
    assert steps.pods == 4
    assert [sum(eni) for eni in steps.enis] == [1, 1, 1, 1]
    assert pool(shape(max_enis=8), PoolTargets(), 4).enis == 2


def test_packed_pods_give_the_interfaces_back() -> None:
    steps = crowded(shape(max_enis=8), PoolTargets(), 14 * 4)
    for eni in (3, 2, 1):
        for slot in range(14):
            steps.leave(eni, slot)
            steps.settle()
    assert len(steps.enis) == 2


def test_a_pod_can_leave_only_from_where_it_is() -> None:
    steps = PoolSteps(shape(), PoolTargets())
    steps.grow()
    with pytest.raises(ValueError, match="no pod on slot 0 of interface 0"):
        steps.leave(0, 0)


def test_max_pods_stops_a_large_node_at_the_interface_that_reaches_it() -> None:
    large = node_shape("m5.24xlarge", max_pods=110)
    assert large
    found = pool(large, PoolTargets(), 100)
    assert (found.enis, found.ips, found.stopped_by_max_pods) == (3, 147, True)
    assert pool(large, PoolTargets(), 40).stopped_by_max_pods is False


def test_pods_beyond_max_pods_are_pending() -> None:
    found = pool(shape(max_pods=20), PoolTargets(), 30)
    assert (found.pods, found.pending, found.exhausted) == (20, 10, True)


@pytest.mark.parametrize(
    "targets, expected",
    [
        (PoolTargets(warm_eni=0), [14, 14, 28, 28]),
        (PoolTargets(warm_prefix=0, prefix_delegation=True), [16, 16, 16, 32]),
    ],
)
def test_a_warm_target_of_zero_still_takes_more_once_nothing_is_free(
    targets: PoolTargets, expected: list[int]
) -> None:
    assert [pool(shape(), targets, pods).ips for pods in (0, 13, 14, 16)] == expected


def test_minimum_without_warm_pins_the_node() -> None:
    targets = PoolTargets(minimum_ip=10)
    assert [pool(shape(), targets, pods).ips for pods in (0, 10, 40)] == [10, 10, 10]
    assert pool(shape(), targets, 40).pending == 30


def test_without_nitro_prefixes_become_addresses() -> None:
    old = shape(nitro=False)
    assert pool(old, PoolTargets(prefix_delegation=True), 9) == pool(old, PoolTargets(), 9)


def test_what_is_not_known_is_said() -> None:
    unknown = shape(nitro=None, trunk_compatible=None)
    found = pool(unknown, PoolTargets(prefix_delegation=True, pod_eni=True), 1)
    assert len(found.assumed) == 2
    assert pool(unknown, PoolTargets(), 1).assumed == ()


@pytest.mark.parametrize(
    "parts, targets, most",
    [
        ({}, {}, 4),
        ({}, {"max_eni": 2}, 2),
        ({}, {"max_eni": 9}, 4),
        ({}, {"custom_networking": True}, 3),
        ({}, {"pod_eni": True}, 3),
        ({"trunk_compatible": False}, {"pod_eni": True}, 4),
        ({"trunk_compatible": None}, {"pod_eni": True}, 3),
        ({}, {"pod_eni": True, "custom_networking": True, "unmanaged_enis": 1}, 1),
        ({}, {"unmanaged_enis": 9}, 1),
        ({}, {"max_eni": 1, "custom_networking": True}, 0),
        ({}, {"max_eni": 1, "pod_eni": True}, 1),
    ],
)
def test_what_takes_places_from_pods(
    parts: dict[str, object], targets: dict[str, int], most: int
) -> None:
    assert pod_enis(shape(**parts), PoolTargets(**targets)) == most


def test_a_trunk_takes_an_address_of_its_own() -> None:
    plain, trunk = (pool(shape(), PoolTargets(pod_eni=on), 3) for on in (False, True))
    assert trunk.subnet_addresses == plain.subnet_addresses + 1
    assert trunk.per_eni == (*plain.per_eni, 0)


def test_custom_networking_takes_the_pods_addresses_from_their_own_subnet() -> None:
    found = pool(shape(), PoolTargets(custom_networking=True), 15)
    assert found.per_eni == (0, 14, 14, 14)
    assert (found.node_subnet_addresses, found.pod_subnet_addresses) == (1, 45)


def test_ipv6_takes_no_ipv4_address_for_pods() -> None:
    found = pool(shape(max_pods=110), PoolTargets(ipv6=True, prefix_delegation=True), 120)
    assert (found.enis, found.ips, found.subnet_addresses) == (1, 0, 1)
    assert (found.pods, found.pending) == (110, 10)


def test_a_full_node_holds_its_max_pods() -> None:
    for limit in limits().values():
        node = node_shape(limit.instance_type)
        assert node
        full = pool(node, PoolTargets(), 10**6)
        assert full.ips + HOST_NETWORK_PODS == max_pods(limit).uncapped


def test_an_unknown_type_has_no_shape() -> None:
    assert node_shape("z9.unheard") is None


def test_pods_are_not_negative() -> None:
    with pytest.raises(InputError, match="pods -1"):
        pool(shape(), PoolTargets(), -1)
