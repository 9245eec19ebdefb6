"""EC2's answers about what may pass become facts: routes, security groups, network ACLs."""

from eksnet.collect.parse_ec2 import Raw, first, members, tags
from eksnet.model.network import AclEntry, NetworkAcl, Route, RouteTable, Rule, SecurityGroup

_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "NetworkInterfaceId",
    "InstanceId",
    "EgressOnlyInternetGatewayId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
)


def route(raw: Raw) -> Route:
    """Read a route, whatever kind of destination and target it has."""
    return Route(
        destination=first(raw, _DESTINATIONS),
        target=first(raw, _TARGETS),
        state=raw.get("State", "active"),
        origin=raw.get("Origin", ""),
    )


def route_table(raw: Raw) -> RouteTable:
    """Read a route table."""
    associations = raw.get("Associations") or ()
    return RouteTable(
        id=raw["RouteTableId"],
        vpc_id=raw["VpcId"],
        owner_id=raw.get("OwnerId", ""),
        main=any(each.get("Main") for each in associations),
        subnet_ids=tuple(each["SubnetId"] for each in associations if each.get("SubnetId")),
        routes=tuple(route(each) for each in raw.get("Routes") or ()),
        tags=tags(raw),
    )


def _rule(raw: Raw) -> Rule:
    return Rule(
        protocol=str(raw["IpProtocol"]),
        from_port=raw.get("FromPort"),
        to_port=raw.get("ToPort"),
        cidrs=members(raw, "IpRanges", "CidrIp"),
        ipv6_cidrs=members(raw, "Ipv6Ranges", "CidrIpv6"),
        prefix_lists=members(raw, "PrefixListIds", "PrefixListId"),
        groups=members(raw, "UserIdGroupPairs", "GroupId"),
    )


def security_group(raw: Raw) -> SecurityGroup:
    """Read a security group with its rules."""
    return SecurityGroup(
        id=raw["GroupId"],
        name=raw.get("GroupName", ""),
        vpc_id=raw.get("VpcId", ""),
        owner_id=raw.get("OwnerId", ""),
        ingress=tuple(_rule(each) for each in raw.get("IpPermissions") or ()),
        egress=tuple(_rule(each) for each in raw.get("IpPermissionsEgress") or ()),
        tags=tags(raw),
    )


def _entry(raw: Raw) -> AclEntry:
    ports = raw.get("PortRange") or {}
    return AclEntry(
        number=raw["RuleNumber"],
        egress=raw["Egress"],
        allow=raw["RuleAction"] == "allow",
        protocol=str(raw["Protocol"]),
        cidr=raw.get("CidrBlock"),
        ipv6_cidr=raw.get("Ipv6CidrBlock"),
        from_port=ports.get("From"),
        to_port=ports.get("To"),
    )


def network_acl(raw: Raw) -> NetworkAcl:
    """Read a network ACL."""
    return NetworkAcl(
        id=raw["NetworkAclId"],
        vpc_id=raw["VpcId"],
        owner_id=raw.get("OwnerId", ""),
        is_default=bool(raw.get("IsDefault")),
        subnet_ids=members(raw, "Associations", "SubnetId"),
        entries=tuple(_entry(each) for each in raw.get("Entries") or ()),
        tags=tags(raw),
    )
