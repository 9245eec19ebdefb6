"""The VPC as EC2 describes it. Addresses and CIDR blocks are text in canonical form."""

import datetime as dt

from eksnet.model.record import Tags, record


@record
class CidrAssociation:
    """One IPv4 block of a VPC. ``state`` is a VpcCidrBlockStateCode; usable when ``associated``."""

    cidr: str
    state: str
    association_id: str = ""


@record
class Vpc:
    """A VPC. ``cidrs`` lists the primary block first; the DNS attributes are None when not read."""

    id: str
    owner_id: str
    cidrs: tuple[CidrAssociation, ...]
    ipv6_cidrs: tuple[str, ...] = ()
    is_default: bool = False
    dns_support: bool | None = None
    dns_hostnames: bool | None = None
    tags: Tags


@record
class Subnet:
    """A subnet. ``free_ips`` is EC2's own count; an IPv6-only subnet's ``cidr`` is empty."""

    id: str
    arn: str
    vpc_id: str
    owner_id: str
    cidr: str
    ipv6_cidrs: tuple[str, ...] = ()
    az: str
    az_id: str
    free_ips: int
    map_public_ip: bool
    assign_ipv6: bool = False
    outpost_arn: str | None = None
    state: str = "available"
    tags: Tags


@record
class Attachment:
    """What a network interface hangs on; ``instance_id`` is None for what AWS runs itself."""

    instance_id: str | None = None
    instance_owner_id: str | None = None
    device_index: int | None = None
    network_card_index: int | None = None
    status: str = ""
    delete_on_termination: bool | None = None


@record
class Eni:
    """A network interface; ``private_ips`` starts with the primary one, ``prefixes`` are /28."""

    id: str
    subnet_id: str
    vpc_id: str
    az: str
    owner_id: str
    interface_type: str
    description: str
    requester_id: str | None = None
    requester_managed: bool = False
    status: str
    groups: tuple[str, ...] = ()
    private_ips: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    ipv6_ips: tuple[str, ...] = ()
    ipv6_prefixes: tuple[str, ...] = ()
    public_ip: str | None = None
    attachment: Attachment | None = None
    tags: Tags


@record
class Route:
    """One route, from a CIDR block or prefix list id to an id or ``local``."""

    destination: str
    target: str
    state: str = "active"
    origin: str = ""


@record
class RouteTable:
    """A route table with the subnets explicitly associated; ``main`` serves the VPC's others."""

    id: str
    vpc_id: str
    owner_id: str
    main: bool
    subnet_ids: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    tags: Tags


@record
class Rule:
    """One permission of a security group. ``protocol`` is ``-1`` for all; ports None when all."""

    protocol: str
    from_port: int | None = None
    to_port: int | None = None
    cidrs: tuple[str, ...] = ()
    ipv6_cidrs: tuple[str, ...] = ()
    prefix_lists: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@record
class SecurityGroup:
    """A security group with its rules in both directions."""

    id: str
    name: str
    vpc_id: str
    owner_id: str
    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = ()
    tags: Tags


@record
class AclEntry:
    """One line of a network ACL; the lowest ``number`` that matches decides."""

    number: int
    egress: bool
    allow: bool
    protocol: str
    cidr: str | None = None
    ipv6_cidr: str | None = None
    from_port: int | None = None
    to_port: int | None = None


@record
class NetworkAcl:
    """A network ACL and the subnets it guards."""

    id: str
    vpc_id: str
    owner_id: str
    is_default: bool
    subnet_ids: tuple[str, ...] = ()
    entries: tuple[AclEntry, ...] = ()
    tags: Tags


@record
class FlowLog:
    """A flow log; ``log_format`` is as EC2 returns it, ``${field} ${field}``.

    ``role_arn`` delivers, ``cross_account_role`` into another account. Files and partitions are of
    S3 alone; ``tag_fields`` says that the records show tags of resources.
    """

    id: str
    resource_id: str
    traffic_type: str
    status: str
    deliver_status: str | None = None
    deliver_error: str | None = None
    log_format: str | None = None
    destination_type: str = ""
    destination: str | None = None
    aggregation_seconds: int | None = None
    created_at: dt.datetime | None = None
    role_arn: str | None = None
    cross_account_role: str | None = None
    file_format: str | None = None
    hive_partitions: bool = False
    hourly_partitions: bool = False
    tag_fields: bool = False
    tags: Tags


@record
class NatGateway:
    """A NAT gateway; a regional one has no ``subnet_id``."""

    id: str
    vpc_id: str
    subnet_id: str | None = None
    state: str
    connectivity: str = "public"
    tags: Tags


@record
class VpcEndpoint:
    """A VPC endpoint of any type."""

    id: str
    vpc_id: str
    owner_id: str
    service_name: str
    type: str
    state: str
    subnet_ids: tuple[str, ...] = ()
    route_table_ids: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    private_dns: bool = False
    tags: Tags


@record
class PeerVpc:
    """One side of a peering connection, with the IPv4 blocks it shows."""

    vpc_id: str
    owner_id: str
    region: str
    cidrs: tuple[str, ...] = ()


@record
class Peering:
    """A VPC peering connection; ``status`` is ``active``, ``pending-acceptance``, ..."""

    id: str
    status: str
    requester: PeerVpc
    accepter: PeerVpc
    tags: Tags


@record
class TransitAttachment:
    """A VPC's attachment to a transit gateway."""

    id: str
    gateway_id: str
    vpc_id: str
    vpc_owner_id: str
    subnet_ids: tuple[str, ...] = ()
    state: str
    tags: Tags


@record
class Instance:
    """An EC2 instance that has not ended."""

    id: str
    type: str
    vpc_id: str
    subnet_id: str
    az: str
    state: str
    launched_at: dt.datetime | None = None
    public_ip: str | None = None
    groups: tuple[str, ...] = ()
    tags: Tags


@record
class Zone:
    """An availability zone: the account's ``name`` for ``id``; ``kind`` is its ZoneType."""

    name: str
    id: str
    kind: str
    state: str


@record
class CidrReservation:
    """A subnet CIDR reservation; ``kind`` is ``prefix`` or ``explicit``."""

    id: str
    subnet_id: str
    cidr: str
    kind: str


@record
class InstanceType:
    """An instance type in use; ``max_enis`` counts the default network card only."""

    name: str
    max_enis: int
    ipv4_per_eni: int
    hypervisor: str
    bare_metal: bool
    vcpus: int
