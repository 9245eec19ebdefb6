"""Small networks for tests: each builder makes a healthy thing; a test changes what it means."""

import dataclasses
import datetime as dt
from collections.abc import Iterable

from eksnet.model.cluster import Addon, Cluster, ClusterRole, FargateProfile, NodeGroup
from eksnet.model.network import (
    Attachment,
    CidrAssociation,
    Eni,
    FlowLog,
    Instance,
    InstanceType,
    NatGateway,
    Route,
    RouteTable,
    Rule,
    SecurityGroup,
    Subnet,
    Vpc,
    Zone,
)
from eksnet.model.quota import Quota
from eksnet.model.snapshot import Facet, Snapshot, SubnetLook, SubnetTrend, Target
from eksnet.network.cidr import usable

NOW = dt.datetime(2026, 3, 1, 8, 0, tzinfo=dt.UTC)
ACCOUNT = "111122223333"
EKS_ACCOUNT = "999900001111"
REGION = "eu-west-1"
TARGET = Target(account_id=ACCOUNT, region=REGION)
VPC = "vpc-0a"

FIELDS: dict[Facet, tuple[str, ...]] = {
    Facet.CLUSTERS: ("clusters", "cluster_names"),
    Facet.NODE_GROUPS: ("node_groups",),
    Facet.FARGATE_PROFILES: ("fargate_profiles",),
    Facet.CLUSTER_ROLES: ("cluster_roles",),
    Facet.VPCS: ("vpcs",),
    Facet.SUBNETS: ("subnets",),
    Facet.NETWORK_INTERFACES: ("enis",),
    Facet.ROUTE_TABLES: ("route_tables",),
    Facet.SECURITY_GROUPS: ("security_groups",),
    Facet.NETWORK_ACLS: ("network_acls",),
    Facet.FLOW_LOGS: ("flow_logs",),
    Facet.NAT_GATEWAYS: ("nat_gateways",),
    Facet.VPC_ENDPOINTS: ("vpc_endpoints",),
    Facet.PEERINGS: ("peerings",),
    Facet.TRANSIT_ATTACHMENTS: ("transit_attachments",),
    Facet.INSTANCES: ("instances",),
    Facet.INSTANCE_TYPES: ("instance_types",),
    Facet.ZONES: ("zones",),
    Facet.CIDR_RESERVATIONS: ("cidr_reservations",),
    Facet.QUOTAS: ("quotas",),
    Facet.HISTORY: ("sightings", "trends"),
}
"""The snapshot's fields each facet fills; add-ons and VPC attributes share fields with others."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Example:
    """Snapshots on which a check passes, fails, and cannot tell."""

    good: tuple[Snapshot, ...]
    bad: tuple[Snapshot, ...]
    unknown: tuple[Snapshot, ...] = ()


def snapshot(**parts: object) -> Snapshot:
    """Return a snapshot of everything, seen at NOW, holding ``parts``."""
    clusters: tuple[Cluster, ...] = tuple(parts.pop("clusters", ()))  # type: ignore[call-overload]
    values: dict[str, object] = {
        "target": TARGET,
        "captured_at": NOW,
        "seen": frozenset(Facet),
        "clusters": clusters,
        "cluster_names": tuple(each.name for each in clusters),
    }
    plain = {key: tuple(v) if isinstance(v, list) else v for key, v in parts.items()}
    return Snapshot(**{**values, **plain})  # type: ignore[arg-type]


def cluster(name: str = "payments", **parts: object) -> Cluster:
    """Return a private-and-public cluster on two zones."""
    values: dict[str, object] = {
        "name": name,
        "arn": f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{name}",
        "version": "1.33",
        "status": "ACTIVE",
        "vpc_id": VPC,
        "subnet_ids": ("subnet-a", "subnet-b"),
        "cluster_security_group_id": f"sg-{name}",
        "endpoint_public": True,
        "endpoint_private": True,
        "public_access_cidrs": ("203.0.113.0/24",),
        "role_arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "service_ipv4_cidr": "172.20.0.0/16",
        "tags": {},
    }
    return Cluster(**{**values, **parts})  # type: ignore[arg-type]


def vpc(vpc_id: str = VPC, *cidrs: str, **parts: object) -> Vpc:
    """Return a VPC, 10.0.0.0/16 unless blocks are given."""
    values: dict[str, object] = {
        "id": vpc_id,
        "owner_id": ACCOUNT,
        "cidrs": tuple(
            CidrAssociation(cidr=each, state="associated") for each in cidrs or ("10.0.0.0/16",)
        ),
        "dns_support": True,
        "dns_hostnames": True,
        "tags": {},
    }
    return Vpc(**{**values, **parts})  # type: ignore[arg-type]


def subnet(subnet_id: str = "subnet-a", **parts: object) -> Subnet:
    """Return a roomy private /24; its zone follows the last letter of its id."""
    zone = subnet_id[-1] if subnet_id[-1] in "abc" else "a"
    number = "abc".index(zone)
    values: dict[str, object] = {
        "id": subnet_id,
        "arn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/{subnet_id}",
        "vpc_id": VPC,
        "owner_id": ACCOUNT,
        "cidr": f"10.0.{number}.0/24",
        "az": f"{REGION}{zone}",
        "az_id": f"euw1-az{number + 1}",
        "free_ips": 200,
        "map_public_ip": False,
        "tags": {},
    }
    return Subnet(**{**values, **parts})  # type: ignore[arg-type]


def accounted(seen: Snapshot) -> Snapshot:
    """Return the snapshot with counts of free addresses that agree with its interfaces."""
    held: dict[str, int] = {}
    for each in seen.enis:
        size = len(each.private_ips) + 16 * len(each.prefixes)
        held[each.subnet_id] = held.get(each.subnet_id, 0) + size
    subnets = tuple(
        dataclasses.replace(each, free_ips=usable(each.cidr) - held.get(each.id, 0))
        for each in seen.subnets
    )
    return dataclasses.replace(seen, subnets=subnets)


def eni(eni_id: str, subnet_id: str = "subnet-a", **parts: object) -> Eni:
    """Return an interface nobody knows, in use in ``subnet_id``."""
    zone = subnet_id[-1] if subnet_id[-1] in "abc" else "a"
    values: dict[str, object] = {
        "id": eni_id,
        "subnet_id": subnet_id,
        "vpc_id": VPC,
        "az": f"{REGION}{zone}",
        "owner_id": ACCOUNT,
        "interface_type": "interface",
        "description": "",
        "status": "in-use",
        "private_ips": ("10.0.0.10",),
        "tags": {},
    }
    return Eni(**{**values, **parts})  # type: ignore[arg-type]


def x_eni(
    eni_id: str, subnet_id: str = "subnet-a", cluster_name: str = "payments", **parts: object
) -> Eni:
    """Return a cross-account interface of a cluster's control plane."""
    values: dict[str, object] = {
        "description": f"Amazon EKS {cluster_name}",
        "requester_managed": True,
        "groups": (f"sg-{cluster_name}",),
        "attachment": Attachment(instance_owner_id=EKS_ACCOUNT, device_index=1, status="attached"),
    }
    return eni(eni_id, subnet_id, **{**values, **parts})


