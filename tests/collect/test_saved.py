import dataclasses
import gzip
import json
import pathlib
import subprocess
import sys

import pytest

from eksnet.cni.eni import class_by_eni
from eksnet.collect import saved
from eksnet.model.errors import InputError
from eksnet.model.snapshot import SCHEMA_VERSION, Blind, Facet, Resource, Snapshot
from tests import build

EVERYTHING = build.snapshot(
    clusters=[build.cluster()],
    node_groups=[build.node_group()],
    fargate_profiles=[build.fargate_profile()],
    addons=[build.addon(configuration='{"env": {"é": "\\u202e"}}')],
    cluster_roles=[build.role()],
    vpcs=[build.vpc(tags={"Name": "=1+1\n<b>"})],
    subnets=[build.subnet("subnet-a"), build.subnet("subnet-b")],
    enis=[build.x_eni("eni-1"), build.trunk("eni-2", "i-1"), build.branch("eni-3", "eni-2")],
    route_tables=[build.route_table()],
    security_groups=[build.security_group("sg-1", build.ALL)],
    flow_logs=[build.flow_log()],
    nat_gateways=[build.nat()],
    instances=[build.instance("i-1")],
    instance_types=[build.instance_type()],
    zones=build.zones(),
    selected=("payments",),
    partial=True,
    blinds=(
        Blind(
            facet=Facet.VPC_ATTRIBUTES,
            api="ec2:DescribeVpcAttribute",
            error="UnauthorizedOperation",
            resource=Resource(type="AWS::EC2::VPC", id="vpc-0a"),
        ),
    ),
)


def spoil(path: pathlib.Path, **changes: object) -> pathlib.Path:
    saved.write(EVERYTHING, path)
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **changes}), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["today.json", "today.json.gz"])
def test_what_is_written_is_read_back_exactly(tmp_path: pathlib.Path, name: str) -> None:
    saved.write(EVERYTHING, tmp_path / name)
    assert saved.read(tmp_path / name) == EVERYTHING
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_what_was_derived_is_not_written(tmp_path: pathlib.Path) -> None:
    fresh = dataclasses.replace(EVERYTHING)
    class_by_eni(fresh)
    saved.write(fresh, tmp_path / "a.json")
    assert saved.read(tmp_path / "a.json") == EVERYTHING


def test_the_same_snapshot_gives_the_same_bytes(tmp_path: pathlib.Path) -> None:
    for name, facets in (("a.gz", list(Facet)), ("b.gz", list(reversed(Facet)))):
        saved.write(dataclasses.replace(EVERYTHING, seen=frozenset(facets)), tmp_path / name)
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_a_gz_file_is_compressed(tmp_path: pathlib.Path) -> None:
    saved.write(EVERYTHING, tmp_path / "a.json.gz")
    text = gzip.decompress((tmp_path / "a.json.gz").read_bytes())
    assert json.loads(text)["schema_version"] == SCHEMA_VERSION


@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_every_truncation_is_one_clear_line(tmp_path: pathlib.Path, name: str) -> None:
    path = tmp_path / name
    saved.write(EVERYTHING, path)
    whole = path.read_bytes()
    for size in (*range(0, len(whole), len(whole) // 40), len(whole) - 1):
        path.write_bytes(whole[:size])
        refused(path)


def refused(path: pathlib.Path, *words: str) -> None:
    with pytest.raises(InputError) as caught:
        saved.read(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert len(text.splitlines()) == 1
    for word in words:
        assert word in text


def test_another_version_is_named_before_anything_in_it(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.json"
    later = SCHEMA_VERSION + 1
    refused(spoil(path, schema_version=later), f"version {later}", "update")
    refused(spoil(path, schema_version=later, seen="all", moons=[]), f"version {later}")
    refused(spoil(path, schema_version=0), "version 0")
    refused(spoil(path, schema_version="1.x"), "'1.x'")


def test_an_unknown_key_or_wrong_value_names_its_place(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.json"
    refused(spoil(path, moons=[]), "moons")
    refused(spoil(path, seen=["weather"]), "seen[0]")
    saved.write(EVERYTHING, path)
    body = json.loads(path.read_bytes())
    body["subnets"][1]["free_ips"] = "many"
    path.write_text(json.dumps(body), encoding="utf-8")
    refused(path, "subnets[1].free_ips")


@pytest.mark.parametrize("text", ["", "[]", "null", '"x"', "{}", "\x00\x01", "not json"])
def test_what_is_no_snapshot_is_refused(tmp_path: pathlib.Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    refused(path)


def test_a_missing_file_and_an_unwritable_place_are_bad_input(tmp_path: pathlib.Path) -> None:
    refused(tmp_path / "nowhere.json", "No such file")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="file"):
        saved.write(EVERYTHING, tmp_path / "file" / "a.json")


def test_a_failed_write_leaves_the_old_file_alone(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.json").mkdir()
    with pytest.raises(InputError):
        saved.write(EVERYTHING, tmp_path / "a.json")
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


def test_values_of_the_wrong_type_are_not_sound(tmp_path: pathlib.Path) -> None:
    saved.require_sound(EVERYTHING, tmp_path)
    odd: Snapshot = build.snapshot(subnets=[build.subnet(free_ips="many")])
    with pytest.raises(InputError, match=r"subnets\[0\].free_ips"):
        saved.require_sound(odd, tmp_path)


def test_importing_it_does_not_load_pydantics_adapters() -> None:
    program = "import sys, eksnet.collect.saved; sys.exit('pydantic.type_adapter' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0  # noqa: S603 - our own words
