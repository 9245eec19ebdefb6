import pytest

from eksnet.cni.effective import Effective, Origin, effective, pool_targets, without_nitro
from eksnet.cni.env_vars import env_vars, read_flag, read_number, read_version
from eksnet.cni.pool import PoolTargets
from eksnet.cni.precedence import REFUSED

CUSTOM = "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG"
EXTERNAL = "AWS_VPC_K8S_CNI_EXTERNALSNAT"
EXCLUDE = "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS"
IPV6_ENV = {"ENABLE_IPv4": "false", "ENABLE_IPv6": "true", "ENABLE_PREFIX_DELEGATION": "true"}


def rules(settings: Effective) -> list[str]:
    return [each.rule for each in settings.contradictions]


def test_nothing_set_contradicts_nothing() -> None:
    settings = effective({})
    assert rules(settings) == []
    assert settings.starts
    assert settings.provisions
    assert pool_targets(settings) == PoolTargets()
    assert set(settings.settings) == set(env_vars())


def test_every_default_is_one_that_its_own_variable_may_have() -> None:
    for name, variable in env_vars().items():
        for default in (variable.default, variable.manifest):
            if default is not None:
                settings = effective({name: default}, init_env={name: default})
                assert settings.settings[name].problem is None
                assert settings.value(name) == default


@pytest.mark.parametrize(
    "source, origin",
    [
        ("add-on", Origin.ADD_ON_DEFAULT),
        ("self-managed", Origin.ASSUMED_DEFAULT),
        ("given", Origin.ASSUMED_DEFAULT),
    ],
)
def test_a_default_tells_whether_it_is_only_assumed(source: str, origin: Origin) -> None:
    settings = effective({"WARM_IP_TARGET": "5"}, source=source)  # type: ignore[arg-type]
    assert settings.settings["WARM_IP_TARGET"].origin is Origin.SET
    assert settings.settings["WARM_PREFIX_TARGET"].origin is origin
    assert settings.value("WARM_PREFIX_TARGET") == "1"


@pytest.mark.parametrize(
    "name, text, value, problem",
    [
        ("WARM_ENI_TARGET", "0", 0, False),
        ("WARM_ENI_TARGET", "-1", 1, True),
        ("WARM_ENI_TARGET", "two", 1, True),
        ("WARM_PREFIX_TARGET", "0", 0, False),
        ("WARM_PREFIX_TARGET", "-1", 0, True),
        ("WARM_IP_TARGET", "5", 5, False),
        ("WARM_IP_TARGET", "+5", 5, False),
        ("WARM_IP_TARGET", "0", None, False),
        ("WARM_IP_TARGET", "-5", None, True),
        ("WARM_IP_TARGET", "1_0", None, True),
        ("WARM_IP_TARGET", " 5", None, True),
        ("MINIMUM_IP_TARGET", "", None, True),
        ("MAX_ENI", "0", None, False),
        ("MAX_ENI", "3", 3, False),
        ("IP_COOLDOWN_PERIOD", "x", 30, True),
    ],
)
def test_numbers_are_read_as_the_cni_reads_them(
    name: str, text: str, value: int | None, *, problem: bool
) -> None:
    settings = effective({name: text})
    assert settings.number(name) == value
    assert (settings.settings[name].problem is not None) is problem
    assert ("unreadable-value" in rules(settings)) is problem


@pytest.mark.parametrize(
    "text, value, readable",
    [("t", True, True), ("F", False, True), ("0", False, True), ("yes", True, False)],
)
def test_booleans_are_read_as_go_reads_them(text: str, *, value: bool, readable: bool) -> None:
    settings = effective({"ENABLE_SUBNET_DISCOVERY": text})
    assert settings.flag("ENABLE_SUBNET_DISCOVERY") is value
    assert ("unreadable-value" in rules(settings)) is not readable


def test_a_value_that_is_not_allowed_is_said_whatever_its_case() -> None:
    assert rules(effective({"AWS_VPC_K8S_CNI_LOGLEVEL": "debug"})) == []
    wrong = effective({"NETWORK_POLICY_ENFORCING_MODE": "lax"})
    assert wrong.contradictions[0].statement == (
        "NETWORK_POLICY_ENFORCING_MODE='lax' is not one of standard, strict, none"
    )