def node_eni(
    eni_id: str, instance_id: str, subnet_id: str = "subnet-a", index: int = 0, **parts: object
) -> Eni:
    """Return an interface of a node: the primary one, or with ``index`` one that the CNI made."""
    values: dict[str, object] = {
        "description": f"aws-K8S-{instance_id}" if index else "",
        "attachment": Attachment(
            instance_id=instance_id,
            instance_owner_id=ACCOUNT,
            device_index=index,
            network_card_index=0,
            status="attached",
            delete_on_termination=True,
        ),
        "tags": {"node.k8s.amazonaws.com/instance_id": instance_id},
    }
    return eni(eni_id, subnet_id, **{**values, **parts})


def trunk(eni_id: str, instance_id: str, subnet_id: str = "subnet-a", **parts: object) -> Eni:
    """Return a node's trunk interface."""
    values: dict[str, object] = {
        "interface_type": "trunk",
        "description": "aws-k8s-trunk-eni",
        "tags": {"eks:eni:owner": "eks-vpc-resource-controller"},
    }
    return node_eni(eni_id, instance_id, subnet_id, 1, **{**values, **parts})


def branch(
    eni_id: str,
    trunk_id: str,
    subnet_id: str = "subnet-a",
    cluster_name: str = "payments",
    **parts: object,
) -> Eni:
    """Return a branch interface: no attachment, yet in use."""
    values: dict[str, object] = {
        "interface_type": "branch",
        "description": "aws-k8s-branch-eni",
        "groups": ("sg-pod",),
        "tags": {
            "eks:eni:owner": "eks-vpc-resource-controller",
            "vpcresources.k8s.aws/trunk-eni-id": trunk_id,
            f"kubernetes.io/cluster/{cluster_name}": "owned",
        },
    }
    return eni(eni_id, subnet_id, **{**values, **parts})


