"""Security groups for pods: the way such pods have out, and the way the node's probes have in."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from eksnet.capacity.node_need import cluster_settings
from eksnet.cni.branch import pod_interfaces
from eksnet.cni.eni import EniClass, class_by_eni
from eksnet.cni.membership import cluster_by_eni, nodes_by_cluster
from eksnet.cni.precedence import ENFORCING_MODE, EXTERNAL_SNAT
from eksnet.engine.check import Answer, Unseen, check, failed, not_listed, passed
from eksnet.engine.cni_settings import IPV6, unread
from eksnet.engine.limits import Limits
from eksnet.engine.profile import Profile
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread, counted
from eksnet.model.network import Eni, NatGateway, RouteTable, Rule
from eksnet.model.resource import cluster_resource, subnet_resource
from eksnet.model.snapshot import (
    Facet,
    Snapshot,
    derived,
    grouped,
    nat_by_id,
    security_group_by_id,
    subnet_by_id,
)
from eksnet.network.cidr import block
from eksnet.network.routes import Exit, default_route, exit_of, table_by_subnet
from eksnet.network.security_groups import Peer, Reach, best, reach, same

GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/sgpp.html"
SEEN = frozenset({Facet.CLUSTERS, Facet.ADDON_VPC_CNI, Facet.NETWORK_INTERFACES, Facet.INSTANCES})
STANDARD = "standard"  # README of the VPC CNI: POD_SECURITY_GROUP_ENFORCING_MODE
AVAILABLE = "available"  # EC2 API reference: NatGatewayState
SOME_PORT = 1  # a rule for every port admits this one as well


def _branches(snapshot: Snapshot) -> Iterator[tuple[Cluster, tuple[Eni, ...]]]:
    """Yield each cluster that has branch interfaces with them."""
    for cluster in snapshot.clusters:
        found = pod_interfaces(snapshot).get(cluster.name)
        if found and found.branches:
            yield cluster, found.branches


def _standard(snapshot: Snapshot, cluster: Cluster) -> bool | Unread:
    """Tell whether the enforcing mode is the standard one, or what would have told it."""
    settings = cluster_settings(snapshot, cluster)
    if isinstance(settings, Unread):
        return settings
    return (settings.value(ENFORCING_MODE) or "").lower() == STANDARD


@check(
    id="SGP014",
    title="Pods with security groups of their own have a NAT gateway that works",
    severity=Severity.HIGH,
    needs={*SEEN, Facet.SUBNETS, Facet.ROUTE_TABLES, Facet.NAT_GATEWAYS},
    source=GUIDE,
    rules=(163,),
    profiles={Profile.CORE},
    since="0.2.0",
)
def way_out(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """In strict mode such a pod leaves by the subnet of its own interface, never by the node's.

    Nothing translates its address on the way there. Without a way out of that subnet, image pulls
    work, as the node makes them, but AWS APIs and everything else outside the VPC time out.

    **Passes** in standard mode while the node translates; else where the default route of the
    branch interfaces' subnet leads to a NAT gateway that is available or to another network, and
    where no node of the cluster has a default route either. **Fails** where it leads nowhere, where
    the NAT gateway is not available, and where there is none while nodes have one. Subnets that
    lead to an internet gateway are SGP005's; IPv6 clusters are not judged.

    **What to do.** Give the subnet a default route to a NAT gateway in a public subnet of its zone.
    """
    for cluster, branches in _branches(snapshot):
        if cluster.ip_family == IPV6:
            continue
        standard, resource = _standard(snapshot, cluster), cluster_resource(snapshot, cluster)
        if isinstance(standard, Unread):
            yield unread(resource, cluster, standard)
        elif standard and not _external(snapshot, cluster):
            text = f"the node translates and sends: the mode is {STANDARD}"
            yield passed(resource, text, cluster=cluster.name)
        else:
            yield from _ways(snapshot, cluster, branches)


def _external(snapshot: Snapshot, cluster: Cluster) -> bool:
    settings = cluster_settings(snapshot, cluster)
    return not isinstance(settings, Unread) and settings.flag(EXTERNAL_SNAT)


def _ways(snapshot: Snapshot, cluster: Cluster, branches: tuple[Eni, ...]) -> Iterator[Answer]:
    tables = table_by_subnet(snapshot)
    homes = {node.subnet_id for node in nodes_by_cluster(snapshot).get(cluster.name, ())}
    leave = any(exit_of(tables[each]) is not Exit.NONE for each in homes if each in tables)
    by_subnet = grouped(branches, lambda eni: eni.subnet_id)
    for subnet_id, enis in sorted(by_subnet.items()):
        subnet, table = subnet_by_id(snapshot).get(subnet_id), tables.get(subnet_id)
        resource = subnet_resource(subnet or subnet_id)
        if table is None:
            yield not_listed(resource, cluster.name, "ec2:DescribeRouteTables")
        elif exit_of(table) is not Exit.INTERNET_GATEWAY:
            route = default_route(table)
            target = route.target if route else None
            nat = nat_by_id(snapshot).get(target or "")
            if exit_of(table) is Exit.NAT_GATEWAY and nat is None:
                yield not_listed(resource, cluster.name, "ec2:DescribeNatGateways")
                continue
            wrong = _wrong(table, nat, nodes_leave=leave)
            what = counted(len(enis), "branch interface")
            text = f"{what}: {wrong or target or 'neither nodes nor pods leave the VPC'}"
            answer = failed if wrong else passed
            seen: dict[str, Any] = {"route_table": table.id, "target": target}
            yield answer(resource, text, cluster=cluster.name, branches=len(enis), **seen)


def _wrong(table: RouteTable, nat: NatGateway | None, *, nodes_leave: bool) -> str | None:
    way = exit_of(table)
    if way is Exit.BLACKHOLE:
        return f"the default route of {table.id} leads nowhere"
    if way is Exit.NONE and nodes_leave:
        return f"{table.id} has no default route, while nodes have one"
    if nat is not None and nat.state != AVAILABLE:
        return f"{nat.id} is {nat.state}"
    return None


@check(
    id="SGP015",
    title="Pods with security groups of their own admit the node's probes",
    severity=Severity.LOW,
    needs={*SEEN, Facet.SECURITY_GROUPS},
    source="https://docs.aws.amazon.com/eks/latest/best-practices/network-security.html",
    rules=(169,),
    profiles={Profile.CORE},
    since="0.2.0",
)
def admits_probes(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """In strict mode the kubelet's own probe must pass the pod's security groups.

    The kubelet asks from the node's first interface. Where no rule of the pod's groups lets TCP in
    from there, a pod with a TCP, HTTP or gRPC probe never becomes ready, and is started over and
    over.

    **Passes** where each set of groups on branch interfaces lets some TCP port in from the nodes,
    and in standard mode, in which the node's own traffic is not held up. **Fails**, low, where a
    set lets none in: pods without such probes don't suffer, and which ports others need is visible
    only in Kubernetes. **Unknown** where it hangs on the node, on a prefix list or on a group that
    was not seen.

    **What to do.** Allow the probes' ports in the pods' group, from the nodes' security group.
    """
    for cluster, branches in _branches(snapshot):
        yield _admits(snapshot, cluster, branches)


def _admits(snapshot: Snapshot, cluster: Cluster, branches: Iterable[Eni]) -> Answer:
    resource, name = cluster_resource(snapshot, cluster), cluster.name
    sets = {tuple(sorted(set(eni.groups))) for eni in branches}
    answers = {groups: _probe(snapshot, cluster, groups) for groups in sorted(sets)}
    closed = [list(groups) for groups, found in answers.items() if found is Reach.NO]
    standard = _standard(snapshot, cluster)
    if standard is True:
        text = f"the mode is {STANDARD}: probes of the node itself are not held up"
        return passed(resource, text, cluster=name)
    if closed and isinstance(standard, Unread):
        return unread(resource, cluster, standard)
    if closed:
        text = (
            f"{len(closed)} of {counted(len(sets), 'set')} of groups let no TCP in from the nodes"
        )
        return failed(resource, text, cluster=name, sets=closed)
    if Reach.MAYBE in answers.values():
        return Unseen(
            resource=resource,
            cluster=name,
            api="kubernetes:pods",
            error="NotRead",
            message="whether probes pass hangs on which node and which rule they meet",
        )
    text = f"{counted(len(sets), 'set')} of groups, each lets TCP in from the nodes"
    return passed(resource, text, cluster=name, sets=len(sets))


def _probe(snapshot: Snapshot, cluster: Cluster, groups: tuple[str, ...]) -> Reach:
    known, rules = security_group_by_id(snapshot), list[Rule]()
    for each in groups:
        rules += known[each].ingress if each in known else ()
    unseen = [] if all(each in known for each in groups) else [Reach.MAYBE]
    hosts = _hosts(snapshot).get(cluster.name, ())
    return same(best([*(_some(rule, host) for rule in rules), *unseen]) for host in hosts)


def _some(rule: Rule, host: Peer) -> Reach:
    """Tell whether a rule lets any TCP port through from the node."""
    low = rule.from_port if rule.from_port and rule.from_port > 0 else SOME_PORT
    return reach([rule], "tcp", low, host)


@derived
def _hosts(snapshot: Snapshot) -> Mapping[str, tuple[Peer, ...]]:
    """Return each cluster's nodes as their probes come: from the first address of the first ENI."""
    owner, classes = cluster_by_eni(snapshot), class_by_eni(snapshot)
    ipv6 = {each.name for each in snapshot.clusters if each.ip_family == IPV6}
    firsts = (e for e in snapshot.enis if e.id in owner and classes[e.id] is EniClass.NODE_PRIMARY)
    return {
        name: tuple(
            Peer(
                groups=frozenset(eni.groups),
                blocks=tuple(block(each) for each in eni.private_ips[:1]),
                ipv6=name in ipv6,
            )
            for eni in enis
        )
        for name, enis in grouped(firsts, lambda eni: owner[eni.id]).items()
    }
