"""How many pods nodes may run, and what AWS shows of it: types, interfaces and their addresses.

The kubelet's own max-pods is visible in Kubernetes and in launch templates' user data only.
"""

from collections.abc import Iterator
from typing import Any

from eksnet.capacity.node_need import most_pods
from eksnet.capacity.node_types import IN_TEMPLATE, NOT_IN_TABLE, node_types
from eksnet.capacity.prefix_mode import interfaces_by_node, settled
from eksnet.cni.branch import cni_nodes
from eksnet.cni.effective import Effective, pool_targets
from eksnet.cni.limits import InstanceLimit
from eksnet.cni.limits import limits as known_types
from eksnet.cni.max_pods import (
    CAP,
    LARGE_ABOVE_VCPUS,
    LARGE_CAP,
    PREFIX_ADDRESSES,
    ipv6_max_pods,
)
from eksnet.cni.podsubnets import CUSTOM_NETWORKING
from eksnet.cni.pool import pod_enis, shape_of
from eksnet.cni.precedence import MAX_ENI
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.engine.profile import Profile
from eksnet.model.cluster import Cluster, NodeGroup
from eksnet.model.finding import Severity, Unread, counted
from eksnet.model.network import Instance
from eksnet.model.resource import cluster_resource, instance_resource, node_group_resource
from eksnet.model.snapshot import Facet, Resource, Snapshot, node_groups_by_cluster

CNI_GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/vpc-cni.html"
USER_GUIDE = "https://docs.aws.amazon.com/eks/latest/userguide/cni-increase-ip-addresses.html"
CUSTOM_GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/custom-networking.html"
NODES = frozenset({Facet.CLUSTERS, Facet.NODE_GROUPS, Facet.INSTANCES, Facet.NETWORK_INTERFACES})
# EKS API reference, Nodegroup: the amiTypes whose max-pods a ConfigMap or a bootstrap decides
OWN_MAX_PODS = ("WINDOWS", "CUSTOM")
ELSEWHERE = Unread(api="kubernetes:nodes", error="NotRead")


