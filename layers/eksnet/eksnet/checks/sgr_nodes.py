"""The security groups on the nodes: whether the cluster's is among them."""

from collections.abc import Iterator, Mapping
from typing import Any

from eksnet.cni.membership import cluster_by_instance
from eksnet.engine.check import Answer, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, counted
from eksnet.model.network import Eni
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Facet, Snapshot, derived, grouped


@check(
    id="SGR008",
    title="Every node carries a security group of its control plane",
    severity=Severity.LOW,
    needs={Facet.CLUSTERS, Facet.INSTANCES, Facet.NETWORK_INTERFACES},
    source="https://docs.aws.amazon.com/eks/latest/best-practices/network-security.html",
    rules=(195,),
    since="0.2.0",
)
def cluster_group_on_nodes(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """The cluster security group connects nodes and control plane without any further rule.

    EKS puts it on managed nodes, unless their launch template names groups: then those must allow
    by rules of their own all that the cluster security group allows of itself, and nobody keeps
    them up to date.

    **Passes** where each node's first interface carries the cluster security group, or a group that
    was added to the cluster and so is on the x-ENIs too. **Fails**, low, where one carries neither:
    whether its rules are enough is what SGR001 to SGR005 tell. Clusters without nodes, and those
    without a cluster security group, are not judged.

    **What to do.** Add the cluster security group to the launch template, beside the others, and
    replace the nodes.
    """
    for cluster in snapshot.clusters:
        firsts = _firsts(snapshot).get(cluster.name, ())
        if firsts and cluster.cluster_security_group_id:
            yield _carried(snapshot, cluster, firsts)


def _carried(snapshot: Snapshot, cluster: Cluster, firsts: tuple[Eni, ...]) -> Answer:
    resource = cluster_resource(snapshot, cluster)
    wanted = {cluster.cluster_security_group_id, *cluster.security_group_ids}
    bare = [eni for eni in firsts if not wanted.intersection(eni.groups)]
    seen: dict[str, Any] = {
        "cluster_security_group": cluster.cluster_security_group_id,
        "nodes": len(firsts),
        "without": sorted(_instance_id(eni) for eni in bare),
        "their_groups": sorted({group for eni in bare for group in eni.groups}),
    }
    if bare:
        text = f"{counted(len(bare), 'node')} of {len(firsts)} without a group of the control plane"
        return failed(resource, text, cluster=cluster.name, positive=True, **seen)
    text = f"{counted(len(firsts), 'node')}, each with a group of the control plane"
    return passed(resource, text, cluster=cluster.name, **seen)


def _instance_id(eni: Eni) -> str:
    return (eni.attachment.instance_id if eni.attachment else None) or ""


@derived
def _firsts(snapshot: Snapshot) -> Mapping[str, tuple[Eni, ...]]:
    """Return the first interface of each cluster's nodes, on whichever kind of card it is."""
    owner = cluster_by_instance(snapshot)
    found = (
        eni
        for eni in snapshot.enis
        if _instance_id(eni) in owner
        and eni.attachment
        and eni.attachment.device_index == 0
        and not eni.attachment.network_card_index
    )
    return grouped(found, lambda eni: owner[_instance_id(eni)])
