import json
import pathlib

import pytest
from click.testing import Result
from pydantic import TypeAdapter
from typer.testing import CliRunner

from eksnet.cli import cidr as commands
from eksnet.cli.app import app
from eksnet.model.errors import InputError
from eksnet.model.snapshot import Facet, Snapshot
from tests.build import VPC, route_table, snapshot, vpc

assert commands  # importing it registers the commands


def say(*words: str) -> Result:
    return CliRunner().invoke(app, ["cidr", *words], catch_exceptions=False)


def saved(tmp_path: pathlib.Path, seen: Snapshot) -> str:
    path = tmp_path / "snapshot.json"
    path.write_bytes(TypeAdapter(Snapshot).dump_json(seen))
    return str(path)


def test_an_allowed_block_exits_0_with_the_whole_contract() -> None:
    result = say("check", "--existing", "10.0.0.0/16", "--add", "100.64.0.9/16", "--json")
    answer = json.loads(result.stdout)
    assert result.exit_code == 0
    assert list(answer) == ["allowed", "rule", "reason", "warnings"]
    assert answer["allowed"] is True
    assert len(answer["warnings"]) == 1


@pytest.mark.parametrize(
    "words, rule",
    [
        (("--existing", "10.0.0.0/16", "--add", "198.19.0.0/16"), "benchmark-198-19"),
        (
            ("--existing", "10.2.0.0/16", "--existing", "10.1.0.0/16", "--add", "10.0.0.0/16"),
            "10-0-0-0-15",
        ),
        (
            ("--existing", "10.0.0.0/16", "--add", "100.64.0.0/16", "--route", "100.64.0.0/16"),
            "route",
        ),
        (
            ("--existing", "10.0.0.0/16", "--add", "100.64.0.0/16", "--peer", "100.64.0.0/20"),
            "peer",
        ),
    ],
)
def test_a_refused_block_exits_1_and_names_the_rule(words: tuple[str, ...], rule: str) -> None:
    result = say("check", *words, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["rule"] == rule
    plain = say("check", *words)
    assert plain.exit_code == 1
    assert plain.stdout.startswith(f"refused ({rule}): ")


def test_warnings_of_the_plain_answer_go_to_stderr() -> None:
    result = say("check", "--existing", "10.0.0.0/16", "--add", "100.64.0.9/16")
    assert result.stdout.count("\n") == 1
    assert result.stderr.startswith("warning: 100.64.0.9/16 has host bits set")


def test_a_malformed_block_is_bad_input() -> None:
    with pytest.raises(InputError, match=r"'10\.0\.0\.0'"):
        say("check", "--existing", "10.0.0.0", "--add", "100.64.0.0/16")
    assert say("check", "--add", "100.64.0.0/16").exit_code == 2


def test_a_proposal_is_read_from_a_snapshot(tmp_path: pathlib.Path) -> None:
    path = saved(tmp_path, snapshot(vpcs=[vpc()], route_tables=[route_table()]))
    words = ("propose", "--from", path, "--vpc", VPC, "--prefix", "18")
    assert say(*words).stdout == "100.64.0.0/18\n"
    result = say(*words, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "vpc": VPC,
        "prefix": 18,
        "cidr": "100.64.0.0/18",
        "rule": None,
        "reason": None,
        "warnings": [],
    }


def test_no_proposal_exits_1_and_an_unseen_one_3(tmp_path: pathlib.Path) -> None:
    own = [f"10.{n}.0.0/16" for n in range(2, 7)]
    seen = snapshot(vpcs=[vpc(VPC, *own)], route_tables=[route_table()])
    path = saved(tmp_path, seen)
    words = ("propose", "--from", path, "--vpc", VPC, "--prefix", "18")
    result = say(*words)
    assert result.exit_code == 1
    assert result.stdout.startswith("none (quota): ")
    less = snapshot(vpcs=[vpc()], seen=frozenset(Facet) - {Facet.PEERINGS})
    saved(tmp_path, less)
    unseen = say(*words, "--json")
    assert unseen.exit_code == 3
    assert json.loads(unseen.stdout)["rule"] == "unseen"


def test_a_vpc_that_is_not_there_is_bad_input(tmp_path: pathlib.Path) -> None:
    path = saved(tmp_path, snapshot(vpcs=[vpc()], route_tables=[route_table()]))
    with pytest.raises(InputError, match="vpc-nowhere"):
        say("propose", "--from", path, "--vpc", "vpc-nowhere", "--prefix", "18")


@pytest.mark.parametrize("command", ["check", "propose"])
def test_help_shows_examples(command: str) -> None:
    assert f"eksnet cidr {command} --" in say(command, "--help").stdout
