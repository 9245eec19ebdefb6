"""The VPC CNI as an EKS add-on: whether EKS manages it, and whether it is well."""

from collections.abc import Iterator
from typing import Any

from eksnet.cni.branch import cni_nodes
from eksnet.cni.settings import ADDON
from eksnet.cni.sight import hidden
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Addon, Cluster
from eksnet.model.finding import Severity, counted
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import (
    Facet,
    Snapshot,
    addon_by_cluster_and_name,
    node_groups_by_cluster,
)

CNI_GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/vpc-cni.html"
ACTIVE = "ACTIVE"  # EKS API reference: AddonStatus
CHANGING = frozenset({"CREATING", "UPDATING", "DELETING"})  # EKS API reference: AddonStatus
NODES = frozenset({Facet.NODE_GROUPS, Facet.INSTANCES, Facet.NETWORK_INTERFACES})


@check(
    id="CNI001",
    title="The VPC CNI is an EKS add-on",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.ADDON_VPC_CNI},
    wants=NODES,
    source=CNI_GUIDE,
    rules=(62,),
    since="0.1.0",
)
def managed_addon(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """EKS installs a VPC CNI into every cluster; unless it is an add-on, nobody keeps it current.

    As an add-on its version, its settings and its health can be read from the EKS API, and EKS
    undoes stray changes. Without it, the settings can be seen in Kubernetes only, and every check
    of them says unknown.

    **Passes** where the vpc-cni add-on is there, and where EKS Auto Mode runs every node: it has
    its own networking. **Fails** otherwise, also for an Auto Mode cluster that has node groups or
    other nodes beside; a cluster that runs another CNI by intent may accept this.

    **What to do.** Save the settings of the aws-node DaemonSet, then create the vpc-cni add-on
    with them as its configuration and with conflicts resolved by PRESERVE.
    """
    for cluster in snapshot.clusters:
        resource = cluster_resource(snapshot, cluster)
        addon = addon_by_cluster_and_name(snapshot).get((cluster.name, ADDON))
        if addon:
            yield passed(
                resource,
                f"the add-on's version is {addon.version}",
                cluster=cluster.name,
                positive=True,
                version=addon.version,
            )
        elif cluster.auto_mode:
            yield _auto_mode(snapshot, cluster)
        else:
            yield failed(resource, "the VPC CNI is not an EKS add-on", cluster=cluster.name)


def _auto_mode(snapshot: Snapshot, cluster: Cluster) -> Answer:
    """Judge an Auto Mode cluster without the add-on by the nodes that Auto Mode does not run."""
    resource = cluster_resource(snapshot, cluster)
    groups = sorted(each.name for each in node_groups_by_cluster(snapshot).get(cluster.name, ()))
    nodes = len(cni_nodes(snapshot, cluster))
    seen: dict[str, Any] = {"node_groups": groups, "other_nodes": nodes}
    if groups or nodes:
        beside = f"{counted(len(groups), 'node group')} and {counted(nodes, 'node')}"
        text = f"the VPC CNI is not an EKS add-on, yet {beside} are not EKS Auto Mode's"
        return failed(resource, text, cluster=cluster.name, **seen)
    blind = hidden(snapshot, NODES, cluster.name)
    if blind:
        return Unseen(
            resource=resource,
            cluster=cluster.name,
            api=blind.api,
            error=blind.error,
            message="whether EKS Auto Mode runs every node could not be read",
        )
    text = "EKS Auto Mode runs its own networking"
    return passed(resource, text, cluster=cluster.name, **seen)


@check(
    id="CNI002",
    title="The vpc-cni add-on is active and well",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS, Facet.ADDON_VPC_CNI},
    source="https://docs.aws.amazon.com/eks/latest/APIReference/API_AddonIssue.html",
    rules=(63,),
    since="0.1.0",
)
def addon_well(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A degraded add-on often still runs its last version, until its nodes are replaced.

    EKS lists what it lacks: permissions, replicas, or the field that somebody else changed.

    **Passes** with status ACTIVE and no health issue. **Fails** high in any other state or with an
    issue, low while the add-on is being created, updated or deleted. Clusters without the add-on
    are not judged here.

    **What to do.** Mend what the add-on's health issue names (aws eks describe-addon shows it),
    then update the add-on again. ConfigurationConflict names the field to take back; AccessDenied
    and AddonPermissionFailure the role to repair.
    """
    for cluster in snapshot.clusters:
        addon = addon_by_cluster_and_name(snapshot).get((cluster.name, ADDON))
        if addon:
            yield _health(snapshot, cluster, addon)


def _health(snapshot: Snapshot, cluster: Cluster, addon: Addon) -> Answer:
    resource = cluster_resource(snapshot, cluster)
    if addon.health is None:
        return Unseen(
            resource=resource,
            cluster=cluster.name,
            api="eks:DescribeAddon",
            error="NotInAnswer",
            message="the answer tells no health",
        )
    codes = sorted({issue.code for issue in addon.health})
    issues = sorted(f"{issue.code}: {issue.message}" for issue in addon.health)
    seen: dict[str, Any] = {"status": addon.status, "version": addon.version, "issues": issues}
    if addon.status == ACTIVE and not codes:
        text = f"{addon.version} is active without issues"
        return passed(resource, text, cluster=cluster.name, positive=True, **seen)
    issue_text = f" with {', '.join(codes)}" if codes else ""
    changing = addon.status in CHANGING and not codes
    return failed(
        resource,
        f"the add-on is {addon.status}{issue_text}",
        cluster=cluster.name,
        severity=Severity.LOW if changing else Severity.HIGH,
        positive=True,
        **seen,
    )
