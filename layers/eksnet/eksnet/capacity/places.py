"""Where a node group's new nodes go, zone by zone, and where their pods' addresses come from."""

from collections.abc import Mapping, Sequence

from eksnet.capacity.room import Places, Room, rooms
from eksnet.cni.effective import Effective
from eksnet.cni.membership import NODE_GROUP_TAG, Found, nodes_by_cluster, used_subnets
from eksnet.cni.podsubnets import CUSTOM_NETWORKING, node_pods
from eksnet.cni.precedence import IPV6
from eksnet.cni.settings import settings_by_cluster
from eksnet.cni.sight import hidden
from eksnet.model.cluster import Cluster, NodeGroup
from eksnet.model.finding import Unread
from eksnet.model.network import Instance, Subnet
from eksnet.model.record import record
from eksnet.model.snapshot import Facet, Snapshot, grouped, subnet_by_id

Choices = tuple[tuple[Subnet, ...], ...]
NO_ENI_CONFIG = Unread(api="kubernetes:eniconfigs", error="NotRead")


@record
class Zone:
    """One zone of a node group: ``nodes`` are there now, ``places`` has one for each subnet.

    ``replaced`` tells whether an update has nodes to replace here, ``open`` whether pods may use
    the node subnets' own addresses. ``unseen`` is why nothing can be said of the zone.
    """

    az_id: str
    nodes: int
    replaced: bool
    places: tuple[Places, ...]
    open: bool = True
    unseen: Unread | None = None


def group_nodes(
    snapshot: Snapshot, cluster: Cluster, group: NodeGroup
) -> tuple[Instance, ...] | None:
    """Return the group's nodes, None where instances were not seen whole."""
    if snapshot.partial or hidden(snapshot, [Facet.INSTANCES], cluster.name):
        return None
    return tuple(
        each
        for each in nodes_by_cluster(snapshot).get(cluster.name, ())
        if each.tags.get(NODE_GROUP_TAG) == group.name
    )


def missing_subnets(snapshot: Snapshot, cluster: Cluster, group: NodeGroup) -> tuple[str, ...]:
    """Return the group's subnets that EC2 does not list, where its list was seen."""
    if hidden(snapshot, [Facet.SUBNETS], cluster.name):
        return ()
    return tuple(sorted(set(group.subnet_ids).difference(subnet_by_id(snapshot))))


def zones(
    snapshot: Snapshot, cluster: Cluster, group: NodeGroup, settings: Effective
) -> tuple[Zone, ...] | Unread:
    """Return the zones of a group's subnets, or what is in the way of knowing them."""
    blind = hidden(snapshot, [Facet.SUBNETS], cluster.name)
    if blind:
        return Unread(api=blind.api, error=blind.error)
    listed = subnet_by_id(snapshot)
    there = [listed[each] for each in sorted(set(group.subnet_ids)) if each in listed]
    if not there:
        return Unread(api="eks:DescribeNodegroup", error="NoSubnets")
    by_zone = grouped(there, lambda subnet: subnet.az_id)
    nodes = _there(snapshot, cluster, group, by_zone)
    return tuple(
        _zone(snapshot, cluster, settings, by_zone[az_id], nodes[az_id])
        for az_id in sorted(by_zone)
    )


@record
class _There:
    """The nodes of a zone, and whether an update has any to replace there."""

    nodes: int
    replaced: bool


def _there(
    snapshot: Snapshot,
    cluster: Cluster,
    group: NodeGroup,
    by_zone: Mapping[str, tuple[Subnet, ...]],
) -> Mapping[str, _There]:
    """Return what each zone has; the desired size, evenly spread, where nodes were not seen.

    A group whose nodes are all missing has none for its maximum, yet is one to roll: nothing tells
    whether they can't start or do not carry the group's tag.
    """
    names = sorted(by_zone)
    nodes = group_nodes(snapshot, cluster, group)
    listed = subnet_by_id(snapshot)
    share, over = divmod(group.desired_size, len(names))
    spread = {az_id: share + (number < over) for number, az_id in enumerate(names)}
    zones = [listed[each.subnet_id].az_id for each in nodes or () if each.subnet_id in listed]
    return {
        az_id: _There(
            nodes=spread[az_id] if nodes is None else zones.count(az_id),
            replaced=bool(zones.count(az_id) if zones else spread[az_id]),
        )
        for az_id in names
    }


def _zone(
    snapshot: Snapshot,
    cluster: Cluster,
    settings: Effective,
    subnets: Sequence[Subnet],
    there: _There,
) -> Zone:
    found = [(each, pod_choices(snapshot, cluster, settings, each)) for each in subnets]
    unseen = next((choices for _, choices in found if isinstance(choices, Unread)), None)
    known = [(own, choices) for own, choices in found if not isinstance(choices, Unread)]
    left = rooms(snapshot)
    return Zone(
        az_id=subnets[0].az_id,
        nodes=there.nodes,
        replaced=there.replaced,
        places=() if unseen else tuple(_places(left, own, choices) for own, choices in known),
        open=settings.flag(CUSTOM_NETWORKING)
        or all(own in choice for own, choices in known for choice in choices),
        unseen=unseen,
    )


def _places(left: Mapping[str, Room], own: Subnet, choices: Choices) -> Places:
    pods = tuple(tuple(left[each.id] for each in choice) for choice in choices)
    return Places(own=left[own.id], pods=pods)


def pod_choices(
    snapshot: Snapshot, cluster: Cluster, settings: Effective, own: Subnet
) -> Choices | Unread:
    """Return the subnets from which a node in ``own`` takes addresses, one entry a possibility.

    With custom networking they are those of the add-on's ENIConfigs; where it has none in the zone,
    those that hold the zone's pod interfaces now.
    """
    if settings.flag(IPV6):
        return ((own,),)
    told = {each.pods: each for each in node_pods(snapshot, cluster, own.az_id)}
    if not settings.flag(CUSTOM_NETWORKING):
        one = told[f"pods on nodes in {own.id}"]
        return one.missing or one.choices
    listed = subnet_by_id(snapshot)
    configs = settings_by_cluster(snapshot)[cluster.name].eni_configs
    if any(
        each.subnet_id in listed and listed[each.subnet_id].az_id == own.az_id for each in configs
    ):
        return told["pods"].choices
    seen = [
        listed[each.subnet_id]
        for each in used_subnets(snapshot)[cluster.name]
        if Found.POD_ENI in each.found and each.subnet_id in listed
    ]
    here = tuple((each,) for each in seen if each.az_id == own.az_id and each.id != own.id)
    return here or NO_ENI_CONFIG
