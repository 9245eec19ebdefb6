"""Which clusters give pods addresses from /28 prefixes, and from which subnets those come.

The add-on's settings tell it, or the prefixes that the cluster's interfaces hold. EKS Auto Mode
always works with prefixes, without an add-on (aws-support-tools, EKS/subnet-fragmentation).
"""

from collections.abc import Iterator, Mapping

from eksnet.capacity.node_need import IPV6, cluster_settings
from eksnet.capacity.owners import node_instances
from eksnet.capacity.places import NO_ENI_CONFIG
from eksnet.cni.branch import AUTO_NODE_TAG, runs_cni
from eksnet.cni.effective import Effective
from eksnet.cni.eni import UNMANAGED_TAG
from eksnet.cni.membership import Found, cluster_by_eni, nodes_by_cluster, used_subnets
from eksnet.cni.podsubnets import CUSTOM_NETWORKING, node_pods, node_zones
from eksnet.cni.precedence import PREFIX_DELEGATION
from eksnet.cni.settings import settings_by_cluster
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Unread
from eksnet.model.network import Eni
from eksnet.model.record import record
from eksnet.model.snapshot import Facet, Snapshot, derived, grouped, subnet_by_id

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
POD_PLACES = frozenset({Found.POD_ENI, Found.ROLE_CNI_TAG, Found.ENI_CONFIG})  # of nodes' pods


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
    if settings.flag(CUSTOM_NETWORKING):
        offered, missing = _configured(snapshot, cluster, holding)
    else:
        offered, missing = _offered(snapshot, cluster)
    return PrefixMode(on=True, subnet_ids=tuple(sorted(holding | offered)), missing=missing)


def _configured(
    snapshot: Snapshot, cluster: Cluster, holding: set[str]
) -> tuple[set[str], Unread | None]:
    """Return the ENIConfigs' subnets, and what would tell of a zone that has none seen.

    In a zone where subnets hold prefixes an ENIConfig made with kubectl names these.
    """
    configs = settings_by_cluster(snapshot)[cluster.name].eni_configs
    found, listed = {each.subnet_id for each in configs}, subnet_by_id(snapshot)
    served = {listed[each].az_id for each in found | holding if each in listed}
    whole = configs and served.issuperset(node_zones(snapshot, cluster))
    return found, None if whole else NO_ENI_CONFIG


def _offered(snapshot: Snapshot, cluster: Cluster) -> tuple[set[str], Unread | None]:
    """Return the subnets that new prefixes may come from, and what would tell of more.

    One without IPv4 has none.
    """
    found: set[str] = set()
    for az_id in node_zones(snapshot, cluster):
        for pods in node_pods(snapshot, cluster, az_id):
            if pods.missing:
                return found, pods.missing
            found.update(s.id for choice in pods.choices for s in choice if s.cidr)
    return found, None


def prefix_sources(snapshot: Snapshot, cluster: Cluster) -> tuple[str, ...]:
    """Return the subnets whose free /28s decide once prefixes are on: all that may hold nodes too.

    Nothing where they are off, or nothing tells.
    """
    mode = prefix_mode(snapshot, cluster)
    if not mode.on:
        return ()
    used = used_subnets(snapshot)[cluster.name]
    places = (each.subnet_id for each in used if each.holds_nodes or each.found & POD_PLACES)
    return tuple(sorted({*mode.subnet_ids, *places}))


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
    """Return the interfaces of each node that may hold pods.

    Trunks and branches are not among them, nor what the CNI is told to leave alone.
    """
    return grouped((e for e in _attached(snapshot) if not _unmanaged(e)), _instance_id)


@derived
def unmanaged_by_node(snapshot: Snapshot) -> Mapping[str, int]:
    """Return how many interfaces of each node the CNI is told to leave alone."""
    enis = grouped((e for e in _attached(snapshot) if _unmanaged(e)), _instance_id)
    return {node: len(alone) for node, alone in enis.items()}


def _attached(snapshot: Snapshot) -> Iterator[Eni]:
    nodes = node_instances(snapshot)
    for eni in snapshot.enis:
        if eni.interface_type == "interface" and _instance_id(eni) in nodes:
            yield eni


def _unmanaged(eni: Eni) -> bool:
    return eni.tags.get(UNMANAGED_TAG) == "true"


def _instance_id(eni: Eni) -> str:
    return (eni.attachment.instance_id if eni.attachment else None) or ""
