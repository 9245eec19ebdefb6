"""Subnets for load balancers: room in them, and tags of clusters that are gone."""

from collections.abc import Iterator, Mapping
from typing import Any

from eksnet.cni.membership import CLUSTER_TAG_PREFIX
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import CLUSTER_SUBNETS, Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.network import Subnet
from eksnet.model.record import Tags
from eksnet.model.resource import subnet_resource
from eksnet.model.snapshot import Facet, Snapshot, derived, grouped, subnets_by_vpc
from eksnet.network.cidr import block
from eksnet.network.proposal import owned_elsewhere

BALANCER_SUBNETS = (
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
    "application-load-balancers.html"
)
ROLES = ("kubernetes.io/role/elb", "kubernetes.io/role/internal-elb")  # EKS user guide
OFFERED = frozenset({"", "1"})  # the values that the AWS Load Balancer Controller takes
FREE = 8  # Application Load Balancers user guide: "at least eight free IP addresses"
LENGTH = 27  # Application Load Balancers user guide: "at least a /27 bitmask"


@derived
def _clusters_by_vpc(snapshot: Snapshot) -> Mapping[str, tuple[Cluster, ...]]:
    return grouped(snapshot.clusters, lambda each: each.vpc_id)


def _subnets(snapshot: Snapshot) -> Iterator[tuple[Subnet, list[str]]]:
    """Yield the subnets of the VPCs that hold clusters, with the clusters' names."""
    for vpc_id, clusters in _clusters_by_vpc(snapshot).items():
        names = sorted(each.name for each in clusters)
        for subnet in subnets_by_vpc(snapshot).get(vpc_id, ()):
            yield subnet, names


@check(
    id="LBS003",
    title="Subnets for load balancers have room for them",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.SUBNETS},
    source=BALANCER_SUBNETS,
    rules=(43,),
    since="0.2.0",
)
def balancer_room(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A load balancer needs eight free addresses in each of its subnets, to be made and to grow.

    The AWS Load Balancer Controller passes over a subnet with fewer, so that the zone silently goes
    missing. An Application Load Balancer under load takes more, up to a hundred in all.

    **Passes** with eight or more free addresses in a /27 or larger. **Fails** medium with fewer
    free, low in a smaller subnet. Judged are the subnets of clusters' VPCs that are tagged for
    load balancers.

    **What to do.** Tag a roomier subnet of the zone instead, or free addresses in this one.
    """
    for subnet, clusters in _subnets(snapshot):
        if not subnet.cidr or not any(subnet.tags.get(role) in OFFERED for role in ROLES):
            continue
        resource = subnet_resource(subnet)
        seen: dict[str, Any] = {
            "clusters": clusters,
            "free_ips": subnet.free_ips,
            "needed": FREE,
            "cidr": subnet.cidr,
        }
        if subnet.free_ips < FREE:
            text = f"{subnet.free_ips} free addresses, {FREE} needed by a load balancer"
            yield failed(resource, text, positive=True, **seen)
        elif block(subnet.cidr).length > LENGTH:
            text = f"{subnet.cidr} is smaller than the /{LENGTH} a load balancer needs"
            yield failed(resource, text, severity=Severity.LOW, positive=True, **seen)
        else:
            text = f"{subnet.free_ips} free addresses in {subnet.cidr}"
            yield passed(resource, text, positive=True, **seen)


@check(
    id="LBS004",
    title="No subnet is tagged for a cluster that is gone",
    severity=Severity.LOW,
    needs={Facet.CLUSTERS, Facet.SUBNETS, Facet.INSTANCES, Facet.NETWORK_INTERFACES},
    source=CLUSTER_SUBNETS,
    rules=(44,),
    since="0.2.0",
)
def stale_cluster_tags(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A subnet that is tagged for other clusters only is passed over by those that are there.

    The VPC CNI, for `kubernetes.io/role/cni`, and the AWS Load Balancer Controller, for its own
    tags, both skip it. The tag `kubernetes.io/cluster/<name>` is needed by Kubernetes up to 1.14
    and by the controller up to 2.1.1 only; elsewhere it limits.

    **Passes** where each name is a cluster of this account and Region, or an instance or interface
    of the VPC carries the same tag, as those of a cluster without EKS do. **Fails** low where
    neither holds. **Unknown** where other accounts' interfaces are in the VPC: the cluster may be
    theirs. Judged are subnets of clusters' VPCs that have such a tag and are this account's own.

    **What to do.** Delete the tag. Keep it where it names a living cluster: it may be what keeps
    other clusters out.
    """
    here = frozenset(snapshot.cluster_names)
    for subnet, clusters in _subnets(snapshot):
        names = _names(subnet.tags)
        if not names or owned_elsewhere(snapshot, subnet.owner_id):
            continue
        gone = sorted(names - here - _alive(snapshot).get(subnet.vpc_id, frozenset()))
        resource = subnet_resource(subnet)
        seen: dict[str, Any] = {"clusters": clusters, "named": sorted(names), "gone": gone}
        if not gone:
            yield passed(resource, f"tagged for {', '.join(sorted(names))}", **seen)
        elif subnet.vpc_id in _visited(snapshot):
            yield Unseen(
                resource=resource,
                cluster=None,
                api="eks:ListClusters",
                error="OtherAccount",
                message=f"{', '.join(gone)} may be a cluster of another account in this VPC",
            )
        else:
            yield failed(resource, f"tagged for {', '.join(gone)}, which is not here", **seen)


def _names(tags: Tags) -> frozenset[str]:
    return frozenset(
        key.removeprefix(CLUSTER_TAG_PREFIX) for key in tags if key.startswith(CLUSTER_TAG_PREFIX)
    )


@derived
def _alive(snapshot: Snapshot) -> Mapping[str, frozenset[str]]:
    """Return the clusters that tags of instances and interfaces name, by VPC."""
    found: dict[str, set[str]] = {}
    for node in snapshot.instances:
        found.setdefault(node.vpc_id, set()).update(_names(node.tags))
    for eni in snapshot.enis:
        found.setdefault(eni.vpc_id, set()).update(_names(eni.tags))
    return {vpc_id: frozenset(names) for vpc_id, names in found.items()}


@derived
def _visited(snapshot: Snapshot) -> frozenset[str]:
    """Return the VPCs in which other accounts have interfaces."""
    return frozenset(
        each.vpc_id for each in snapshot.enis if owned_elsewhere(snapshot, each.owner_id)
    )
