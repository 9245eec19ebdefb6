"""Which cluster an instance, an interface or a subnet works for, and how that is known."""

import enum
from collections.abc import Iterator, Mapping

from eksnet.cni.eni import (
    CLUSTER_TAG,
    INSTANCE_TAG,
    TRUNK_TAG,
    EniClass,
    class_by_eni,
    x_eni_cluster,
)
from eksnet.cni.settings import settings_by_cluster
from eksnet.model.cluster import Cluster
from eksnet.model.network import Eni, Instance, Subnet
from eksnet.model.record import Tags, record
from eksnet.model.snapshot import (
    Snapshot,
    cluster_by_name,
    derived,
    subnet_by_id,
    subnets_by_vpc,
)

CLUSTER_TAG_PREFIX = "kubernetes.io/cluster/"  # EKS user guide: required on self-managed nodes
NAME_TAGS = (
    "eks:cluster-name",  # managed node groups
    "aws:eks:cluster-name",  # managed node groups
    "eks:eks-cluster-name",  # EKS Auto Mode
)
NODE_GROUP_TAG = "eks:nodegroup-name"  # EKS sets it on the instances of a managed node group
WINDOWS = "WINDOWS"  # EKS API reference: AMITypes of Windows start so
ROLE_CNI_TAG = "kubernetes.io/role/cni"  # VPC CNI subnet discovery, awsutils.go
KARPENTER_TAG = "karpenter.sh/discovery"  # Karpenter's subnet selector, by its value


class Found(enum.StrEnum):
    """How a subnet came to be known as one that a cluster uses."""

    CLUSTER_SUBNET = "cluster-subnet"
    NODE_GROUP = "node-group"
    FARGATE_PROFILE = "fargate-profile"
    INSTANCE = "instance"
    POD_ENI = "pod-eni"
    X_ENI = "x-eni"
    CLUSTER_TAG = "tag-cluster"
    KARPENTER_TAG = "tag-karpenter"
    ROLE_CNI_TAG = "tag-role-cni"
    ENI_CONFIG = "eni-config"


NODE_SOURCES = frozenset({Found.NODE_GROUP, Found.INSTANCE, Found.KARPENTER_TAG})
POD_SOURCES = frozenset(
    {Found.FARGATE_PROFILE, Found.POD_ENI, Found.ROLE_CNI_TAG, Found.ENI_CONFIG}
)


@record
class UsedSubnet:
    """A subnet a cluster uses; the id may name one that is not there (any more)."""

    subnet_id: str
    found: frozenset[Found]

    @property
    def holds_nodes(self) -> bool:
        """Tell whether nodes live, or will be put, there."""
        return bool(self.found & NODE_SOURCES)

    @property
    def holds_pods(self) -> bool:
        """Tell whether pods, apart from their nodes, take addresses there."""
        return bool(self.found & POD_SOURCES)


def cluster_subnets(snapshot: Snapshot) -> Iterator[tuple[Cluster, str, Subnet | None]]:
    """Yield each cluster with the id of each cluster subnet, and the subnet where it was listed."""
    subnets = subnet_by_id(snapshot)
    for cluster in snapshot.clusters:
        for subnet_id in sorted(set(cluster.subnet_ids)):
            yield cluster, subnet_id, subnets.get(subnet_id)


def _named_in(tags: Tags, known: Mapping[str, object]) -> str | None:
    for key in NAME_TAGS:
        if tags.get(key) in known:
            return tags[key]
    owned = [
        key.removeprefix(CLUSTER_TAG_PREFIX) for key in tags if key.startswith(CLUSTER_TAG_PREFIX)
    ]
    return owned[0] if len(owned) == 1 and owned[0] in known else None


@derived
def cluster_by_instance(snapshot: Snapshot) -> Mapping[str, str]:
    """Return the cluster of each instance that is a node of one.

    An instance is a node by its own tags, by the CNI's cluster tag on one of its interfaces, or
    because it runs the CNI (ipamd tags even the primary interface) and carries a cluster security
    group; a bastion carries such a group too. It must live in the cluster's VPC.
    """
    clusters = cluster_by_name(snapshot)
    by_group = {c.cluster_security_group_id: c.name for c in snapshot.clusters}
    by_group.pop(None, None)
    found: dict[str, str] = {}

    def note(instance_id: str, vpc_id: str, name: str | None) -> None:
        if name and name in clusters and clusters[name].vpc_id == vpc_id:
            found.setdefault(instance_id, name)

    for instance in snapshot.instances:
        note(instance.id, instance.vpc_id, _named_in(instance.tags, clusters))
    attached = [eni for eni in snapshot.enis if eni.attachment and eni.attachment.instance_id]
    for eni in attached:
        note(_instance_id(eni), eni.vpc_id, eni.tags.get(CLUSTER_TAG))
    run_cni = {_instance_id(eni) for eni in attached if INSTANCE_TAG in eni.tags}
    for eni in attached:
        if _instance_id(eni) in run_cni:
            group = next((each for each in eni.groups if each in by_group), None)
            note(_instance_id(eni), eni.vpc_id, by_group.get(group))
    return found


