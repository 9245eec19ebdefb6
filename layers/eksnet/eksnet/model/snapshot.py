"""One target as it was seen at one moment: everything the checks may know."""

import dataclasses
import datetime as dt
import enum
import typing
from collections.abc import Callable, Iterable, Mapping

from eksnet.model.cluster import Addon, Cluster, ClusterRole, FargateProfile, NodeGroup
from eksnet.model.network import (
    CidrReservation,
    Eni,
    FlowLog,
    Instance,
    InstanceType,
    NatGateway,
    NetworkAcl,
    Peering,
    RouteTable,
    SecurityGroup,
    Subnet,
    TransitAttachment,
    Vpc,
    VpcEndpoint,
    Zone,
)
from eksnet.model.quota import Quota
from eksnet.model.record import STRICT, record

SCHEMA_VERSION = 1


class Facet(enum.StrEnum):
    """A kind of fact that is read, and can be blind, as one."""

    CLUSTERS = "clusters"
    NODE_GROUPS = "node-groups"
    FARGATE_PROFILES = "fargate-profiles"
    ADDON_VPC_CNI = "addon-vpc-cni"
    ADDON_COREDNS = "addon-coredns"
    ADDON_KUBE_PROXY = "addon-kube-proxy"
    CLUSTER_ROLES = "cluster-roles"
    VPCS = "vpcs"
    VPC_ATTRIBUTES = "vpc-attributes"
    SUBNETS = "subnets"
    NETWORK_INTERFACES = "network-interfaces"
    ROUTE_TABLES = "route-tables"
    SECURITY_GROUPS = "security-groups"
    NETWORK_ACLS = "network-acls"
    FLOW_LOGS = "flow-logs"
    NAT_GATEWAYS = "nat-gateways"
    VPC_ENDPOINTS = "vpc-endpoints"
    PEERINGS = "peerings"
    TRANSIT_ATTACHMENTS = "transit-attachments"
    INSTANCES = "instances"
    INSTANCE_TYPES = "instance-types"
    ZONES = "zones"
    CIDR_RESERVATIONS = "cidr-reservations"
    QUOTAS = "quotas"
    HISTORY = "history"
    REGIONS = "regions"
    ACCOUNTS = "accounts"


@record
class Target:
    """One account in one Region. ``account_id`` is ``unknown`` when nothing told it."""

    account_id: str
    region: str
    partition: str = "aws"

    def arn(self, service: str, rest: str, *, account: str | None = None) -> str:
        """Return an ARN (``rest`` is ``subnet/subnet-0a``), another owner's with ``account``."""
        return f"arn:{self.partition}:{service}:{self.region}:{account or self.account_id}:{rest}"


@record
class Resource:
    """What a finding is about: a CloudFormation type, the id, and the ARN where there is one."""

    type: str
    id: str
    arn: str | None = None


@record
class Blind:
    """What could not be seen, and why: the API that was asked and the error code it gave.

    The scope is one ``cluster`` when that is given, else one ``resource``, else the whole region.
    """

    facet: Facet
    api: str
    error: str
    cluster: str | None = None
    resource: Resource | None = None


@record
class Sighting:
    """When an earlier run first saw a network interface that was already unattached then."""

    eni_id: str
    available_since: dt.datetime


@record
class SubnetLook:
    """How much room an earlier run saw: free addresses and /28 blocks, None where not counted."""

    at: dt.datetime
    free_ips: int
    free_28: int | None


