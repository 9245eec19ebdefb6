import dataclasses
import datetime as dt
import json
import logging
import os
import pathlib
import random

import pytest

from eksnet.checks import catalogue
from eksnet.collect import parse_ec2, parse_eks, saved
from eksnet.collect.dump import read_dump
from eksnet.collect.facets import READABLE, SWEEPS
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.errors import InputError
from eksnet.model.finding import Status
from eksnet.model.snapshot import Blind, Facet, Snapshot
from tests.collect import recorded
from tests.collect.recorded import ACCOUNT, EMPTY, REGION, Raw, account, fill

NOW = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)


def read(
    folder: pathlib.Path, files: dict[str, Raw], *, partial: bool = False, **options: str
) -> Snapshot:
    return read_dump(
        fill(folder, files),
        options.get("account"),
        options.get("region"),
        partial=partial,
        captured_at=NOW,
    )


def blind(snapshot: Snapshot, facet: Facet) -> Blind:
    (only,) = (each for each in snapshot.blinds if each.facet is facet)
    return only


def without(*names: str) -> dict[str, Raw]:
    files = account()
    for name in names:
        del files[name]
    return files


def test_a_whole_recording_has_no_blind_and_holds_what_the_parsers_make(
    tmp_path: pathlib.Path,
) -> None:
    files = account()
    snapshot = read(tmp_path, files)
    assert snapshot.blinds == ()
    assert snapshot.seen == READABLE
    assert (snapshot.target.account_id, snapshot.target.region) == (ACCOUNT, REGION)
    assert snapshot.cluster_names == ("payments",)
    assert snapshot.clusters == (parse_eks.cluster(recorded.cluster()["cluster"]),)
    assert snapshot.node_groups == (parse_eks.node_group(recorded.node_group()["nodegroup"]),)
    assert snapshot.fargate_profiles == (
        parse_eks.fargate_profile(recorded.profile()["fargateProfile"]),
    )
    assert snapshot.addons == (parse_eks.addon(recorded.addon()["addon"]),)
    assert snapshot.enis == (parse_ec2.eni(recorded.PREFIXED),)
    assert snapshot.instance_types == (parse_ec2.instance_type(recorded.INSTANCE_TYPE),)
    assert snapshot.cidr_reservations == (parse_ec2.cidr_reservation(recorded.RESERVED),)
    assert snapshot.cluster_roles[0].arn == snapshot.clusters[0].role_arn
    assert snapshot.cluster_roles[0].policy_arns == ("arn:aws:iam::aws:policy/A",)
    for sweep in SWEEPS:
        page = next(raw for raw in files.values() if sweep.key in raw)
        found = {saved_part.id: saved_part for saved_part in getattr(snapshot, sweep.field)}
        for item in sweep.items(page):
            if sweep.facet is Facet.VPCS:
                item = dataclasses.replace(item, dns_support=True, dns_hostnames=False)  # noqa: PLW2901 - attributes fold in
            assert found[item.id] == item


def test_names_and_order_of_files_do_not_matter(tmp_path: pathlib.Path) -> None:
    whole = read(tmp_path / "a", account())
    owned = {key: raw for key, raw in account().items() if "list-" in key or "get-" in key}
    others = [raw for key, raw in account().items() if key not in owned]
    random.Random(3).shuffle(others)  # noqa: S311 - an order, not a secret
    renamed = owned | {f"file {number}": raw for number, raw in enumerate(others)}
    renamed["list-nodegroups-payments"] = renamed.pop("eks-list-nodegroups-payments")
    assert read(tmp_path / "b", renamed) == whole


def test_a_dump_round_trips_as_a_snapshot(tmp_path: pathlib.Path) -> None:
    snapshot = read(tmp_path / "dump", account())
    saved.write(snapshot, tmp_path / "a.json")
    assert saved.read(tmp_path / "a.json") == snapshot


