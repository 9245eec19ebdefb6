"""The version of kube-proxy beside that of the control plane."""

from collections.abc import Iterator
from typing import Any

from eksnet.cni.env_vars import read_version
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Facet, Snapshot, addon_by_cluster_and_name

PROXY = "kube-proxy"
BEHIND = 3  # Kubernetes version skew policy: up to three minor versions older than kube-apiserver


@check(
    id="DNS004",
    title="kube-proxy is no newer than the control plane, and at most three versions older",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS, Facet.ADDON_KUBE_PROXY},
    source="https://docs.aws.amazon.com/eks/latest/userguide/managing-kube-proxy.html",
    rules=(226,),
    since="0.2.0",
)
def proxy_version(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """EKS never updates kube-proxy with the control plane, so that it falls behind unnoticed.

    Kubernetes supports one that is up to three minor versions older than the API server, and none
    that is newer. Beyond that, Services may lose their rules on nodes.

    **Passes** within three minor versions. **Fails** where it is newer or further behind.
    **Unknown** where kube-proxy is no EKS add-on. Auto Mode, which runs it by itself, is not
    judged.

    **What to do.** Update the add-on to the control plane's minor version, one version at a time.
    """
    for cluster in snapshot.clusters:
        addon = addon_by_cluster_and_name(snapshot).get((cluster.name, PROXY))
        if addon is None and cluster.auto_mode:
            continue
        yield _skew(snapshot, cluster, addon.version if addon else None)


def _skew(snapshot: Snapshot, cluster: Cluster, text: str | None) -> Answer:
    resource = cluster_resource(snapshot, cluster)
    proxy, plane = read_version(text), read_version(cluster.version)
    if text is None or proxy is None or plane is None or proxy[0] != plane[0]:
        return Unseen(
            resource=resource,
            cluster=cluster.name,
            api="eks:DescribeAddon" if text else "kubernetes:kube-proxy",
            error="Unreadable" if text else "NotRead",
            message=f"the version of kube-proxy is not known: {text or 'it is no EKS add-on'}",
        )
    behind = plane[1] - proxy[1]
    seen: dict[str, Any] = {"kube_proxy": text, "version": cluster.version, "behind": behind}
    if behind < 0:
        said = f"kube-proxy {text} is newer than the control plane, {cluster.version}"
        return failed(resource, said, cluster=cluster.name, positive=True, **seen)
    said = f"kube-proxy {text} is {behind} minor versions behind {cluster.version}"
    answer = failed if behind > BEHIND else passed
    return answer(resource, said, cluster=cluster.name, positive=True, **seen)
