"""Whether nodes reach an API server that has a public endpoint only."""

from collections.abc import Iterator, Mapping
from typing import Any

from eksnet.cni.membership import Found, UsedSubnet, nodes_by_cluster, used_subnets
from eksnet.cni.sight import hidden
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.engine.profile import Profile
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread
from eksnet.model.network import Instance, Route, RouteTable, Subnet
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Facet, Snapshot, nat_by_id, subnet_by_id
from eksnet.network.routes import Exit, default_route, exit_of, table_by_subnet

WANTED = frozenset(
    {
        Facet.NODE_GROUPS,
        Facet.FARGATE_PROFILES,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
        Facet.SUBNETS,
        Facet.ROUTE_TABLES,
        Facet.NAT_GATEWAYS,
    }
)
_ANYWHERE_V6 = "::/0"
_BEYOND = Unread(api="ec2:SearchTransitGatewayRoutes", error="NotRead")
"""What lies behind a transit gateway, an appliance or a private NAT gateway is not looked at."""


@check(
    id="EPA003",
    title="Nodes reach a public-only endpoint",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS},
    wants=WANTED,
    source="https://docs.aws.amazon.com/eks/latest/best-practices/subnets.html",
    rules=(21,),
    since="0.1.0",
    profiles={Profile.CORE},
)
def way_out(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Where only the public endpoint is on, a node without a way out of its VPC never joins.

    It needs a default route to a public NAT gateway, or one to an internet gateway and a public
    address of its own. Fargate pods never have a public address. What lies behind a transit
    gateway, an appliance or a private NAT gateway is not read: such a subnet is unknown.

    **Passes** where the private endpoint is on, or every node and Fargate subnet has a way out.
    **Fails** where a subnet has no live default route, leads to a NAT gateway that is not
    available, to a peering, or to an internet gateway while its nodes have no public address.

    **What to do.** Turn the private endpoint on. If that can't be, route the subnets through a NAT
    gateway of their zone.
    """
    for cluster in snapshot.clusters:
        resource = cluster_resource(snapshot, cluster)
        if cluster.endpoint_private:
            text = "the private endpoint is on"
            yield passed(resource, text, cluster=cluster.name, positive=True)
            continue
        blind = hidden(snapshot, WANTED, cluster.name)
        if blind:
            why = Unread(api=blind.api, error=blind.error)
            yield _unseen(snapshot, cluster, why, f"{blind.api} answered {blind.error}")
            continue
        yield _judge(snapshot, cluster)


def _unseen(snapshot: Snapshot, cluster: Cluster, why: Unread, text: str) -> Unseen:
    return Unseen(
        resource=cluster_resource(snapshot, cluster),
        cluster=cluster.name,
        api=why.api,
        error=why.error,
        message=f"only the public endpoint is on, and the way there was not seen: {text}",
    )


def _judge(snapshot: Snapshot, cluster: Cluster) -> Answer:
    used = [u for u in used_subnets(snapshot)[cluster.name] if u.holds_nodes or _fargate(u)]
    if not used:
        why = Unread(api="kubernetes:nodes", error="NotRead")
        return _unseen(snapshot, cluster, why, "no node subnet is known")
    stranded: dict[str, str] = {}
    for each in used:
        answer = _stranded(snapshot, cluster, each)
        if isinstance(answer, str):
            stranded[each.subnet_id] = answer
    resource = cluster_resource(snapshot, cluster)
    seen: dict[str, Any] = {"subnets": [u.subnet_id for u in used], "stranded": stranded}
    if stranded:
        named = "; ".join(f"{subnet_id} {why}" for subnet_id, why in stranded.items())
        text = f"{len(stranded)} of {len(used)} subnets can't reach the public endpoint: {named}"
        return failed(resource, text, cluster=cluster.name, **seen)
    for each in used:
        answer = _stranded(snapshot, cluster, each)
        if isinstance(answer, Unread):
            return _unseen(snapshot, cluster, answer, each.subnet_id)
    text = f"all {len(used)} node subnets have a way to the public endpoint"
    return passed(resource, text, cluster=cluster.name, **seen)


def _fargate(used: UsedSubnet) -> bool:
    return Found.FARGATE_PROFILE in used.found


def _stranded(snapshot: Snapshot, cluster: Cluster, used: UsedSubnet) -> str | Unread | None:
    """Say why a subnet has no way out, or what would tell; None where it has one."""
    subnet = subnet_by_id(snapshot).get(used.subnet_id)
    if subnet is None:
        return Unread(api="ec2:DescribeSubnets", error="NotListed")
    table = table_by_subnet(snapshot).get(subnet.id)
    if table is None:
        return Unread(api="ec2:DescribeRouteTables", error="NotListed")
    way = exit_of(table)
    why: str | Unread | None
    if way is Exit.INTERNET_GATEWAY and not _fargate(used):
        why = _no_public_address(subnet, _nodes(snapshot, cluster))
    elif way is Exit.INTERNET_GATEWAY:
        why = "leads to an internet gateway, but Fargate pods have no public address"
    else:
        why = _no_way(snapshot, table)
    if isinstance(why, str) and cluster.ip_family == "ipv6" and _ipv6_out(table):
        # only IPv6 clusters made since October 2024 have an endpoint that answers over IPv6
        return Unread(api="eks:DescribeCluster", error="EndpointFamilyNotShown")
    return why


def _no_way(snapshot: Snapshot, table: RouteTable) -> str | Unread | None:
    """Say why a table without an internet gateway leads nowhere, or what would tell."""
    route = default_route(table)
    if route is None:
        split = any(_covers_half(each) for each in table.routes)
        plain = Unread(api="ec2:DescribeRouteTables", error="NoPlainDefaultRoute")
        return plain if split else "has no default route"
    if route.state == "blackhole":
        return "has no live default route"
    if route.target.startswith("pcx-"):
        return f"leads to the peering {route.target}, which gives no way out"
    return _nat(snapshot, route.target) if route.target.startswith("nat-") else _BEYOND


def _nat(snapshot: Snapshot, nat_id: str) -> str | Unread | None:
    nat = nat_by_id(snapshot).get(nat_id)
    if nat is None:
        return Unread(api="ec2:DescribeNatGateways", error="NotListed")
    if nat.state != "available":
        return f"leads to {nat.id}, which is {nat.state}"
    return None if nat.connectivity == "public" else _BEYOND


def _covers_half(route: Route) -> bool:
    """Tell whether a live route may be part of a default route: a half of it, or a prefix list."""
    wide = route.destination.startswith("pl-") or route.destination.endswith("/1")
    return wide and route.state != "blackhole" and route.target != "local"


def _nodes(snapshot: Snapshot, cluster: Cluster) -> Mapping[str, list[Instance]]:
    found: dict[str, list[Instance]] = {}
    for node in nodes_by_cluster(snapshot).get(cluster.name, ()):
        if node.state == "running":  # a stopped one gives its public address back
            found.setdefault(node.subnet_id, []).append(node)
    return found


def _no_public_address(subnet: Subnet, nodes: Mapping[str, list[Instance]]) -> str | None:
    here = nodes.get(subnet.id, [])
    private = sum(node.public_ip is None for node in here)
    if private:
        return f"leads to an internet gateway, but {private} of {len(here)} nodes lack a public IP"
    if not here and not subnet.map_public_ip:
        return "leads to an internet gateway, but gives new nodes no public IP"
    return None


def _ipv6_out(table: RouteTable) -> bool:
    return any(r.destination == _ANYWHERE_V6 and r.state != "blackhole" for r in table.routes)