@pytest.mark.parametrize("sweep", SWEEPS, ids=lambda sweep: sweep.key)
def test_a_kind_that_is_not_there_is_blind_by_its_own_api(
    tmp_path: pathlib.Path, sweep: parse_ec2.Raw
) -> None:
    files = {name: raw for name, raw in account().items() if sweep.key not in raw}
    found = blind(read(tmp_path, files), sweep.facet)
    assert (found.api, found.error) == (f"ec2:{sweep.operation}", "NotRecorded")
    assert (found.cluster, found.resource) == (None, None)


@pytest.mark.parametrize("token", ["NextToken", "nextToken", "Marker", "IsTruncated"])
@pytest.mark.parametrize("sweep", SWEEPS, ids=lambda sweep: sweep.key)
def test_a_list_that_goes_on_is_blind_and_never_a_short_list(
    tmp_path: pathlib.Path, sweep: parse_ec2.Raw, token: str
) -> None:
    files = account()
    name = next(name for name, raw in files.items() if sweep.key in raw)
    files[name] = {**files[name], token: "AAAA"}
    snapshot = read(tmp_path, files, region=REGION)
    assert blind(snapshot, sweep.facet).error == "Truncated"
    assert getattr(snapshot, sweep.field) == ()


def test_an_empty_token_is_the_end_of_the_list(tmp_path: pathlib.Path) -> None:
    files = account()
    files["describe-subnets"] |= {"NextToken": "", "nextToken": None}
    assert read(tmp_path, files).blinds == ()


def test_several_files_of_a_kind_are_merged_and_duplicates_dropped(tmp_path: pathlib.Path) -> None:
    files = account()
    files["more"] = {"Subnets": [recorded.subnet(), recorded.subnet("subnet-0c")]}
    snapshot = read(tmp_path, files)
    assert [each.id for each in snapshot.subnets] == ["subnet-0a", "subnet-0b", "subnet-0c"]


@pytest.mark.parametrize(
    ("name", "facet", "api"),
    [
        ("eks-list-nodegroups-payments", Facet.NODE_GROUPS, "eks:ListNodegroups"),
        ("eks-list-fargate-profiles-payments", Facet.FARGATE_PROFILES, "eks:ListFargateProfiles"),
        (
            "iam-list-attached-role-policies-payments-role",
            Facet.CLUSTER_ROLES,
            "iam:ListAttachedRolePolicies",
        ),
        ("eks-list-addons-payments", Facet.ADDON_COREDNS, "eks:DescribeAddon"),
    ],
)
def test_a_list_counts_for_its_owner_only(
    tmp_path: pathlib.Path, name: str, facet: Facet, api: str
) -> None:
    found = blind(read(tmp_path / "missing", without(name)), facet)
    assert (found.api, found.error, found.cluster) == (api, "NotRecorded", "payments")
    operation = name.removesuffix("-payments-role").removesuffix("-payments")
    for other, error in ((operation, "OwnerUnknown"), (f"{operation}-other", "NotRecorded")):
        files = without(name) | {other: account()[name]}
        assert blind(read(tmp_path / other, files), facet).error == error
    going_on = account()
    going_on[name]["nextToken"] = "AAAA"
    assert blind(read(tmp_path / "token", going_on), facet).error == "Truncated"


@pytest.mark.parametrize(
    ("name", "facet", "api"),
    [
        ("eks-describe-nodegroup-payments.workers", Facet.NODE_GROUPS, "eks:DescribeNodegroup"),
        (
            "eks-describe-fargate-profile-payments.jobs",
            Facet.FARGATE_PROFILES,
            "eks:DescribeFargateProfile",
        ),
        ("eks-describe-addon-payments.vpc-cni", Facet.ADDON_VPC_CNI, "eks:DescribeAddon"),
        ("eks-describe-cluster-payments", Facet.CLUSTERS, "eks:DescribeCluster"),
    ],
)
def test_what_is_listed_but_not_described_is_blind_for_its_cluster(
    tmp_path: pathlib.Path, name: str, facet: Facet, api: str
) -> None:
    found = blind(read(tmp_path, without(name)), facet)
    assert (found.api, found.error, found.cluster) == (api, "NotRecorded", "payments")


