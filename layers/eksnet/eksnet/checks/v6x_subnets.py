"""IPv6 clusters: what their subnets and the control plane's interfaces must have."""

from collections.abc import Iterator
from typing import Any

from eksnet.cni.eni import x_enis_by_cluster
from eksnet.cni.membership import Found, used_subnets
from eksnet.engine.check import Answer, Unseen, check, failed, not_listed, passed
from eksnet.engine.limits import CLUSTER_SUBNETS, Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.network import Route, RouteTable, Subnet
from eksnet.model.resource import eni_resource, subnet_resource
from eksnet.model.snapshot import Facet, Snapshot, subnet_by_id
from eksnet.network.routes import Exit, exit_of, table_by_subnet

GUIDE = "https://docs.aws.amazon.com/eks/latest/userguide/cni-ipv6.html"
BEST_PRACTICES = "https://docs.aws.amazon.com/eks/latest/best-practices/ipv6.html"
IPV6 = "ipv6"  # EKS API reference: KubernetesNetworkConfigRequest.ipFamily
ANYWHERE = "::/0"
EGRESS_ONLY, INTERNET = "eigw-", "igw-"  # EC2's own prefixes of the two gateways' ids
NODES = frozenset({Found.NODE_GROUP, Found.INSTANCE})
PODS = NODES | {Found.FARGATE_PROFILE}
NEEDS = frozenset(
    {
        Facet.CLUSTERS,
        Facet.NODE_GROUPS,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
        Facet.SUBNETS,
    }
)


def _subnets(
    snapshot: Snapshot, found: frozenset[Found]
) -> Iterator[tuple[Cluster, Subnet | str, list[str]]]:
    """Yield each IPv6 cluster with its subnets that were found so, an id where not listed."""
    for cluster in snapshot.clusters:
        if cluster.ip_family != IPV6:
            continue
        for used in used_subnets(snapshot)[cluster.name]:
            if used.found & found:
                known: Subnet | str = subnet_by_id(snapshot).get(used.subnet_id, used.subnet_id)
                yield cluster, known, sorted(used.found & found)


def _missing(cluster: Cluster, subnet_id: str) -> Unseen:
    return not_listed(subnet_resource(subnet_id), cluster.name, "ec2:DescribeSubnets")