@pytest.mark.parametrize(
    "env, name",
    [
        ({"WARM_IP_TARGET": "5"}, "WARM_ENI_TARGET"),
        ({"MINIMUM_IP_TARGET": "5"}, "WARM_PREFIX_TARGET"),
        ({}, "WARM_PREFIX_TARGET"),
        ({"ENABLE_PREFIX_DELEGATION": "true"}, "WARM_ENI_TARGET"),
        ({CUSTOM: "true"}, "ENABLE_SUBNET_DISCOVERY"),
        ({}, "ENI_CONFIG_LABEL_DEF"),
        ({EXTERNAL: "true"}, "AWS_VPC_K8S_CNI_RANDOMIZESNAT"),
        ({}, "POD_SECURITY_GROUP_ENFORCING_MODE"),
        ({"DISABLE_TCP_EARLY_DEMUX": "true"}, "DISABLE_TCP_EARLY_DEMUX"),
        ({}, "ENABLE_V4_EGRESS"),
        (IPV6_ENV, "ENABLE_V6_EGRESS"),
        (IPV6_ENV, "WARM_IP_TARGET"),
        (IPV6_ENV, "MAX_ENI"),
        ({"ENABLE_IMDS_ONLY_MODE": "true"}, "WARM_ENI_TARGET"),
        ({"DISABLE_NETWORK_RESOURCE_PROVISIONING": "true"}, "WARM_IP_TARGET"),
    ],
)
def test_what_has_no_effect_is_ignored_with_its_reason(env: dict[str, str], name: str) -> None:
    assert effective(env).settings[name].ignored


@pytest.mark.parametrize(
    "env, name",
    [
        ({}, "WARM_ENI_TARGET"),
        ({"WARM_IP_TARGET": "0"}, "WARM_ENI_TARGET"),
        ({"ENABLE_PREFIX_DELEGATION": "true"}, "WARM_PREFIX_TARGET"),
        ({}, "ENABLE_SUBNET_DISCOVERY"),
        ({CUSTOM: "true"}, "ENI_CONFIG_LABEL_DEF"),
        ({"ENABLE_POD_ENI": "true"}, "POD_SECURITY_GROUP_ENFORCING_MODE"),
        ({}, "MAX_ENI"),
    ],
)
def test_what_has_an_effect_is_not_ignored(env: dict[str, str], name: str) -> None:
    assert effective(env).settings[name].ignored is None


@pytest.mark.parametrize(
    "env, rule",
    [
        ({"MINIMUM_IP_TARGET": "10"}, "minimum-without-warm"),
        ({"MINIMUM_IP_TARGET": "10", "WARM_IP_TARGET": "0"}, "minimum-without-warm"),
        ({"WARM_IP_TARGET": "5", "WARM_ENI_TARGET": "2"}, "overridden-target"),
        (
            {"ENABLE_PREFIX_DELEGATION": "true", "WARM_PREFIX_TARGET": "0"},
            "prefixes-without-warm",
        ),
        ({"ENABLE_IPv6": "true"}, "address-family"),
        ({"ENABLE_IPv4": "false"}, "address-family"),
        ({**IPV6_ENV, "ENABLE_PREFIX_DELEGATION": "false"}, "ipv6-without-prefixes"),
        ({**IPV6_ENV, CUSTOM: "true"}, "ipv6-custom-networking"),
        ({EXTERNAL: "true", EXCLUDE: "10.0.0.0/8"}, "exclusions-without-snat"),
        ({CUSTOM: "true", "ENABLE_SUBNET_DISCOVERY": "true"}, "discovery-with-custom-networking"),
        ({"DISABLE_TCP_EARLY_DEMUX": "true"}, "early-demux-in-main"),
        ({"ENABLE_V6_EGRESS": "true"}, "egress-in-one-container"),
        ({"MAX_ENI": "1", CUSTOM: "true"}, "no-interface-left"),
        ({"MAX_ENI": "1", "ENABLE_POD_ENI": "true"}, "no-interface-left"),
    ],
)
def test_what_does_not_go_together_is_said(env: dict[str, str], rule: str) -> None:
    settings = effective(env)
    found = next(each for each in settings.contradictions if each.rule == rule)
    assert all(name in found.statement for name in found.names)
    assert settings.starts is (rule not in REFUSED)


