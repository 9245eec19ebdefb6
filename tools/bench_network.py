"""The networks that are measured: raw items as EC2 and EKS describe them, cluster by cluster.

Each cluster has a VPC of its own with three private and three public subnets, two node groups,
twelve nodes and 48 interfaces: 36 of nodes with ten addresses each, four of the control plane,
three of NAT gateways, a trunk and its four branches.
"""

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from typing import Any

Raw = dict[str, Any]
REGION, ACCOUNT, EKS_ACCOUNT = "us-east-1", "111122223333", "999900001111"
MOMENT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ZONES = ("a", "b", "c")
NODES, ADDRESSES, ROLES = 12, 10, 5
TYPES = {"m5.large": (3, 10, 2), "m5.xlarge": (4, 15, 4), "c5.2xlarge": (4, 15, 8)}
PREFIX_MODE_EVERY = 25  # every 25th cluster hands out prefixes instead of addresses
OPEN = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
LOG_FORMAT = " ".join(
    f"${{{field}}}"
    for field in (
        "version",
        "account-id",
        "interface-id",
        "srcaddr",
        "dstaddr",
        "pkt-srcaddr",
        "pkt-dstaddr",
        "action",
        "log-status",
    )
)


def name(cluster: int) -> str:
    """Return a cluster's name."""
    return f"cluster-{cluster:04}"


def hex_id(kind: str, *parts: int) -> str:
    """Return an id of AWS's length that the numbers make unique."""
    return (
        kind + "-" + f"{parts[0]:06x}" + "".join(f"{part:03x}" for part in parts[1:]).rjust(11, "0")
    )


def tags(**values: str) -> list[Raw]:
    """Return EC2's list of tags."""
    return [{"Key": key, "Value": value} for key, value in values.items()]


def owned(cluster: int, label: str) -> list[Raw]:
    """Return the tags that a cluster's things usually carry."""
    return [
        *tags(Name=label, team="platform", environment="production"),
        {"Key": f"kubernetes.io/cluster/{name(cluster)}", "Value": "owned"},
    ]


def vpc(cluster: int) -> Iterator[Raw]:
    """Yield the cluster's VPC."""
    block = {"State": "associated"}
    yield {
        "VpcId": hex_id("vpc", cluster),
        "OwnerId": ACCOUNT,
        "CidrBlock": "10.0.0.0/16",
        "CidrBlockAssociationSet": [
            {
                "AssociationId": hex_id("vpc-cidr-assoc", cluster),
                "CidrBlock": "10.0.0.0/16",
                "CidrBlockState": block,
            }
        ],
        "DhcpOptionsId": "dopt-1",
        "State": "available",
        "InstanceTenancy": "default",
        "IsDefault": False,
        "Tags": owned(cluster, "network"),
    }


def subnet(cluster: int) -> Iterator[Raw]:
    """Yield three private and three public subnets."""
    for number in range(6):
        zone = ZONES[number % 3]
        identity = hex_id("subnet", cluster, number)
        yield {
            "SubnetId": identity,
            "SubnetArn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/{identity}",
            "VpcId": hex_id("vpc", cluster),
            "OwnerId": ACCOUNT,
            "CidrBlock": f"10.0.{number * 4}.0/22",
            "AvailabilityZone": f"{REGION}{zone}",
            "AvailabilityZoneId": f"use1-az{number % 3 + 1}",
            "AvailableIpAddressCount": (cluster * 37 + number * 101) % 900,
            "MapPublicIpOnLaunch": number >= 3,
            "AssignIpv6AddressOnCreation": False,
            "DefaultForAz": False,
            "State": "available",
            "Tags": owned(cluster, f"subnet-{number}"),
        }