def test_an_addon_that_a_whole_list_lacks_is_absent(tmp_path: pathlib.Path) -> None:
    files = without("eks-describe-addon-payments.vpc-cni")
    files["eks-list-addons-payments"] = {"addons": []}
    snapshot = read(tmp_path, files)
    assert snapshot.addons == ()
    assert snapshot.blinds == ()


def test_a_described_addon_needs_no_list(tmp_path: pathlib.Path) -> None:
    snapshot = read(tmp_path, without("eks-list-addons-payments"))
    hidden = {each.facet for each in snapshot.blinds}
    assert hidden == {Facet.ADDON_COREDNS, Facet.ADDON_KUBE_PROXY}
    assert [each.name for each in snapshot.addons] == ["vpc-cni"]


@pytest.mark.parametrize("name", ["describe-vpc-attribute-1", "describe-vpc-attribute-2"])
def test_a_clusters_vpc_without_both_attributes_is_blind(tmp_path: pathlib.Path, name: str) -> None:
    found = blind(read(tmp_path, without(name)), Facet.VPC_ATTRIBUTES)
    assert found.resource
    assert (found.resource.type, found.resource.id) == ("AWS::EC2::VPC", "vpc-0a")


def test_an_instance_type_in_use_that_was_not_recorded_is_blind(tmp_path: pathlib.Path) -> None:
    missing = blind(read(tmp_path / "a", without("describe-instance-types")), Facet.INSTANCE_TYPES)
    assert missing.error == "NotRecorded"
    other = account()
    other["describe-instance-types"] = {
        "InstanceTypes": [{**recorded.INSTANCE_TYPE, "InstanceType": "t3.nano"}]
    }
    assert blind(read(tmp_path / "b", other), Facet.INSTANCE_TYPES).cluster is None


def test_reservations_are_asked_of_prefix_subnets_only(tmp_path: pathlib.Path) -> None:
    name = "get-subnet-cidr-reservations-subnet-0a"
    found = blind(read(tmp_path / "a", without(name)), Facet.CIDR_RESERVATIONS)
    assert found.resource
    assert found.resource.id == "subnet-0a"
    none = account() | {name: {"SubnetIpv4CidrReservations": [], "SubnetIpv6CidrReservations": []}}
    assert read(tmp_path / "b", none).blinds == ()
    plain = without(name) | {"describe-network-interfaces": {"NetworkInterfaces": []}}
    assert read(tmp_path / "c", plain).blinds == ()


def test_without_any_cluster_everything_of_clusters_is_blind(tmp_path: pathlib.Path) -> None:
    snapshot = read(tmp_path, {"a": {"Subnets": [recorded.subnet()]}})
    assert blind(snapshot, Facet.CLUSTERS).api == "eks:ListClusters"
    findings = run(snapshot, catalogue(), Limits())
    assert {each.status for each in findings} == {Status.UNKNOWN}


def test_described_clusters_are_judged_beside_a_list_nobody_recorded(
    tmp_path: pathlib.Path,
) -> None:
    whole = read(tmp_path / "a", account())
    unlisted = read(tmp_path / "b", without("eks-list-clusters"))
    hidden = blind(unlisted, Facet.CLUSTERS)
    assert (hidden.api, hidden.error, hidden.cluster) == ("eks:ListClusters", "NotRecorded", None)
    assert unlisted.cluster_names == ("payments",)
    judged = run(unlisted, catalogue(), Limits())
    for check in catalogue():
        if Facet.CLUSTERS in check.needs:
            (region,) = (
                each
                for each in judged
                if each.check_id == check.id and each.resource.type == "AWS::Region"
            )
            assert region.status is Status.UNKNOWN
    seen = {each.finding_id for each in judged if each.resource.type != "AWS::Region"}
    assert seen == {each.finding_id for each in run(whole, catalogue(), Limits())}


