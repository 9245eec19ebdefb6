"""Security groups for pods: the setting, the role that carries it, and what is seen of it."""

from collections.abc import Iterator
from typing import Any

from eksnet.cni.branch import (
    PodEni,
    PodInterfaces,
    cni_nodes,
    pod_eni,
    pod_interfaces,
    runs_cni,
    unowned_by_vpc,
)
from eksnet.cni.sight import hidden
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.engine.profile import Profile
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, counted
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Facet, Snapshot, derived

SGP_GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/sgpp.html"
POLICY = "AmazonEKSVPCResourceController"  # EKS best practices, security groups for pods
SEEN = frozenset({Facet.CLUSTERS, Facet.ADDON_VPC_CNI, Facet.NETWORK_INTERFACES, Facet.INSTANCES})


def _judged(snapshot: Snapshot) -> Iterator[tuple[Cluster, PodEni, PodInterfaces]]:
    """Yield each cluster with the setting and its interfaces; Auto Mode alone runs no CNI."""
    for cluster in snapshot.clusters:
        if runs_cni(snapshot, cluster):
            interfaces = pod_interfaces(snapshot).get(cluster.name, PodInterfaces())
            yield cluster, pod_eni(snapshot, cluster), interfaces


def _unread(snapshot: Snapshot, cluster: Cluster, setting: PodEni) -> Unseen:
    return Unseen(
        resource=cluster_resource(snapshot, cluster),
        cluster=cluster.name,
        api=setting.api,
        error=setting.error,
        message="the VPC CNI's settings could not be read, so ENABLE_POD_ENI is not known",
    )


def _unowned(snapshot: Snapshot, cluster: Cluster) -> Unseen | None:
    count = unowned_by_vpc(snapshot).get(cluster.vpc_id, 0)
    if not count:
        return None
    return Unseen(
        resource=cluster_resource(snapshot, cluster),
        cluster=cluster.name,
        api="ec2:DescribeNetworkInterfaces",
        error="OwnerUnknown",
        message=f"{count} trunk or branch interfaces in {cluster.vpc_id} name no cluster",
    )


