"""What EC2 shows after it is gone is no fact of the network."""

import datetime as dt
from typing import Any

import pytest

from eksnet.collect.parse_ec2 import flow_log, subnet, vpc

SUBNET = {
    "SubnetId": "subnet-a",
    "VpcId": "vpc-0a",
    "CidrBlock": "10.0.0.0/24",
    "AvailabilityZone": "eu-west-1a",
    "AvailableIpAddressCount": 200,
}
VPC = {"VpcId": "vpc-0a", "CidrBlock": "10.0.0.0/16"}


def blocks(*states: str | None) -> dict[str, object]:
    """Return associations of IPv6 blocks in these states, None for one that is not told."""
    return {
        "Ipv6CidrBlockAssociationSet": [
            {"Ipv6CidrBlock": f"2001:db8:{number}::/64"}
            | ({"Ipv6CidrBlockState": {"State": state}} if state else {})
            for number, state in enumerate(states)
        ]
    }


@pytest.mark.parametrize("state", ["disassociated", "disassociating", "failed", "associating"])
def test_an_ipv6_block_counts_while_it_is_associated(state: str) -> None:
    shown = blocks(state, "associated", None)
    held = ("2001:db8:1::/64", "2001:db8:2::/64")
    assert subnet(SUBNET | shown).ipv6_cidrs == held
    assert vpc(VPC | shown).ipv6_cidrs == held


def test_a_flow_log_tells_what_only_ec2_can_give_it_again() -> None:
    raw: dict[str, Any] = {
        "FlowLogId": "fl-1",
        "ResourceId": "vpc-1",
        "CreationTime": dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC),
        "DeliverLogsPermissionArn": "arn:aws:iam::1:role/flow",
        "DeliverCrossAccountRole": "arn:aws:iam::2:role/flow",
        "DestinationOptions": {
            "FileFormat": "parquet",
            "HiveCompatiblePartitions": True,
            "PerHourPartition": True,
        },
        "TagFieldSpecifications": [{"ResourceType": "instance"}],
    }
    log = flow_log(raw)
    assert log.created_at == raw["CreationTime"]
    assert (log.role_arn, log.cross_account_role) == (
        raw["DeliverLogsPermissionArn"],
        raw["DeliverCrossAccountRole"],
    )
    assert log.file_format == "parquet"
    assert log.hive_partitions
    assert log.hourly_partitions
    assert log.tag_fields


def test_a_flow_log_that_tells_little_has_no_such_thing() -> None:
    log = flow_log({"FlowLogId": "fl-1", "ResourceId": "vpc-1"})
    assert (log.created_at, log.role_arn, log.cross_account_role, log.file_format) == (None,) * 4
    assert {log.hive_partitions, log.hourly_partitions, log.tag_fields} == {False}
