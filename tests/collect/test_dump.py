import dataclasses
import pathlib

import pytest

from eksnet.checks import catalogue
from eksnet.collect import parse_ec2, parse_eks, saved
from eksnet.collect.facets import READABLE, SWEEPS, Sweep
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Status
from eksnet.model.snapshot import Facet
from tests.collect import recorded
from tests.collect.recorded import ACCOUNT, REGION, account, blind, read, without


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


def test_a_dump_round_trips_as_a_snapshot(tmp_path: pathlib.Path) -> None:
    snapshot = read(tmp_path / "dump", account())
    saved.write(snapshot, tmp_path / "a.json")
    assert saved.read(tmp_path / "a.json") == snapshot


@pytest.mark.parametrize("sweep", SWEEPS, ids=lambda sweep: sweep.key)
def test_a_kind_that_is_not_there_is_blind_by_its_own_api(
    tmp_path: pathlib.Path, sweep: Sweep
) -> None:
    files = {name: raw for name, raw in account().items() if sweep.key not in raw}
    found = blind(read(tmp_path, files), sweep.facet)
    assert (found.api, found.error) == (f"ec2:{sweep.operation}", "NotRecorded")
    assert (found.cluster, found.resource) == (None, None)


@pytest.mark.parametrize("token", ["NextToken", "nextToken", "Marker", "IsTruncated"])
@pytest.mark.parametrize("sweep", SWEEPS, ids=lambda sweep: sweep.key)
def test_a_list_that_goes_on_is_blind_and_never_a_short_list(
    tmp_path: pathlib.Path, sweep: Sweep, token: str
) -> None:
    files = account()
    name = next(name for name, raw in files.items() if sweep.key in raw)
    files[name] = {**files[name], token: "AAAA"}
    snapshot = read(tmp_path, files, region=REGION)
    assert blind(snapshot, sweep.facet).error == "Truncated"
    assert getattr(snapshot, sweep.field) == ()


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
    seen, known = (
        {each.finding_id for each in found if each.resource.type != "AWS::Region"}
        for found in (judged, run(whole, catalogue(), Limits()))
    )
    assert seen == known


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
