"""Which clusters give pods addresses from /28 prefixes, and from which subnets those come.

The add-on's settings tell it, or the prefixes that the cluster's interfaces hold. EKS Auto Mode
always works with prefixes, without an add-on (aws-support-tools, EKS/subnet-fragmentation).
"""

from collections.abc import Iterator, Mapping

from eksnet.capacity.node_need import IPV6, cluster_settings
from eksnet.capacity.owners import node_instances
from eksnet.cni.branch import AUTO_NODE_TAG, runs_cni
from eksnet.cni.effective import Effective
from eksnet.cni.membership import cluster_by_eni, nodes_by_cluster
from eksnet.cni.podsubnets import CUSTOM_NETWORKING, node_pods, node_zones
from eksnet.cni.precedence import PREFIX_DELEGATION
from eksnet.cni.settings import settings_by_cluster
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Unread
from eksnet.model.network import Eni
from eksnet.model.record import record
from eksnet.model.snapshot import Facet, Snapshot, derived, grouped

NEEDS = frozenset(
    {
        Facet.CLUSTERS,
        Facet.NODE_GROUPS,
        Facet.ADDON_VPC_CNI,
        Facet.SUBNETS,
        Facet.NETWORK_INTERFACES,
        Facet.INSTANCES,
        Facet.CIDR_RESERVATIONS,
    }
)
"""What the free /28 blocks of a cluster's prefix subnets are read from."""


@record
class PrefixMode:
    """Whether a cluster's nodes take prefixes; None where ``missing`` would have told.

    ``subnet_ids`` are those that prefixes come from. ``missing`` with ``on`` true means that there
    may be others.
    """

    on: bool | None
    subnet_ids: tuple[str, ...] = ()
    missing: Unread | None = None


def settled(snapshot: Snapshot) -> Iterator[tuple[Cluster, Effective | Unread]]:
    """Yield each cluster that runs the VPC CNI with its settings in effect, or why not known."""
    for cluster in snapshot.clusters:
        if runs_cni(snapshot, cluster):
            yield cluster, cluster_settings(snapshot, cluster)


def prefix_mode(snapshot: Snapshot, cluster: Cluster) -> PrefixMode:
    """Return whether a cluster's pods get addresses from /28 prefixes, and where from."""
    if cluster.ip_family == IPV6:
        return PrefixMode(on=False)
    holding = set(prefix_subnets(snapshot).get(cluster.name, ()))
    if cluster.auto_mode:
        nodes = nodes_by_cluster(snapshot).get(cluster.name, ())
        holding |= {node.subnet_id for node in nodes if AUTO_NODE_TAG in node.tags}
    if not runs_cni(snapshot, cluster):
        return PrefixMode(on=True, subnet_ids=tuple(sorted(holding)))
    settings = cluster_settings(snapshot, cluster)
    if isinstance(settings, Unread):
        seen = tuple(sorted(holding))
        return PrefixMode(on=True if seen else None, subnet_ids=seen, missing=settings)
    if not settings.flag(PREFIX_DELEGATION):
        return PrefixMode(on=bool(holding), subnet_ids=tuple(sorted(holding)))
    offered, missing = _offered(snapshot, cluster, settings)
    return PrefixMode(on=True, subnet_ids=tuple(sorted(holding | offered)), missing=missing)


def _offered(
    snapshot: Snapshot, cluster: Cluster, settings: Effective
) -> tuple[set[str], Unread | None]:
    """Return the subnets that new prefixes may come from, and what would tell of more."""
    if settings.flag(CUSTOM_NETWORKING):
        configs = settings_by_cluster(snapshot)[cluster.name].eni_configs
        missing = None if configs else Unread(api="kubernetes:eniconfigs", error="NotRead")
        return {each.subnet_id for each in configs}, missing
    found: set[str] = set()
    for az_id in node_zones(snapshot, cluster):
        for pods in node_pods(snapshot, cluster, az_id):
            if pods.missing:
                return found, pods.missing
            found.update(subnet.id for choice in pods.choices for subnet in choice)
    return found, None


@derived
def prefix_subnets(snapshot: Snapshot) -> Mapping[str, tuple[str, ...]]:
    """Return the subnets in which interfaces of each cluster hold prefixes now."""
    owner = cluster_by_eni(snapshot)
    holding = (eni for eni in snapshot.enis if eni.prefixes and eni.id in owner)
    return {
        name: tuple(sorted({eni.subnet_id for eni in enis}))
        for name, enis in grouped(holding, lambda eni: owner[eni.id]).items()
    }


@derived
def interfaces_by_node(snapshot: Snapshot) -> Mapping[str, tuple[Eni, ...]]:
    """Return the interfaces of each node that may hold pods: all but trunks and branches."""
    nodes = node_instances(snapshot)
    attached = (
        eni
        for eni in snapshot.enis
        if eni.interface_type == "interface" and _instance_id(eni) in nodes
    )
    return grouped(attached, _instance_id)


def _instance_id(eni: Eni) -> str:
    return (eni.attachment.instance_id if eni.attachment else None) or ""
