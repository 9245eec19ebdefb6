"""Whether nodes reach an API server that has a public endpoint only."""

from collections.abc import Iterator, Mapping
from typing import Any

from eksnet.cni.membership import Found, UsedSubnet, nodes_by_cluster, used_subnets
from eksnet.cni.sight import hidden
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread
from eksnet.model.network import Instance, RouteTable, Subnet
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Facet, Snapshot, subnet_by_id
from eksnet.network.routes import Exit, exit_of, table_by_subnet

WANTED = frozenset(
    {
        Facet.NODE_GROUPS,
        Facet.FARGATE_PROFILES,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
        Facet.SUBNETS,
        Facet.ROUTE_TABLES,
    }
)
_OUT = frozenset({Exit.NAT_GATEWAY, Exit.TRANSIT_GATEWAY, Exit.OTHER})
_ANYWHERE_V6 = "::/0"


@check(
    id="EPA003",
    title="Nodes reach a public-only endpoint",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS},
    wants=WANTED,
    source="https://docs.aws.amazon.com/eks/latest/best-practices/subnets.html",
    rules=(21,),
    since="0.1.0",
)
def way_out(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Where only the public endpoint is on, a node without a way out of its VPC never joins.

    It needs a default route to a NAT gateway, a transit gateway or another way out; or one to an
    internet gateway and a public address of its own. Fargate pods never have a public address.

    **Passes** where the private endpoint is on, or every node and Fargate subnet has a way out.
    **Fails** where a subnet has no live default route, or leads to an internet gateway while its
    nodes have no public address.

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
    if way in _OUT:
        return None
    if way is Exit.INTERNET_GATEWAY and not _fargate(used):
        why = _no_public_address(subnet, _nodes(snapshot, cluster))
    elif way is Exit.INTERNET_GATEWAY:
        why = "leads to an internet gateway, but Fargate pods have no public address"
    else:
        why = "has no live default route"
    if why and cluster.ip_family == "ipv6" and _ipv6_out(table):
        # only IPv6 clusters made since October 2024 have an endpoint that answers over IPv6
        return Unread(api="eks:DescribeCluster", error="EndpointFamilyNotShown")
    return why


def _nodes(snapshot: Snapshot, cluster: Cluster) -> Mapping[str, list[Instance]]:
    found: dict[str, list[Instance]] = {}
    for node in nodes_by_cluster(snapshot).get(cluster.name, ()):
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
