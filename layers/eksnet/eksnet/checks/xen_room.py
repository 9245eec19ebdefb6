"""Room in the cluster subnets: what an update needs, subnet by subnet and zone by zone."""

from collections.abc import Iterator

from eksnet.engine.check import Answer, check, failed, passed
from eksnet.engine.limits import CLUSTER_SUBNETS, Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.network import Subnet
from eksnet.model.resource import subnet_resource
from eksnet.model.snapshot import Facet, Snapshot, subnet_by_id
from eksnet.network.cidr import usable


def cluster_subnets(snapshot: Snapshot) -> Iterator[tuple[Cluster, Subnet]]:
    """Yield each cluster with each of its cluster subnets that was seen."""
    subnets = subnet_by_id(snapshot)
    for cluster in snapshot.clusters:
        for subnet_id in cluster.subnet_ids:
            if subnet_id in subnets:
                yield cluster, subnets[subnet_id]


@check(
    id="XEN002",
    title="Cluster subnets have room for an upgrade",
    severity=Severity.CRITICAL,
    needs={Facet.CLUSTERS, Facet.SUBNETS},
    source=CLUSTER_SUBNETS,
    remedies=("cluster-subnets",),
    rules=(2, 3, 4),
    since="0.1.0",
)
def cluster_subnet_headroom(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """EKS puts new network interfaces into the cluster subnets before it takes the old ones away.

    A version or subnet update needs up to five free addresses in each cluster subnet; with fewer
    the API refuses it, and the control plane can neither be upgraded nor scaled by EKS itself.
    The user guide asks for six and recommends sixteen.

    **Passes** with 16 or more free addresses. **Fails** below: critical under 5, high under 6,
    medium under 16; low instead of medium where the whole subnet is too small to ever have 16
    free, such as a dedicated /28 with its 11 usable addresses.

    **What to do.** Take leaked interfaces out of the subnet, or give the cluster another subnet in
    the same availability zone: a dedicated /27 has room for everything EKS asks for.
    """
    for cluster, subnet in cluster_subnets(snapshot):
        resource = subnet_resource(subnet)
        seen = {"free_ips": subnet.free_ips, "az_id": subnet.az_id, "cidr": subnet.cidr}
        tier = _tier(subnet, limits)
        if tier is None:
            text = f"{subnet.free_ips} free addresses"
            yield passed(resource, text, cluster=cluster.name, positive=True, **seen)
            continue
        severity, needed = tier
        text = f"{subnet.free_ips} free addresses in {subnet.cidr}, {needed} needed"
        yield failed(
            resource,
            text,
            cluster=cluster.name,
            severity=severity,
            positive=True,
            needed=needed,
            **seen,
        )


def _tier(subnet: Subnet, limits: Limits) -> tuple[Severity, int] | None:
    free = subnet.free_ips
    if free < limits.cluster_subnet_critical:
        return Severity.CRITICAL, limits.cluster_subnet_critical
    if free < limits.cluster_subnet_high:
        return Severity.HIGH, limits.cluster_subnet_high
    if free < limits.cluster_subnet_medium:
        small = usable(subnet.cidr) < limits.cluster_subnet_medium
        return Severity.LOW if small else Severity.MEDIUM, limits.cluster_subnet_medium
    return None
