import json
import os
import pathlib

from click.testing import Result
from pydantic import TypeAdapter
from typer.testing import CliRunner

from eksnet.cli import verdict as commands
from eksnet.cli.app import app
from eksnet.model.snapshot import Blind, Facet, Snapshot, Target
from tests.build import addon, cluster, instance, node_group, snapshot, subnet

assert commands  # importing it registers the command

GOLDEN = pathlib.Path(__file__).parent / "golden" / "verdict.txt"
LEAN = '{"env": {"WARM_IP_TARGET": "2", "MINIMUM_IP_TARGET": "10"}}'


def say(*words: str) -> Result:
    return CliRunner().invoke(app, ["verdict", *words], catch_exceptions=False)


def saved(tmp_path: pathlib.Path, seen: Snapshot) -> str:
    path = tmp_path / "snapshot.json"
    path.write_bytes(TypeAdapter(Snapshot).dump_json(seen))
    return str(path)


def fleet(*free: int, **parts: object) -> Snapshot:
    tags = {"eks:cluster-name": "payments", "eks:nodegroup-name": "workers"}
    values: dict[str, object] = {
        "clusters": [cluster()],
        "node_groups": [node_group()],
        "addons": [addon(configuration=LEAN)],
        "subnets": [subnet(f"subnet-{az}", free_ips=n) for az, n in zip("ab", free, strict=True)],
        "instances": [instance(f"i-{az}", f"subnet-{az}", tags=tags) for az in "ab"],
    }
    return snapshot(**{**values, **parts})


def test_the_worst_answer_is_the_exit_code(tmp_path: pathlib.Path) -> None:
    assert say("--from", saved(tmp_path, fleet(60, 60))).exit_code == 0
    assert say("--from", saved(tmp_path, fleet(59, 60))).exit_code == 1  # at-risk
    assert say("--from", saved(tmp_path, fleet(8, 60))).exit_code == 1  # it can upgrade, not roll
    assert say("--from", saved(tmp_path, fleet(60, 60, addons=[]))).exit_code == 3


def test_the_json_keeps_what_it_had_and_adds_the_node_groups(tmp_path: pathlib.Path) -> None:
    answer = json.loads(say("--from", saved(tmp_path, fleet(11, 60)), "--json").stdout)
    assert answer["schema_version"] == 2
    (one,) = answer["verdicts"]
    before = (
        "account_id region cluster answer minimum_free zones short unseen reasons avoided_error"
    )
    assert set(before.split()) <= one.keys()
    assert one["answer"] == "yes"  # the control plane's own
    (group,) = one["node_groups"]
    assert [group[each]["answer"] for each in ("roll", "surge", "maximum")] == [
        "no",
        "no",
        "at-risk",
    ]
    assert group["roll"]["binding"] == {
        "subnet_id": "subnet-a",
        "az_id": "euw1-az1",
        "resource": "addresses",
        "available": 11,
        "needed": 12,
        "error": "InsufficientFreeAddressesInSubnet",
    }
    assert group["need"]["instance_type"] == "m5.large"


def test_what_a_person_reads(tmp_path: pathlib.Path) -> None:
    blind = Blind(facet=Facet.FARGATE_PROFILES, api="eks:ListFargateProfiles", error="Denied")
    seen = fleet(
        11,
        59,
        clusters=[cluster(), cluster("search")],
        node_groups=[
            node_group(),
            node_group("gpu", instance_types=("x99.future",)),
            node_group("jobs", "search", desired_size=0, min_size=0),
        ],
        blinds=(blind,),
    )
    text = say("--from", saved(tmp_path, seen)).stdout
    if os.environ.get("EKSNET_UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_a_name_can_not_paint_the_terminal(tmp_path: pathlib.Path) -> None:
    seen = fleet(60, 60, node_groups=[node_group("evil\x1b[2J")])
    assert "\x1b" not in say("--from", saved(tmp_path, seen)).stdout


def test_nothing_a_snapshot_holds_reaches_the_terminal_as_it_is(tmp_path: pathlib.Path) -> None:
    """Account, zone and API names are text from elsewhere too."""
    evil = "\x1b[31m"
    odd = [subnet(f"subnet-{az}", az_id=f"{evil}{az}", free_ips=60) for az in "ab"]
    why = Blind(facet=Facet.INSTANCES, api=f"ec2:{evil}", error=f"{evil}Denied")
    target = Target(account_id=evil, region="eu-west-1")
    seen = fleet(60, 60, subnets=odd, target=target, blinds=(why,))
    said = say("--from", saved(tmp_path, seen)).stdout
    assert "Denied" in said
    assert "\x1b" not in said