def _address(number: int, host: int) -> str:
    return f"10.0.{number * 4 + host // 250}.{host % 250 + 4}"


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
    prefixed = cluster % PREFIX_MODE_EVERY == 0
    for node in range(NODES):
        instance, zone = hex_id("i", cluster, node), node % 3
        for index in range(3):
            number = next(numbers)
            blocks = [{"Ipv4Prefix": f"10.0.{zone * 4 + 3}.{node % 12 * 16}/28"}]
            yield _eni(
                cluster,
                number,
                zone,
                1 if prefixed else ADDRESSES,
                Description=f"aws-K8S-{instance}" if index else "",
                Attachment=_hangs(cluster, node, index),
                Ipv4Prefixes=blocks if prefixed and index else [],
                TagSet=[
                    *owned(cluster, "node"),
                    {"Key": "node.k8s.amazonaws.com/instance_id", "Value": instance},
                    {"Key": "node.k8s.amazonaws.com/createdAt", "Value": "2025-12-31T10:00:00Z"},
                ],
            )
    yield from _aws_enis(cluster, numbers)
    yield from _pod_enis(cluster, numbers)


def _aws_enis(cluster: int, numbers: Iterator[int]) -> Iterator[Raw]:
    for zone in (0, 1, 2, 0):
        yield _eni(
            cluster,
            next(numbers),
            zone,
            Description=f"Amazon EKS {name(cluster)}",
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


def route_table(cluster: int) -> Iterator[Raw]:
    """Yield a private table for each zone and one public table."""
    for number in range(4):
        subnets = range(3, 6) if number == 3 else (number,)
        way = {"GatewayId": hex_id("igw", cluster)} if number == 3 else {}
        way = way or {"NatGatewayId": hex_id("nat", cluster, number)}
        yield {
            "RouteTableId": hex_id("rtb", cluster, number),
            "VpcId": hex_id("vpc", cluster),
            "OwnerId": ACCOUNT,
            "Associations": [
                {
                    "Main": False,
                    "RouteTableId": hex_id("rtb", cluster, number),
                    "SubnetId": hex_id("subnet", cluster, each),
                    "AssociationState": {"State": "associated"},
                }
                for each in subnets
            ],
            "Routes": [
                {
                    "DestinationCidrBlock": "10.0.0.0/16",
                    "GatewayId": "local",
                    "Origin": "CreateRouteTable",
                    "State": "active",
                },
                {
                    "DestinationCidrBlock": "0.0.0.0/0",
                    "Origin": "CreateRoute",
                    "State": "active",
                    **way,
                },
            ],
            "Tags": owned(cluster, f"routes-{number}"),
        }


def security_group(cluster: int) -> Iterator[Raw]:
    """Yield the cluster's group, the pods' and two more."""
    for number in range(4):
        identity = hex_id("sg", cluster, number)
        own = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": identity, "UserId": ACCOUNT}]}
        web = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
        yield {
            "GroupId": identity,
            "GroupName": f"group-{number}",
            "Description": "made for measuring",
            "VpcId": hex_id("vpc", cluster),
            "OwnerId": ACCOUNT,
            "IpPermissions": [own, {**web, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
            "IpPermissionsEgress": [OPEN],
            "Tags": owned(cluster, f"group-{number}"),
        }


def network_acl(cluster: int) -> Iterator[Raw]:
    """Yield the VPC's default network ACL."""
    yield {
        "NetworkAclId": hex_id("acl", cluster),
        "VpcId": hex_id("vpc", cluster),
        "OwnerId": ACCOUNT,
        "IsDefault": True,
        "Associations": [
            {"NetworkAclId": hex_id("acl", cluster), "SubnetId": hex_id("subnet", cluster, each)}
            for each in range(6)
        ],
        "Entries": [
            {
                "CidrBlock": "0.0.0.0/0",
                "Egress": egress,
                "Protocol": "-1",
                "RuleAction": action,
                "RuleNumber": number,
            }
            for egress in (False, True)
            for action, number in (("allow", 100), ("deny", 32767))
        ],
    }


def flow_log(cluster: int) -> Iterator[Raw]:
    """Yield the VPC's flow log."""
    yield {
        "FlowLogId": hex_id("fl", cluster),
        "ResourceId": hex_id("vpc", cluster),
        "TrafficType": "ALL",
        "FlowLogStatus": "ACTIVE",
        "DeliverLogsStatus": "SUCCESS",
        "LogDestinationType": "cloud-watch-logs",
        "LogGroupName": "flow",
        "LogFormat": LOG_FORMAT,
        "MaxAggregationInterval": 600,
    }


def nat_gateway(cluster: int) -> Iterator[Raw]:
    """Yield a NAT gateway for each zone."""
    for zone in range(3):
        yield {
            "NatGatewayId": hex_id("nat", cluster, zone),
            "VpcId": hex_id("vpc", cluster),
            "SubnetId": hex_id("subnet", cluster, zone + 3),
            "State": "available",
            "ConnectivityType": "public",
            "Tags": owned(cluster, "nat"),
        }


def vpc_endpoint(cluster: int) -> Iterator[Raw]:
    """Yield a gateway endpoint."""
    yield {
        "VpcEndpointId": hex_id("vpce", cluster),
        "VpcId": hex_id("vpc", cluster),
        "OwnerId": ACCOUNT,
        "ServiceName": f"com.amazonaws.{REGION}.s3",
        "VpcEndpointType": "Gateway",
        "State": "available",
        "RouteTableIds": [hex_id("rtb", cluster, each) for each in range(4)],
    }


def reservation(cluster: int) -> Iterator[Raw]:
    """Yield a reservation for each node."""
    for node in range(NODES):
        yield {
            "ReservationId": hex_id("r", cluster, node),
            "OwnerId": ACCOUNT,
            "Instances": [
                {
                    "InstanceId": hex_id("i", cluster, node),
                    "InstanceType": list(TYPES)[cluster % len(TYPES)],
                    "ImageId": "ami-0123456789abcdef0",
                    "VpcId": hex_id("vpc", cluster),
                    "SubnetId": hex_id("subnet", cluster, node % 3),
                    "Placement": {"AvailabilityZone": f"{REGION}{ZONES[node % 3]}"},
                    "State": {"Code": 16, "Name": "running"},
                    "LaunchTime": MOMENT,
                    "SecurityGroups": [
                        {"GroupId": hex_id("sg", cluster, 0), "GroupName": "group-0"}
                    ],
                    "Tags": owned(cluster, "node"),
                }
            ],
        }


def zone(cluster: int) -> Iterator[Raw]:
    """Yield the region's zones, with the first cluster."""
    for number, letter in enumerate(ZONES if cluster == 0 else ()):
        yield {
            "ZoneName": f"{REGION}{letter}",
            "ZoneId": f"use1-az{number + 1}",
            "ZoneType": "availability-zone",
            "State": "available",
            "RegionName": REGION,
        }


def nothing(cluster: int) -> Iterator[Raw]:  # noqa: ARG001 - as its siblings are called
    """Yield nothing: the measured networks have none."""
    yield from ()


SWEPT: dict[str, Callable[[int], Iterator[Raw]]] = {
    "DescribeVpcs": vpc,
    "DescribeSubnets": subnet,
    "DescribeNetworkInterfaces": eni,
    "DescribeRouteTables": route_table,
    "DescribeSecurityGroups": security_group,
    "DescribeNetworkAcls": network_acl,
    "DescribeFlowLogs": flow_log,
    "DescribeNatGateways": nat_gateway,
    "DescribeVpcEndpoints": vpc_endpoint,
    "DescribeVpcPeeringConnections": nothing,
    "DescribeTransitGatewayVpcAttachments": nothing,
    "DescribeInstances": reservation,
    "DescribeAvailabilityZones": zone,
}
"""What each region-wide operation shows of one cluster."""


def instance_type(kind: str) -> Raw:
    """Return an instance type."""
    enis, addresses, vcpus = TYPES[kind]
    return {
        "InstanceType": kind,
        "Hypervisor": "nitro",
        "BareMetal": False,
        "VCpuInfo": {"DefaultVCpus": vcpus},
        "NetworkInfo": {
            "MaximumNetworkInterfaces": enis,
            "Ipv4AddressesPerInterface": addresses,
            "DefaultNetworkCardIndex": 0,
            "NetworkCards": [{"NetworkCardIndex": 0, "MaximumNetworkInterfaces": enis}],
        },
    }
