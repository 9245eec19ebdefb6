import json

import pytest
from click.testing import Result
from typer.testing import CliRunner

from eksnet.cli import max_pods as commands
from eksnet.cli.app import app
from eksnet.cni.limits import limits
from eksnet.model.errors import InputError

assert commands  # importing it registers the command


def say(*words: str) -> Result:
    return CliRunner().invoke(app, ["max-pods", *words], catch_exceptions=False)


def test_all_prints_every_type_once_with_the_contract() -> None:
    rows = json.loads(say("--all", "--json").stdout)
    assert [each["instance_type"] for each in rows] == sorted(limits())
    for each in rows:
        assert {"max_enis", "ipv4_per_eni", "uncapped", "recommended", "mode"} <= each.keys()
        assert {"custom_networking", "nitro", "notes"} <= each.keys()


def test_types_are_answered_in_the_order_asked() -> None:
    rows = json.loads(say("t3.medium", "m5.large", "--format", "json").stdout)
    assert [(each["instance_type"], each["uncapped"]) for each in rows] == [
        ("t3.medium", 17),
        ("m5.large", 29),
    ]


def test_the_options_reach_the_formula() -> None:
    words = ("m5.large", "--mode", "prefix", "--custom-networking", "--max-eni", "2", "--json")
    (row,) = json.loads(say(*words).stdout)
    assert (row["uncapped"], row["recommended"], row["mode"]) == (146, 110, "prefix")


def test_a_windows_node_uses_its_primary_interface_only() -> None:
    (row,) = json.loads(say("m5.large", "--windows", "--json").stdout)
    assert (row["max_enis"], row["uncapped"], row["recommended"]) == (1, 9, 9)
    with pytest.raises(InputError, match="primary interface only"):
        say("m5.large", "--windows", "--max-eni", "2")


def test_the_addresses_of_an_ipv6_node_set_no_limit() -> None:
    nitro, large, xen = json.loads(
        say("m5.large", "m5.24xlarge", "t2.large", "--ipv6", "--json").stdout
    )
    assert [each["recommended"] for each in (nitro, large, xen)] == [110, 250, 0]
    assert [each["uncapped"] for each in (nitro, large, xen)] == [None, None, 0]
    assert say("m5.large", "--ipv6").stdout.splitlines()[1].split()[4] == "any"
    for other in ("--windows", "--custom-networking"):
        with pytest.raises(InputError, match="--ipv6"):
            say("m5.large", "--ipv6", other)


def test_the_table_has_one_line_a_type_and_a_question_mark_for_the_unknown() -> None:
    lines = say("m5.large", "i3.metal").stdout.splitlines()
    assert lines[1].split()[:6] == ["m5.large", "3", "10", "2", "29", "29"]
    assert lines[2].split()[:6] == ["i3.metal", "15", "50", "?", "737", "?"]


def test_an_unknown_type_and_no_type_are_bad_input() -> None:
    with pytest.raises(InputError, match="did you mean"):
        say("m5.lagre")
    with pytest.raises(InputError, match="--all"):
        say()


def test_help_shows_examples() -> None:
    assert "eksnet max-pods m5.large" in say("--help").stdout
