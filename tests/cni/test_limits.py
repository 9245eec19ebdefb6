import pathlib

import pytest

from eksnet.cni import limits as module
from eksnet.cni.limits import limits
from tools.refresh_limits import read_go, read_pods, render

HYPERVISORS = {"nitro", "xen", None}


def test_there_are_all_published_types() -> None:
    assert len(limits()) >= 1_391
    published = [each for each in limits().values() if each.published_max_pods is not None]
    assert len(published) == 1_391


def test_every_limit_is_sound() -> None:
    for name, each in limits().items():
        assert each.instance_type == name
        assert 1 <= each.max_enis <= each.all_cards_enis
        assert each.ipv4_per_eni >= 2
        assert each.network_cards >= 1
        assert each.hypervisor in HYPERVISORS
        assert each.vcpus is None or each.vcpus >= 1
        assert (each.trunking is None) is (each.max_branch_enis is None)
        assert bool(each.max_branch_enis) is bool(each.trunking)


def test_what_the_sources_do_not_say_is_none() -> None:
    only_cni = [each for each in limits().values() if each.source == "cni"]
    assert only_cni
    assert {each.trunking for each in only_cni} == {None}
    assert limits()["p3.2xlarge"].vcpus is None


def test_only_the_default_network_card_counts() -> None:
    wide = limits()["p5.48xlarge"]
    assert (wide.max_enis, wide.all_cards_enis, wide.network_cards) == (2, 64, 32)


@pytest.mark.parametrize(
    "name, nitro",
    [("m5.large", True), ("m5.metal", True), ("m4.large", False), ("cr1.8xlarge", None)],
)
def test_nitro_is_as_ipamd_sees_it(name: str, *, nitro: bool | None) -> None:
    assert limits()[name].nitro is nitro


def test_nobody_can_change_them() -> None:
    with pytest.raises(TypeError):
        limits()["m5.large"] = limits()["m5.xlarge"]  # type: ignore[index]


def test_the_data_names_its_sources_and_commits() -> None:
    path = pathlib.Path(module.__file__).with_name("instance_limits.csv")
    head = [line for line in path.read_text("utf8").splitlines() if line.startswith("#")]
    text = "\n".join(head)
    assert "amazon-vpc-cni-k8s b52188387f2e2f10bf289ace929d6a63b176a4fa" in text
    assert "amazon-vpc-resource-controller-k8s b8d425119bdba371202882b808f202c6073a46cc" in text


CNI_GO = """\
var instanceNetworkingLimits = map[string]InstanceTypeLimits{
\t"a1.metal": {
\t\tENILimit:                8,
\t\tIPv4Limit:               30,
\t\tDefaultNetworkCardIndex: 0,
\t\tNetworkCards: []NetworkCard{
\t\t\t{
\t\t\t\tMaximumNetworkInterfaces: 8,
\t\t\t\tNetworkCardIndex:         0,
\t\t\t},
\t\t\t{
\t\t\t\tMaximumNetworkInterfaces: 4,
\t\t\t\tNetworkCardIndex:         1,
\t\t\t},
\t\t},
\t\tHypervisorType: "unknown",
\t\tIsBareMetal:    true,
\t},
}
"""
CONTROLLER_GO = """\
var Limits = map[string]*VPCLimits{
\t"a1.metal": {
\t\tInterface:               12,
\t\tIPv4PerInterface:        30,
\t\tIsTrunkingCompatible:    true,
\t\tBranchInterface:         54,
\t\tDefaultNetworkCardIndex: 0,
\t\tNetworkCards: []NetworkCard{
\t\t\t{
\t\t\t\tMaximumNetworkInterfaces: 8,
\t\t\t\tNetworkCardIndex:         0,
\t\t\t},
\t\t},
\t\tHypervisor:  "",
\t\tIsBareMetal: true,
\t},
\t"i3.metal": {
\t\tInterface:               15,
\t\tIPv4PerInterface:        50,
\t\tIsTrunkingCompatible:    true,
\t\tBranchInterface:         120,
\t\tDefaultNetworkCardIndex: 0,
\t\tNetworkCards: []NetworkCard{
\t\t\t{
\t\t\t\tMaximumNetworkInterfaces: 15,
\t\t\t\tNetworkCardIndex:         0,
\t\t\t},
\t\t},
\t\tHypervisor:  "",
\t\tIsBareMetal: true,
\t},
}
"""


def test_a_refresh_reads_both_sources_and_prefers_the_cnis_own_figures() -> None:
    pods = read_pods("# a comment\na1.metal 234\n")
    lines = render(read_go(CNI_GO), read_go(CONTROLLER_GO), {"a1.metal": "16"}, pods).splitlines()
    assert lines[1:] == [
        "a1.metal,8,30,,true,54,true,2,12,16,234,cni+rc",
        "i3.metal,15,50,,true,120,true,1,15,,,rc",
    ]


def test_a_refresh_refuses_a_source_whose_form_has_changed() -> None:
    with pytest.raises(ValueError, match="no instance types"):
        read_go("package vpc\n")
