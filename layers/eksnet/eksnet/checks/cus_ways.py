"""Source address translation: whether it fits the way that pods have out of their subnets."""

from collections.abc import Iterator
from typing import Any

from eksnet.cni.branch import UNNAMED, cni_node_subnets
from eksnet.cni.env_vars import read_version
from eksnet.cni.membership import Found, cni_may_use, used_subnets
from eksnet.cni.podsubnets import CUSTOM_NETWORKING, DISCOVERY
from eksnet.cni.precedence import EXCLUDE_SNAT, EXTERNAL_SNAT
from eksnet.cni.settings import ADDON, CniSettings
from eksnet.engine.check import Answer, Unseen, check, failed, not_listed, passed
from eksnet.engine.cni_settings import told_settings, unread
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread
from eksnet.model.network import NatGateway, RouteTable
from eksnet.model.record import record
from eksnet.model.resource import cluster_resource, subnet_resource
from eksnet.model.snapshot import (
    Facet,
    Snapshot,
    addon_by_cluster_and_name,
    nat_by_id,
    subnet_by_id,
    subnets_by_vpc,
)
from eksnet.network.cidr import block
from eksnet.network.routes import Exit, default_route, exit_of, table_by_subnet

GUIDE = "https://docs.aws.amazon.com/eks/latest/userguide/external-snat.html"
ENI_CONFIGS = Unread(api="kubernetes:eniconfigs", error="NotRead")
DISCOVERY_SINCE = (1, 18, 0)  # release notes of v1.18.0
CARRIER_GRADE = block("100.64.0.0/10")  # RFC 6598: not routed between networks as a rule
CONNECTED = ("tgw-", "pcx-", "vgw-", "arn:")  # ways to other networks; a core network has an ARN
AVAILABLE = "available"  # EC2 API reference: NatGatewayState
NEEDS = frozenset(
    {
        Facet.CLUSTERS,
        Facet.ADDON_VPC_CNI,
        Facet.NODE_GROUPS,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
        Facet.SUBNETS,
        Facet.ROUTE_TABLES,
    }
)


@record
class _Pods:
    """A cluster with the ids of its node subnets and of those its pods take addresses in.

    ``external`` tells that the node leaves the pods' addresses as they are.
    """

    cluster: Cluster
    settings: CniSettings
    nodes: tuple[str, ...]
    pods: tuple[str, ...]
    external: bool

    @property
    def told(self) -> str:
        """Return the setting for a message, saying so where nobody set it."""
        named = EXTERNAL_SNAT in self.settings.env
        return f"{EXTERNAL_SNAT}={str(self.external).lower()}" + ("" if named else f" ({UNNAMED})")


def _judged(snapshot: Snapshot) -> Iterator[_Pods | Unseen]:
    """Yield each IPv4 cluster that may run the VPC CNI, or why its settings are not known."""
    for cluster, settings in told_settings(snapshot, only_ipv4=True):
        if isinstance(settings, Unseen):
            yield settings
            continue
        nodes = cni_node_subnets(snapshot, cluster)
        pods = tuple(sorted(_pod_subnets(snapshot, cluster, settings, nodes)))
        if pods:
            external = settings.flag(EXTERNAL_SNAT, default=False)
            yield _Pods(
                cluster=cluster, settings=settings, nodes=nodes, pods=pods, external=external
            )
        elif nodes:
            text = "which subnets its pods leave by is not known"
            yield unread(cluster_resource(snapshot, cluster), cluster, ENI_CONFIGS, text)


def _pod_subnets(
    snapshot: Snapshot, cluster: Cluster, settings: CniSettings, nodes: tuple[str, ...]
) -> set[str]:
    """Return the subnets named to pods, those in zones without a node left out, or those shown."""
    subnets = subnet_by_id(snapshot)
    zones = {subnets[each].az_id for each in nodes if each in subnets}
    shown = {u.subnet_id for u in used_subnets(snapshot)[cluster.name] if Found.POD_ENI in u.found}
    if settings.flag(CUSTOM_NETWORKING, default=False):
        named = {config.subnet_id for config in settings.eni_configs}
        return {e for e in named if e not in subnets or subnets[e].az_id in zones} or shown
    version = read_version(addon_by_cluster_and_name(snapshot)[cluster.name, ADDON].version)
    finds = settings.flag(DISCOVERY, default=version is None or version >= DISCOVERY_SINCE)
    offered = {
        each.id
        for each in subnets_by_vpc(snapshot).get(cluster.vpc_id, ())
        if finds and each.az_id in zones and cni_may_use(each.tags, cluster.name)
    }
    return {*nodes, *offered}


