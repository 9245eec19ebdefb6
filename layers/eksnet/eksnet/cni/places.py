"""Where the nodes, the pods and the control plane of each cluster are, as ends of walks.

A place is a subnet and the security groups that interfaces carry there, however many there are.
"""

from collections.abc import Iterable, Mapping

from eksnet.cni.eni import INSTANCE_TAG, EniClass, class_by_eni
from eksnet.cni.membership import cluster_by_eni
from eksnet.model.cluster import Cluster
from eksnet.model.network import Eni
from eksnet.model.record import record
from eksnet.model.snapshot import Snapshot, cluster_by_name, derived, grouped, subnet_by_id
from eksnet.network.pieces import span
from eksnet.network.trace import Place

_ENDS = frozenset({EniClass.NODE_PRIMARY, EniClass.CNI_SECONDARY, EniClass.X_ENI, EniClass.EFA})
EFA = "efa"  # EC2 API reference: NetworkInterfaceType; an efa-only one has no address
IN_USE = "in-use"  # EC2 API reference: NetworkInterfaceStatus; another serves nobody


@record
class Places:
    """The places of one cluster, in the order of their subnets.

    ``pods`` are those that only pods have, as with custom networking; else pods share the nodes'.
    ``shared`` are those of either kind in which two nodes or more have an interface.
    ``vpc_cni`` tells whether the interfaces show the VPC CNI at work: under another CNI pods may
    have addresses that no rule of the VPC ever sees.
    """

    nodes: tuple[Place, ...] = ()
    pods: tuple[Place, ...] = ()
    control_plane: tuple[Place, ...] = ()
    shared: frozenset[Place] = frozenset()
    vpc_cni: bool = False

    @property
    def carriers(self) -> tuple[Place, ...]:
        """Return every place with pods of any kind."""
        return (*self.nodes, *self.pods)


@derived
def places_by_cluster(snapshot: Snapshot) -> Mapping[str, Places]:
    """Return the places of each cluster that has an interface.

    Pods with interfaces of their own have groups of their own, and are no part of this.
    """
    owner, classes = cluster_by_eni(snapshot), class_by_eni(snapshot)
    ends = (
        each
        for each in snapshot.enis
        if each.id in owner and classes[each.id] in _ENDS and each.status == IN_USE
    )
    clusters = cluster_by_name(snapshot)
    return {
        name: _places(snapshot, clusters[name], grouped(enis, lambda eni: classes[eni.id]))
        for name, enis in grouped(ends, lambda eni: owner[eni.id]).items()
    }


def _places(
    snapshot: Snapshot, cluster: Cluster, enis: Mapping[EniClass, tuple[Eni, ...]]
) -> Places:
    fast = [each for each in enis.get(EniClass.EFA, ()) if _first_efa(each)]
    primary = (*enis.get(EniClass.NODE_PRIMARY, ()), *fast)
    more = enis.get(EniClass.CNI_SECONDARY, ())
    held = grouped((*primary, *more), lambda eni: (eni.subnet_id, frozenset(eni.groups)))
    nodes = _distinct(snapshot, cluster, primary)
    pods = _distinct(snapshot, cluster, more)
    return Places(
        nodes=nodes,
        pods=tuple(each for each in pods if each not in nodes),
        control_plane=_distinct(snapshot, cluster, enis.get(EniClass.X_ENI, ())),
        shared=frozenset(p for p in (*nodes, *pods) if _several(held[p.subnet_id, p.groups])),
        vpc_cni=bool(more) or any(INSTANCE_TAG in each.tags for each in primary),
    )


def _first_efa(eni: Eni) -> bool:
    """Tell whether an EFA interface is its node's primary one, as some launch templates make it."""
    hangs = eni.attachment
    first = hangs and hangs.device_index == 0 and not hangs.network_card_index
    return bool(first and eni.interface_type == EFA)


def _several(enis: Iterable[Eni]) -> bool:
    """Tell whether the interfaces are those of two nodes or more."""
    return len({each.attachment.instance_id for each in enis if each.attachment}) > 1


def _distinct(snapshot: Snapshot, cluster: Cluster, enis: Iterable[Eni]) -> tuple[Place, ...]:
    ipv6 = cluster.ip_family == "ipv6"
    keys = {(eni.subnet_id, frozenset(eni.groups)) for eni in enis}
    return tuple(
        Place(
            subnet_id=subnet_id,
            vpc_id=cluster.vpc_id,
            groups=groups,
            spans=tuple(span(each) for each in _blocks(snapshot, subnet_id, ipv6=ipv6)),
            ipv6=ipv6,
        )
        for subnet_id, groups in sorted(keys, key=lambda key: (key[0], sorted(key[1])))
    )


def _blocks(snapshot: Snapshot, subnet_id: str, *, ipv6: bool) -> tuple[str, ...]:
    """Return the blocks of a subnet: any interface there may get any of their addresses."""
    subnet = subnet_by_id(snapshot).get(subnet_id)
    if subnet is None:
        return ()
    return subnet.ipv6_cidrs if ipv6 else tuple(filter(None, [subnet.cidr]))
