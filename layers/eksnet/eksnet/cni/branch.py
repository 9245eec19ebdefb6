"""Security groups for pods as AWS shows them: the setting, the trunks, the branch interfaces."""

from collections.abc import Iterator, Mapping

from eksnet.cni.eni import CLUSTER_TAG, TRUNK_TAG, EniClass, class_by_eni
from eksnet.cni.membership import (
    CLUSTER_TAG_PREFIX,
    NAME_TAGS,
    NODE_GROUP_TAG,
    WINDOWS,
    cluster_by_eni,
    nodes_by_cluster,
)
from eksnet.cni.settings import settings_by_cluster, settings_of
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Unread
from eksnet.model.network import Eni, Instance
from eksnet.model.record import Tags, record
from eksnet.model.snapshot import (
    Snapshot,
    derived,
    grouped,
    instance_by_id,
    node_groups_by_cluster,
)

POD_ENI = "ENABLE_POD_ENI"  # VPC CNI README; its default is false
KINDS = frozenset({EniClass.TRUNK, EniClass.BRANCH})
AUTO_NODE_TAG = "eks:eks-cluster-name"  # EKS user guide: set on the instances of Auto Mode
UNNAMED = "default, as far as the add-on's configuration tells"  # the DaemonSet may differ


@record
class PodEni:
    """Whether a cluster's CNI gives pods interfaces of their own; ``on`` is None when unknown.

    ``set_by`` is ``add-on`` or ``default``; ``api`` and ``error`` say why it is unknown.
    """

    on: bool | None
    set_by: str = ""
    api: str = ""
    error: str = ""

    @property
    def told_by(self) -> str:
        """Return for a message where the value comes from, in brackets."""
        return f"({UNNAMED})" if self.set_by == "default" else f"({self.set_by})"


@record
class PodInterfaces:
    """The trunk and branch interfaces of one cluster, each kind in the order of its ids."""

    trunks: tuple[Eni, ...] = ()
    branches: tuple[Eni, ...] = ()


def pod_eni(snapshot: Snapshot, cluster: Cluster) -> PodEni:
    """Return the setting as the EKS add-on shows it; without the add-on only Kubernetes knows."""
    settings = settings_of(snapshot, cluster)
    if isinstance(settings, Unread):
        return PodEni(on=None, api=settings.api, error=settings.error)
    set_by = "add-on" if POD_ENI in settings.env else "default"
    return PodEni(on=settings.flag(POD_ENI, default=False), set_by=set_by)


def runs_cni(snapshot: Snapshot, cluster: Cluster) -> bool:
    """Tell whether the VPC CNI may have settings: Auto Mode alone, without the add-on, has none."""
    return not cluster.auto_mode or cluster.name in settings_by_cluster(snapshot)


def cni_nodes(snapshot: Snapshot, cluster: Cluster) -> tuple[Instance, ...]:
    """Return the nodes that run the VPC CNI: all but those of EKS Auto Mode."""
    nodes = nodes_by_cluster(snapshot).get(cluster.name, ())
    return tuple(node for node in nodes if AUTO_NODE_TAG not in node.tags)


def cni_node_subnets(snapshot: Snapshot, cluster: Cluster) -> tuple[str, ...]:
    """Return the ids of the subnets with nodes or node groups whose pods the VPC CNI serves.

    Left out are nodes of EKS Auto Mode and node groups of Windows, whose pods know neither custom
    networking nor subnet discovery (EKS user guide, windows-support). A tag makes no node.
    """
    groups = node_groups_by_cluster(snapshot).get(cluster.name, ())
    windows = {each.name for each in groups if each.ami_type.startswith(WINDOWS)}
    nodes = cni_nodes(snapshot, cluster)
    found = {each.subnet_id for each in nodes if each.tags.get(NODE_GROUP_TAG) not in windows}
    planned = (each.subnet_ids for each in groups if each.name not in windows)
    return tuple(sorted(found.union(*planned)))


@derived
def pod_interfaces(snapshot: Snapshot) -> Mapping[str, PodInterfaces]:
    """Return the trunks and branches of each cluster that has any."""
    owner = cluster_by_eni(snapshot)
    owned = grouped((e for e in _interfaces(snapshot) if e.id in owner), lambda e: owner[e.id])
    classes = class_by_eni(snapshot)
    return {
        name: PodInterfaces(
            trunks=tuple(e for e in enis if classes[e.id] is EniClass.TRUNK),
            branches=tuple(e for e in enis if classes[e.id] is EniClass.BRANCH),
        )
        for name, enis in owned.items()
    }


@derived
def unowned_by_vpc(snapshot: Snapshot) -> Mapping[str, int]:
    """Count the trunks and branches of each VPC that nothing seen ascribes to any cluster.

    One that names a cluster which was not described is not counted: it is somebody else's.
    """
    owner = cluster_by_eni(snapshot)
    trunks = {each.id: each for each in _interfaces(snapshot) if each.interface_type == "trunk"}
    found: dict[str, int] = {}
    for eni in _interfaces(snapshot):
        trunk = trunks.get(eni.tags.get(TRUNK_TAG, ""), eni)
        if eni.id not in owner and not (_named(snapshot, eni) or _named(snapshot, trunk)):
            found[eni.vpc_id] = found.get(eni.vpc_id, 0) + 1
    return found


@derived
def branches_by_trunk(snapshot: Snapshot) -> Mapping[str, tuple[Eni, ...]]:
    """Return the branches of each trunk by its id; those without the trunk tag are under ``""``."""
    classes = class_by_eni(snapshot)
    branches = (each for each in _interfaces(snapshot) if classes[each.id] is EniClass.BRANCH)
    return grouped(branches, lambda eni: eni.tags.get(TRUNK_TAG, ""))


@derived
def untagged_by_vpc(snapshot: Snapshot) -> Mapping[str, int]:
    """Count the branches of each VPC whose trunk no tag tells."""
    loose = grouped(branches_by_trunk(snapshot).get("", ()), lambda eni: eni.vpc_id)
    return {vpc_id: len(enis) for vpc_id, enis in loose.items()}


def _interfaces(snapshot: Snapshot) -> Iterator[Eni]:
    classes = class_by_eni(snapshot)
    kept = (each for each in snapshot.enis if classes[each.id] in KINDS)
    yield from sorted(kept, key=lambda each: each.id)


def _named(snapshot: Snapshot, eni: Eni) -> bool:
    instance_id = (eni.attachment.instance_id if eni.attachment else None) or ""
    node = instance_by_id(snapshot).get(instance_id)
    return _names_cluster(eni.tags) or (node is not None and _names_cluster(node.tags))


def _names_cluster(tags: Tags) -> bool:
    return (
        CLUSTER_TAG in tags
        or any(key in tags for key in NAME_TAGS)
        or any(key.startswith(CLUSTER_TAG_PREFIX) for key in tags)
    )