@check(
    id="CUS014",
    title="Pods that leave by their own subnet have a way out",
    severity=Severity.HIGH,
    needs=NEEDS | {Facet.NAT_GATEWAYS},
    source=GUIDE,
    rules=(133, 147),
    since="0.2.0",
)
def way_out(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """With AWS_VPC_K8S_CNI_EXTERNALSNAT on, a pod's packets leave by the pod's own subnet.

    No pod has a public address. An internet gateway drops what it sends, and a pod subnet without a
    default route has nowhere to send it: image pulls, AWS APIs and everything outside the VPC time
    out. With the setting off, the node translates and sends by its own interface, and the pod
    subnet's routes don't matter.

    **Passes** with the setting off; with it on, where the default route leads to a NAT gateway that
    is available, or another way but an internet gateway, or where neither node nor pod subnets have
    one. **Fails** with it on where the default route leads to an internet gateway or nowhere, where
    the NAT gateway is not available, or where nodes have a way out and pods have none. Judged are
    the subnets that pods take addresses in, in the zones with nodes or node groups.

    **What to do.** Give the pod subnets a default route to a NAT gateway in a public subnet of
    their zone, or set AWS_VPC_K8S_CNI_EXTERNALSNAT to false.
    """
    tables = table_by_subnet(snapshot)
    for each in _judged(snapshot):
        if isinstance(each, Unseen):
            yield each
            continue
        known = [tables[node] for node in each.nodes if node in tables]
        leaves = any(exit_of(table) is not Exit.NONE for table in known)
        for subnet_id in each.pods:
            yield _way(snapshot, each, subnet_id, nodes_leave=leaves)


def _way(snapshot: Snapshot, pods: _Pods, subnet_id: str, *, nodes_leave: bool) -> Answer:
    name, subnet = pods.cluster.name, subnet_by_id(snapshot).get(subnet_id)
    if subnet is None:
        return not_listed(subnet_resource(subnet_id), name, "ec2:DescribeSubnets")
    resource, table = subnet_resource(subnet), table_by_subnet(snapshot).get(subnet_id)
    if not pods.external:
        text = f"the node translates and sends: {pods.told}"
        return passed(resource, text, cluster=name, positive=True, external_snat=False)
    if table is None:
        return Unseen(
            resource=resource,
            cluster=name,
            api="ec2:DescribeRouteTables",
            error="NotFound",
            message=f"the route table of {subnet_id} is not seen",
        )
    route = default_route(table)
    target = route.target if route else None
    seen: dict[str, Any] = {"external_snat": True, "route_table": table.id, "target": target}
    nat = nat_by_id(snapshot).get(route.target) if route else None
    if exit_of(table) is Exit.NAT_GATEWAY and nat is None:
        return Unseen(
            resource=resource,
            cluster=name,
            api="ec2:DescribeNatGateways",
            error="NotListed",
            message=f"{target} is not among what ec2:DescribeNatGateways listed",
        )
    wrong = _wrong(table, nat, nodes_leave=nodes_leave)
    if wrong:
        text = f"{wrong} ({pods.told})"
        return failed(resource, text, cluster=name, **seen)
    text = f"pods leave by {target}" if target else "neither nodes nor pods leave the VPC"
    return passed(resource, text, cluster=name, **seen)


def _wrong(table: RouteTable, nat: NatGateway | None, *, nodes_leave: bool) -> str | None:
    way = exit_of(table)
    if way is Exit.INTERNET_GATEWAY:
        return f"{table.id} leads to an internet gateway, which drops what pods send"
    if way is Exit.BLACKHOLE:
        return f"the default route of {table.id} leads nowhere"
    if way is Exit.NONE and nodes_leave:
        return f"{table.id} has no default route, while nodes have one"
    if nat is not None and nat.state != AVAILABLE:
        return f"{nat.id} is {nat.state}"
    return None


@check(
    id="CUS015",
    title="Address translation fits the connected networks",
    severity=Severity.MEDIUM,
    needs=NEEDS,
    source=GUIDE,
    rules=(146, 148),
    since="0.2.0",
)
def fits_connections(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Who may open a connection to whom hangs on whether the node translates pods' addresses.

    With AWS_VPC_K8S_CNI_EXTERNALSNAT on, peers and offices see the pod's own address. One from
    100.64.0.0/10 is rarely routed there, so that no answer comes back. With it off they see the
    node's address, and connections that they open to a pod break, as the pod's answer is
    translated, too.

    **Passes** where no route leads to a transit gateway, a peering or a private gateway; with the
    setting on for pods in a routed range, and off for pods in 100.64.0.0/10; off where
    AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS holds each of those destinations. **Fails** medium with it
    on for pods in 100.64.0.0/10, low with it off for pods in a routed range, as only their owner
    knows whether anyone calls them.

    **What to do.** Set AWS_VPC_K8S_CNI_EXTERNALSNAT to false for pods in 100.64.0.0/10, or lead
    them through a private NAT gateway; set it to true where connected networks call pods.
    """
    for each in _judged(snapshot):
        if isinstance(each, Unseen):
            yield each
        else:
            yield _fit(snapshot, each)


def _fit(snapshot: Snapshot, pods: _Pods) -> Answer:
    name, resource = pods.cluster.name, cluster_resource(snapshot, pods.cluster)
    subnets, tables = subnet_by_id(snapshot), table_by_subnet(snapshot)
    wanted = sorted({*pods.pods, *(() if pods.external else pods.nodes)})
    hidden = [each for each in wanted if each not in tables]
    routes = _connections(pods, [tables[each] for each in wanted if each in tables])
    cidrs = {each: subnets[each].cidr for each in pods.pods if each in subnets}
    inner = [each for each, cidr in cidrs.items() if cidr and _carrier_grade(cidr)]
    outer = [each for each, cidr in cidrs.items() if cidr and not _carrier_grade(cidr)]
    seen: dict[str, Any] = {"external_snat": pods.external, "routes": routes}
    if routes and pods.external and inner:
        text = f"connected networks see {CARRIER_GRADE} addresses of {', '.join(inner)}"
        return failed(resource, f"{text} ({pods.told})", cluster=name, **seen)
    if routes and not pods.external and outer:
        text = f"connected networks can't open connections to pods: {pods.told}"
        return failed(resource, text, cluster=name, severity=Severity.LOW, **seen)
    if hidden:
        return Unseen(
            resource=resource,
            cluster=name,
            api="ec2:DescribeRouteTables",
            error="NotFound",
            message=f"route tables not seen of: {', '.join(hidden)}",
        )
    text = f"{pods.told} fits" if routes else "no connected network that would matter"
    return passed(resource, text, cluster=name, **seen)


def _connections(pods: _Pods, tables: list[RouteTable]) -> list[str]:
    """Return the routes to connected networks on whose way the setting decides."""
    return sorted(
        {
            f"{route.destination} to {route.target}"
            for table in tables
            for route in table.routes
            if route.target.startswith(CONNECTED)
            and route.state != "blackhole"
            and not _excluded(pods, route.destination)
        }
    )


def _carrier_grade(cidr: str) -> bool:
    return CARRIER_GRADE.contains(block(cidr))


def _excluded(pods: _Pods, destination: str) -> bool:
    """Tell whether the setting plays no part on the way to a destination."""
    if ":" in destination:
        return True  # IPv6 is not translated
    if pods.external or not destination or destination.startswith("pl-"):
        return False
    kept = []
    for text in pods.settings.env.get(EXCLUDE_SNAT, "").split(","):
        try:
            kept.append(block(text.strip()))
        except ValueError:
            continue  # the CNI ignores it, too; what is wrong with it is another check's
    return any(each.contains(block(destination)) for each in kept)
