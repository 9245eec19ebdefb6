"""The measured network interfaces: 48 a cluster, as EC2 describes them.

Nodes have 36 with ten addresses each (prefixes in some clusters), the control plane four, NAT
gateways three, and there is a trunk with four branches.
"""

import itertools
from collections.abc import Iterator

from tools.bench_names import (
    ACCOUNT,
    MOMENT,
    NODES,
    REGION,
    ZONES,
    Kind,
    Raw,
    hex_id,
    name,
    owned,
    tags,
)

EKS_ACCOUNT = "999900001111"
ADDRESSES = 10
PODS = 6  # the number of the first subnet for pods


def _address(number: int, host: int) -> str:
    base = "10.0" if number < PODS else "100.64"
    return f"{base}.{number * 4 + host // 250}.{host % 250 + 4}"


def _eni(cluster: int, number: int, zone: int, count: int = 1, **parts: object) -> Raw:
    first = 16 + number * 12
    addresses = [_address(zone, first + each) for each in range(count)]
    return {
        "NetworkInterfaceId": hex_id("eni", cluster, number),
        "SubnetId": hex_id("subnet", cluster, zone),
        "VpcId": hex_id("vpc", cluster),
        "AvailabilityZone": f"{REGION}{ZONES[zone % 3]}",
        "OwnerId": ACCOUNT,
        "InterfaceType": "interface",
        "Description": "",
        "RequesterManaged": False,
        "Status": "in-use",
        "MacAddress": "02:00:00:00:00:01",
        "PrivateDnsName": "ip-" + addresses[0].replace(".", "-") + ".ec2.internal",
        "PrivateIpAddress": addresses[0],
        "SourceDestCheck": True,
        "Groups": [{"GroupId": hex_id("sg", cluster, 0), "GroupName": f"eks-{name(cluster)}"}],
        "PrivateIpAddresses": [
            {
                "Primary": index == 0,
                "PrivateDnsName": "ip-" + each.replace(".", "-") + ".ec2.internal",
                "PrivateIpAddress": each,
            }
            for index, each in enumerate(addresses)
        ],
        "TagSet": [],
        **parts,
    }


def _hangs(cluster: int, node: int, index: int) -> Raw:
    return {
        "AttachmentId": hex_id("eni-attach", cluster, node, index),
        "AttachTime": MOMENT,
        "DeleteOnTermination": True,
        "DeviceIndex": index,
        "NetworkCardIndex": 0,
        "InstanceId": hex_id("i", cluster, node),
        "InstanceOwnerId": ACCOUNT,
        "Status": "attached",
    }


def eni(cluster: int) -> Iterator[Raw]:
    """Yield the 48 interfaces."""
    numbers = itertools.count()
    prefixed = Kind.PREFIXES.holds(cluster)
    pods = PODS if Kind.CUSTOM.holds(cluster) else 0
    for node in range(NODES):
        instance, zone = hex_id("i", cluster, node), node % 3
        for index in range(3):
            number = next(numbers)
            blocks = [{"Ipv4Prefix": f"10.0.{zone * 4 + 3}.{node % 12 * 16}/28"}]
            yield _eni(
                cluster,
                number,
                zone + (pods if index else 0),
                1 if prefixed or Kind.IPV6.holds(cluster) else ADDRESSES,
                Description=f"aws-K8S-{instance}" if index else "",
                Attachment=_hangs(cluster, node, index),
                Ipv4Prefixes=blocks if prefixed and index else [],
                **_ipv6(cluster, number),
                TagSet=[
                    *owned(cluster, "node"),
                    {"Key": "node.k8s.amazonaws.com/instance_id", "Value": instance},
                    {"Key": "node.k8s.amazonaws.com/createdAt", "Value": "2025-12-31T10:00:00Z"},
                ],
            )
    yield from _aws_enis(cluster, numbers)
    yield from _pod_enis(cluster, numbers)


def _ipv6(cluster: int, number: int) -> Raw:
    if not Kind.IPV6.holds(cluster):
        return {}
    return {
        "Ipv6Addresses": [{"Ipv6Address": f"2001:db8:0:{number % 3:x}::{number + 1:x}"}],
        "Ipv6Prefixes": [{"Ipv6Prefix": f"2001:db8:0:{number % 3:x}:{number + 1:x}::/80"}],
    }


def _aws_enis(cluster: int, numbers: Iterator[int]) -> Iterator[Raw]:
    for zone in (0, 1, 2, 0):
        yield _eni(
            cluster,
            next(numbers),
            zone,
            Description=f"Amazon EKS {name(cluster)}",
            Groups=[
                {"GroupId": hex_id("sg", cluster, each), "GroupName": f"group-{each}"}
                for each in (0, 2)
            ],
            RequesterManaged=True,
            RequesterId="123456789012",
            Attachment={
                "AttachmentId": "ela-attach-0",
                "DeviceIndex": 1,
                "InstanceOwnerId": EKS_ACCOUNT,
                "Status": "attached",
            },
        )
    for zone in range(3):
        yield _eni(
            cluster,
            next(numbers),
            zone + 3,
            InterfaceType="nat_gateway",
            Description=f"Interface for NAT Gateway {hex_id('nat', cluster, zone)}",
            RequesterManaged=True,
            Association={"IpOwnerId": ACCOUNT, "PublicIp": "203.0.113.7"},
        )


def _pod_enis(cluster: int, numbers: Iterator[int]) -> Iterator[Raw]:
    owner = tags(**{"eks:eni:owner": "eks-vpc-resource-controller"})
    number = next(numbers)
    yield _eni(
        cluster,
        number,
        0,
        InterfaceType="trunk",
        Description="aws-k8s-trunk-eni",
        Attachment=_hangs(cluster, 0, 3),
        TagSet=[*owner, *owned(cluster, "trunk")],
    )
    trunk = {"Key": "vpcresources.k8s.aws/trunk-eni-id", "Value": hex_id("eni", cluster, number)}
    for _ in range(4):
        yield _eni(
            cluster,
            next(numbers),
            0,
            InterfaceType="branch",
            Description="aws-k8s-branch-eni",
            Groups=[{"GroupId": hex_id("sg", cluster, 1), "GroupName": "pods"}],
            TagSet=[*owner, trunk, *owned(cluster, "branch")],
        )


def strangers(cluster: int, count: int) -> Iterator[Raw]:
    """Yield interfaces of other things in the cluster's VPC, numbered after its own."""
    for number in range(count):
        yield _eni(
            cluster, 100 + number, 0, InterfaceType="lambda", Description="AWS Lambda VPC ENI"
        )