@check(
    id="SGP001",
    title="Security groups for pods are on where they are used, and only there",
    severity=Severity.HIGH,
    needs=SEEN,
    source=SGP_GUIDE,
    rules=(151,),
    since="0.1.0",
)
def pod_eni_agrees(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A pod gets security groups of its own only if ENABLE_POD_ENI is on and a policy selects it.

    Either of the two alone does nothing good: with the setting alone every node spends a network
    interface on a trunk that carries no pod; with branch interfaces alone the next pod that needs
    one does not start. The policies themselves live in Kubernetes; trunk and branch interfaces are
    what EC2 shows of them.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** with the setting on and branch interfaces in use, or off and none seen. **Fails**
    high with branch interfaces while the setting is off, medium where it is on but no node has a
    trunk, low with trunks that carry no branch. A cluster without nodes or without the managed
    add-on can't be judged.

    **What to do.** Set ENABLE_POD_ENI in the add-on's configuration where SecurityGroupPolicies
    exist, and take it out where they don't; then replace the nodes.
    """
    for cluster, setting, found in _judged(snapshot):
        if setting.on is None:
            yield _unread(snapshot, cluster, setting)
        elif setting.on:
            yield _used(snapshot, cluster, setting, found)
        else:
            yield _unused(snapshot, cluster, setting, found)


def _counts(setting: PodEni, found: PodInterfaces) -> dict[str, Any]:
    return {
        "enable_pod_eni": setting.on,
        "set_by": setting.set_by,
        "trunks": len(found.trunks),
        "branches": len(found.branches),
    }


def _used(snapshot: Snapshot, cluster: Cluster, setting: PodEni, found: PodInterfaces) -> Answer:
    resource, seen = cluster_resource(snapshot, cluster), _counts(setting, found)
    if found.branches:
        text = f"ENABLE_POD_ENI is on, {len(found.branches)} branch interfaces in use"
        return passed(resource, text, cluster=cluster.name, positive=True, **seen)
    unowned = _unowned(snapshot, cluster)
    if unowned:
        return unowned
    if found.trunks:
        text = f"ENABLE_POD_ENI is on and {len(found.trunks)} trunks carry no branch interface"
        return failed(resource, text, cluster=cluster.name, severity=Severity.LOW, **seen)
    nodes = len(cni_nodes(snapshot, cluster))
    if nodes:
        text = f"ENABLE_POD_ENI is on, yet none of {nodes} nodes has a trunk interface"
        return failed(resource, text, cluster=cluster.name, severity=Severity.MEDIUM, **seen)
    return Unseen(
        resource=resource,
        cluster=cluster.name,
        api="kubernetes:SecurityGroupPolicy",
        error="NotRead",
        message="ENABLE_POD_ENI is on; without nodes nothing shows whether a pod uses it",
    )


def _unused(snapshot: Snapshot, cluster: Cluster, setting: PodEni, found: PodInterfaces) -> Answer:
    resource, seen = cluster_resource(snapshot, cluster), _counts(setting, found)
    if found.branches:
        text = (
            f"{len(found.branches)} branch interfaces in use while ENABLE_POD_ENI is off"
            f" {setting.told_by}"
        )
        return failed(resource, text, cluster=cluster.name, positive=True, **seen)
    unowned = _unowned(snapshot, cluster)
    text = f"ENABLE_POD_ENI is off {setting.told_by} and no branch interface is seen"
    return unowned or passed(resource, text, cluster=cluster.name, **seen)


@check(
    id="SGP002",
    title="The cluster role may manage the pods' interfaces",
    severity=Severity.HIGH,
    needs=SEEN,
    wants={Facet.CLUSTER_ROLES},
    source=SGP_GUIDE,
    rules=(152,),
    since="0.1.0",
)
def resource_controller_policy(
    snapshot: Snapshot,
    limits: Limits,  # noqa: ARG001
) -> Iterator[Answer]:
    """EKS makes trunk and branch interfaces with the cluster's role, if the role lets it.

    Without AmazonEKSVPCResourceController on the cluster role no node gets a trunk, and pods that
    a SecurityGroupPolicy selects stay in ContainerCreating.

    **Passes** where the policy is attached to the role. **Fails** where it is not. Only clusters
    with ENABLE_POD_ENI on or with branch interfaces are judged. A policy of one's own with the
    same permissions is not looked into, and counts as missing.

    **What to do.** Attach AmazonEKSVPCResourceController to the cluster role.
    """
    for cluster, setting, found in _judged(snapshot):
        if setting.on or found.branches:
            yield _role_verdict(snapshot, cluster, _counts(setting, found))
        elif setting.on is None:
            yield _unread(snapshot, cluster, setting)


@derived
def _policies_by_role(snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    return {role.arn: role.policy_arns for role in snapshot.cluster_roles}


def _role_verdict(snapshot: Snapshot, cluster: Cluster, seen: dict[str, Any]) -> Answer:
    resource = cluster_resource(snapshot, cluster)
    policies = _policies_by_role(snapshot).get(cluster.role_arn)
    hides = hidden(snapshot, {Facet.CLUSTER_ROLES}, cluster.name)
    if hides or policies is None:
        return Unseen(
            resource=resource,
            cluster=cluster.name,
            api=hides.api if hides else "iam:ListAttachedRolePolicies",
            error=hides.error if hides else "NotRead",
            message="the policies of the cluster role could not be read",
        )
    role = cluster.role_arn.rpartition("/")[2]
    if any(arn.rpartition("/")[2] == POLICY for arn in policies):
        text = f"{POLICY} is attached to {role}"
        return passed(
            resource, text, cluster=cluster.name, positive=True, role=cluster.role_arn, **seen
        )
    text = f"{POLICY} is not attached to {role}"
    return failed(resource, text, cluster=cluster.name, role=cluster.role_arn, **seen)


@check(
    id="SGP008",
    title="No trunk interface is left after security groups for pods were turned off",
    severity=Severity.LOW,
    needs=SEEN,
    source="https://github.com/aws/amazon-vpc-cni-k8s#enable_pod_eni-v170",
    rules=(174,),
    since="0.1.0",
    profiles={Profile.COST},
)
def trunks_left(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Turning ENABLE_POD_ENI off does not take the trunks away; they stay until the node goes.

    Each trunk holds an address and one of the node's interface slots, so that the node carries
    fewer ordinary pods than its type could.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** where the setting is on, or off with no trunk seen. **Fails** where it is off and
    nodes still have trunks.

    **What to do.** Replace those nodes: drain them and let the node group launch new ones.
    """
    for cluster, setting, found in _judged(snapshot):
        resource, seen = cluster_resource(snapshot, cluster), _counts(setting, found)
        if setting.on is None:
            yield _unread(snapshot, cluster, setting)
        elif setting.on:
            text = f"ENABLE_POD_ENI is on; it has {counted(len(found.trunks), 'trunk')}"
            yield passed(resource, text, cluster=cluster.name, positive=True, **seen)
        elif found.trunks:
            left = counted(len(found.trunks), "trunk")
            text = f"{left} left while ENABLE_POD_ENI is off {setting.told_by}"
            trunks = [each.id for each in found.trunks]
            yield failed(
                resource, text, cluster=cluster.name, positive=True, trunk_ids=trunks, **seen
            )
        else:
            text = f"ENABLE_POD_ENI is off {setting.told_by} and no trunk is seen"
            unowned = _unowned(snapshot, cluster)
            yield unowned or passed(resource, text, cluster=cluster.name, **seen)
