"""The way out of the nodes' subnets: private, through a NAT gateway of their own zone."""

from collections.abc import Iterator
from typing import Any

from eksnet.cni.membership import Found, used_subnets
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.engine.profile import Profile
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.network import RouteTable
from eksnet.model.resource import subnet_resource
from eksnet.model.snapshot import Facet, Snapshot, nat_by_id, subnet_by_id
from eksnet.network.routes import Exit, default_route, exit_of, public, table_by_subnet

SUBNETS_GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/subnets.html"
NODES = frozenset({Found.NODE_GROUP, Found.INSTANCE})
NEEDS = frozenset(
    {
        Facet.CLUSTERS,
        Facet.NODE_GROUPS,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
        Facet.SUBNETS,
        Facet.ROUTE_TABLES,
    }
)
AVAILABLE = "available"  # EC2 API reference: NatGatewayState


def _node_subnets(snapshot: Snapshot) -> Iterator[tuple[Cluster, str, list[str]]]:
    """Yield each cluster with each subnet its node groups or nodes are in, and which of the two."""
    used = used_subnets(snapshot)
    for cluster in snapshot.clusters:
        for each in used[cluster.name]:
            if each.found & NODES:
                yield cluster, each.subnet_id, sorted(each.found & NODES)


def _unseen(snapshot: Snapshot, cluster: Cluster, subnet_id: str, *, api: str, what: str) -> Unseen:
    return Unseen(
        resource=subnet_resource(subnet_by_id(snapshot).get(subnet_id, subnet_id)),
        cluster=cluster.name,
        api=api,
        error="NotFound",
        message=f"{what} is not seen",
    )


def _no_table(snapshot: Snapshot, cluster: Cluster, subnet_id: str) -> Unseen:
    if subnet_id not in subnet_by_id(snapshot):
        api, what = "ec2:DescribeSubnets", subnet_id
    else:
        api, what = "ec2:DescribeRouteTables", f"the route table of {subnet_id}"
    return _unseen(snapshot, cluster, subnet_id, api=api, what=what)


@check(
    id="RTE001",
    title="Nodes are in private subnets",
    severity=Severity.MEDIUM,
    needs=NEEDS,
    source=SUBNETS_GUIDE,
    rules=(32,),
    frameworks=("CIS-EKS-1.8.0-5.4.3",),
    since="0.1.0",
    profiles={Profile.SECURITY},
)
def nodes_in_private_subnets(
    snapshot: Snapshot,
    limits: Limits,  # noqa: ARG001
) -> Iterator[Answer]:
    """A node in a public subnet is one security group rule away from the internet.

    What makes a subnet public is a route to an internet gateway, not its name and not the
    cluster's endpoint. Pods on such a node also need public addresses or SNAT to get out.

    **Passes** where the subnet's route table has no live route to an internet gateway. **Fails**
    where it has one. Judged are the subnets in which nodes are, or managed node groups put them.
    A subnet whose route table is not seen can't be judged.

    **What to do.** Give the node groups private subnets with a NAT gateway or VPC endpoints, and
    keep the public ones for load balancers.
    """
    for cluster, subnet_id, found in _node_subnets(snapshot):
        table = table_by_subnet(snapshot).get(subnet_id)
        if table is None:
            yield _no_table(snapshot, cluster, subnet_id)
            continue
        resource = subnet_resource(subnet_by_id(snapshot)[subnet_id])
        own = subnet_id in table.subnet_ids
        seen: dict[str, Any] = {"route_table": table.id, "found": found}
        if public(table):
            text = f"{table.id} makes the nodes' subnet public"
            yield failed(resource, text, cluster=cluster.name, positive=own, **seen)
        else:
            text = f"{table.id} leads to no internet gateway"
            yield passed(resource, text, cluster=cluster.name, positive=own, **seen)


@check(
    id="RTE002",
    title="Nodes leave through a NAT gateway of their own zone",
    severity=Severity.HIGH,
    needs=NEEDS | {Facet.NAT_GATEWAYS},
    source=SUBNETS_GUIDE,
    rules=(34,),
    since="0.1.0",
    profiles={Profile.CORE, Profile.COST},
)
def nat_in_same_zone(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """If one zone's NAT gateway serves another zone, both go down with it.

    Until then every byte between the zones is paid for. Regional NAT gateways serve each zone by
    themselves.

    **Passes** where the default route leads to an available NAT gateway in the subnet's own zone,
    or to a regional one. **Fails** high where the route is a blackhole or the gateway is not
    available, medium where it is in another zone. A gateway that is not seen can't be judged.
    Public subnets, those without a default route and those that leave another way, such as by a
    transit gateway, are not judged here.

    **What to do.** Put a NAT gateway into each zone that has nodes, and give each zone's private
    subnets a route table of their own that leads to it.
    """
    for cluster, subnet_id, _ in _node_subnets(snapshot):
        table = table_by_subnet(snapshot).get(subnet_id)
        if table is None:
            yield _no_table(snapshot, cluster, subnet_id)
        elif exit_of(table) is Exit.BLACKHOLE:
            route = default_route(table)
            yield failed(
                subnet_resource(subnet_by_id(snapshot)[subnet_id]),
                f"the default route of {table.id} leads nowhere",
                cluster=cluster.name,
                positive=subnet_id in table.subnet_ids,
                route_table=table.id,
                target=route.target if route else "",
            )
        elif exit_of(table) is Exit.NAT_GATEWAY:
            yield _nat_verdict(snapshot, cluster, subnet_id, table)


def _nat_verdict(snapshot: Snapshot, cluster: Cluster, subnet_id: str, table: RouteTable) -> Answer:
    subnets, route = subnet_by_id(snapshot), default_route(table)
    target = route.target if route else ""
    nat = nat_by_id(snapshot).get(target)
    if nat is None:
        api = "ec2:DescribeNatGateways"
        return _unseen(snapshot, cluster, subnet_id, api=api, what=target)
    subnet, own = subnets[subnet_id], subnet_id in table.subnet_ids
    resource = subnet_resource(subnet)
    seen: dict[str, Any] = {"route_table": table.id, "nat_gateway": nat.id, "az_id": subnet.az_id}
    if nat.state != AVAILABLE:
        text = f"{nat.id} is {nat.state}"
        return failed(resource, text, cluster=cluster.name, positive=own, **seen)
    home = subnets.get(nat.subnet_id) if nat.subnet_id else None
    if nat.subnet_id and home is None:
        what = f"the subnet of {nat.id}"
        return _unseen(snapshot, cluster, subnet_id, api="ec2:DescribeSubnets", what=what)
    if home is None or home.az_id == subnet.az_id:
        text = f"{nat.id} is in the same zone" if home else f"{nat.id} is regional"
        return passed(resource, text, cluster=cluster.name, positive=own, **seen)
    return failed(
        resource,
        f"{nat.id} is in {home.az_id}, the nodes are in {subnet.az_id}",
        cluster=cluster.name,
        severity=Severity.MEDIUM,
        positive=own,
        nat_az_id=home.az_id,
        **seen,
    )