@pytest.mark.parametrize(
    "env",
    [
        {"MINIMUM_IP_TARGET": "10", "WARM_IP_TARGET": "2"},
        {"ENABLE_PREFIX_DELEGATION": "true"},
        {"ENABLE_PREFIX_DELEGATION": "true", "WARM_IP_TARGET": "2"},
        IPV6_ENV,
        {EXCLUDE: "10.0.0.0/8"},
        {CUSTOM: "true"},
        {CUSTOM: "true", "ENABLE_SUBNET_DISCOVERY": "false"},
        {"MAX_ENI": "2", CUSTOM: "true", "ENABLE_POD_ENI": "true"},
    ],
)
def test_what_goes_together_is_left_alone(env: dict[str, str]) -> None:
    assert rules(effective(env)) == []


def test_the_init_containers_variables_count_where_they_are_read() -> None:
    settings = effective({}, init_env={"DISABLE_TCP_EARLY_DEMUX": "true"})
    assert settings.flag("DISABLE_TCP_EARLY_DEMUX")
    assert settings.settings["DISABLE_TCP_EARLY_DEMUX"].origin is Origin.SET
    both = {"ENABLE_V6_EGRESS": "true"}
    assert rules(effective(both, init_env=both)) == []


def test_a_variable_newer_than_the_cni_does_nothing() -> None:
    env = {"ENABLE_SUBNET_DISCOVERY": "true"}
    old = effective(env, version="v1.16.4-eksbuild.2", source="add-on")
    assert old.settings["ENABLE_SUBNET_DISCOVERY"].ignored == "it came with v1.18.0"
    assert not old.flag("ENABLE_SUBNET_DISCOVERY")
    assert rules(old) == ["not-in-this-version"]
    assert effective(env, version="v1.18.0").flag("ENABLE_SUBNET_DISCOVERY")


def test_a_deprecated_variable_does_nothing() -> None:
    env = {"ENABLE_NFTABLES": "true"}
    assert rules(effective(env, version="v1.13.2")) == ["not-in-this-version"]
    assert rules(effective(env, version="v1.13.1")) == []


def test_an_ipv6_cluster_has_other_defaults() -> None:
    settings = effective({}, source="add-on", ipv6_cluster=True)
    assert rules(settings) == []
    assert pool_targets(settings).ipv6
    assert settings.settings["ENABLE_IPv6"].origin is Origin.ADD_ON_DEFAULT


@pytest.mark.parametrize(
    "env, found",
    [
        ({}, []),
        ({"ENABLE_PREFIX_DELEGATION": "true"}, ["prefixes-without-nitro"]),
        (IPV6_ENV, ["ipv6-without-nitro"]),
    ],
)
def test_a_type_without_nitro_takes_no_prefixes(env: dict[str, str], found: list[str]) -> None:
    assert [each.rule for each in without_nitro(effective(env))] == found


def test_names_that_the_cni_does_not_know_are_told() -> None:
    settings = effective({"WARM_IPS": "1", "WARM_IP_TARGET": "1"}, init_env={"OTHER": "x"})
    assert settings.unknown == ("OTHER", "WARM_IPS")


def test_the_targets_of_the_pool_are_those_in_effect() -> None:
    env = {
        "WARM_ENI_TARGET": "0",
        "WARM_IP_TARGET": "3",
        "MINIMUM_IP_TARGET": "9",
        "WARM_PREFIX_TARGET": "4",
        "ENABLE_PREFIX_DELEGATION": "1",
        CUSTOM: "T",
        "MAX_ENI": "2",
        "ENABLE_POD_ENI": "True",
    }
    assert pool_targets(effective(env), unmanaged_enis=1) == PoolTargets(
        warm_eni=0,
        warm_ip=3,
        minimum_ip=9,
        warm_prefix=4,
        prefix_delegation=True,
        custom_networking=True,
        max_eni=2,
        pod_eni=True,
        unmanaged_enis=1,
    )


def test_provisioning_left_to_others_is_told() -> None:
    assert not effective({"DISABLE_NETWORK_RESOURCE_PROVISIONING": "true"}).provisions


def test_text_is_read_as_go_reads_it() -> None:
    assert [read_flag(text) for text in ("TRUE", "tRUE", "", None)] == [True, None, None, None]
    assert [read_number(text) for text in ("-7", "9" * 20, "7.0", "٣", None)] == [
        -7,
        None,
        None,
        None,
        None,
    ]
    assert read_version("v1.18.3-eksbuild.1") == (1, 18, 3)
    assert read_version("latest") is None
    assert read_version(None) is None