@derived
def cluster_by_eni(snapshot: Snapshot) -> Mapping[str, str]:
    """Return the cluster of each interface that works for one: x-ENIs, nodes', trunks, branches."""
    clusters = cluster_by_name(snapshot)
    nodes = cluster_by_instance(snapshot)
    found: dict[str, str] = {}
    branches: list[Eni] = []
    classes = class_by_eni(snapshot)
    for eni in snapshot.enis:
        name = (
            x_eni_cluster(eni)
            or nodes.get(_instance_id(eni))
            or eni.tags.get(CLUSTER_TAG)
            or _named_in(eni.tags, clusters)
        )
        if name and name in clusters and clusters[name].vpc_id == eni.vpc_id:
            found[eni.id] = name
        elif classes[eni.id] is EniClass.BRANCH:
            branches.append(eni)
    for eni in branches:
        trunk = eni.tags.get(TRUNK_TAG, "")
        if trunk in found:
            found[eni.id] = found[trunk]
    return found


def _instance_id(eni: Eni) -> str:
    return (eni.attachment.instance_id if eni.attachment else None) or ""


@derived
def nodes_by_cluster(snapshot: Snapshot) -> Mapping[str, tuple[Instance, ...]]:
    """Return the instances that are nodes of each cluster."""
    owner = cluster_by_instance(snapshot)
    found: dict[str, list[Instance]] = {}
    for instance in snapshot.instances:
        if instance.id in owner:
            found.setdefault(owner[instance.id], []).append(instance)
    return {name: tuple(instances) for name, instances in found.items()}


@derived
def used_subnets(snapshot: Snapshot) -> Mapping[str, tuple[UsedSubnet, ...]]:
    """Return every subnet each described cluster uses, by id, with all the ways it was found."""
    found: dict[str, dict[str, set[Found]]] = {c.name: {} for c in snapshot.clusters}
    for name, subnet_id, how in _uses(snapshot):
        if name in found:
            found[name].setdefault(subnet_id, set()).add(how)
    return {
        name: tuple(
            UsedSubnet(subnet_id=each, found=frozenset(hows[each])) for each in sorted(hows)
        )
        for name, hows in found.items()
    }


def _uses(snapshot: Snapshot) -> Iterator[tuple[str, str, Found]]:
    for cluster in snapshot.clusters:
        yield from ((cluster.name, each, Found.CLUSTER_SUBNET) for each in cluster.subnet_ids)
    for group in snapshot.node_groups:
        yield from ((group.cluster, each, Found.NODE_GROUP) for each in group.subnet_ids)
    for profile in snapshot.fargate_profiles:
        yield from ((profile.cluster, each, Found.FARGATE_PROFILE) for each in profile.subnet_ids)
    for name, nodes in nodes_by_cluster(snapshot).items():
        yield from ((name, node.subnet_id, Found.INSTANCE) for node in nodes)
    yield from _eni_uses(snapshot)
    for name, settings in settings_by_cluster(snapshot).items():
        yield from ((name, each.subnet_id, Found.ENI_CONFIG) for each in settings.eni_configs)
    yield from _tag_uses(snapshot)


_POD_CLASSES = frozenset({EniClass.CNI_SECONDARY, EniClass.BRANCH, EniClass.FARGATE_POD})


def _eni_uses(snapshot: Snapshot) -> Iterator[tuple[str, str, Found]]:
    classes = class_by_eni(snapshot)
    owner = cluster_by_eni(snapshot)
    for eni in snapshot.enis:
        if eni.id not in owner:
            continue
        if classes[eni.id] in _POD_CLASSES:
            yield owner[eni.id], eni.subnet_id, Found.POD_ENI
        elif classes[eni.id] is EniClass.X_ENI:
            yield owner[eni.id], eni.subnet_id, Found.X_ENI


def _tag_uses(snapshot: Snapshot) -> Iterator[tuple[str, str, Found]]:
    """Yield what tags say."""
    by_vpc = subnets_by_vpc(snapshot)
    for cluster in snapshot.clusters:
        mine = CLUSTER_TAG_PREFIX + cluster.name
        for subnet in by_vpc.get(cluster.vpc_id, ()):
            if mine in subnet.tags:
                yield cluster.name, subnet.id, Found.CLUSTER_TAG
            if subnet.tags.get(KARPENTER_TAG) == cluster.name:
                yield cluster.name, subnet.id, Found.KARPENTER_TAG
            if cni_may_use(subnet.tags, cluster.name):
                yield cluster.name, subnet.id, Found.ROLE_CNI_TAG


def cni_may_use(tags: Tags, cluster: str) -> bool:
    """Tell whether the tags offer a subnet to this cluster's CNI (awsutils.go v1.23.1).

    ``kubernetes.io/role/cni`` must be there and not ``0``; any tag that names a cluster must name
    this one.
    """
    scopes = [
        key.removeprefix(prefix)
        for key in tags
        for prefix in (CLUSTER_TAG_PREFIX, "cni.networking.k8s.aws/cluster/")
        if key.startswith(prefix)
    ]
    offered = tags.get(ROLE_CNI_TAG, "0") != "0"
    return offered and (not scopes or cluster in scopes)
