"""The VPC CNI's warm targets against what they meet: the mode, the subnets, the node types."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from eksnet.capacity.next_place import next_place
from eksnet.capacity.node_need import most_pods, provisioning_off
from eksnet.capacity.node_types import IN_TEMPLATE, NOT_IN_TABLE, node_types
from eksnet.capacity.prefix_mode import interfaces_by_node, settled, unmanaged_by_node
from eksnet.cni.branch import UNNAMED, cni_nodes
from eksnet.cni.effective import Effective, Setting, pool_targets
from eksnet.cni.limits import limits as known_types
from eksnet.cni.pool import PoolTargets, pod_enis, shape_of
from eksnet.cni.precedence import IPV6, MINIMUM_IP, TARGETS, WARM_ENI, WARM_IP
from eksnet.engine.check import Answer, Unseen, check, failed, not_listed, passed
from eksnet.engine.limits import Limits
from eksnet.engine.profile import Profile
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread, counted
from eksnet.model.network import Instance, Subnet
from eksnet.model.resource import cluster_resource, instance_resource, subnet_resource
from eksnet.model.snapshot import Facet, Resource, Snapshot, subnet_by_id
from eksnet.network.cidr import usable

README = "https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.23.1/README.md"
TARGETS_PAGE = "https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.23.1/docs/eni-and-ip-target.md"
IP_GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/ip-opt.html"
MANIFEST = "1"  # the VPC CNI's own manifest and add-on set both to 1, v1.23.1
NODES = frozenset({Facet.NODE_GROUPS, Facet.INSTANCES, Facet.NETWORK_INTERFACES})
PERCENT = 100


@check(
    id="CNI006",
    title="Every warm target that is set can be read and is of the mode",
    severity=Severity.LOW,
    needs={Facet.CLUSTERS, Facet.ADDON_VPC_CNI},
    source=README,
    rules=(92,),
    since="0.2.0",
)
def readable_targets(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A target that the CNI can't read, or that is of the other mode, is as good as not set.

    WARM_PREFIX_TARGET counts with prefix delegation only, WARM_ENI_TARGET without it only, and none
    where the add-on is told to provision nothing. Text that is no number counts as unset. Targets
    that an IP target overrules, and those of IPv6 clusters, are CNI005's.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** where each target that is set can be read and counts, or is at 1 as the manifest has
    it. **Fails**, low, otherwise.

    **What to do.** Correct the value, or take it out of the add-on's configuration.
    """
    for cluster, settings in settled(snapshot):
        resource = cluster_resource(snapshot, cluster)
        if isinstance(settings, Unread):
            yield _unseen(resource, cluster, settings)
            continue
        told = [each for name in TARGETS if (each := _vain(settings, settings.settings[name]))]
        seen = {name: settings.settings[name].given or "default" for name in TARGETS}
        if told:
            text = "; ".join(told)
            yield failed(resource, text, cluster=cluster.name, positive=True, targets=seen)
        else:
            named = all(settings.settings[name].given is not None for name in TARGETS)
            text = "every warm target that is set is read"
            text = text if named else f"{text} ({UNNAMED})"
            yield passed(resource, text, cluster=cluster.name, positive=True, targets=seen)


def _vain(settings: Effective, one: Setting) -> str | None:
    if one.given is None:
        return None
    if one.problem:
        return f"{one.name}={one.given!r} {one.problem}"
    overruled = settings.flag(IPV6) or (
        one.name not in (WARM_IP, MINIMUM_IP)
        and any(settings.number(name) for name in (WARM_IP, MINIMUM_IP))
    )
    manifest = one.given == MANIFEST and one.name not in (WARM_IP, MINIMUM_IP)
    if one.ignored and not overruled and not manifest:
        return f"{one.name}={one.given} does nothing: {one.ignored}"
    return None


