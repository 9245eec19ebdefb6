"""Which subnets the pods of a cluster may take addresses from, zone by zone.

aws/amazon-vpc-cni-k8s v1.23.1, pkg/awsutils/awsutils.go: with custom networking a node uses the
one subnet of its ENIConfig. Else it uses its own subnet unless ``kubernetes.io/role/cni`` is 0,
and with subnet discovery the tagged subnets of its VPC and zone as well, the roomiest first.
"""

import re
from collections.abc import Iterator, Mapping

from eksnet.cni.membership import ROLE_CNI_TAG, cni_may_use, used_subnets
from eksnet.cni.settings import ADDON, CniSettings, settings_of
from eksnet.model.cluster import Cluster, FargateProfile
from eksnet.model.finding import Unread
from eksnet.model.network import Subnet
from eksnet.model.record import record
from eksnet.model.snapshot import (
    Snapshot,
    addon_by_cluster_and_name,
    derived,
    grouped,
    subnet_by_id,
    subnets_by_vpc,
)

CUSTOM_NETWORKING = "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG"  # README of the VPC CNI
DISCOVERY = "ENABLE_SUBNET_DISCOVERY"  # README of the VPC CNI, since v1.18.0
LABEL = "ENI_CONFIG_LABEL_DEF"  # README of the VPC CNI: the node label that names the ENIConfig
ZONE_LABELS = frozenset({"topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"})
SCOPE_TAG = "cni.networking.k8s.aws/cluster/"  # awsutils.go: a subnet for the named clusters only
_DISCOVERY_SINCE = (1, 18)  # release notes of v1.18.0
_VERSION = re.compile(r"v?(\d+)\.(\d+)")


@record
class PodSubnets:
    """The subnets some pods of one zone use: exactly one of ``choices``, by the facts seen.

    Several choices mean that ``missing``, had it been read, would have told which.
    """

    pods: str
    choices: tuple[tuple[Subnet, ...], ...]
    missing: Unread | None = None


def node_zones(snapshot: Snapshot, cluster: Cluster) -> tuple[str, ...]:
    """Return the zone ids in which nodes of a cluster live or will be put."""
    return tuple(sorted({subnet.az_id for subnet in _node_subnets(snapshot, cluster)}))


def node_pods(snapshot: Snapshot, cluster: Cluster, az_id: str) -> tuple[PodSubnets, ...]:
    """Return the subnets that the pods on the cluster's EC2 nodes of a zone may use.

    A node's own subnet is open to its own pods only, so each node subnet is told by itself; with
    custom networking it plays no part, and the zone is told once.
    """
    everything = [s for s in subnets_by_vpc(snapshot).get(cluster.vpc_id, ()) if s.az_id == az_id]
    own = [s for s in _node_subnets(snapshot, cluster) if s.az_id == az_id]
    settings = _told(snapshot, cluster)
    if isinstance(settings, Unread):
        possible = [(each, _plain(cluster, each, everything, discovers=True)) for each in own]
        return tuple(
            PodSubnets(pods=_on(each), choices=(*_each(everything), plain), missing=settings)
            for each, plain in possible
        )
    if settings.flag(CUSTOM_NETWORKING, default=False):
        return (_custom(settings, everything),)
    discovers = settings.flag(DISCOVERY, default=_discovery_default(snapshot, cluster))
    return tuple(
        PodSubnets(
            pods=_on(each), choices=(_plain(cluster, each, everything, discovers=discovers),)
        )
        for each in own
    )


def _on(subnet: Subnet) -> str:
    return f"pods on nodes in {subnet.id}"


def _plain(
    cluster: Cluster, own: Subnet, everything: list[Subnet], *, discovers: bool
) -> tuple[Subnet, ...]:
    """Return what a node in ``own`` uses without custom networking: it, and those offered."""
    allowed = [own] if _node_subnet_allowed(own, cluster, discovers=discovers) else []
    offered = [s for s in everything if discovers and cni_may_use(s.tags, cluster.name)]
    union = {subnet.id: subnet for subnet in (*allowed, *offered)}
    return tuple(union[each] for each in sorted(union))


def fargate_pods(snapshot: Snapshot, cluster: Cluster) -> Iterator[tuple[str, PodSubnets]]:
    """Yield each zone of each Fargate profile with the subnets the profile's pods use there."""
    subnets = subnet_by_id(snapshot)
    profiles = _profiles_by_cluster(snapshot).get(cluster.name, ())
    for profile in sorted(profiles, key=lambda each: each.name):
        mine = [subnets[each] for each in sorted(profile.subnet_ids) if each in subnets]
        for az_id in sorted({subnet.az_id for subnet in mine}):
            choice = tuple(subnet for subnet in mine if subnet.az_id == az_id)
            pods = f"Fargate pods of {profile.name}"
            yield az_id, PodSubnets(pods=pods, choices=(choice,))


@derived
def _profiles_by_cluster(snapshot: Snapshot) -> Mapping[str, tuple[FargateProfile, ...]]:
    return grouped(snapshot.fargate_profiles, lambda profile: profile.cluster)


def _node_subnets(snapshot: Snapshot, cluster: Cluster) -> list[Subnet]:
    subnets = subnet_by_id(snapshot)
    used = used_subnets(snapshot)[cluster.name]
    return [subnets[u.subnet_id] for u in used if u.holds_nodes and u.subnet_id in subnets]


def _each(subnets: list[Subnet]) -> tuple[tuple[Subnet, ...], ...]:
    return tuple((subnet,) for subnet in sorted(subnets, key=lambda each: each.id))


def _told(snapshot: Snapshot, cluster: Cluster) -> CniSettings | Unread:
    """Return the settings that decide on pod subnets, or what would have to be read to know."""
    found = settings_of(snapshot, cluster)
    if cluster.auto_mode and not isinstance(found, Unread):
        # Its nodes take pod subnets from the NodeClass, not from the add-on.
        return Unread(api="kubernetes:nodeclasses", error="NotRead")
    return found


def _custom(settings: CniSettings, everything: list[Subnet]) -> PodSubnets:
    """Return the ENIConfigs' subnets in a zone; several are several choices, as nodes pick one."""
    missing = Unread(api="kubernetes:eniconfigs", error="NotRead")
    by_id = {subnet.id: subnet for subnet in everything}
    here = [each for each in settings.eni_configs if each.subnet_id in by_id]
    if not here:
        return PodSubnets(pods="pods", choices=_each(everything), missing=missing)
    if settings.env.get(LABEL) in ZONE_LABELS:
        here = [each for each in here if each.name == by_id[each.subnet_id].az] or here
    chosen = {each.subnet_id: by_id[each.subnet_id] for each in here}
    return PodSubnets(pods="pods", choices=_each(list(chosen.values())), missing=missing)


def _discovery_default(snapshot: Snapshot, cluster: Cluster) -> bool:
    version = _VERSION.match(addon_by_cluster_and_name(snapshot)[cluster.name, ADDON].version)
    return version is None or (int(version[1]), int(version[2])) >= _DISCOVERY_SINCE


def _node_subnet_allowed(subnet: Subnet, cluster: Cluster, *, discovers: bool) -> bool:
    if subnet.tags.get(ROLE_CNI_TAG) == "0":
        return False
    scopes = {key.removeprefix(SCOPE_TAG) for key in subnet.tags if key.startswith(SCOPE_TAG)}
    return not discovers or not scopes or cluster.name in scopes
