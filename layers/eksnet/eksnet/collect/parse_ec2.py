"""EC2's answers become facts. The same functions read live answers and what `aws` printed."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from eksnet.model.network import (
    Attachment,
    CidrAssociation,
    CidrReservation,
    Eni,
    FlowLog,
    Instance,
    InstanceType,
    NatGateway,
    Peering,
    PeerVpc,
    Subnet,
    TransitAttachment,
    Vpc,
    VpcEndpoint,
    Zone,
)

Raw = Mapping[str, Any]
GONE = frozenset({"deleted", "terminated"})  # EC2 keeps showing what has ended for a while

ASSOCIATED = "associated"  # EC2 API reference: VpcCidrBlockStateCode, SubnetCidrBlockStateCode


def tags(raw: Raw, key: str = "Tags") -> dict[str, str]:
    """Return EC2's list of tags as a mapping."""
    return {tag["Key"]: tag.get("Value", "") for tag in raw.get(key) or ()}


def moment(value: object) -> dt.datetime | None:
    """Return a time in UTC from a datetime, ISO 8601 text, or seconds since 1970."""
    if value is None:
        return None
    if isinstance(value, (int, float)):
        return dt.datetime.fromtimestamp(value, dt.UTC)
    found = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value))
    return found.astimezone(dt.UTC) if found.tzinfo else found.replace(tzinfo=dt.UTC)


def members(raw: Raw, key: str, member: str) -> tuple[str, ...]:
    """Return one member of each thing in a list."""
    return tuple(item[member] for item in raw.get(key) or () if item.get(member))


def first(raw: Raw, keys: Iterable[str]) -> str:
    """Return the first value there is, "" where there is none."""
    values = [raw.get(key) for key in keys]
    return next((value for value in values if value), "")


def _ipv6_blocks(raw: Raw) -> tuple[str, ...]:
    """Return the IPv6 blocks in use; EC2 goes on showing those that failed or were taken away."""
    return tuple(
        each["Ipv6CidrBlock"]
        for each in raw.get("Ipv6CidrBlockAssociationSet") or ()
        if each.get("Ipv6CidrBlock")
        and (each.get("Ipv6CidrBlockState") or {}).get("State", ASSOCIATED) == ASSOCIATED
    )


def vpc(raw: Raw) -> Vpc:
    """Read a VPC; its primary block comes first."""
    primary = raw["CidrBlock"]
    blocks = [
        CidrAssociation(
            cidr=each["CidrBlock"],
            state=(each.get("CidrBlockState") or {}).get("State", ASSOCIATED),
            association_id=each.get("AssociationId", ""),
        )
        for each in raw.get("CidrBlockAssociationSet") or ()
    ]
    if not any(each.cidr == primary for each in blocks):
        blocks.append(CidrAssociation(cidr=primary, state=ASSOCIATED))
    return Vpc(
        id=raw["VpcId"],
        owner_id=raw.get("OwnerId", ""),
        cidrs=tuple(sorted(blocks, key=lambda each: each.cidr != primary)),
        ipv6_cidrs=_ipv6_blocks(raw),
        is_default=bool(raw.get("IsDefault")),
        tags=tags(raw),
    )


def subnet(raw: Raw) -> Subnet:
    """Read a subnet."""
    return Subnet(
        id=raw["SubnetId"],
        arn=raw.get("SubnetArn", ""),
        vpc_id=raw["VpcId"],
        owner_id=raw.get("OwnerId", ""),
        cidr=raw.get("CidrBlock") or "",
        ipv6_cidrs=_ipv6_blocks(raw),
        az=raw["AvailabilityZone"],
        az_id=raw.get("AvailabilityZoneId") or raw["AvailabilityZone"],
        free_ips=raw["AvailableIpAddressCount"],
        map_public_ip=bool(raw.get("MapPublicIpOnLaunch")),
        assign_ipv6=bool(raw.get("AssignIpv6AddressOnCreation")),
        outpost_arn=raw.get("OutpostArn") or None,
        state=raw.get("State", "available"),
        tags=tags(raw),
    )


