"""Security groups for pods: what the nodes' instance types can carry."""

from collections.abc import Iterable, Iterator
from typing import Any

from eksnet.cni.branch import (
    branches_by_trunk,
    cni_nodes,
    pod_eni,
    pod_interfaces,
    runs_cni,
    untagged_by_vpc,
)
from eksnet.cni.limits import limits as instance_limits
from eksnet.cni.membership import NODE_GROUP_TAG
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.network import Eni, Instance
from eksnet.model.resource import cluster_resource, instance_resource
from eksnet.model.snapshot import (
    Facet,
    Resource,
    Snapshot,
    grouped,
    instance_by_id,
    node_groups_by_cluster,
)

BRANCH_LIMITS = (
    "https://github.com/aws/amazon-vpc-resource-controller-k8s/blob/master/pkg/aws/vpc/limits.go"
)
NEAR_PERCENT = 90  # Cloud Custodian's example policy: more than 90 % used is nearly full
UNKNOWN_TYPE = "UnknownInstanceType"


@check(
    id="SGP003",
    title="Nodes are of instance types that can carry branch interfaces",
    severity=Severity.HIGH,
    needs={
        Facet.CLUSTERS,
        Facet.ADDON_VPC_CNI,
        Facet.NODE_GROUPS,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
    },
    source="https://docs.aws.amazon.com/eks/latest/userguide/security-groups-for-pods.html",
    rules=(153,),
    since="0.1.0",
)
def trunk_compatible(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Only some Nitro types can carry a trunk; the whole t family, Nitro or not, can't.

    A pod that a SecurityGroupPolicy selects never starts on any other node, and the scheduler
    leaves it Pending when no node offers vpc.amazonaws.com/pod-eni.

    **Passes** where every type of the cluster's nodes and node groups can carry a trunk. **Fails**
    high where none can, medium where some can't. Types the bundled table does not know, and node
    groups whose type only a launch template tells, can't be judged. Only clusters with
    ENABLE_POD_ENI on are looked at.

    **What to do.** Move the pods with security groups of their own to node groups of an m, c or r
    type; the resource controller's limits.go lists them with their branch limits.
    """
    for cluster in snapshot.clusters:
        setting = pod_eni(snapshot, cluster)
        if setting.on is False or not runs_cni(snapshot, cluster):
            continue
        if setting.on is None:
            yield Unseen(
                resource=cluster_resource(snapshot, cluster),
                cluster=cluster.name,
                api=setting.api,
                error=setting.error,
                message="the VPC CNI's settings could not be read",
            )
            continue
        yield _types_verdict(snapshot, cluster)


def _types_verdict(snapshot: Snapshot, cluster: Cluster) -> Answer:
    resource = cluster_resource(snapshot, cluster)
    nodes = cni_nodes(snapshot, cluster)
    groups = node_groups_by_cluster(snapshot).get(cluster.name, ())
    types = {node.type for node in nodes}.union(*(group.instance_types for group in groups))
    shown = {node.tags.get(NODE_GROUP_TAG) for node in nodes}
    untold = sorted(g.name for g in groups if not g.instance_types and g.name not in shown)
    good, bad, odd = _sorted_types(types)
    seen: dict[str, Any] = {"trunk_compatible": good, "not_compatible": bad, "unknown_types": odd}
    if bad:
        none_can = not (good or odd or untold)
        return failed(
            resource,
            f"no branch interface can be had on {', '.join(bad)}",
            cluster=cluster.name,
            severity=Severity.HIGH if none_can else Severity.MEDIUM,
            positive=not none_can,
            **seen,
        )
    if odd or untold or not good:
        what = f"types {', '.join(odd)}" if odd else f"node groups {', '.join(untold)}"
        return Unseen(
            resource=resource,
            cluster=cluster.name,
            api="eksnet:instance-limits" if odd else "ec2:DescribeLaunchTemplateVersions",
            error=UNKNOWN_TYPE if odd else "NotRead",
            message=f"not known of {what}" if odd or untold else "no instance type is known",
        )
    text = f"{', '.join(good)} can carry branch interfaces"
    return passed(resource, text, cluster=cluster.name, **seen)


def _sorted_types(types: Iterable[str]) -> tuple[list[str], list[str], list[str]]:
    sorts: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for name in sorted(types):
        limit = instance_limits().get(name)
        sorts[limit.trunking if limit else None].append(name)
    return sorts[True], sorts[False], sorts[None]


@check(
    id="SGP004",
    title="Nodes have branch interfaces to spare",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS, Facet.NETWORK_INTERFACES, Facet.INSTANCES},
    source=BRANCH_LIMITS,
    rules=(154, 155),
    since="0.1.0",
)
def branch_capacity(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Each instance type carries a fixed number of branch interfaces: 9 on an m5.large.

    It is far below the node's pod limit, and neither prefix delegation nor a warm target raises
    it. A node that has spent them takes no further pod with security groups of its own. What cools
    down after its pod has gone, a minute by default, is still there and counts.

    **Passes** below 90 % of the limit. **Fails** high at the limit, medium from 90 %. A node of a
    type whose limit is not known can't be judged; neither can the passes of a VPC in which branch
    interfaces don't tell their trunk.

    **What to do.** Add nodes or take larger ones for these pods; keep room for rolling updates,
    because a branch interface cools down for a minute before it is deleted.
    """
    for cluster in snapshot.clusters:
        found = pod_interfaces(snapshot).get(cluster.name)
        hanging = [each for each in found.trunks if each.attachment] if found else []
        by_node = grouped(hanging, _node_of)
        for instance_id, trunks in by_node.items():
            if instance_id:
                yield _node_verdict(snapshot, cluster, instance_id, trunks)


def _node_of(trunk: Eni) -> str:
    return (trunk.attachment.instance_id if trunk.attachment else None) or ""


def _node_verdict(
    snapshot: Snapshot, cluster: Cluster, instance_id: str, trunks: Iterable[Eni]
) -> Answer:
    resource = instance_resource(snapshot, instance_id)
    node = instance_by_id(snapshot).get(instance_id)
    limit = instance_limits().get(node.type) if node else None
    most = limit.max_branch_enis if limit else None
    if node is None or most is None:
        return _no_limit(resource, cluster, node)
    used = sum(len(branches_by_trunk(snapshot).get(trunk.id, ())) for trunk in trunks)
    seen: dict[str, Any] = {"branches": used, "limit": most, "instance_type": node.type}
    text = f"{used} of {most} branch interfaces of an {node.type} in use"
    tier = Severity.HIGH if used >= most else Severity.MEDIUM
    if used * 100 >= most * NEAR_PERCENT:
        return failed(resource, text, cluster=cluster.name, severity=tier, positive=True, **seen)
    loose = untagged_by_vpc(snapshot).get(cluster.vpc_id, 0)
    if loose:
        return Unseen(
            resource=resource,
            cluster=cluster.name,
            api="ec2:DescribeNetworkInterfaces",
            error="TrunkUnknown",
            message=f"{loose} branch interfaces in {cluster.vpc_id} don't tell their trunk",
        )
    return passed(resource, text, cluster=cluster.name, **seen)


def _no_limit(resource: Resource, cluster: Cluster, node: Instance | None) -> Unseen:
    return Unseen(
        resource=resource,
        cluster=cluster.name,
        api="eksnet:instance-limits" if node else "ec2:DescribeInstances",
        error=UNKNOWN_TYPE if node else "NotFound",
        message=f"the branch limit of {node.type if node else 'an unseen node'} is not known",
    )
