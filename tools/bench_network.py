"""The measured networks: raw items as EC2 describes them, cluster by cluster.

Each cluster has a VPC of its own with three private and three public subnets and twelve nodes.
"""

from collections.abc import Callable, Iterator

from tools.bench_interfaces import eni
from tools.bench_names import ACCOUNT, MOMENT, NODES, REGION, TYPES, ZONES, Raw, hex_id, owned

PRIVATE = 3  # the first three of six subnets; the fourth route table is the public ones'
OPEN = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
FIELDS = "version account-id interface-id pkt-srcaddr pkt-dstaddr srcaddr dstaddr action log-status"
LOG_FORMAT = " ".join(f"${{{field}}}" for field in FIELDS.split())


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
            "MapPublicIpOnLaunch": number >= PRIVATE,
            "AssignIpv6AddressOnCreation": False,
            "DefaultForAz": False,
            "State": "available",
            "Tags": owned(cluster, f"subnet-{number}"),
        }


def route_table(cluster: int) -> Iterator[Raw]:
    """Yield a private table for each zone and one public table."""
    for number in range(4):
        subnets = range(3, 6) if number == PRIVATE else (number,)
        way = {"GatewayId": hex_id("igw", cluster)} if number == PRIVATE else {}
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
