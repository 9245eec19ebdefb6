import pytest

from eksnet.cni.limits import InstanceLimit, limits
from eksnet.cni.max_pods import Mode, ipv6_max_pods, limit_of, max_pods, windows_max_pods
from eksnet.model.errors import InputError


def limit(**parts: object) -> InstanceLimit:
    values: dict[str, object] = {
        "instance_type": "x1.test",
        "max_enis": 15,
        "ipv4_per_eni": 50,
        "hypervisor": "nitro",
        "bare_metal": False,
        "max_branch_enis": None,
        "trunking": None,
        "network_cards": 1,
        "all_cards_enis": 15,
        "vcpus": 64,
        "published_max_pods": None,
        "source": "cni",
    }
    return InstanceLimit(**{**values, **parts})  # type: ignore[arg-type]


def test_secondary_ip_mode_equals_the_published_figure_of_every_type() -> None:
    for each in limits().values():
        if each.published_max_pods is not None:
            assert max_pods(each).uncapped == each.published_max_pods


@pytest.mark.parametrize(
    "name, mode, custom, max_eni, uncapped, recommended",
    [
        ("m5.large", Mode.SECONDARY_IP, False, None, 29, 29),
        ("m5.large", Mode.SECONDARY_IP, True, None, 20, 20),
        ("m5.large", Mode.PREFIX, False, None, 434, 110),
        ("m5.large", Mode.PREFIX, True, None, 290, 110),
        ("m5.large", Mode.PREFIX, True, 2, 146, 110),
        ("m5.large", Mode.SECONDARY_IP, False, 2, 20, 20),
        ("m5.large", Mode.SECONDARY_IP, False, 9, 29, 29),
        ("m5.24xlarge", Mode.SECONDARY_IP, False, None, 737, 250),
        ("t3.medium", Mode.SECONDARY_IP, False, None, 17, 17),
        ("p5.48xlarge", Mode.SECONDARY_IP, False, None, 100, 100),
    ],
)
def test_known_nodes_hold_what_they_hold(
    name: str,
    mode: Mode,
    *,
    custom: bool,
    max_eni: int | None,
    uncapped: int,
    recommended: int,
) -> None:
    answer = max_pods(limit_of(name), mode, custom_networking=custom, max_eni=max_eni)
    assert (answer.uncapped, answer.recommended) == (uncapped, recommended)


@pytest.mark.parametrize("vcpus, cap", [(2, 110), (29, 110), (30, 110), (31, 250), (32, 250)])
def test_more_than_30_vcpus_lift_the_cap(vcpus: int, cap: int) -> None:
    assert max_pods(limit(vcpus=vcpus)).recommended == cap


def test_unknown_vcpus_decide_nothing_unless_no_cap_is_reached() -> None:
    unknown = max_pods(limit(vcpus=None))
    assert unknown.recommended is None
    assert any("vCPUs" in note for note in unknown.notes)
    small = max_pods(limit(vcpus=None, max_enis=2))
    assert small.recommended == small.uncapped == 100
    assert not small.notes


@pytest.mark.parametrize("hypervisor", ["xen", None])
def test_without_nitro_prefix_mode_falls_back_and_says_so(hypervisor: str | None) -> None:
    old = limit(hypervisor=hypervisor)
    answer = max_pods(old, Mode.PREFIX)
    assert answer.mode is Mode.SECONDARY_IP
    assert answer.uncapped == max_pods(old).uncapped
    assert "secondary IPs are used" in answer.notes[0]


def test_bare_metal_takes_prefixes() -> None:
    answer = max_pods(limit(hypervisor=None, bare_metal=True), Mode.PREFIX)
    assert answer.mode is Mode.PREFIX
    assert answer.uncapped == 15 * 49 * 16 + 2


def test_with_no_interface_left_only_host_network_pods_run() -> None:
    answer = max_pods(limit(), custom_networking=True, max_eni=1)
    assert answer.uncapped == 2
    assert "host-network" in answer.notes[0]


@pytest.mark.parametrize("max_eni", [0, -1])
def test_max_eni_is_positive(max_eni: int) -> None:
    with pytest.raises(InputError):
        max_pods(limit(), max_eni=max_eni)


def test_an_unknown_type_is_named_with_close_ones() -> None:
    with pytest.raises(InputError, match=r"'m5\.lagre'; did you mean m5\.large"):
        limit_of("m5.lagre")
    with pytest.raises(InputError, match=r"unknown instance type 'zzz'$"):
        limit_of("zzz")


@pytest.mark.parametrize(
    "mode, uncapped, recommended", [(Mode.SECONDARY_IP, 9, 9), (Mode.PREFIX, 144, 110)]
)
def test_a_windows_node_uses_one_interface(mode: Mode, uncapped: int, recommended: int) -> None:
    # https://docs.aws.amazon.com/eks/latest/best-practices/prefix-mode-win.html names c5.large
    answer = windows_max_pods(limit_of("c5.large"), mode)
    assert (answer.max_enis, answer.uncapped, answer.recommended) == (1, uncapped, recommended)


def test_windows_needs_nitro_for_prefixes_too() -> None:
    answer = windows_max_pods(limit(hypervisor="xen"), Mode.PREFIX)
    assert (answer.mode, answer.uncapped) == (Mode.SECONDARY_IP, 49)


@pytest.mark.parametrize(
    "parts, most",
    [
        ({"vcpus": 30}, 110),
        ({"vcpus": 31}, 250),
        ({"vcpus": None}, None),
        ({"hypervisor": "xen"}, 0),
        ({"hypervisor": None}, None),
        ({"max_enis": 2, "ipv4_per_eni": 2, "vcpus": 2}, 110),
    ],
)
def test_with_ipv6_no_address_limits_a_node(parts: dict[str, object], most: int | None) -> None:
    assert ipv6_max_pods(limit(**parts)) == most
