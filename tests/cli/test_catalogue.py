import json

import pytest
from typer.testing import CliRunner

from eksnet.checks import catalogue as every_check
from eksnet.cli import catalogue as commands
from eksnet.cli.app import app
from eksnet.engine.check import Check
from eksnet.engine.profile import Profile
from eksnet.model.errors import InputError


def say(*words: str) -> str:
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_the_json_catalogue_holds_every_check_with_its_contract() -> None:
    rows = json.loads(say("checks", "--json"))
    assert [each["id"] for each in rows] == [check.id for check in every_check()]
    for each in rows:
        told = "id title severity topic needs source rules frameworks profiles"
        assert list(each) == told.split()
        assert each["id"].startswith(each["topic"])
        assert each["needs"] == sorted(each["needs"])


@pytest.mark.parametrize("profile", Profile)
def test_a_profile_lists_the_checks_that_say_so_and_no_other(profile: Profile) -> None:
    shown = [each["id"] for each in json.loads(say("checks", "--profile", profile, "--json"))]
    rows = json.loads(say("checks", "--json"))
    assert shown == [each["id"] for each in rows if profile in each["profiles"]]
    assert shown


def test_an_unknown_profile_is_bad_input_and_those_there_are_are_named() -> None:
    result = CliRunner().invoke(app, ["checks", "--profile", "compliance"])
    assert result.exit_code == 2
    assert all(f"'{profile}'" in result.stderr for profile in Profile)


def test_the_table_has_one_line_a_check() -> None:
    lines = say("checks").splitlines()[1:]
    assert [line.split()[0] for line in lines] == [check.id for check in every_check()]


@pytest.mark.parametrize("check", every_check(), ids=lambda check: check.id)
def test_explain_tells_all_of_a_declaration(check: Check) -> None:
    text = say("explain", check.id.lower())
    assert text == commands.page(check)
    parts = (check.title, check.severity, check.source, check.doc)
    for told in (*parts, *check.facets, *check.frameworks):
        assert told in text


def test_explain_of_an_unknown_check_is_bad_input() -> None:
    with pytest.raises(InputError, match="unknown check 'XEN999'"):
        say("explain", "XEN999")


def test_explain_shows_what_the_check_may_read_in_iam_terms() -> None:
    assert "`ec2:DescribeSubnets`" in say("explain", "XEN002")
