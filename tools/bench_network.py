"""The measured networks: raw items as EC2 describes them, cluster by cluster.

Each cluster has a VPC of its own with three private and three public subnets and twelve nodes.
Some have pod subnets, IPv6, endpoints instead of a way out, or a transit gateway.
"""

from collections.abc import Callable, Iterator

from tools.bench_interfaces import eni
from tools.bench_names import (
    ACCOUNT,
    MOMENT,
    NODES,
    REGION,
    TYPES,
    ZONE_IDS,
    ZONES,
    Kind,
    Raw,
    hex_id,
    owned,
)

PODS = range(6, 9)  # the subnets of custom networking
SERVICES = ("ec2", "ecr.api", "ecr.dkr", "sts", "logs", "eks", "eks-auth")
PRIVATE = 3  # the first three of six subnets; the fourth route table is the public ones'
OPEN = {
    "IpProtocol": "-1",
    "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
    "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
}
ACL_RULES = (
    ("CidrBlock", "0.0.0.0/0", "allow", 100),
    ("Ipv6CidrBlock", "::/0", "allow", 101),
    ("CidrBlock", "0.0.0.0/0", "deny", 32767),
    ("Ipv6CidrBlock", "::/0", "deny", 32768),
)
FIELDS = "version account-id interface-id pkt-srcaddr pkt-dstaddr srcaddr dstaddr action log-status"
MORE_FIELDS = f"{FIELDS} az-id flow-direction instance-id subnet-id vpc-id traffic-path"


def vpc(cluster: int) -> Iterator[Raw]:
    """Yield the cluster's VPC."""
    blocks = ["10.0.0.0/16", *(["100.64.0.0/16"] if Kind.CUSTOM.holds(cluster) else [])]
    yield {
        "VpcId": hex_id("vpc", cluster),
        "OwnerId": ACCOUNT,
        "CidrBlock": "10.0.0.0/16",
        "CidrBlockAssociationSet": [
            {
                "AssociationId": hex_id("vpc-cidr-assoc", cluster, number),
                "CidrBlock": each,
                "CidrBlockState": {"State": "associated"},
            }
            for number, each in enumerate(blocks)
        ],
        "Ipv6CidrBlockAssociationSet": _ipv6(cluster, "2001:db8::/56"),
        "DhcpOptionsId": "dopt-1",
        "State": "available",
        "InstanceTenancy": "default",
        "IsDefault": False,
        "Tags": owned(cluster, "network"),
    }


def _ipv6(cluster: int, block: str) -> list[Raw]:
    if not Kind.IPV6.holds(cluster):
        return []
    return [{"Ipv6CidrBlock": block, "Ipv6CidrBlockState": {"State": "associated"}}]


def _numbers(cluster: int) -> Iterator[int]:
    yield from range(6)
    yield from PODS if Kind.CUSTOM.holds(cluster) else ()


def subnet(cluster: int) -> Iterator[Raw]:
    """Yield three private and three public subnets, and three for pods where there are such."""
    for number in _numbers(cluster):
        zone = number % 3
        identity = hex_id("subnet", cluster, number)
        role = "internal-elb" if number < PRIVATE else "elb"
        tags = [{"Key": f"kubernetes.io/role/{role}", "Value": "1"}] if number not in PODS else []
        yield {
            "SubnetId": identity,
            "SubnetArn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/{identity}",
            "VpcId": hex_id("vpc", cluster),
            "OwnerId": ACCOUNT,
            "CidrBlock": f"{'100.64' if number in PODS else '10.0'}.{number * 4}.0/22",
            "Ipv6CidrBlockAssociationSet": _ipv6(cluster, f"2001:db8:0:{number:x}::/64"),
            "AvailabilityZone": f"{REGION}{ZONES[zone]}",
            "AvailabilityZoneId": ZONE_IDS[zone],
            "AvailableIpAddressCount": (cluster * 37 + number * 101) % 900,
            "MapPublicIpOnLaunch": PRIVATE <= number < PODS.start,
            "AssignIpv6AddressOnCreation": Kind.IPV6.holds(cluster),
            "DefaultForAz": False,
            "State": "available",
            "Tags": [*owned(cluster, f"subnet-{number}"), *tags],
        }


def route_table(cluster: int) -> Iterator[Raw]:
    """Yield a private table for each zone and one public table."""
    for number in range(4):
        subnets = range(3, 6) if number == PRIVATE else (number, PODS[number])
        there = [each for each in _numbers(cluster) if each in subnets]
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
                for each in there
            ],
            "Routes": [{**each, "State": "active"} for each in _routes(cluster, number)],
            "Tags": owned(cluster, f"routes-{number}"),
        }