@check(
    id="CNI009",
    title="The instance types of a node group run alike many pods",
    severity=Severity.LOW,
    needs={Facet.CLUSTERS, Facet.NODE_GROUPS, Facet.ADDON_VPC_CNI},
    source=USER_GUIDE,
    rules=(107, 134),
    since="0.2.0",
)
def alike_types(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001 - none
    """EKS gives every node of a managed node group the max-pods of its smallest type.

    The larger types of a mixed group then run as few pods as the smallest, and what is paid for
    them stays empty. The figures are the recommended ones under the cluster's settings: prefixes,
    custom networking (which takes one interface from the pods: an m5.large runs 20 instead of 29),
    MAX_ENI, and the ceilings of 110 pods and, above 30 vCPUs, 250.

    **Passes** where every type of the group has the same figure. **Fails**, low, where they differ.
    A type that nothing tells about is unknown; so are types named in a launch template, and several
    types on Windows, with an AMI of one's own or where the settings can't be seen.

    **What to do.** Put types with unlike figures into node groups of their own; `eksnet max-pods`
    lists the figures.
    """
    settings = {cluster.name: found for cluster, found in settled(snapshot)}
    for cluster in snapshot.clusters:
        for group in sorted(
            node_groups_by_cluster(snapshot).get(cluster.name, ()), key=lambda each: each.name
        ):
            yield _alike(group, settings.get(cluster.name))


def _alike(group: NodeGroup, settings: Effective | Unread | None) -> Answer:
    resource, types = node_group_resource(group), sorted(set(group.instance_types))
    if not types:
        text = "the instance types stand in its launch template"
        return _unseen(resource, group.cluster, IN_TEMPLATE, text)
    if len(types) == 1:
        text = f"every node is a {types[0]}"
        return passed(resource, text, cluster=group.cluster, instance_types=types)
    if group.ami_type.startswith(OWN_MAX_PODS):
        text = f"how many pods {', '.join(types)} run is set where AWS does not show it"
        return _unseen(resource, group.cluster, ELSEWHERE, text)
    if not isinstance(settings, Effective):
        why = settings or Unread(api="kubernetes:aws-node", error="NotRead")
        text = f"how many pods {', '.join(types)} run hangs on settings that were not read"
        return _unseen(resource, group.cluster, why, text)
    pods = {name: _pods(name, settings) for name in types}
    unknown = [name for name, count in pods.items() if count is None]
    if unknown:
        text = f"the limits of {', '.join(unknown)} are not known"
        return _unseen(resource, group.cluster, NOT_IN_TABLE, text)
    text = ", ".join(f"{name} {count}" for name, count in pods.items())
    answer = failed if len(set(pods.values())) > 1 else passed
    return answer(resource, f"max-pods: {text}", cluster=group.cluster, max_pods=pods)


def _pods(name: str, settings: Effective) -> int | None:
    """Return the recommended max-pods of a type, None where it is not known."""
    limit = known_types().get(name)
    if limit is None:
        return None
    pods = most_pods(limit, pool_targets(settings))
    return pods.recommended if pods else ipv6_max_pods(limit)


@check(
    id="CNI010",
    title="No node holds addresses for more pods than are recommended",
    severity=Severity.LOW,
    needs=NODES,
    source=CNI_GUIDE,
    rules=(81,),
    since="0.2.0",
    profiles={Profile.COST},
)
def within_ceiling(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001 - none
    """The CNI stops at the kubelet's max-pods: a node with more addresses has it set too high.

    Above 110 pods, or 250 on more than 30 vCPUs, the kubelet and the control plane become slow;
    managed node groups keep to that, nodes with a bootstrap of their own may not. The CNI fills
    whole interfaces, so that a node may hold what completes its last one. Interfaces tagged
    node.k8s.amazonaws.com/no_manage are not the CNI's and do not count.

    **Passes** once a cluster where no node holds more than that. It does not prove the max-pods of
    a node that is not full. **Fails**, low, for each node that does. A type that nothing tells
    about is unknown.

    **What to do.** Set max-pods to the recommended figure in the node's bootstrap, and replace the
    node.
    """
    for cluster in snapshot.clusters:
        nodes = cni_nodes(snapshot, cluster)
        answers = [each for node in nodes if (each := _excess(snapshot, cluster, node))]
        yield from answers
        if not answers:
            text = f"none of {counted(len(nodes), 'node')} holds more than the ceiling allows"
            mine = cluster_resource(snapshot, cluster)
            yield passed(mine, text, cluster=cluster.name, nodes=len(nodes))


def _excess(snapshot: Snapshot, cluster: Cluster, node: Instance) -> Answer | None:
    """Return what a node with too many addresses is told, None for one without."""
    enis = interfaces_by_node(snapshot).get(node.id, ())
    prefixes = sum(len(eni.prefixes) for eni in enis)
    singles = sum(max(len(eni.private_ips) - 1, 0) for eni in enis)
    held = singles + prefixes * PREFIX_ADDRESSES
    if held <= CAP:
        return None
    resource, limit = instance_resource(snapshot, node.id), known_types().get(node.type)
    if limit is None:
        text = f"{held} addresses for pods on a {node.type}, whose limits are not known"
        return _unseen(resource, cluster.name, NOT_IN_TABLE, text)
    if held <= _whole(limit, CAP, prefixes=prefixes > 0):
        return None
    if limit.vcpus is None and held <= _whole(limit, LARGE_CAP, prefixes=prefixes > 0):
        text = f"{held} addresses for pods on a {node.type}, whose vCPUs are not known"
        return _unseen(resource, cluster.name, NOT_IN_TABLE, text)
    ceiling = CAP if limit.vcpus is not None and limit.vcpus <= LARGE_ABOVE_VCPUS else LARGE_CAP
    if held <= _whole(limit, ceiling, prefixes=prefixes > 0):
        return None
    text = f"{held} addresses for pods on a {node.type}, {ceiling} pods are recommended at most"
    seen: dict[str, Any] = {"pod_addresses": held, "ceiling": ceiling, "vcpus": limit.vcpus}
    return failed(resource, text, cluster=cluster.name, positive=True, **seen)


def _whole(limit: InstanceLimit, pods: int, *, prefixes: bool) -> int:
    """Return what the interfaces hold, all full, on which ``pods`` find an address."""
    each = PREFIX_ADDRESSES if prefixes else 1
    per_eni = (limit.ipv4_per_eni - 1) * each
    return -(-pods // per_eni) * per_eni if per_eni else 0


@check(
    id="CNI011",
    title="The CNI's settings leave each node an interface for pods",
    severity=Severity.HIGH,
    needs={*NODES, Facet.ADDON_VPC_CNI},
    source=CUSTOM_GUIDE,
    rules=(134,),
    since="0.2.0",
)
def interface_left(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001 - none
    """With custom networking the primary interface holds no pod: a node needs a second one.

    Max-pods is then (interfaces - 1) x (addresses of each - 1) + 2. MAX_ENI=1, or a trunk that
    takes the only other place, leaves none: nodes become ready, and no pod on them gets an address.

    **Passes** where each type of the node groups and running nodes keeps an interface for pods, and
    on IPv6 clusters. **Fails** where one keeps none. A type that nothing tells about is unknown,
    and so is a node group without nodes whose launch template names its types. Windows nodes, which
    have no such settings, are left out.

    **What to do.** Take MAX_ENI out of the add-on's configuration, or use a larger instance type.
    """
    for cluster, settings in settled(snapshot):
        resource = cluster_resource(snapshot, cluster)
        if isinstance(settings, Unread):
            text = "the VPC CNI's settings could not be read"
            yield _unseen(resource, cluster.name, settings, text)
        else:
            yield _left(snapshot, resource, cluster, settings)


def _left(snapshot: Snapshot, resource: Resource, cluster: Cluster, settings: Effective) -> Answer:
    targets, told = pool_targets(settings), node_types(snapshot, cluster)
    types = set(told.names)
    seen: dict[str, Any] = {
        "custom_networking": targets.custom_networking,
        MAX_ENI: targets.max_eni,
        "instance_types": sorted(types),
    }
    if targets.ipv6:
        return passed(resource, "with IPv6 one prefix serves all pods", cluster=cluster.name)
    shapes = {name: shape_of(known_types()[name]) for name in types & known_types().keys()}
    none = sorted(name for name, shape in shapes.items() if pod_enis(shape, targets) < 1)
    if none:
        why = f"{CUSTOM_NETWORKING}=true" if targets.custom_networking else "a trunk"
        text = f"{why} leaves no interface for pods on {', '.join(none)}"
        return failed(resource, text, cluster=cluster.name, positive=True, **seen)
    unknown = sorted(types - shapes.keys())
    if unknown:
        text = f"the limits of {', '.join(unknown)} are not known"
        return _unseen(resource, cluster.name, NOT_IN_TABLE, text)
    if told.untold:
        return _unseen(resource, cluster.name, IN_TEMPLATE, told.missing)
    text = f"{counted(len(types), 'instance type')}, each with an interface for pods"
    return passed(resource, text, cluster=cluster.name, **seen)


def _unseen(resource: Resource, cluster: str, why: Unread, text: str) -> Unseen:
    return Unseen(resource=resource, cluster=cluster, api=why.api, error=why.error, message=text)
