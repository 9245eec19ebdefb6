"""Network interfaces that clusters left behind when they were deleted."""

from collections.abc import Iterator, Mapping
from typing import Any

from eksnet.cni.eni import (
    CLUSTER_TAG,
    OWNER_TAG,
    OWNERS,
    TRUNK_TAG,
    EniClass,
    class_by_eni,
    unattached_cni,
    x_eni_cluster,
)
from eksnet.cni.membership import CLUSTER_TAG_PREFIX
from eksnet.engine.check import Answer, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.finding import Severity
from eksnet.model.network import Eni
from eksnet.model.record import Tags
from eksnet.model.resource import eni_resource
from eksnet.model.snapshot import Facet, Resource, Snapshot, derived, grouped
from eksnet.network.proposal import owned_elsewhere


@check(
    id="ENI002",
    title="No interface of a deleted cluster is left",
    severity=Severity.LOW,
    needs={Facet.CLUSTERS, Facet.NETWORK_INTERFACES, Facet.INSTANCES},
    source="https://github.com/kubernetes-sigs/cluster-api-provider-aws/pull/6073",
    rules=(84,),
    since="0.2.0",
)
def interfaces_of_gone_clusters(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """What the nodes and the control plane of a deleted cluster leave keeps its subnets alive.

    As long as the interface is there, its subnet, its security groups and its VPC can't be deleted:
    EC2 answers DependencyViolation. With the cluster went whoever would have cleaned up.

    **Passes** for each cluster in whose VPC each interface that EKS, the VPC CNI or the VPC
    resource controller made names a cluster that is listed, is in use, or has instances of that
    cluster beside it, as a cluster without EKS has. **Fails** for each that is unattached, and for
    each branch whose trunk is gone, where the cluster it names is none of this account and Region;
    also in VPCs that hold no cluster any more. Interfaces of other accounts are left out.

    **What to do.** Make sure that the cluster is gone for good, then delete the interface.
    """
    by_vpc = grouped(_named(snapshot), lambda eni: eni.vpc_id)
    left = [e for e in _named(snapshot) if _idle(snapshot, e) and _gone(snapshot, e)]
    yield from (_left(snapshot, eni) for eni in left)
    places = {eni.vpc_id for eni in left}
    for cluster in snapshot.clusters:
        if cluster.vpc_id not in places:
            yield passed(
                Resource(type="AWS::EC2::VPC", id=cluster.vpc_id),
                "no interface of a deleted cluster",
                cluster=cluster.name,
                interfaces=len(by_vpc.get(cluster.vpc_id, ())),
            )


def _left(snapshot: Snapshot, eni: Eni) -> Answer:
    names = sorted(_names(eni))
    text = f"left by {', '.join(names)}, which is no cluster here"
    seen: dict[str, Any] = {
        "named": names,
        "subnet": eni.subnet_id,
        "groups": sorted(eni.groups),
        "addresses": len(eni.private_ips),
    }
    return failed(eni_resource(snapshot, eni), text, **seen)


@derived
def _named(snapshot: Snapshot) -> tuple[Eni, ...]:
    """Return this account's interfaces that say for which cluster they were made."""
    return tuple(
        eni for eni in snapshot.enis if _names(eni) and not owned_elsewhere(snapshot, eni.owner_id)
    )


def _names(eni: Eni) -> frozenset[str]:
    """Return the clusters that an interface names, none for one that nobody made for a cluster.

    Load balancers and nodes carry the same tags, and go with what they belong to.
    """
    control = x_eni_cluster(eni)
    if control:
        return frozenset({control})
    if eni.tags.get(OWNER_TAG) not in OWNERS and CLUSTER_TAG not in eni.tags:
        return frozenset()
    return _tagged(eni.tags) | ({eni.tags[CLUSTER_TAG]} if CLUSTER_TAG in eni.tags else set())


def _tagged(tags: Tags) -> frozenset[str]:
    return frozenset(
        key.removeprefix(CLUSTER_TAG_PREFIX) for key in tags if key.startswith(CLUSTER_TAG_PREFIX)
    )


def _gone(snapshot: Snapshot, eni: Eni) -> bool:
    alive = _alive(snapshot).get(eni.vpc_id, frozenset())
    return not _names(eni) & ({*snapshot.cluster_names} | alive)


@derived
def _alive(snapshot: Snapshot) -> Mapping[str, frozenset[str]]:
    """Return the clusters whose instances are there, by VPC."""
    nodes = grouped(snapshot.instances, lambda node: node.vpc_id)
    return {
        vpc_id: frozenset(name for node in found for name in _tagged(node.tags))
        for vpc_id, found in nodes.items()
    }


def _idle(snapshot: Snapshot, eni: Eni) -> bool:
    if class_by_eni(snapshot)[eni.id] is EniClass.BRANCH:
        return eni.tags.get(TRUNK_TAG) not in _ids(snapshot)  # one in use hangs on nothing, too
    return unattached_cni(eni) or (eni.status == "available" and x_eni_cluster(eni) is not None)


@derived
def _ids(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(eni.id for eni in snapshot.enis)
