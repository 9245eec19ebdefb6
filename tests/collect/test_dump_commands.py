import dataclasses
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
from eksnet.cli import dump as _  # noqa: F401 - importing registers the command
from eksnet.cli.app import app
from eksnet.collect.dump import read_dump
from eksnet.collect.dump_commands import commands
from eksnet.collect.facets import READABLE, iam_actions
from eksnet.collect.members import command_word
from eksnet.model.snapshot import Facet, Snapshot
from tests.collect.recorded import ACCOUNT, account

SH = "/bin/sh"
ALL = commands(READABLE)
LISTED_TOO = {"eks:ListAddons", "sts:GetCallerIdentity"}  # a folder shows absence by a list only
READING = re.compile(r"(describe|list|get)-[a-z-]+")
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
    "ec2 describe-network-interfaces --query NetworkInterfaces[?Ipv4Prefixes].SubnetId": (
        "subnet-0a\tsubnet-0a\nsubnet-0a\n"
    ),
    "ec2 describe-instances --query Reservations[].Instances[].InstanceType": "m5.large\tm5.large",
    "eks describe-nodegroup --cluster-name payments --nodegroup-name workers"
    " --query nodegroup.instanceTypes[]": "None\n",
}
OPTIONS = {
    "eks-describe-cluster-payments": "--name payments",
    "eks-list-nodegroups-payments": "--cluster-name payments",
    "eks-describe-nodegroup-payments.workers": "--cluster-name payments --nodegroup-name workers",
    "eks-list-fargate-profiles-payments": "--cluster-name payments",
    "eks-describe-fargate-profile-payments.jobs": (
        "--cluster-name payments --fargate-profile-name jobs"
    ),
    "eks-list-addons-payments": "--cluster-name payments",
    "eks-describe-addon-payments.vpc-cni": "--cluster-name payments --addon-name vpc-cni",
    "iam-list-attached-role-policies-payments-role": "--role-name payments-role",
    "describe-vpc-attribute-1": "--vpc-id vpc-0a --attribute enableDnsSupport",
    "describe-vpc-attribute-2": "--vpc-id vpc-0a --attribute enableDnsHostnames",
    "describe-instance-types": "--instance-types m5.large",
    "get-subnet-cidr-reservations-subnet-0a": "--subnet-id subnet-0a",
}


def operation(name: str, key: str) -> str:
    service = name.split("-")[0] if name.startswith(("eks-", "iam-")) else "ec2"
    for words in sorted(spoken(ALL), key=len, reverse=True):
        if name.removeprefix(f"{service}-").startswith(words.split()[1]):
            return f"{service} {words.split()[1]}"
    kinds = {f"describe-{command_word(key)}": "", "describe-FlowLogs": ""}
    raise AssertionError((name, kinds))


def spoken(script: str) -> set[str]:
    """Return every ``service operation`` the script says."""
    return {" ".join(found) for found in re.findall(r"\baws (\w+) ([a-z0-9-]+)", script)}
