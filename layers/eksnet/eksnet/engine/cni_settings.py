"""The VPC CNI's settings as a check asks for them: read, or the answer that they were not."""

from collections.abc import Iterator

from eksnet.cni.branch import runs_cni
from eksnet.cni.settings import CniSettings, settings_of
from eksnet.engine.check import Unseen
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Unread
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Resource, Snapshot

UNREAD = "the VPC CNI's settings could not be read"
IPV6 = "ipv6"  # EKS API reference: KubernetesNetworkConfigRequest.ipFamily


def told_settings(
    snapshot: Snapshot, *, only_ipv4: bool = False
) -> Iterator[tuple[Cluster, CniSettings | Unseen]]:
    """Yield each cluster that may run the VPC CNI with its settings, or why they are not known."""
    for cluster in snapshot.clusters:
        if runs_cni(snapshot, cluster) and not (only_ipv4 and cluster.ip_family == IPV6):
            found = settings_of(snapshot, cluster)
            if isinstance(found, Unread):
                yield cluster, unread(cluster_resource(snapshot, cluster), cluster, found)
            else:
                yield cluster, found


def unread(resource: Resource, cluster: Cluster, why: Unread, message: str = UNREAD) -> Unseen:
    """Return the answer about what can't be judged without the settings of its cluster's CNI."""
    return Unseen(
        resource=resource, cluster=cluster.name, api=why.api, error=why.error, message=message
    )
