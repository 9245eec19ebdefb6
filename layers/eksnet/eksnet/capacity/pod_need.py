"""The addresses that the pods of a cluster need in each zone when it is as large as it may get.

Node groups count with their maximum, spread evenly over their zones, as EC2 Auto Scaling does; the
nodes of nobody's group, such as Karpenter's, with those that are there.
"""

from collections import Counter
from collections.abc import Mapping

from eksnet.capacity.node_need import (
    CUSTOM_AMI,
    WINDOWS,
    cluster_settings,
    node_need,
    provisioning_off,
    refusal,
)
from eksnet.cni.branch import cni_nodes
from eksnet.cni.effective import Effective
from eksnet.cni.max_pods import CAP
from eksnet.cni.membership import NODE_GROUP_TAG
from eksnet.cni.podsubnets import CUSTOM_NETWORKING
from eksnet.cni.precedence import PREFIX_DELEGATION
from eksnet.model.cluster import Cluster, NodeGroup
from eksnet.model.finding import Unread
from eksnet.model.network import Instance
from eksnet.model.record import record
from eksnet.model.snapshot import Snapshot, node_groups_by_cluster, subnet_by_id

PERCENT = 100


@record
class PodNeed:
    """Addresses by zone id; ``prefixes`` tells that whole /28 blocks are taken.

    ``notes`` say what is not in the figures, or only guessed.
    """

    zones: Mapping[str, int]
    prefixes: bool
    notes: tuple[str, ...] = ()


def pod_need(snapshot: Snapshot, cluster: Cluster) -> PodNeed | Unread:
    """Return what the pods of a cluster need, or why nothing can be said.

    All addresses of a node are counted but its first: where the node's own subnet is full, all of
    its pods' come from another.
    """
    settings = cluster_settings(snapshot, cluster)
    if isinstance(settings, Unread):
        return settings
    if refusal(settings):
        return Unread(api="ipamd", error="DoesNotStart")
    if provisioning_off(settings):
        return Unread(api="ipamd", error="ProvisioningOff")
    count = _Count(snapshot, settings)
    nodes = cni_nodes(snapshot, cluster)
    groups = node_groups_by_cluster(snapshot).get(cluster.name, ())
    for group in groups:
        members = [each for each in nodes if each.tags.get(NODE_GROUP_TAG) == group.name]
        count.add_group(group, members)
    names = {group.name for group in groups}
    for node in nodes:
        if node.tags.get(NODE_GROUP_TAG) not in names:
            count.add(node.subnet_id, count.of_node((node.type,)))
    return PodNeed(
        zones=dict(sorted(count.zones.items())),
        prefixes=settings.flag(PREFIX_DELEGATION),
        notes=tuple(dict.fromkeys(count.notes)),
    )


def grown(addresses: int, percent: int) -> int:
    """Return so many addresses with growth on top, rounded up."""
    return -(-addresses * (PERCENT + percent) // PERCENT)


class _Count:
    """What was counted so far, by zone."""

    def __init__(self, snapshot: Snapshot, settings: Effective) -> None:
        self.zones: Counter[str] = Counter()
        self.notes: list[str] = []
        self._subnets = subnet_by_id(snapshot)
        self._settings = settings

    def add(self, subnet_id: str, addresses: int) -> None:
        """Add the addresses of one node."""
        if subnet_id in self._subnets:
            self.zones[self._subnets[subnet_id].az_id] += addresses

    def add_group(self, group: NodeGroup, members: list[Instance]) -> None:
        """Add a node group at its maximum; a zone that has more nodes than its share, as it is."""
        if group.ami_type.startswith(WINDOWS):
            self.notes.append(f"Windows nodes of {group.name} take their own subnets' addresses")
            return
        subnets = (self._subnets[each] for each in group.subnet_ids if each in self._subnets)
        zones = {each.az_id for each in subnets}
        types = group.instance_types or tuple(sorted({each.type for each in members}))
        if not types:
            self.notes.append(f"{group.name} names no instance type: {CAP} pods a node are counted")
        each_node = self.of_node(types, custom_ami=group.ami_type == CUSTOM_AMI)
        seen = Counter(
            self._subnets[m.subnet_id].az_id for m in members if m.subnet_id in self._subnets
        )
        for az_id in sorted(zones):
            self.zones[az_id] += max(-(-group.max_size // len(zones)), seen[az_id]) * each_node

    def of_node(self, types: tuple[str, ...], *, custom_ami: bool = False) -> int:
        """Return the addresses of one node of the type that takes most."""
        found = [self._of_type(each, custom_ami=custom_ami) for each in types]
        return max(found, default=CAP)

    def _of_type(self, type_: str, *, custom_ami: bool) -> int:
        need = node_need(self._settings, type_, custom_ami=custom_ami)
        if need is None:
            self.notes.append(f"the limits of {type_} are not known: {CAP} pods a node are counted")
            return CAP
        own = self._settings.flag(CUSTOM_NETWORKING)
        return need.most.rest.total if own else need.most.total - 1