def _attachment(raw: Raw | None) -> Attachment | None:
    if not raw:
        return None
    return Attachment(
        instance_id=raw.get("InstanceId") or None,
        instance_owner_id=raw.get("InstanceOwnerId") or None,
        device_index=raw.get("DeviceIndex"),
        network_card_index=raw.get("NetworkCardIndex"),
        status=raw.get("Status", ""),
        delete_on_termination=raw.get("DeleteOnTermination"),
    )


def eni(raw: Raw) -> Eni:
    """Read a network interface; the primary address comes first."""
    addresses = sorted(
        raw.get("PrivateIpAddresses") or (), key=lambda each: not each.get("Primary")
    )
    return Eni(
        id=raw["NetworkInterfaceId"],
        subnet_id=raw.get("SubnetId", ""),
        vpc_id=raw.get("VpcId", ""),
        az=raw.get("AvailabilityZone", ""),
        owner_id=raw.get("OwnerId", ""),
        interface_type=raw.get("InterfaceType", "interface"),
        description=raw.get("Description") or "",
        requester_id=raw.get("RequesterId") or None,
        requester_managed=bool(raw.get("RequesterManaged")),
        status=raw["Status"],
        groups=members(raw, "Groups", "GroupId"),
        private_ips=tuple(each["PrivateIpAddress"] for each in addresses),
        prefixes=members(raw, "Ipv4Prefixes", "Ipv4Prefix"),
        ipv6_ips=members(raw, "Ipv6Addresses", "Ipv6Address"),
        ipv6_prefixes=members(raw, "Ipv6Prefixes", "Ipv6Prefix"),
        public_ip=(raw.get("Association") or {}).get("PublicIp") or None,
        attachment=_attachment(raw.get("Attachment")),
        tags=tags(raw, "TagSet"),
    )


def flow_log(raw: Raw) -> FlowLog:
    """Read a flow log."""
    options = raw.get("DestinationOptions") or {}
    return FlowLog(
        id=raw["FlowLogId"],
        resource_id=raw["ResourceId"],
        traffic_type=raw.get("TrafficType", ""),
        status=raw.get("FlowLogStatus", ""),
        deliver_status=raw.get("DeliverLogsStatus"),
        deliver_error=raw.get("DeliverLogsErrorMessage"),
        log_format=raw.get("LogFormat"),
        destination_type=raw.get("LogDestinationType", "cloud-watch-logs"),
        destination=first(raw, ("LogDestination", "LogGroupName")) or None,
        aggregation_seconds=raw.get("MaxAggregationInterval"),
        created_at=moment(raw.get("CreationTime")),
        role_arn=raw.get("DeliverLogsPermissionArn") or None,
        cross_account_role=raw.get("DeliverCrossAccountRole") or None,
        file_format=options.get("FileFormat") or None,
        hive_partitions=bool(options.get("HiveCompatiblePartitions")),
        hourly_partitions=bool(options.get("PerHourPartition")),
        tag_fields=bool(raw.get("TagFieldSpecifications")),
        tags=tags(raw),
    )


def nat_gateway(raw: Raw) -> NatGateway:
    """Read a NAT gateway."""
    return NatGateway(
        id=raw["NatGatewayId"],
        vpc_id=raw.get("VpcId", ""),
        subnet_id=raw.get("SubnetId") or None,
        state=raw["State"],
        connectivity=raw.get("ConnectivityType", "public"),
        tags=tags(raw),
    )