def test_no_answer_turns_when_a_file_is_lost(tmp_path: pathlib.Path) -> None:
    before = {
        each.finding_id: each.status
        for each in run(read(tmp_path / "whole", account()), catalogue(), Limits())
    }
    for number, name in enumerate(account()):
        lost = read(tmp_path / str(number), without(name), region=REGION, account=ACCOUNT)
        for finding in run(lost, catalogue(), Limits()):
            if finding.status is not Status.UNKNOWN:
                assert before[finding.finding_id] is finding.status, (name, finding)


def test_partial_is_carried_to_the_engine(tmp_path: pathlib.Path) -> None:
    assert read(tmp_path, account(), partial=True).partial
    assert not read(tmp_path, account()).partial


def test_the_time_is_the_newest_files(tmp_path: pathlib.Path) -> None:
    fill(tmp_path, account())
    for number, path in enumerate(sorted(tmp_path.iterdir())):
        os.utime(path, (1_000_000 + number, 1_000_000 + number))
    found = read_dump(tmp_path, None, None, partial=False).captured_at
    assert found == dt.datetime.fromtimestamp(1_000_000 + len(account()) - 1, dt.UTC)


def test_what_is_in_folders_is_left_alone(tmp_path: pathlib.Path) -> None:
    whole = read(tmp_path, account())
    fill(tmp_path / "extra", {"describe-subnets_2": {"Subnets": [recorded.subnet("subnet-0z")]}})
    (tmp_path / "notes.md").write_text("not JSON", encoding="utf-8")
    assert read(tmp_path, {}) == whole


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ('{"Subnets": [', "not whole JSON"),
        ("[]", "object"),
        ("null", "object"),
        ('{"Subnets": {}}', "Subnets is not a list"),
        ('{"Subnets": [{}]}', r"Subnets\[0\] has no 'SubnetId'"),
        ('{"Subnets": [3]}', r"Subnets\[0\] can't be read"),
        ('{"cluster": {"name": "x"}}', "cluster has no"),
        ('{"nodegroups": 3}', "nodegroups is not a list"),
        ('{"AttachedPolicies": [{}]}', "AttachedPolicies has no 'PolicyArn'"),
        ("\x00", "not whole JSON"),
    ],
)
def test_a_broken_file_is_one_line_that_names_it(
    tmp_path: pathlib.Path, text: str, says: str
) -> None:
    fill(tmp_path, account())
    (tmp_path / "broken.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=says) as caught:
        read_dump(tmp_path, None, None, partial=False)
    assert str(tmp_path / "broken.json") in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_every_truncation_of_a_file_is_refused(tmp_path: pathlib.Path) -> None:
    fill(tmp_path, account())
    path = tmp_path / "describe-subnets.json"
    whole = path.read_text(encoding="utf-8")
    for size in range(0, len(whole), 37):
        path.write_text(whole[:size], encoding="utf-8")
        with pytest.raises(InputError, match="describe-subnets"):
            read_dump(tmp_path, None, None, partial=False)


def test_values_of_the_wrong_type_are_refused(tmp_path: pathlib.Path) -> None:
    files = account() | {"s": {"Subnets": [recorded.subnet("s-1", AvailableIpAddressCount="x")]}}
    with pytest.raises(InputError, match="free_ips"):
        read(tmp_path, files)


def test_no_folder_and_no_file_are_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match=r"no \.json file"):
        read_dump(tmp_path, None, None, partial=False)
    with pytest.raises(InputError, match="No such file"):
        read_dump(tmp_path / "nowhere", None, None, partial=False)


def test_what_windows_shells_write_is_read(tmp_path: pathlib.Path) -> None:
    whole = read(tmp_path / "a", account())
    folder = fill(tmp_path / "b", account())
    for encoding, path in zip(("utf-16", "utf-8-sig"), sorted(folder.iterdir()), strict=False):
        path.write_text(path.read_text(encoding="utf-8"), encoding=encoding)
    assert read(folder, {}) == whole