@check(
    id="V6X001",
    title="The subnets of an IPv6 cluster have IPv4 and IPv6 blocks",
    severity=Severity.HIGH,
    needs=NEEDS | {Facet.FARGATE_PROFILES},
    source=CLUSTER_SUBNETS,
    rules=(180,),
    since="0.2.0",
)
def dual_stack_subnets(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Pods of an IPv6 cluster have IPv6 addresses; nodes and the control plane need both kinds.

    A subnet without an IPv6 block gives a node no prefix, so that no pod starts there, and the
    control plane's new interfaces can't be made in it at the next update. One without an IPv4 block
    has no address for the node itself.

    **Passes** where the subnet has both. **Fails** where one is missing. Judged are the cluster
    subnets and those of nodes, node groups and Fargate profiles.

    **What to do.** Associate a /64 of the VPC's IPv6 block with the subnet; an IPv6-only subnet has
    to be replaced.
    """
    for cluster, subnet, found in _subnets(snapshot, PODS | {Found.CLUSTER_SUBNET}):
        if isinstance(subnet, str):
            yield _missing(cluster, subnet)
            continue
        resource = subnet_resource(subnet)
        lacks = [
            family
            for family, has in (("IPv6", subnet.ipv6_cidrs), ("IPv4", subnet.cidr))
            if not has
        ]
        seen: dict[str, Any] = {
            "ipv6_cidrs": list(subnet.ipv6_cidrs),
            "cidr": subnet.cidr,
            "found": found,
        }
        if lacks:
            text = f"no {' and no '.join(lacks)} block"
            yield failed(resource, text, cluster=cluster.name, positive=True, **seen)
        else:
            text = f"{subnet.cidr} and {', '.join(subnet.ipv6_cidrs)}"
            yield passed(resource, text, cluster=cluster.name, positive=True, **seen)


@check(
    id="V6X002",
    title="Node subnets of an IPv6 cluster assign IPv6 addresses on creation",
    severity=Severity.HIGH,
    needs=NEEDS,
    source=CLUSTER_SUBNETS,
    rules=(181,),
    since="0.2.0",
)
def assign_on_creation(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A node that comes up without an IPv6 address never joins an IPv6 cluster.

    Nodes get theirs from the subnet's AssignIpv6AddressOnCreation. Where it is off, managed node
    groups are refused or their new nodes fail, at the next scale-out at the latest.

    **Passes** where it is on. **Fails** where it is off. Judged are the subnets in which nodes are,
    or managed node groups put them.

    **What to do.** Turn AssignIpv6AddressOnCreation on for the subnet: `aws ec2
    modify-subnet-attribute --assign-ipv6-address-on-creation`.
    """
    for cluster, subnet, found in _subnets(snapshot, NODES):
        if isinstance(subnet, str):
            yield _missing(cluster, subnet)
            continue
        resource = subnet_resource(subnet)
        seen: dict[str, Any] = {"assign_ipv6": subnet.assign_ipv6, "found": found}
        if subnet.assign_ipv6:
            text = "assigns IPv6 addresses on creation"
            yield passed(resource, text, cluster=cluster.name, positive=True, **seen)
        else:
            text = "assigns no IPv6 address on creation"
            yield failed(resource, text, cluster=cluster.name, positive=True, **seen)


@check(
    id="V6X003",
    title="IPv6 leaves private subnets by an egress-only gateway",
    severity=Severity.HIGH,
    needs=NEEDS | {Facet.FARGATE_PROFILES, Facet.ROUTE_TABLES},
    source=BEST_PRACTICES,
    rules=(35, 182),
    since="0.2.0",
)
def ipv6_way_out(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Every IPv6 address of a pod is public; only the route decides who can reach it.

    An egress-only internet gateway lets pods out and nobody in. Without a route to ::/0 pods reach
    IPv4 hosts only, and by an internet gateway in a subnet that is private for IPv4 they can be
    reached from everywhere, held back by security groups alone.

    **Passes** where ::/0 leads to an egress-only gateway or another live target, to an internet
    gateway in a subnet that is public for IPv4 too, or nowhere in a subnet that has no default
    route for IPv4 either. **Fails** high where it is missing or leads nowhere, medium where it
    leads to an internet gateway and IPv4 does not. Judged are the subnets of nodes, node groups and
    Fargate profiles.

    **What to do.** Create an egress-only internet gateway and a route from ::/0 to it in the
    private subnets' route tables.
    """
    for cluster, subnet, _ in _subnets(snapshot, PODS):
        if isinstance(subnet, str):
            yield _missing(cluster, subnet)
            continue
        table = table_by_subnet(snapshot).get(subnet.id)
        if table is None:
            yield Unseen(
                resource=subnet_resource(subnet),
                cluster=cluster.name,
                api="ec2:DescribeRouteTables",
                error="NotFound",
                message=f"the route table of {subnet.id} is not seen",
            )
        else:
            yield _way(cluster, subnet, table)


def _default(table: RouteTable) -> Route | None:
    return next((route for route in table.routes if route.destination == ANYWHERE), None)


def _way(cluster: Cluster, subnet: Subnet, table: RouteTable) -> Answer:
    resource, route, ipv4 = subnet_resource(subnet), _default(table), exit_of(table)
    text, severity = f"{ANYWHERE} leads to {route.target if route else 'nothing'}", None
    if route is None and ipv4 is Exit.NONE:
        text = "closed for IPv6 as it is for IPv4"
    elif route is None:
        text, severity = f"{table.id} has no route to {ANYWHERE}", Severity.HIGH
    elif route.state == "blackhole":
        text, severity = f"the route of {table.id} to {ANYWHERE} leads nowhere", Severity.HIGH
    elif route.target.startswith(INTERNET) and ipv4 is not Exit.INTERNET_GATEWAY:
        text = f"private for IPv4, but {ANYWHERE} leads to {route.target}"
        severity = Severity.MEDIUM
    seen: dict[str, Any] = {
        "route_table": table.id,
        "target": route.target if route else None,
        "egress_only": bool(route and route.target.startswith(EGRESS_ONLY)),
        "ipv4": str(ipv4),
    }
    own = subnet.id in table.subnet_ids
    if severity is None:
        return passed(resource, text, cluster=cluster.name, positive=own, **seen)
    return failed(resource, text, cluster=cluster.name, severity=severity, positive=own, **seen)


@check(
    id="V6X004",
    title="The x-ENIs of an IPv6 cluster have IPv6 addresses",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.NETWORK_INTERFACES},
    source=BEST_PRACTICES,
    rules=(189,),
    since="0.2.0",
)
def dual_stack_x_enis(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """The API server calls webhooks and kubelets of an IPv6 cluster over IPv6, by its x-ENIs.

    EKS gives each one an address of both kinds. One without IPv6 was made in a subnet that had no
    IPv6 block then, and what the control plane calls through it times out.

    **Passes** where the x-ENI has an IPv6 address. **Fails** where it has none.

    **What to do.** Give each cluster subnet an IPv6 block; EKS makes the interfaces anew at the
    next version or subnet update.
    """
    for cluster in snapshot.clusters:
        if cluster.ip_family != IPV6:
            continue
        for eni in x_enis_by_cluster(snapshot).get(cluster.name, ()):
            resource, found = eni_resource(snapshot, eni), [*eni.ipv6_ips, *eni.ipv6_prefixes]
            seen: dict[str, Any] = {"ipv6": found, "subnet": eni.subnet_id}
            if found:
                text = f"has {', '.join(found)}"
                yield passed(resource, text, cluster=cluster.name, positive=True, **seen)
            else:
                text = f"has no IPv6 address in {eni.subnet_id}"
                yield failed(resource, text, cluster=cluster.name, positive=True, **seen)
