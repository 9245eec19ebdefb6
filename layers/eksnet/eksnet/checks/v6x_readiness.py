"""IPv4 clusters that run short of addresses: what a move to IPv6 would still take."""

from collections.abc import Iterator
from typing import Any

from eksnet.cni.limits import limits as instance_limits
from eksnet.cni.membership import Found, nodes_by_cluster, used_subnets
from eksnet.engine.check import Answer, check, failed, not_listed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.network import Subnet, Vpc
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import (
    Facet,
    Resource,
    Snapshot,
    node_groups_by_cluster,
    subnet_by_id,
    subnets_by_vpc,
    vpc_by_id,
)

IPV4 = "ipv4"  # EKS API reference: KubernetesNetworkConfigRequest.ipFamily
NODES = frozenset({Found.NODE_GROUP, Found.INSTANCE})


@check(
    id="V6X010",
    title="A cluster short of IPv4 addresses has a network that is ready for IPv6",
    severity=Severity.LOW,
    needs={
        Facet.CLUSTERS,
        Facet.VPCS,
        Facet.SUBNETS,
        Facet.NODE_GROUPS,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
    },
    source="https://docs.aws.amazon.com/eks/latest/best-practices/ipv6.html",
    rules=(179,),
    since="0.2.0",
)
def ready_for_ipv6(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """A cluster's address family is fixed when it is made: the way to IPv6 is a second cluster.

    In IPv6 a pod takes no address that could run out. The network can be made ready beside the old
    cluster long before, and without touching it: blocks for the VPC and its subnets, and node types
    that carry prefixes.

    **Passes** where the VPC and the subnets of the cluster and its nodes have IPv6 blocks and every
    node type known is Nitro. **Fails** where something of that is missing. Judged are IPv4 clusters
    with nodes in a zone where all subnets of the VPC together have under 256 free addresses.

    **What to do.** Associate an IPv6 block with the VPC and a /64 of it with each subnet, then plan
    a second cluster with ipFamily ipv6; until then a secondary block gives pods room.
    """
    vpcs = vpc_by_id(snapshot)
    for cluster in snapshot.clusters:
        short = _short(snapshot, cluster, limits)
        if cluster.ip_family != IPV4 or not short:
            continue
        if cluster.vpc_id in vpcs:
            yield _readiness(snapshot, cluster, vpcs[cluster.vpc_id], short)
        else:
            missing = Resource(type="AWS::EC2::VPC", id=cluster.vpc_id)
            yield not_listed(missing, cluster.name, "ec2:DescribeVpcs")


def _subnets(snapshot: Snapshot, cluster: Cluster, found: frozenset[Found]) -> list[Subnet]:
    known = subnet_by_id(snapshot)
    used = used_subnets(snapshot)[cluster.name]
    return [known[u.subnet_id] for u in used if u.found & found and u.subnet_id in known]


def _short(snapshot: Snapshot, cluster: Cluster, limits: Limits) -> dict[str, int]:
    """Return the free addresses of each zone with nodes that has too few."""
    free: dict[str, int] = {each.az_id: 0 for each in _subnets(snapshot, cluster, NODES)}
    for subnet in subnets_by_vpc(snapshot).get(cluster.vpc_id, ()):
        if subnet.az_id in free:
            free[subnet.az_id] += subnet.free_ips
    return {az_id: free[az_id] for az_id in sorted(free) if free[az_id] < limits.pod_recommended}


def _readiness(snapshot: Snapshot, cluster: Cluster, vpc: Vpc, short: dict[str, int]) -> Answer:
    groups = node_groups_by_cluster(snapshot).get(cluster.name, ())
    types = {node.type for node in nodes_by_cluster(snapshot).get(cluster.name, ())}
    types = types.union(*(group.instance_types for group in groups))
    known = instance_limits()
    lacks = {
        "VPC without an IPv6 block": [] if vpc.ipv6_cidrs else [vpc.id],
        "subnets without one": [
            each.id
            for each in _subnets(snapshot, cluster, NODES | {Found.CLUSTER_SUBNET})
            if not each.ipv6_cidrs
        ],
        "types that are not Nitro": sorted(t for t in types if t in known and not known[t].nitro),
    }
    missing = "; ".join(f"{what}: {', '.join(which)}" for what, which in lacks.items() if which)
    rooms = ", ".join(f"{free} in {az_id}" for az_id, free in short.items())
    seen: dict[str, Any] = {"free_ips": short, "lacks": lacks}
    resource, text = cluster_resource(snapshot, cluster), f"free IPv4 addresses: {rooms}"
    if missing:
        return failed(resource, f"{text}; {missing}", cluster=cluster.name, **seen)
    return passed(resource, f"{text}; ready for IPv6", cluster=cluster.name, **seen)