def test_unknown_keys_are_named_and_ignored(
    tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = account() | {"describe-addresses": {"Addresses": []}}
    with caplog.at_level(logging.WARNING):
        assert read(tmp_path, files).blinds == ()
    assert "describe-addresses.json: not used: Addresses" in caplog.text


def test_the_account_is_unknown_and_the_region_required_when_nothing_tells(
    tmp_path: pathlib.Path,
) -> None:
    files = {key: {key: []} for key in EMPTY}
    with pytest.raises(InputError, match="--region"):
        read(tmp_path, files)
    target = read(tmp_path, files, region="us-gov-west-1").target
    assert (target.account_id, target.region) == ("unknown", "us-gov-west-1")
    assert target.partition == "aws-us-gov"
    assert (
        read(tmp_path, files, region="cn-north-1", account="1" * 12).target.account_id == "1" * 12
    )


def test_the_caller_tells_the_account(tmp_path: pathlib.Path) -> None:
    shared = recorded.subnet(OwnerId="999999999999", SubnetArn="")
    files = {
        "a": {"Subnets": [shared]},
        "b": {"Account": ACCOUNT, "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/x/y"},
    }
    assert read(tmp_path, files).target.account_id == ACCOUNT


def test_a_shared_vpc_does_not_hide_whose_clusters_they_are(tmp_path: pathlib.Path) -> None:
    files = account()
    files["describe-vpcs"]["Vpcs"][0]["OwnerId"] = "999999999999"
    assert read(tmp_path, files).target.account_id == ACCOUNT


def test_several_accounts_or_regions_must_be_chosen_from(tmp_path: pathlib.Path) -> None:
    abroad = recorded.subnet("subnet-0x", "us-east-1a")
    with pytest.raises(InputError, match="eu-west-1, us-east-1: give --region"):
        read(tmp_path / "a", account() | {"abroad": {"Subnets": [abroad]}})
    other = recorded.cluster("x", arn="arn:aws:eks:eu-west-1:999999999999:cluster/x")
    with pytest.raises(InputError, match="111122223333, 999999999999: give --account"):
        read(tmp_path / "b", account() | {"other": other})


def test_a_chosen_region_takes_nothing_from_another(tmp_path: pathlib.Path) -> None:
    files = without("describe-instances") | {
        "abroad": {"Subnets": [recorded.subnet("subnet-0x", "us-east-1a", VpcId="vpc-0x")]},
        "far": recorded.cluster("far", arn=f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/far"),
    }
    snapshot = read(tmp_path, files, region=REGION)
    assert [each.id for each in snapshot.subnets] == ["subnet-0a", "subnet-0b"]
    assert [each.name for each in snapshot.clusters] == ["payments"]
    # An empty list may be the other region's: nothing in it tells whose it is.
    assert blind(snapshot, Facet.FLOW_LOGS).error == "OtherRegion"
    assert {each.facet for each in snapshot.blinds} >= {Facet.NAT_GATEWAYS, Facet.ROUTE_TABLES}


def test_a_region_that_nothing_is_of_shows_nothing(tmp_path: pathlib.Path) -> None:
    snapshot = read(tmp_path, account(), region="sa-east-1")
    assert snapshot.subnets == ()
    assert snapshot.clusters == ()
    assert {each.status for each in run(snapshot, catalogue(), Limits())} == {Status.UNKNOWN}


def test_local_zones_name_their_region(tmp_path: pathlib.Path) -> None:
    local = recorded.subnet("subnet-0l", "us-west-2-lax-1a", SubnetArn="")
    assert read(tmp_path, {"a": {"Subnets": [local]}}).target.region == "us-west-2"


def test_the_files_are_not_changed(tmp_path: pathlib.Path) -> None:
    fill(tmp_path, account())
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    read_dump(tmp_path, None, None, partial=False)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert all(json.loads(each) for each in before.values())