def instance(
    instance_id: str, subnet_id: str = "subnet-a", cluster_name: str = "payments", **parts: object
) -> Instance:
    """Return a running m5.large that is a node of ``cluster_name``."""
    zone = subnet_id[-1] if subnet_id[-1] in "abc" else "a"
    values: dict[str, object] = {
        "id": instance_id,
        "type": "m5.large",
        "vpc_id": VPC,
        "subnet_id": subnet_id,
        "az": f"{REGION}{zone}",
        "state": "running",
        "launched_at": NOW - dt.timedelta(days=1),
        "tags": {f"kubernetes.io/cluster/{cluster_name}": "owned"},
    }
    return Instance(**{**values, **parts})  # type: ignore[arg-type]


def node_group(name: str = "workers", cluster_name: str = "payments", **parts: object) -> NodeGroup:
    """Return a healthy node group of two to six m5.large on the cluster's subnets."""
    values: dict[str, object] = {
        "cluster": cluster_name,
        "name": name,
        "arn": f"arn:aws:eks:{REGION}:{ACCOUNT}:nodegroup/{cluster_name}/{name}/1",
        "status": "ACTIVE",
        "created_at": NOW - dt.timedelta(days=90),
        "subnet_ids": ("subnet-a", "subnet-b"),
        "instance_types": ("m5.large",),
        "ami_type": "AL2023_x86_64_STANDARD",
        "capacity_type": "ON_DEMAND",
        "version": "1.33",
        "min_size": 2,
        "max_size": 6,
        "desired_size": 2,
        "max_unavailable": 1,
        "tags": {},
    }
    return NodeGroup(**{**values, **parts})  # type: ignore[arg-type]


def fargate_profile(
    name: str = "jobs", cluster_name: str = "payments", **parts: object
) -> FargateProfile:
    """Return an active Fargate profile."""
    values: dict[str, object] = {
        "cluster": cluster_name,
        "name": name,
        "arn": f"arn:aws:eks:{REGION}:{ACCOUNT}:fargateprofile/{cluster_name}/{name}/1",
        "status": "ACTIVE",
        "subnet_ids": ("subnet-a", "subnet-b"),
        "tags": {},
    }
    return FargateProfile(**{**values, **parts})  # type: ignore[arg-type]


def addon(
    cluster_name: str = "payments", configuration: str | None = None, **parts: object
) -> Addon:
    """Return an active vpc-cni add-on."""
    values: dict[str, object] = {
        "cluster": cluster_name,
        "name": "vpc-cni",
        "arn": f"arn:aws:eks:{REGION}:{ACCOUNT}:addon/{cluster_name}/vpc-cni/1",
        "version": "v1.20.4-eksbuild.1",
        "status": "ACTIVE",
        "configuration": configuration,
        "tags": {},
    }
    return Addon(**{**values, **parts})  # type: ignore[arg-type]


def role(cluster_name: str = "payments", *policies: str) -> ClusterRole:
    """Return a cluster's role with the named AWS policies."""
    names = policies or ("AmazonEKSClusterPolicy", "AmazonEKSVPCResourceController")
    return ClusterRole(
        arn=f"arn:aws:iam::{ACCOUNT}:role/{cluster_name}",
        policy_arns=tuple(f"arn:aws:iam::aws:policy/{name}" for name in names),
    )


