"""The instance types on which a cluster's Linux nodes run the VPC CNI, now or when they come."""

from collections.abc import Mapping

from eksnet.capacity.node_need import WINDOWS
from eksnet.cni.branch import cni_nodes
from eksnet.cni.membership import NODE_GROUP_TAG
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Unread
from eksnet.model.record import record
from eksnet.model.snapshot import Snapshot, derived, node_groups_by_cluster

GOING = "DELETING"  # EKS API reference, Nodegroup: status
IN_TEMPLATE = Unread(api="ec2:DescribeLaunchTemplateVersions", error="NotRead")
NOT_IN_TABLE = Unread(api="eksnet:instance-limits", error="NotKnown")


@record
class NodeTypes:
    """The types, by name; ``untold`` are the node groups of which nothing seen tells any.

    A launch template names theirs, and no node of them runs.
    """

    names: tuple[str, ...]
    untold: tuple[str, ...]

    @property
    def missing(self) -> str:
        """Return for a message which node groups' types are not known."""
        return f"the instance types of {', '.join(self.untold)} stand in a launch template"


def node_types(snapshot: Snapshot, cluster: Cluster) -> NodeTypes:
    """Return the types of a cluster's node groups and of its nodes.

    Windows nodes get addresses from the VPC resource controller, Auto Mode's from EKS: both are
    left out. A node group that is being deleted makes no more nodes.
    """
    return _types(snapshot)[cluster.name]


@derived
def _types(snapshot: Snapshot) -> Mapping[str, NodeTypes]:
    return {each.name: _of(snapshot, each) for each in snapshot.clusters}


def _of(snapshot: Snapshot, cluster: Cluster) -> NodeTypes:
    groups = node_groups_by_cluster(snapshot).get(cluster.name, ())
    windows = {each.name for each in groups if each.ami_type.startswith(WINDOWS)}
    coming = [each for each in groups if each.name not in windows and each.status != GOING]
    nodes = [
        each
        for each in cni_nodes(snapshot, cluster)
        if each.tags.get(NODE_GROUP_TAG) not in windows
    ]
    running = {each.tags.get(NODE_GROUP_TAG) for each in nodes}
    named = {name for group in coming for name in group.instance_types}
    return NodeTypes(
        names=tuple(sorted(named | {each.type for each in nodes})),
        untold=tuple(
            sorted(
                each.name for each in coming if not each.instance_types and each.name not in running
            )
        ),
    )
