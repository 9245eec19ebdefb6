"""Whether a cluster's subnets are large enough for all of its node groups at their maximum size."""

from collections.abc import Iterable, Iterator

from eksnet.capacity.node_need import (
    CUSTOM_AMI,
    WINDOWS,
    Take,
    cluster_settings,
    node_need,
    provisioning_off,
)
from eksnet.capacity.node_types import IN_TEMPLATE, NOT_IN_TABLE
from eksnet.capacity.places import NO_ENI_CONFIG
from eksnet.capacity.verdict import group_types
from eksnet.cni.effective import Effective
from eksnet.cni.membership import Found, used_subnets
from eksnet.cni.podsubnets import CUSTOM_NETWORKING
from eksnet.model.cluster import Cluster, NodeGroup
from eksnet.model.finding import Unread
from eksnet.model.record import record
from eksnet.model.snapshot import Snapshot, subnet_by_id
from eksnet.network.cidr import usable

CONFIGURED = frozenset({Found.ENI_CONFIG, Found.POD_ENI})  # with custom networking
OFFERED = CONFIGURED | {Found.ROLE_CNI_TAG}
OFF = Unread(api="ipamd", error="ProvisioningOff")
NOT_MODELLED = Unread(api="eksnet:windows", error="NotModelled")


@record
class Demand:
    """What some of the addresses need at most, and the sizes of the subnets they come from.

    ``what`` the addresses are for, as words that follow "addresses".
    """

    what: str
    needed: int
    usable: int
    subnet_ids: tuple[str, ...]

    @property
    def met(self) -> bool:
        """Tell whether the subnets are large enough."""
        return self.needed <= self.usable


def subnets_for_nodes(snapshot: Snapshot, cluster: Cluster) -> tuple[str, ...]:
    """Return the ids of all subnets that nodes and their pods take addresses from."""
    return (*_ids(snapshot, cluster, nodes=True), *_ids(snapshot, cluster, pods=OFFERED))


def demands(
    snapshot: Snapshot, cluster: Cluster, groups: Iterable[NodeGroup]
) -> tuple[Demand, ...] | Unread:
    """Return what ``groups`` need, all together first, or why that is not known.

    Nodes' own interfaces are held against the node subnets, the other interfaces with custom
    networking against the pods'. A subnet without IPv4, or that EC2 does not list, gives nothing.
    """
    settings = cluster_settings(snapshot, cluster)
    if isinstance(settings, Unread):
        return settings
    if provisioning_off(settings):
        return OFF
    takes = [(_most(snapshot, cluster, each, settings), each.max_size) for each in groups]
    unread = next((take for take, _ in takes if isinstance(take, Unread)), None)
    if unread:
        return unread
    custom = settings.flag(CUSTOM_NETWORKING)
    nodes = _ids(snapshot, cluster, nodes=True)
    pods = _ids(snapshot, cluster, pods=CONFIGURED if custom else OFFERED)
    if custom and not pods:
        return NO_ENI_CONFIG
    known = [(take, size) for take, size in takes if isinstance(take, Take)]
    own = sum(take.own.total * size for take, size in known)
    rest = sum(take.rest.total * size for take, size in known)
    found = [
        _demand(snapshot, "", own + rest, (*nodes, *pods)),
        _demand(snapshot, " on their own interfaces", own, nodes),
    ]
    if custom:
        found.append(_demand(snapshot, " for pods", rest, pods))
    return tuple(found)


def _demand(snapshot: Snapshot, what: str, needed: int, ids: Iterable[str]) -> Demand:
    listed = subnet_by_id(snapshot)
    there = sorted({each for each in ids if each in listed and listed[each].cidr})
    return Demand(
        what=what,
        needed=needed,
        usable=sum(usable(listed[each].cidr) for each in there),
        subnet_ids=tuple(there),
    )


def _ids(
    snapshot: Snapshot,
    cluster: Cluster,
    *,
    nodes: bool = False,
    pods: frozenset[Found] = frozenset(),
) -> tuple[str, ...]:
    def wanted() -> Iterator[str]:
        for use in used_subnets(snapshot)[cluster.name]:
            if (nodes and use.holds_nodes) or use.found & pods:
                yield use.subnet_id

    return tuple(wanted())


def _most(
    snapshot: Snapshot, cluster: Cluster, group: NodeGroup, settings: Effective
) -> Take | Unread:
    """Return what the largest node of a group takes, full of pods."""
    if group.ami_type.startswith(WINDOWS):
        return NOT_MODELLED
    types = group_types(snapshot, cluster, group)
    if not types:
        return IN_TEMPLATE
    custom = group.ami_type == CUSTOM_AMI
    found = [node_need(settings, name, custom_ami=custom) for name in types]
    known = [each.most for each in found if each and not each.open_ended]
    if len(known) < len(found):
        return NOT_IN_TABLE
    return max(known, key=lambda each: each.total)
