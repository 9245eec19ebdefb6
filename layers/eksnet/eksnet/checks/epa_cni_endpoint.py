"""The address at which the VPC CNI asks the API server."""

from collections.abc import Iterator

from eksnet.cni.branch import runs_cni
from eksnet.cni.settings import settings_of
from eksnet.engine.check import Answer, check, failed, passed
from eksnet.engine.cni_settings import UNREAD, unread
from eksnet.engine.limits import Limits
from eksnet.engine.profile import Profile
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Facet, Snapshot

ENDPOINT = "CLUSTER_ENDPOINT"  # VPC CNI README; unset, the CNI asks the service in the cluster

# EKS puts the variable on the add-on's DaemonSet by itself: aws/amazon-vpc-cni-k8s#2327
DAEMON_SET = Unread(api="kubernetes:aws-node", error="NotRead")


@check(
    id="EPA004",
    title="A VPC CNI that asks the endpoint itself has a private one",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.ADDON_VPC_CNI},
    source="https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.23.1/README.md",
    rules=(22,),
    since="0.2.0",
    profiles={Profile.CORE},
)
def cni_endpoint(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """With CLUSTER_ENDPOINT set, every node's CNI speaks to the cluster's endpoint by its name.

    Without a private endpoint that name leads out of the VPC: by the NAT gateway, which is paid for
    by the byte, and no new pod starts where that way is down.

    **Passes** with a private endpoint, or where the add-on's configuration empties
    CLUSTER_ENDPOINT. **Fails** where it sets it and the endpoint is public only. **Unknown** where
    the endpoint is public only and the configuration does not name it, as EKS may have set it on
    the DaemonSet by itself, and where the CNI is no EKS add-on or its settings can't be read.

    **What to do.** Switch the private endpoint on (UpdateClusterConfig); nodes need no change.
    """
    for cluster in snapshot.clusters:
        if runs_cni(snapshot, cluster):
            yield _asked(snapshot, cluster)


def _asked(snapshot: Snapshot, cluster: Cluster) -> Answer:
    resource = cluster_resource(snapshot, cluster)
    if cluster.endpoint_private:
        text = "the private endpoint is on"
        return passed(resource, text, cluster=cluster.name, positive=True)
    settings = settings_of(snapshot, cluster)
    if isinstance(settings, Unread):
        return unread(resource, cluster, settings, f"the endpoint is public only, and {UNREAD}")
    if settings.env.get(ENDPOINT):
        text = f"{ENDPOINT} is set, and the endpoint is public only"
        return failed(resource, text, cluster=cluster.name, positive=True)
    if ENDPOINT in settings.env:
        return passed(resource, f"{ENDPOINT} is empty", cluster=cluster.name, positive=True)
    text = f"the endpoint is public only; whether EKS set {ENDPOINT}, only Kubernetes shows"
    return unread(resource, cluster, DAEMON_SET, text)