def route_table(
    table_id: str = "rtb-1", default: str | None = "nat-1", **parts: object
) -> RouteTable:
    """Return a VPC's main route table, its default route to ``default``."""
    routes = [Route(destination="10.0.0.0/16", target="local", origin="CreateRouteTable")]
    if default:
        routes.append(Route(destination="0.0.0.0/0", target=default, origin="CreateRoute"))
    values: dict[str, object] = {
        "id": table_id,
        "vpc_id": VPC,
        "owner_id": ACCOUNT,
        "main": not parts.get("subnet_ids"),
        "routes": tuple(routes),
        "tags": {},
    }
    return RouteTable(**{**values, **parts})  # type: ignore[arg-type]


def nat(
    nat_id: str = "nat-1", subnet_id: str | None = "subnet-pub-a", **parts: object
) -> NatGateway:
    """Return an available public NAT gateway."""
    values: dict[str, object] = {
        "id": nat_id,
        "vpc_id": VPC,
        "subnet_id": subnet_id,
        "state": "available",
        "tags": {},
    }
    return NatGateway(**{**values, **parts})  # type: ignore[arg-type]


ALL = Rule(protocol="-1", cidrs=("0.0.0.0/0",))


def security_group(group_id: str, *ingress: Rule, **parts: object) -> SecurityGroup:
    """Return a security group with ``ingress`` and open egress."""
    values: dict[str, object] = {
        "id": group_id,
        "name": group_id,
        "vpc_id": VPC,
        "owner_id": ACCOUNT,
        "ingress": ingress,
        "egress": (ALL,),
        "tags": {},
    }
    return SecurityGroup(**{**values, **parts})  # type: ignore[arg-type]


POD_FORMAT = " ".join(
    f"${{{field}}}"
    for field in (
        "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "
        "start end action log-status vpc-id subnet-id instance-id az-id pkt-srcaddr pkt-dstaddr "
        "flow-direction"
    ).split()
)


def flow_log(log_id: str = "fl-1", resource_id: str = VPC, **parts: object) -> FlowLog:
    """Return a delivering flow log of all traffic whose format shows pods."""
    values: dict[str, object] = {
        "id": log_id,
        "resource_id": resource_id,
        "traffic_type": "ALL",
        "status": "ACTIVE",
        "deliver_status": "SUCCESS",
        "log_format": POD_FORMAT,
        "destination_type": "cloud-watch-logs",
        "destination": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:flow",
        "aggregation_seconds": 60,
        "tags": {},
    }
    return FlowLog(**{**values, **parts})  # type: ignore[arg-type]


def instance_type(name: str = "m5.large", **parts: object) -> InstanceType:
    """Return an m5.large."""
    values: dict[str, object] = {
        "name": name,
        "max_enis": 3,
        "ipv4_per_eni": 10,
        "hypervisor": "nitro",
        "bare_metal": False,
        "vcpus": 2,
    }
    return InstanceType(**{**values, **parts})  # type: ignore[arg-type]


def quota(code: str, value: int) -> Quota:
    """Return an applied quota of Amazon VPC."""
    return Quota(
        id=code,
        arn=f"arn:aws:servicequotas:{REGION}:{ACCOUNT}:vpc/{code}",
        service="vpc",
        name=code,
        value=value,
    )


def trend(subnet_id: str, free: Iterable[int], blocks: Iterable[int] = ()) -> SubnetTrend:
    """Return what was seen of a subnet day by day, the last look a day before NOW."""
    counts = list(free)
    whole = [*blocks] or [each // 16 for each in counts]
    return SubnetTrend(
        subnet_id=subnet_id,
        looks=tuple(
            SubnetLook(at=NOW - dt.timedelta(days=len(counts) - day), free_ips=ips, free_28=block)
            for day, (ips, block) in enumerate(zip(counts, whole, strict=True))
        ),
    )


def zones(letters: Iterable[str] = "abc") -> tuple[Zone, ...]:
    """Return the region's availability zones."""
    return tuple(
        Zone(
            name=f"{REGION}{letter}",
            id=f"euw1-az{'abc'.index(letter) + 1}",
            kind="availability-zone",
            state="available",
        )
        for letter in letters
    )
