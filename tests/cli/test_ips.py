import json
import os
import pathlib

import pytest
from click.testing import Result
from pydantic import TypeAdapter
from typer.testing import CliRunner

from eksnet.capacity.owners import Owner
from eksnet.cli import ips as commands
from eksnet.cli.app import app
from eksnet.model.errors import InputError
from eksnet.model.network import CidrReservation
from eksnet.model.snapshot import Blind, Facet, Snapshot
from tests.build import (
    cluster,
    eni,
    instance,
    node_eni,
    snapshot,
    subnet,
    vpc,
    x_eni,
)

assert commands  # importing it registers the command

GOLDEN = pathlib.Path(__file__).parent / "golden" / "ips.txt"
KEYS = (
    "subnet_id cidr usable free_ips seen_ips free_28 largest_free_prefix fragmentation owners "
    "not_seen"
).split()


def say(*words: str) -> Result:
    return CliRunner().invoke(app, ["ips", *words], catch_exceptions=False)


def saved(tmp_path: pathlib.Path, seen: Snapshot) -> str:
    path = tmp_path / "snapshot.json"
    path.write_bytes(TypeAdapter(Snapshot).dump_json(seen))
    return str(path)


def small(**parts: object) -> Snapshot:
    values: dict[str, object] = {
        "clusters": [cluster()],
        "vpcs": [vpc()],
        "subnets": [
            subnet(free_ips=210),
            subnet("subnet-b", cidr="", ipv6_cidrs=("2001:db8::/64",), free_ips=0),
            subnet("subnet-c"),
        ],
        "enis": [
            x_eni("eni-x", private_ips=("10.0.0.20",)),
            node_eni(
                "eni-1",
                "i-1",
                private_ips=("10.0.0.40", "10.0.0.41"),
                prefixes=("10.0.0.64/28", "10.0.0.80/28"),
            ),
            eni("eni-l", interface_type="lambda", private_ips=("10.0.0.100", "10.0.0.101")),
            eni("eni-o", status="available", private_ips=("10.0.0.130",)),
        ],
        "instances": [
            instance(
                "i-1",
                tags={
                    "kubernetes.io/cluster/payments": "owned",
                    "eks:nodegroup-name": "workers\x1b[2J",
                },
            )
        ],
        "cidr_reservations": [
            CidrReservation(id="scr-1", subnet_id="subnet-a", cidr="10.0.0.128/26", kind="prefix")
        ],
    }
    return snapshot(**{**values, **parts})


def test_the_json_holds_the_whole_contract(tmp_path: pathlib.Path) -> None:
    result = say("--from", saved(tmp_path, small()), "--json")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert list(answer) == ["schema_version", "subnets", "missing", "give_back", "blind"]
    first = next(each for each in answer["subnets"] if each["subnet_id"] == "subnet-a")
    assert set(KEYS) <= first.keys()
    assert list(first["owners"]) == [str(owner) for owner in Owner]
    assert (first["usable"], first["free_ips"], first["seen_ips"]) == (251, 210, 38)
    assert first["not_seen"] == 3
    assert (first["free_28"], first["largest_free_prefix"], first["fragmentation"]) == (8, 27, 34)
    assert sum(first["owners"].values()) == first["seen_ips"]
    assert answer["blind"] == []


def test_an_ipv6_only_subnet_is_no_error(tmp_path: pathlib.Path) -> None:
    result = say("--from", saved(tmp_path, small()), "--json", "--subnet", "subnet-b")
    assert result.exit_code == 0
    (only,) = json.loads(result.stdout)["subnets"]
    assert (only["cidr"], only["usable"], only["free_28"], only["fragmentation"]) == (
        "",
        0,
        0,
        None,
    )
    plain = say("--from", saved(tmp_path, small()), "--subnet", "subnet-b").stdout
    assert "no IPv4 addresses to account for" in plain


def test_a_person_reads_the_account_and_what_can_be_given_back(tmp_path: pathlib.Path) -> None:
    result = say("--from", saved(tmp_path, small()))
    assert result.exit_code == 0
    if os.environ.get("EKSNET_UPDATE_GOLDEN"):
        GOLDEN.write_bytes(result.stdout.encode())
    assert result.stdout.encode() == GOLDEN.read_bytes()


