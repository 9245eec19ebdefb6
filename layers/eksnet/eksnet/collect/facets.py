"""What is read for each facet: the one source of the collector's calls and of the read policy."""

from collections.abc import Callable, Iterable
from typing import Any

from eksnet.collect import parse_ec2, parse_rules, quotas
from eksnet.collect.parse_ec2 import GONE, Raw
from eksnet.model.record import record
from eksnet.model.snapshot import Facet


@record
class Sweep:
    """A region-wide list: the EC2 operation, where its answer holds the items, and their parser.

    ``page`` is the largest page the API gives (botocore 1.43.67 shapes), None where it has no
    documented bound and the service's own is taken.
    """

    facet: Facet
    operation: str
    key: str
    field: str
    parse: Callable[[Raw], Iterable[Any]]
    page: int | None = None

    def items(self, raw: Raw) -> tuple[Any, ...]:
        """Return the facts in one page."""
        return tuple(item for each in raw[self.key] or () for item in self.parse(each))


def _one(parse: Callable[[Raw], object]) -> Callable[[Raw], Iterable[object]]:
    return lambda raw: (parse(raw),)


def _living(parse: Callable[[Raw], object]) -> Callable[[Raw], Iterable[object]]:
    """Leave out what EC2 still shows although it has been deleted."""
    return lambda raw: () if str(raw.get("State")).lower() in GONE else (parse(raw),)


_PARTS: tuple[tuple[Facet, str, str, str, Callable[[Raw], Iterable[object]], int | None], ...] = (
    (Facet.VPCS, "DescribeVpcs", "Vpcs", "vpcs", _one(parse_ec2.vpc), 1000),
    (Facet.SUBNETS, "DescribeSubnets", "Subnets", "subnets", _one(parse_ec2.subnet), 1000),
    (
        Facet.NETWORK_INTERFACES,
        "DescribeNetworkInterfaces",
        "NetworkInterfaces",
        "enis",
        _one(parse_ec2.eni),
        1000,
    ),
    (
        Facet.ROUTE_TABLES,
        "DescribeRouteTables",
        "RouteTables",
        "route_tables",
        _one(parse_rules.route_table),
        100,
    ),
    (
        Facet.SECURITY_GROUPS,
        "DescribeSecurityGroups",
        "SecurityGroups",
        "security_groups",
        _one(parse_rules.security_group),
        1000,
    ),
    (
        Facet.NETWORK_ACLS,
        "DescribeNetworkAcls",
        "NetworkAcls",
        "network_acls",
        _one(parse_rules.network_acl),
        1000,
    ),
    (Facet.FLOW_LOGS, "DescribeFlowLogs", "FlowLogs", "flow_logs", _one(parse_ec2.flow_log), 1000),
    (
        Facet.NAT_GATEWAYS,
        "DescribeNatGateways",
        "NatGateways",
        "nat_gateways",
        _living(parse_ec2.nat_gateway),
        1000,
    ),
    (
        Facet.VPC_ENDPOINTS,
        "DescribeVpcEndpoints",
        "VpcEndpoints",
        "vpc_endpoints",
        _living(parse_ec2.vpc_endpoint),
        1000,
    ),
    (
        Facet.PEERINGS,
        "DescribeVpcPeeringConnections",
        "VpcPeeringConnections",
        "peerings",
        _one(parse_ec2.peering),
        1000,
    ),
    (
        Facet.TRANSIT_ATTACHMENTS,
        "DescribeTransitGatewayVpcAttachments",
        "TransitGatewayVpcAttachments",
        "transit_attachments",
        _living(parse_ec2.transit_attachment),
        1000,
    ),
    (
        Facet.INSTANCES,
        "DescribeInstances",
        "Reservations",
        "instances",
        parse_ec2.instances,
        1000,
    ),
    (
        Facet.ZONES,
        "DescribeAvailabilityZones",
        "AvailabilityZones",
        "zones",
        _one(parse_ec2.zone),
        None,
    ),
)
SWEEPS = tuple(
    Sweep(facet=facet, operation=operation, key=key, field=field, parse=parse, page=page)
    for facet, operation, key, field, parse, page in _PARTS
)

ADDONS = {
    Facet.ADDON_VPC_CNI: "vpc-cni",
    Facet.ADDON_COREDNS: "coredns",
    Facet.ADDON_KUBE_PROXY: "kube-proxy",
}
TYPES_PAGE = 100  # DescribeInstanceTypes takes at most 100 names: EC2 API reference
PER_CLUSTER = frozenset({Facet.NODE_GROUPS, Facet.FARGATE_PROFILES, Facet.CLUSTER_ROLES, *ADDONS})

_ACTIONS: dict[Facet, tuple[str, ...]] = {
    **{sweep.facet: (f"ec2:{sweep.operation}",) for sweep in SWEEPS},
    Facet.CLUSTERS: ("eks:ListClusters", "eks:DescribeCluster"),
    Facet.NODE_GROUPS: ("eks:ListNodegroups", "eks:DescribeNodegroup"),
    Facet.FARGATE_PROFILES: ("eks:ListFargateProfiles", "eks:DescribeFargateProfile"),
    **dict.fromkeys(ADDONS, ("eks:DescribeAddon",)),
    Facet.CLUSTER_ROLES: ("iam:ListAttachedRolePolicies",),
    Facet.VPC_ATTRIBUTES: ("ec2:DescribeVpcAttribute",),
    Facet.INSTANCE_TYPES: ("ec2:DescribeInstanceTypes",),
    Facet.CIDR_RESERVATIONS: ("ec2:GetSubnetCidrReservations",),
    Facet.QUOTAS: (quotas.API,),
    Facet.HISTORY: (),
    Facet.REGIONS: ("ec2:DescribeRegions",),
    Facet.ACCOUNTS: ("organizations:ListAccounts",),
}
ALWAYS = ("sts:GetCallerIdentity", "ec2:DescribeRegions")


def iam_actions(facets: Iterable[Facet]) -> tuple[str, ...]:
    """Return the read actions that collecting ``facets`` takes, sorted."""
    wanted = needed(facets)
    return tuple(sorted({action for facet in wanted for action in _ACTIONS[facet]}))


def needed(facets: Iterable[Facet]) -> frozenset[Facet]:
    """Return ``facets`` with those without which they can't be read.

    Everything hangs on the clusters; the VPCs' attributes are kept with the VPCs; which instance
    types and prefix subnets are in use only instances, node groups and interfaces tell.
    """
    wanted = frozenset(facets) | {Facet.CLUSTERS}
    if Facet.VPC_ATTRIBUTES in wanted:
        wanted |= {Facet.VPCS}
    if Facet.INSTANCE_TYPES in wanted:
        wanted |= {Facet.INSTANCES, Facet.NODE_GROUPS, Facet.NETWORK_INTERFACES}
    if Facet.CIDR_RESERVATIONS in wanted:
        wanted |= {Facet.NETWORK_INTERFACES}
    return wanted


READABLE = frozenset(Facet) - {Facet.HISTORY, Facet.REGIONS, Facet.ACCOUNTS}
