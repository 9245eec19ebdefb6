import json
import os
import pathlib

import pytest
from click.testing import Result
from pydantic import TypeAdapter
from typer.testing import CliRunner

from eksnet.cli import simulate_fleet as commands
from eksnet.cli.app import app
from eksnet.engine.limits import Limits
from eksnet.model.errors import InputError
from eksnet.model.finding import Status
from eksnet.model.snapshot import Snapshot
from tests.build import addon, cluster, instance, node_eni, node_group, snapshot, subnet, vpc

GOLDEN = pathlib.Path(__file__).parent / "golden" / "fleet.txt"
LEAN = '{"env": {"WARM_IP_TARGET": "2", "MINIMUM_IP_TARGET": "10"}}'
TAGS = {"eks:cluster-name": "payments", "eks:nodegroup-name": "workers"}


def say(*words: str) -> Result:
    return CliRunner().invoke(app, ["simulate", "fleet", *words], catch_exceptions=False)


def without_findings(text: str) -> str:
    """Leave out what every new check may change."""
    head, _, rest = text.partition("  Findings that change:")
    return head + rest.partition("\n\n")[2]


@pytest.fixture
def recorded(tmp_path: pathlib.Path) -> str:
    path = tmp_path / "snapshot.json"
    path.write_bytes(TypeAdapter(Snapshot).dump_json(fleet()))
    return str(path)


def fleet(**parts: object) -> Snapshot:
    values: dict[str, object] = {
        "clusters": [cluster()],
        "vpcs": [vpc()],
        "subnets": [subnet(free_ips=11), subnet("subnet-b")],
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


def test_the_json_is_a_contract(recorded: str) -> None:
    result = say("--from", recorded, "--mode", "prefix", "--json")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert list(answer) == ["schema_version", "scenario", "targets"]
    (target,) = answer["targets"]
    first = target["subnets"][0]
    assert first["then"]["at_most"] == {"addresses": 113, "free_28": 7}
    assert first["free_then"] == [11 + 11 - 113, 11 + 11 - 17]
    assert target["max_pods"][0]["pods_then"] == 110
    assert {each["way"] for each in target["options"]} >= {"ipv6", "prefix-mode"}
    assert {each["question"] for each in target["verdicts"]} == {
        "upgrade",
        "roll",
        "surge",
        "maximum",
    }


def test_what_a_person_reads(recorded: str) -> None:
    words = ("--custom-networking", "--pod-cidr", "100.64.0.0/16", "--nodes", "workers=4")
    text = without_findings(say("--from", recorded, *words).stdout)
    if os.environ.get("EKSNET_UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_findings_that_a_setting_opens_and_closes_are_told() -> None:
    before = fleet()
    alone = '{"env": {"WARM_IP_TARGET": "2"}}'
    after = fleet(addons=[addon(configuration=alone)])
    opened = commands.finding_changes(before, after, Limits())
    closed = commands.finding_changes(after, before, Limits())
    assert ("CNI003", Status.FAIL) in [(e.finding.check_id, e.finding.status) for e in opened]
    assert ("CNI003", Status.PASS) in [(e.finding.check_id, e.finding.status) for e in closed]
    assert commands.finding_changes(before, before, Limits()) == ()


def test_a_cluster_without_known_settings_is_exit_3(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "snapshot.json"
    path.write_bytes(TypeAdapter(Snapshot).dump_json(fleet(addons=[])))
    result = say("--from", str(path), "--mode", "prefix")
    assert result.exit_code == 3
    assert "payments: no figures, kubernetes:aws-node answered NotRead" in result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--env", "WARM_IP"), "NAME=VALUE"),
        (("--env", "WARM_IPS_TARGET=2"), "WARM_IP_TARGET"),
        (("--env", "WARM_IP_TARGET=two"), "two"),
        (("--nodes", "workers"), "GROUP=VALUE"),
        (("--nodes", "workers=some"), "a number of nodes"),
        (("--nodes", "workers=-1"), "a number of nodes"),
        (("--nodes", "workers=9999999999"), "a number of nodes"),
        (("--nodes", "workers=1", "--nodes", "workers=2"), "twice"),
        (("--nodes", "nobody=3"), "payments/workers"),
        (("--type", "workers=m5.lorge"), "m5.large"),
        (("--type", "nobody=m5.large"), "payments/workers"),
        (("--pod-cidr", "100.64.0.0/16"), "--custom-networking"),
        (("--custom-networking",), "--pod-cidr"),
        (("--custom-networking", "--pod-cidr", "10.0.0.0/24"), "subnet-a"),
    ],
)
def test_bad_input_is_one_clear_line(recorded: str, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(InputError) as told:
        say("--from", recorded, *words)
    assert said in str(told.value)
    assert "\n" not in str(told.value)