def vpc_endpoint(raw: Raw) -> VpcEndpoint:
    """Read a VPC endpoint."""
    return VpcEndpoint(
        id=raw["VpcEndpointId"],
        vpc_id=raw["VpcId"],
        owner_id=raw.get("OwnerId", ""),
        service_name=raw.get("ServiceName", ""),
        type=raw.get("VpcEndpointType", "Gateway"),
        state=str(raw.get("State", "")).lower(),
        subnet_ids=tuple(raw.get("SubnetIds") or ()),
        route_table_ids=tuple(raw.get("RouteTableIds") or ()),
        groups=members(raw, "Groups", "GroupId"),
        private_dns=bool(raw.get("PrivateDnsEnabled")),
        tags=tags(raw),
    )


def _side(raw: Raw) -> PeerVpc:
    blocks = members(raw, "CidrBlockSet", "CidrBlock")
    single = raw.get("CidrBlock")
    return PeerVpc(
        vpc_id=raw.get("VpcId", ""),
        owner_id=raw.get("OwnerId", ""),
        region=raw.get("Region", ""),
        cidrs=blocks or ((single,) if single else ()),
    )


def peering(raw: Raw) -> Peering:
    """Read a VPC peering connection; a pending one need not show the other side's blocks."""
    return Peering(
        id=raw["VpcPeeringConnectionId"],
        status=raw["Status"]["Code"],
        requester=_side(raw.get("RequesterVpcInfo") or {}),
        accepter=_side(raw.get("AccepterVpcInfo") or {}),
        tags=tags(raw),
    )


def transit_attachment(raw: Raw) -> TransitAttachment:
    """Read a transit gateway's VPC attachment."""
    return TransitAttachment(
        id=raw["TransitGatewayAttachmentId"],
        gateway_id=raw["TransitGatewayId"],
        vpc_id=raw["VpcId"],
        vpc_owner_id=raw.get("VpcOwnerId", ""),
        subnet_ids=tuple(raw.get("SubnetIds") or ()),
        state=raw["State"],
        tags=tags(raw),
    )


def instances(raw: Raw) -> tuple[Instance, ...]:
    """Read a reservation's instances, those that have ended left out."""
    return tuple(
        Instance(
            id=each["InstanceId"],
            type=each["InstanceType"],
            vpc_id=each.get("VpcId", ""),
            subnet_id=each.get("SubnetId", ""),
            az=(each.get("Placement") or {}).get("AvailabilityZone", ""),
            state=each["State"]["Name"],
            launched_at=moment(each.get("LaunchTime")),
            public_ip=each.get("PublicIpAddress") or None,
            groups=members(each, "SecurityGroups", "GroupId"),
            tags=tags(each),
        )
        for each in raw.get("Instances") or ()
        if each["State"]["Name"] not in GONE
    )


def zone(raw: Raw) -> Zone:
    """Read an availability zone."""
    return Zone(
        name=raw["ZoneName"],
        id=raw.get("ZoneId", ""),
        kind=raw.get("ZoneType", "availability-zone"),
        state=raw.get("State", ""),
    )


def cidr_reservation(raw: Raw) -> CidrReservation:
    """Read a subnet CIDR reservation."""
    return CidrReservation(
        id=raw["SubnetCidrReservationId"],
        subnet_id=raw["SubnetId"],
        cidr=raw["Cidr"],
        kind=raw["ReservationType"],
    )


def instance_type(raw: Raw) -> InstanceType:
    """Read an instance type; the CNI uses the default network card's interfaces only."""
    network = raw["NetworkInfo"]
    default = network.get("DefaultNetworkCardIndex") or 0
    cards = network.get("NetworkCards") or ()
    enis = [c["MaximumNetworkInterfaces"] for c in cards if c["NetworkCardIndex"] == default]
    return InstanceType(
        name=raw["InstanceType"],
        max_enis=enis[0] if enis else network["MaximumNetworkInterfaces"],
        ipv4_per_eni=network["Ipv4AddressesPerInterface"],
        hypervisor=raw.get("Hypervisor", ""),
        bare_metal=bool(raw.get("BareMetal")),
        vcpus=(raw.get("VCpuInfo") or {}).get("DefaultVCpus", 0),
    )