def test_what_was_refused_is_null_and_exits_3(tmp_path: pathlib.Path) -> None:
    why = Blind(
        facet=Facet.NETWORK_INTERFACES,
        api="ec2:DescribeNetworkInterfaces",
        error="UnauthorizedOperation",
    )
    path = saved(tmp_path, small(blinds=(why,), enis=()))
    result = say("--from", path, "--json", "--subnet", "subnet-a")
    assert result.exit_code == 3
    answer = json.loads(result.stdout)
    (only,) = answer["subnets"]
    for key in ("owners", "seen_ips", "not_seen", "free_28", "largest_free_prefix"):
        assert only[key] is None, key
    assert only["fragmentation"] is None
    assert (only["usable"], only["free_ips"]) == (251, 210)
    assert answer["give_back"] == []
    assert [each["error"] for each in answer["blind"]] == ["UnauthorizedOperation"]
    plain = say("--from", path)
    assert plain.exit_code == 3
    assert "owners unknown: ec2:DescribeNetworkInterfaces" in plain.stdout
    assert "not seen: network-interfaces" in plain.stdout


def test_a_facet_that_the_snapshot_lacks_is_blind(tmp_path: pathlib.Path) -> None:
    path = saved(tmp_path, small(seen=frozenset(Facet) - {Facet.INSTANCES}))
    result = say("--from", path, "--json")
    assert result.exit_code == 3
    assert [each["facet"] for each in json.loads(result.stdout)["blind"]] == ["instances"]


def test_filtered_lists_exit_3(tmp_path: pathlib.Path) -> None:
    result = say("--from", saved(tmp_path, small()), "--partial")
    assert result.exit_code == 3
    assert "the lists were filtered" in result.stdout


def test_every_subnet_of_the_vpc_on_request(tmp_path: pathlib.Path) -> None:
    path = saved(tmp_path, small())
    used, every = (
        json.loads(say("--from", path, "--json", *more).stdout)["subnets"]
        for more in ((), ("--all-subnets",))
    )
    assert {each["subnet_id"] for each in used} == {"subnet-a", "subnet-b"}
    assert {each["subnet_id"] for each in every} == {"subnet-a", "subnet-b", "subnet-c"}


def test_a_cluster_narrows_to_the_subnets_it_uses(tmp_path: pathlib.Path) -> None:
    both = [cluster(), cluster("search", subnet_ids=("subnet-c",))]
    path = saved(tmp_path, small(clusters=both))
    found = json.loads(say("--from", path, "--json", "--cluster", "search").stdout)["subnets"]
    assert [(each["subnet_id"], each["clusters"]) for each in found] == [("subnet-c", ["search"])]


def test_a_used_subnet_that_is_not_listed_is_named(tmp_path: pathlib.Path) -> None:
    path = saved(tmp_path, small(subnets=[subnet()]))
    plain = say("--from", path)
    assert plain.exit_code == 3
    assert "subnet-b is used by a cluster but not listed" in plain.stdout
    (gone,) = json.loads(say("--from", path, "--json").stdout)["missing"]
    assert gone["subnet_id"] == "subnet-b"


def test_no_subnet_is_called_missing_where_the_list_was_not_seen(tmp_path: pathlib.Path) -> None:
    why = Blind(facet=Facet.SUBNETS, api="ec2:DescribeSubnets", error="UnauthorizedOperation")
    path = saved(tmp_path, small(subnets=(), blinds=(why,)))
    assert json.loads(say("--from", path, "--json").stdout)["missing"] == []
    assert "not listed" not in say("--from", path).stdout


@pytest.mark.parametrize(
    "words, named",
    [
        (("--subnet", "subnet-9"), "subnet-9"),
        (("--subnet", "subnet-a", "--all-subnets"), "--all-subnets"),
        (("--cluster", "nobody"), "nobody"),
        (("--account", "1"), "--account"),
    ],
)
def test_bad_input_is_refused_by_name(
    tmp_path: pathlib.Path, words: tuple[str, ...], named: str
) -> None:
    with pytest.raises(InputError, match=named):
        say("--from", saved(tmp_path, small()), *words)


def test_a_subnet_is_not_refused_where_the_list_was_not_seen(tmp_path: pathlib.Path) -> None:
    why = Blind(facet=Facet.SUBNETS, api="ec2:DescribeSubnets", error="UnauthorizedOperation")
    path = saved(tmp_path, small(subnets=(), blinds=(why,)))
    result = say("--from", path, "--subnet", "subnet-9")
    assert result.exit_code == 3
    assert "no subnet of a cluster was seen" in result.stdout


def test_where_others_hold_what_is_not_seen_free_blocks_have_a_range_and_no_score(
    tmp_path: pathlib.Path,
) -> None:
    theirs = [subnet(owner_id="999988887777", free_ips=40), subnet("subnet-b")]
    path = saved(tmp_path, small(subnets=theirs, cidr_reservations=[]))
    first = json.loads(say("--from", path, "--json").stdout)["subnets"][0]
    assert (first["free_28"], first["fragmentation"], first["band"]) == (None, None, None)
    assert (first["free_28_at_least"], first["free_28_at_most"]) == (0, 2)
    plain = say("--from", path).stdout
    assert "free /28 blocks: 0 to 2, fragmentation unknown" in plain
    assert "OwnedByAnotherAccount" in plain
