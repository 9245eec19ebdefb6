"""How new subnets are offered to the pods of a cluster: by a tag, or by ENIConfigs."""

import enum
from collections.abc import Mapping

from eksnet.cni.env_vars import read_version
from eksnet.cni.podsubnets import CUSTOM_NETWORKING, DISCOVERY, LABEL, ZONE_LABELS
from eksnet.cni.precedence import PREFIX_DELEGATION
from eksnet.cni.settings import ADDON, CniSettings, settings_of
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Unread
from eksnet.model.plan import CannotFix
from eksnet.model.record import record
from eksnet.model.snapshot import Snapshot, addon_by_cluster_and_name

DISCOVERY_SINCE = (1, 18, 0)  # release notes of v1.18.0
DEFAULT_LABEL = "k8s.amazonaws.com/eniConfig"  # README of the VPC CNI: ENI_CONFIG_LABEL_DEF


class Way(enum.StrEnum):
    """Who names the pod subnets: a tag on them, the add-on's ENIConfigs, or Kubernetes' own."""

    TAG = "tag"
    ADDON = "add-on"
    KUBERNETES = "kubernetes"


@record
class Publication:
    """The way that holds for a cluster, with the settings that say so."""

    way: Way
    settings: CniSettings

    @property
    def prefixes(self) -> bool:
        """Tell whether interfaces take whole /28 blocks."""
        return self.settings.flag(PREFIX_DELEGATION, default=False)


def publication(snapshot: Snapshot, cluster: Cluster) -> Publication | CannotFix:
    """Return how new subnets reach a cluster's pods, or why they would not."""
    settings = settings_of(snapshot, cluster)
    if isinstance(settings, Unread):
        return CannotFix(
            rule="cni-unread",
            reason=f"the VPC CNI's settings were not read: {settings.api}, {settings.error}",
            advice="let EKS manage the add-on vpc-cni, or see what the aws-node DaemonSet sets",
        )
    if settings.flag(CUSTOM_NETWORKING, default=False):
        way = Way.ADDON if settings.eni_configs else Way.KUBERNETES
        return Publication(way=way, settings=settings)
    version = read_version(addon_by_cluster_and_name(snapshot)[cluster.name, ADDON].version)
    if version is not None and version < DISCOVERY_SINCE:
        return _undiscovered("the VPC CNI finds subnets by tag since v1.18.0", "update vpc-cni")
    if not settings.flag(DISCOVERY, default=True):
        return _undiscovered(f"{DISCOVERY} is off", f"set {DISCOVERY} to true in vpc-cni")
    return Publication(way=Way.TAG, settings=settings)


def _undiscovered(reason: str, advice: str) -> CannotFix:
    more = f"{advice}, or turn custom networking on; then ask again"
    return CannotFix(rule="no-discovery", reason=f"no tag would be seen: {reason}", advice=more)


def unnamed_zones(settings: CniSettings, names: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the zones for whose nodes the name of an ENIConfig is not known.

    Nodes pick by their zone, or by a label whose values Kubernetes alone tells. ``names`` are those
    of each zone as far as the add-on shows them, else as they would be.
    """
    if settings.env.get(LABEL, DEFAULT_LABEL) in ZONE_LABELS:
        return ()
    shown = {each.name for each in settings.eni_configs}
    return tuple(zone for zone, given in names.items() if not shown.issuperset(given))