def _routes(cluster: int, number: int) -> Iterator[Raw]:
    local = {"GatewayId": "local", "Origin": "CreateRouteTable"}
    for block in ("10.0.0.0/16", *(["100.64.0.0/16"] if Kind.CUSTOM.holds(cluster) else [])):
        yield {"DestinationCidrBlock": block, **local}
    made = {"Origin": "CreateRoute"}
    if number == PRIVATE:
        way = {"GatewayId": hex_id("igw", cluster), **made}
        yield {"DestinationCidrBlock": "0.0.0.0/0", **way}
    elif not Kind.PRIVATE.holds(cluster):
        nat = hex_id("nat", cluster, number)
        yield {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": nat, **made}
    if Kind.TRANSIT.holds(cluster):
        yield {"DestinationCidrBlock": "10.0.0.0/8", "TransitGatewayId": _transit(cluster), **made}
    if Kind.IPV6.holds(cluster):
        yield {"DestinationIpv6CidrBlock": "2001:db8::/56", **local}
        only_out = {"EgressOnlyInternetGatewayId": hex_id("eigw", cluster)}
        way = {"GatewayId": hex_id("igw", cluster)} if number == PRIVATE else only_out
        yield {"DestinationIpv6CidrBlock": "::/0", **way, **made}


def _transit(cluster: int) -> str:
    """Return the gateway that two clusters of that kind share."""
    return hex_id("tgw", cluster // (2 * Kind.TRANSIT.value[0]))


def transit_attachment(cluster: int) -> Iterator[Raw]:
    """Yield the attachment of a VPC that has one."""
    if Kind.TRANSIT.holds(cluster):
        yield {
            "TransitGatewayAttachmentId": hex_id("tgw-attach", cluster),
            "TransitGatewayId": _transit(cluster),
            "VpcId": hex_id("vpc", cluster),
            "VpcOwnerId": ACCOUNT,
            "State": "available",
            "SubnetIds": [hex_id("subnet", cluster, each) for each in range(3)],
        }


def security_group(cluster: int) -> Iterator[Raw]:
    """Yield the cluster's group, which pods may ask for names, the pods' and two more."""
    for number in range(4):
        identity = hex_id("sg", cluster, number)
        own = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": identity, "UserId": ACCOUNT}]}
        web = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
        pods = [{"GroupId": hex_id("sg", cluster, 1), "UserId": ACCOUNT}] if number == 0 else []
        names = [
            {"IpProtocol": each, "FromPort": 53, "ToPort": 53, "UserIdGroupPairs": pods}
            for each in ("tcp", "udp")
        ]
        yield {
            "GroupId": identity,
            "GroupName": f"group-{number}",
            "Description": "made for measuring",
            "VpcId": hex_id("vpc", cluster),
            "OwnerId": ACCOUNT,
            "IpPermissions": [own, {**web, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}, *names],
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
            for each in _numbers(cluster)
        ],
        "Entries": [
            {
                field: block,
                "Egress": egress,
                "Protocol": "-1",
                "RuleAction": action,
                "RuleNumber": number,
            }
            for egress in (False, True)
            for field, block, action, number in ACL_RULES
            if field == "CidrBlock" or Kind.IPV6.holds(cluster)
        ],
    }


def flow_log(cluster: int) -> Iterator[Raw]:
    """Yield the VPC's flow log; some lack the fields that say where traffic was seen."""
    fields = FIELDS if Kind.PLAIN_LOGS.holds(cluster) else MORE_FIELDS
    yield {
        "FlowLogId": hex_id("fl", cluster),
        "ResourceId": hex_id("vpc", cluster),
        "TrafficType": "ALL",
        "FlowLogStatus": "ACTIVE",
        "DeliverLogsStatus": "SUCCESS",
        "LogDestinationType": "cloud-watch-logs",
        "LogGroupName": "flow",
        "LogFormat": " ".join(f"${{{field}}}" for field in fields.split()),
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
    """Yield a gateway endpoint, and interface endpoints where there is no other way out."""
    for number, service in enumerate(SERVICES if Kind.PRIVATE.holds(cluster) else ()):
        yield {
            "VpcEndpointId": hex_id("vpce", cluster, number + 1),
            "VpcId": hex_id("vpc", cluster),
            "OwnerId": ACCOUNT,
            "ServiceName": f"com.amazonaws.{REGION}.{service}",
            "VpcEndpointType": "Interface",
            "State": "available",
            "PrivateDnsEnabled": True,
            "SubnetIds": [hex_id("subnet", cluster, each) for each in range(3)],
            "Groups": [{"GroupId": hex_id("sg", cluster, 3), "GroupName": "group-3"}],
        }
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
            "ZoneId": ZONE_IDS[number],
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
    "DescribeTransitGatewayVpcAttachments": transit_attachment,
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