@record
class SubnetTrend:
    """What earlier runs of the same target saw of a subnet, oldest first."""

    subnet_id: str
    looks: tuple[SubnetLook, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A target at ``captured_at``: what was seen, and in ``blinds`` what was not.

    ``seen`` names the facets that were asked for: one that is not there is blind, never empty.
    ``cluster_names`` is ListClusters' own answer, so that coverage can be counted. ``partial`` says
    that lists were filtered by somebody else: then nothing may be called absent. ``clusters`` holds
    only those described; in ``selected`` stand the names asked for when not all were.
    """

    __pydantic_config__: typing.ClassVar = STRICT

    schema_version: int = SCHEMA_VERSION
    target: Target
    captured_at: dt.datetime
    seen: frozenset[Facet]
    blinds: tuple[Blind, ...] = ()
    partial: bool = False
    selected: tuple[str, ...] | None = None
    cluster_names: tuple[str, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    node_groups: tuple[NodeGroup, ...] = ()
    fargate_profiles: tuple[FargateProfile, ...] = ()
    addons: tuple[Addon, ...] = ()
    cluster_roles: tuple[ClusterRole, ...] = ()
    vpcs: tuple[Vpc, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    enis: tuple[Eni, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    security_groups: tuple[SecurityGroup, ...] = ()
    network_acls: tuple[NetworkAcl, ...] = ()
    flow_logs: tuple[FlowLog, ...] = ()
    nat_gateways: tuple[NatGateway, ...] = ()
    vpc_endpoints: tuple[VpcEndpoint, ...] = ()
    peerings: tuple[Peering, ...] = ()
    transit_attachments: tuple[TransitAttachment, ...] = ()
    instances: tuple[Instance, ...] = ()
    instance_types: tuple[InstanceType, ...] = ()
    zones: tuple[Zone, ...] = ()
    cidr_reservations: tuple[CidrReservation, ...] = ()
    quotas: tuple[Quota, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    trends: tuple[SubnetTrend, ...] = ()

    def blind(self, facets: Iterable[Facet]) -> tuple[Blind, ...]:
        """Return every blind among ``facets``, those never asked for included."""
        wanted = frozenset(facets)
        unasked = (
            Blind(facet=facet, api=f"eksnet:{facet}", error="NotCollected")
            for facet in sorted(wanted - self.seen)
        )
        return (*unasked, *(blind for blind in self.blinds if blind.facet in wanted))


def derived[T](compute: Callable[[Snapshot], T]) -> Callable[[Snapshot], T]:
    """Compute once a snapshot: the answer is kept with the snapshot it was derived from."""
    key = f"{compute.__module__}.{compute.__qualname__}"

    def once(snapshot: Snapshot) -> T:
        kept: dict[str, T] = snapshot.__dict__.setdefault("_derived", {})
        if key not in kept:
            kept[key] = compute(snapshot)
        return kept[key]

    once.__doc__, once.__name__ = compute.__doc__, compute.__name__
    return once


def grouped[K, V](items: Iterable[V], key: Callable[[V], K]) -> Mapping[K, tuple[V, ...]]:
    """Return the items of each key, in their order."""
    groups: dict[K, list[V]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return {each: tuple(members) for each, members in groups.items()}


@derived
def cluster_by_name(snapshot: Snapshot) -> Mapping[str, Cluster]:
    """Return the described clusters by name."""
    return {cluster.name: cluster for cluster in snapshot.clusters}


@derived
def vpc_by_id(snapshot: Snapshot) -> Mapping[str, Vpc]:
    """Return the VPCs by id."""
    return {vpc.id: vpc for vpc in snapshot.vpcs}


@derived
def subnet_by_id(snapshot: Snapshot) -> Mapping[str, Subnet]:
    """Return the subnets by id."""
    return {subnet.id: subnet for subnet in snapshot.subnets}


@derived
def subnets_by_vpc(snapshot: Snapshot) -> Mapping[str, tuple[Subnet, ...]]:
    """Return the subnets of each VPC."""
    return grouped(snapshot.subnets, lambda subnet: subnet.vpc_id)


@derived
def enis_by_subnet(snapshot: Snapshot) -> Mapping[str, tuple[Eni, ...]]:
    """Return the network interfaces in each subnet."""
    return grouped(snapshot.enis, lambda eni: eni.subnet_id)


@derived
def instance_by_id(snapshot: Snapshot) -> Mapping[str, Instance]:
    """Return the instances by id."""
    return {instance.id: instance for instance in snapshot.instances}


@derived
def security_group_by_id(snapshot: Snapshot) -> Mapping[str, SecurityGroup]:
    """Return the security groups by id."""
    return {group.id: group for group in snapshot.security_groups}


@derived
def nat_by_id(snapshot: Snapshot) -> Mapping[str, NatGateway]:
    """Return the NAT gateways by id."""
    return {nat.id: nat for nat in snapshot.nat_gateways}


@derived
def quota_by_id(snapshot: Snapshot) -> Mapping[str, Quota]:
    """Return the applied quotas by their codes."""
    return {quota.id: quota for quota in snapshot.quotas}


@derived
def node_groups_by_cluster(snapshot: Snapshot) -> Mapping[str, tuple[NodeGroup, ...]]:
    """Return the managed node groups of each cluster."""
    return grouped(snapshot.node_groups, lambda group: group.cluster)


@derived
def addon_by_cluster_and_name(snapshot: Snapshot) -> Mapping[tuple[str, str], Addon]:
    """Return the EKS-managed add-ons by cluster and add-on name."""
    return {(addon.cluster, addon.name): addon for addon in snapshot.addons}
