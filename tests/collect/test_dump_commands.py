import json
import os
import pathlib
import re
import shlex
import subprocess

import botocore
import pytest
from typer.testing import CliRunner

from eksnet.checks import catalogue
from eksnet.cli import dump as _command  # noqa: F401 - importing registers the command
from eksnet.cli.app import app
from eksnet.collect.dump import read_dump
from eksnet.collect.dump_commands import commands
from eksnet.collect.facets import READABLE, SWEEPS, iam_actions
from eksnet.collect.members import command_word
from eksnet.collect.session import BOTOCORE
from eksnet.model.snapshot import Facet, Snapshot
from tests.collect.recorded import ACCOUNT, account

SH = "/bin/sh"
ALL = commands(READABLE)
LISTED_TOO = {"eks:ListAddons", "sts:GetCallerIdentity"}  # only a list shows an add-on's absence
# What `aws --query ... --output text` prints: words parted by tabs, a page a line.
NAMES = {
    "eks list-clusters --query clusters[]": "payments\n",
    "eks list-nodegroups --cluster-name payments --query nodegroups[]": "workers\n",
    "eks list-fargate-profiles --cluster-name payments --query fargateProfileNames[]": "jobs\n",
    "eks list-addons --cluster-name payments --query addons[]": "vpc-cni\tmetrics-server\n",
    "eks describe-cluster --name payments --query cluster.roleArn": (
        f"arn:aws:iam::{ACCOUNT}:role/service/payments-role\n"
    ),
    "eks describe-cluster --name payments --query cluster.resourcesVpcConfig.vpcId": "vpc-0a\n",
    "ec2 describe-network-interfaces --query NetworkInterfaces[?Attachment.InstanceId].SubnetId": (
        "subnet-0a\tsubnet-0a\nsubnet-0a\n"
    ),
    "ec2 describe-instances --query Reservations[].Instances[].InstanceType": "m5.large\tm5.large",
    "eks describe-nodegroup --cluster-name payments --nodegroup-name workers"
    " --query nodegroup.instanceTypes[]": "None\n",
}
ARGUMENTS = {
    "eks-list-clusters": "eks list-clusters",
    "eks-describe-cluster-payments": "eks describe-cluster --name payments",
    "eks-list-nodegroups-payments": "eks list-nodegroups --cluster-name payments",
    "eks-describe-nodegroup-payments.workers": (
        "eks describe-nodegroup --cluster-name payments --nodegroup-name workers"
    ),
    "eks-list-fargate-profiles-payments": "eks list-fargate-profiles --cluster-name payments",
    "eks-describe-fargate-profile-payments.jobs": (
        "eks describe-fargate-profile --cluster-name payments --fargate-profile-name jobs"
    ),
    "eks-list-addons-payments": "eks list-addons --cluster-name payments",
    "eks-describe-addon-payments.vpc-cni": (
        "eks describe-addon --cluster-name payments --addon-name vpc-cni"
    ),
    "iam-list-attached-role-policies-payments-role": (
        "iam list-attached-role-policies --role-name payments-role"
    ),
    "describe-vpc-attribute-1": (
        "ec2 describe-vpc-attribute --vpc-id vpc-0a --attribute enableDnsSupport"
    ),
    "describe-vpc-attribute-2": (
        "ec2 describe-vpc-attribute --vpc-id vpc-0a --attribute enableDnsHostnames"
    ),
    "service-quotas-list-service-quotas": ("service-quotas list-service-quotas --service-code vpc"),
    "describe-instance-types": "ec2 describe-instance-types --instance-types m5.large",
    "get-subnet-cidr-reservations-subnet-0a": (
        "ec2 get-subnet-cidr-reservations --subnet-id subnet-0a"
    ),
}
SWEPT = {sweep.key: f"ec2 {command_word(sweep.operation)}" for sweep in SWEEPS}
ANSWERS = {
    **{f"{asked} --output text": text for asked, text in NAMES.items()},
    "sts get-caller-identity --output json": json.dumps({"Account": ACCOUNT}),
    **{
        f"{ARGUMENTS.get(name) or SWEPT[next(iter(raw))]} --output json": json.dumps(raw)
        for name, raw in account().items()
    },
}
NEVER_ASKED = 254  # what the `aws` command exits with when the service refuses