@check(
    id="CNI007",
    title="Warm interfaces do not hold what a subnet lacks",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.ADDON_VPC_CNI, Facet.SUBNETS, *NODES},
    source=IP_GUIDE,
    rules=(88,),
    since="0.2.0",
    profiles={Profile.CORE, Profile.COST},
)
def warm_interfaces(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """By default each node keeps a whole spare interface full of addresses that no pod uses.

    WARM_ENI_TARGET=1 costs an m5.large up to 9 addresses, larger types 29 or 49, on every node.
    Where addresses are plenty that is the fastest way to start pods. Where they are short it is
    what fills the subnet. The figure is what the target asks for, as far as the node may have more
    interfaces; a node that already has all of them keeps none.

    **Passes** for each subnet in which nodes' next interfaces would lie that has 256 free addresses
    and a tenth of its usable ones, and where IP targets, prefixes or IPv6 replace the spare
    interface. **Fails** in a subnet with fewer: medium when the nodes keep more than is free, else
    low. The next interface goes to the ENIConfig's subnet, with subnet discovery to the roomiest,
    else to the node's own. Where an ENIConfig was not seen, the node is unknown.

    **What to do.** Set WARM_IP_TARGET and MINIMUM_IP_TARGET in the add-on's configuration; it is an
    interim measure, and a larger pod subnet the lasting one. `eksnet simulate node` shows what a
    node would hold.
    """
    for cluster, settings in settled(snapshot):
        resource = cluster_resource(snapshot, cluster)
        if isinstance(settings, Unread):
            yield _unseen(resource, cluster, settings)
            continue
        targets = pool_targets(settings)
        off = provisioning_off(settings) or targets.ipv6 or targets.ip_targets
        if off or targets.prefix_delegation:
            text = f"no {WARM_ENI} counts"
            yield passed(resource, text, cluster=cluster.name)
            continue
        yield from _subnets(snapshot, cluster, settings, limits)


def _subnets(
    snapshot: Snapshot, cluster: Cluster, settings: Effective, limits: Limits
) -> Iterator[Answer]:
    places: dict[str, list[Instance]] = {}
    without_ipv4 = {each.id for each in snapshot.subnets if not each.cidr}
    for node in cni_nodes(snapshot, cluster):
        subnet_id = next_place(snapshot, cluster, settings, node)
        if isinstance(subnet_id, Unread):
            text = f"where the next interface of {node.id} goes is not known"
            yield _unseen(instance_resource(snapshot, node.id), cluster, subnet_id, text)
        elif subnet_id and subnet_id not in without_ipv4:
            places.setdefault(subnet_id, []).append(node)
    if not places:
        text = "no node of the VPC CNI shows an interface with IPv4"
        yield passed(cluster_resource(snapshot, cluster), text, cluster=cluster.name)
    for subnet_id, nodes in sorted(places.items()):
        subnet = subnet_by_id(snapshot).get(subnet_id)
        if subnet is None:
            yield not_listed(subnet_resource(subnet_id), cluster.name, "ec2:DescribeSubnets")
        else:
            yield _warm(snapshot, cluster, subnet, nodes, settings=settings, limits=limits)


def _warm(  # noqa: PLR0913 - what one subnet is judged by
    snapshot: Snapshot,
    cluster: Cluster,
    subnet: Subnet,
    nodes: list[Instance],
    *,
    settings: Effective,
    limits: Limits,
) -> Answer:
    resource, free, targets = subnet_resource(subnet), subnet.free_ips, pool_targets(settings)
    seen: dict[str, Any] = {"free_ips": free, "nodes": len(nodes), WARM_ENI: targets.warm_eni}
    if not _tight(subnet, limits):
        text = f"{free:,} free addresses: warm interfaces harm nobody"
        return passed(resource, text, cluster=cluster.name, **seen)
    kept = [_kept(snapshot, node, targets) for node in nodes]
    if None in kept:
        names = sorted({node.type for node in nodes if node.type not in known_types()})
        text = f"{free} free addresses; what {', '.join(names)} keeps is not known"
        return _unseen(resource, cluster, NOT_IN_TABLE, text)
    warm = sum(each or 0 for each in kept)
    seen["warm_ips"] = warm
    text = f"{counted(len(nodes), 'node')} may keep {warm} addresses warm, {free} are free"
    if not warm:
        return passed(resource, text, cluster=cluster.name, **seen)
    severity = Severity.MEDIUM if warm > free else Severity.LOW
    return failed(resource, text, cluster=cluster.name, severity=severity, **seen)


def _tight(subnet: Subnet, limits: Limits) -> bool:
    share = limits.free_percent_warning * usable(subnet.cidr)
    return subnet.free_ips < limits.pod_recommended or subnet.free_ips * PERCENT < share


def _kept(snapshot: Snapshot, node: Instance, targets: PoolTargets) -> int | None:
    """Return what the warm interfaces of a node hold; None for a type that is not known."""
    limit = known_types().get(node.type)
    if limit is None:
        return None
    shape, left_alone = shape_of(limit), unmanaged_by_node(snapshot).get(node.id, 0)
    targets = dataclasses.replace(targets, unmanaged_enis=left_alone)
    attached = len(interfaces_by_node(snapshot).get(node.id, ()))
    room = pod_enis(shape, targets) + targets.custom_networking - attached
    return max(min(targets.warm_eni, room), 0) * shape.slots_per_eni


@check(
    id="CNI008",
    title="IP targets fit the node types",
    severity=Severity.LOW,
    needs={Facet.CLUSTERS, Facet.ADDON_VPC_CNI, *NODES},
    source=TARGETS_PAGE,
    rules=(93,),
    since="0.2.0",
    profiles={Profile.COST},
)
def fitting_targets(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A MINIMUM_IP_TARGET above the pods a node may run takes addresses that no pod can use.

    It is meant to be the pods that a node usually runs and a few more. A WARM_IP_TARGET above one
    interface's addresses keeps more idle than the default, which it is set to undercut.

    Judged are the types of the cluster's node groups and running nodes, those of Windows aside,
    with the recommended max-pods; a lower one set by hand is not visible.

    **Passes** where the targets fit each type, or are not set, and on IPv6 clusters. **Fails**,
    low, where one is too large for a type. A type that nothing tells about is unknown, and so is a
    node group without nodes whose launch template names its types.

    **What to do.** Set MINIMUM_IP_TARGET slightly above the pods a node usually runs, and
    WARM_IP_TARGET to a few.
    """
    for cluster, settings in settled(snapshot):
        resource = cluster_resource(snapshot, cluster)
        if isinstance(settings, Unread):
            yield _unseen(resource, cluster, settings)
        else:
            yield _fitting(snapshot, resource, cluster, settings)


def _fitting(
    snapshot: Snapshot, resource: Resource, cluster: Cluster, settings: Effective
) -> Answer:
    targets = pool_targets(settings)
    seen: dict[str, Any] = {WARM_IP: targets.warm_ip, MINIMUM_IP: targets.minimum_ip}
    if targets.ipv6 or not targets.ip_targets:
        return passed(resource, "no IP target counts", cluster=cluster.name, **seen)
    told = node_types(snapshot, cluster)
    said = [text for name in told.names for text in _excess(name, targets)]
    seen["instance_types"] = list(told.names)
    if said:
        return failed(resource, "; ".join(said), cluster=cluster.name, positive=True, **seen)
    unknown = [name for name in told.names if not _judged(name, targets)]
    if unknown:
        text = f"the limits of {', '.join(unknown)} are not known"
        return _unseen(resource, cluster, NOT_IN_TABLE, text)
    if told.untold:
        return _unseen(resource, cluster, IN_TEMPLATE, told.missing)
    text = f"the IP targets fit {counted(len(told.names), 'instance type')}"
    return passed(resource, text, cluster=cluster.name, **seen)


def _judged(name: str, targets: PoolTargets) -> bool:
    """Tell whether all is known that says how many addresses a type can use."""
    limit = known_types().get(name)
    pods = most_pods(limit, targets) if limit else None
    return pods is not None and (not targets.minimum_ip or pods.recommended is not None)


def _excess(name: str, targets: PoolTargets) -> Iterator[str]:
    limit = known_types().get(name)
    if limit is None:
        return
    slots = shape_of(limit).slots_per_eni
    pods = most_pods(limit, targets)
    most = pods.recommended if pods else None
    if targets.minimum_ip and most is not None and targets.minimum_ip > most:
        yield f"{MINIMUM_IP}={targets.minimum_ip}, but {name} runs {most} pods at most"
    prefixes = targets.prefix_delegation and limit.nitro is not False
    if targets.warm_ip and targets.warm_ip > slots and not prefixes:
        yield f"{WARM_IP}={targets.warm_ip}, but one interface of {name} holds {slots}"


def _unseen(
    resource: Resource,
    cluster: Cluster,
    why: Unread,
    text: str = "the VPC CNI's settings could not be read",
) -> Unseen:
    return Unseen(
        resource=resource, cluster=cluster.name, api=why.api, error=why.error, message=text
    )
