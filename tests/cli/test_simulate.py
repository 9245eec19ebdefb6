import json

import pytest
from click.testing import Result
from typer.testing import CliRunner

from eksnet.cli import simulate as commands
from eksnet.cli.app import app
from eksnet.model.errors import InputError

assert commands  # importing it registers the commands
M5 = ("--type", "m5.large")
IPV6 = ("--mode", "prefix", "--env", "ENABLE_IPv6=true", "--env", "ENABLE_IPv4=false")


def say(*words: str) -> Result:
    return CliRunner().invoke(app, ["simulate", "node", *words], catch_exceptions=False)


def answer(*words: str) -> dict[str, object]:
    result = say(*words, "--json")
    assert result.exit_code == 0
    found: dict[str, object] = json.loads(result.stdout)
    return found


def figures(*words: str) -> tuple[object, ...]:
    found = answer(*words)
    return tuple(found[key] for key in ("enis", "ips", "prefixes", "unused_ips", "per_eni"))


def test_the_answer_has_the_whole_contract() -> None:
    found = answer(*M5, "--pods", "20")
    assert list(found) == [
        "instance_type",
        "mode",
        "pods",
        "pending_pods",
        "enis",
        "ips",
        "prefixes",
        "unused_ips",
        "per_eni",
        "subnet_addresses",
        "node_subnet_addresses",
        "pod_subnet_addresses",
        "stopped_by_max_pods",
        "effective_settings",
        "warnings",
    ]
    assert found["subnet_addresses"] == 30
    assert found["warnings"] == []


@pytest.mark.parametrize(
    "words, expected",
    [
        (("--pods", "0"), (1, 9, 0, 9, [9])),
        (("--pods", "20"), (3, 27, 0, 7, [9, 9, 9])),
        (("--pods", "5", "--env", "WARM_IP_TARGET=2"), (1, 7, 0, 2, [7])),
        (("--pods", "5", "--mode", "prefix"), (1, 32, 2, 27, [2])),
        (("--pods", "5", "--env", "ENABLE_PREFIX_DELEGATION=1"), (1, 32, 2, 27, [2])),
        (("--pods", "5", "--custom-networking"), (3, 18, 0, 13, [0, 9, 9])),
        (("--pods", "5", "--env", "WARM_ENI_TARGET=0"), (1, 9, 0, 4, [9])),
        (("--pods", "5", "--max-pods", "9"), (1, 9, 0, 4, [9])),
        (("--pods", "5", "--env", "ENABLE_POD_ENI=true"), (3, 18, 0, 13, [9, 9, 0])),
    ],
)
def test_the_settings_decide_the_pool(words: tuple[str, ...], expected: tuple[object, ...]) -> None:
    assert figures(*M5, *words) == expected


def test_a_setting_tells_its_value_its_origin_and_why_it_is_ignored() -> None:
    settings = answer(*M5, "--pods", "1", "--env", "WARM_IP_TARGET=2")["effective_settings"]
    assert isinstance(settings, dict)
    assert settings["WARM_IP_TARGET"] == {"value": "2", "origin": "set", "ignored": None}
    assert settings["WARM_ENI_TARGET"] == {
        "value": "1",
        "origin": "assumed default",
        "ignored": "WARM_IP_TARGET or MINIMUM_IP_TARGET overrides it",
    }


@pytest.mark.parametrize(
    "words, warning",
    [
        (("--pods", "20", "--env", "MINIMUM_IP_TARGET=5"), "15 of 20 pods get no address"),
        (("--pods", "20", "--env", "MINIMUM_IP_TARGET=5"), "without WARM_IP_TARGET"),
        (("--pods", "40"), "13 of 40 pods get no address"),
        (("--pods", "9", "--max-pods", "9"), "the pool stops short of its targets"),
        (
            ("--pods", "200", "--mode", "prefix"),
            "110 is the recommended one",
        ),
    ],
)
def test_what_a_person_must_know_is_a_warning(words: tuple[str, ...], warning: str) -> None:
    warnings = answer(*M5, *words)["warnings"]
    assert isinstance(warnings, list)
    assert any(warning in each for each in warnings)


def test_a_type_without_nitro_falls_back_and_says_so() -> None:
    found = answer("--type", "m4.large", "--pods", "3", "--mode", "prefix")
    assert found["mode"] == "secondary-ip"
    assert found["warnings"] == [
        "ENABLE_PREFIX_DELEGATION=true on a type without Nitro: it gives secondary IPs"
    ]


def test_ipv6_takes_one_address_for_the_node() -> None:
    assert answer(*M5, "--pods", "50", *IPV6)["subnet_addresses"] == 1


@pytest.mark.parametrize(
    "words, message",
    [
        (("--type", "m5.lagre", "--pods", "1"), r"'m5\.lagre'; did you mean m5\.large"),
        ((*M5, "--pods", "-1"), "pods -1"),
        ((*M5, "--pods", "1", "--max-pods", "0"), "max-pods 0"),
        ((*M5, "--pods", "1", "--env", "WARM_IP_TARGETS=1"), "did you mean WARM_IP_TARGET"),
        ((*M5, "--pods", "1", "--env", "zzz=1"), "no variable 'zzz'$"),
        ((*M5, "--pods", "1", "--env", "WARM_IP_TARGET"), "NAME=VALUE is needed"),
        ((*M5, "--pods", "1", "--env", "WARM_IP_TARGET=-1"), "WARM_IP_TARGET='-1' is negative"),
        ((*M5, "--pods", "1", "--env", "WARM_IP_TARGET=x"), "is not an integer"),
        ((*M5, "--pods", "1", "--env", "ENABLE_POD_ENI=on"), "is not a boolean"),
        (
            (*M5, "--pods", "1", "--env", "MAX_ENI=1", "--env", "MAX_ENI=2"),
            "MAX_ENI is given twice",
        ),
        (
            (*M5, "--pods", "1", "--mode", "prefix", "--env", "ENABLE_PREFIX_DELEGATION=false"),
            "contradicts",
        ),
        ((*M5, "--pods", "1", "--env", "ENABLE_IPv6=true"), "ipamd does not start"),
        (
            ("--type", "m4.large", "--pods", "1", *IPV6),
            "without Nitro: ipamd does not start",
        ),
        (
            (*M5, "--pods", "1", "--env", "ENABLE_IMDS_ONLY_MODE=true"),
            "ENABLE_IMDS_ONLY_MODE=true: ipamd adds and frees nothing",
        ),
    ],
)
def test_bad_input_is_named(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        say(*words)


def test_the_table_is_for_people_and_warnings_go_to_stderr() -> None:
    result = say("--type", "m5.large", "--pods", "40", "--custom-networking")
    assert "Interfaces          3, with 0, 9, 9 addresses" in result.stdout
    assert "21: 1 of the node's subnet, 20 of the pods'" in result.stdout
    assert "WARM_PREFIX_TARGET" in result.stdout
    assert result.stderr == "warning: 22 of 40 pods get no address\n"


def test_the_table_counts_prefixes() -> None:
    result = say("--type", "m5.large", "--pods", "20", "--mode", "prefix", "--max-pods", "110")
    assert "Interfaces          1, with 3 prefixes" in result.stdout
    assert "3 of 16 addresses" in result.stdout
    assert not result.stderr


def test_help_shows_examples() -> None:
    assert "eksnet simulate node --type" in say("--help").stdout