def record(folder: pathlib.Path, script: str = ALL, refuse: str = "") -> tuple[int, str]:
    """Run the script where `aws` knows ANSWERS, all but those that hold ``refuse``."""
    program = folder / "bin" / "aws"
    program.parent.mkdir(parents=True)
    known = {asked: text for asked, text in ANSWERS.items() if not refuse or refuse not in asked}
    cases = [
        f"{shlex.quote(asked)}) printf %s {shlex.quote(text)};;" for asked, text in known.items()
    ]
    lines = ["#!/bin/sh", 'case "$*" in', *cases, f"*) printf '{{'; exit {NEVER_ASKED};;", "esac"]
    program.write_text("\n".join(lines), encoding="utf-8")
    program.chmod(0o755)
    done = subprocess.run(  # noqa: S603 - our own script
        [SH, "-s", str(folder / "dump"), "eu-west-1"],
        input=script,
        env={"PATH": f"{program.parent}:{os.defpath}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def read(folder: pathlib.Path) -> Snapshot:
    return read_dump(folder / "dump", ACCOUNT, "eu-west-1", partial=False)


def test_what_the_script_records_shows_everything(tmp_path: pathlib.Path) -> None:
    assert record(tmp_path) == (0, "")
    snapshot = read(tmp_path)
    assert snapshot.blinds == ()
    assert [each.name for each in snapshot.clusters] == ["payments"]
    assert len(snapshot.cidr_reservations) == len(snapshot.cluster_roles) == 1
    assert snapshot.vpcs[0].dns_support is True
    assert snapshot.vpcs[0].dns_hostnames is False


@pytest.mark.parametrize("refuse", sorted({asked.split(" -")[0] for asked in ANSWERS}))
def test_a_refused_call_leaves_no_file_and_is_blind(tmp_path: pathlib.Path, refuse: str) -> None:
    code, said = record(tmp_path, refuse=refuse)
    assert code == 1
    assert f"not recorded: aws {refuse}" in said
    word = refuse.split()[1]
    files = [path.name for path in (tmp_path / "dump").iterdir()]
    assert not [name for name in files if re.search(rf"(^|-){word}(-|\.|$)", name)]
    assert all(name.endswith(".json") for name in files)
    if word != "get-caller-identity":
        assert read(tmp_path).blinds


def test_an_older_record_is_never_mixed_with_a_new_one(tmp_path: pathlib.Path) -> None:
    (tmp_path / "dump").mkdir()
    (tmp_path / "dump" / "describe-vpcs.json").write_text("{}", encoding="utf-8")
    code, said = record(tmp_path)
    assert code == 2
    assert "not empty" in said
    assert [path.name for path in (tmp_path / "dump").iterdir()] == ["describe-vpcs.json"]


def spoken(script: str) -> set[tuple[str, str]]:
    return set(re.findall(r"\baws ([a-z0-9-]+) ([a-z0-9-]+)", script))


def words(actions: set[str]) -> set[tuple[str, str]]:
    parts = [action.split(":") for action in actions]
    return {
        (BOTOCORE.get(service, service), botocore.xform_name(name, "-")) for service, name in parts
    }


@pytest.mark.parametrize("facet", sorted(READABLE))
def test_the_script_says_what_the_facets_take_and_nothing_else(facet: Facet) -> None:
    said = spoken(commands({facet}).split("\nkeep ", 1)[1])
    needed = words(set(iam_actions({facet})))
    assert needed <= said
    assert said <= needed | words(LISTED_TOO)


def test_the_script_only_reads() -> None:
    assert {word.split("-")[0] for _, word in spoken(ALL)} == {"describe", "list", "get"}


def test_checks_narrow_what_the_command_prints() -> None:
    def say(*options: str) -> str:
        result = CliRunner().invoke(app, ["dump-commands", *options], catch_exceptions=False)
        assert result.exit_code == 0
        return result.stdout

    whole, one = say(), say("--check", "XEN002")
    assert spoken(one) < spoken(whole)
    wanted = {facet for each in catalogue() for facet in each.facets} | {Facet.SUBNETS}
    assert whole == commands(wanted)
    assert ("ec2", "describe-subnets") in spoken(one)
