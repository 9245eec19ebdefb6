"""Room where the nodes live, and whether every subnet that a cluster refers to exists."""

from collections.abc import Iterator
from typing import Any

from eksnet.cni.membership import NODE_SOURCES, Found, used_subnets
from eksnet.cni.sight import hidden
from eksnet.engine.check import Answer, Unseen, check, failed, not_listed, passed
from eksnet.engine.limits import Limits
from eksnet.model.finding import Severity
from eksnet.model.network import Subnet
from eksnet.model.resource import cluster_resource, subnet_resource
from eksnet.model.snapshot import Facet, Snapshot, subnet_by_id
from eksnet.network.cidr import usable

REFERENCES = frozenset(
    {Found.CLUSTER_SUBNET, Found.NODE_GROUP, Found.FARGATE_PROFILE, Found.ENI_CONFIG}
)  # what names a subnet by id, and so can outlive it; the other ways see the subnet itself
PERCENT = 100


@check(
    id="IPH001",
    title="Node subnets have free addresses",
    severity=Severity.HIGH,
    needs={
        Facet.CLUSTERS,
        Facet.NODE_GROUPS,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
        Facet.SUBNETS,
    },
    source="https://docs.aws.amazon.com/eks/latest/best-practices/ip-opt.html",
    rules=(26, 188),
    since="0.1.0",
)
def node_headroom(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """A node takes its addresses when it starts: a full subnet stops every scale-out.

    Each node needs one address for itself, also on IPv6 clusters, and with the VPC CNI's default
    settings a warm pool for its pods. Judged are the subnets of node groups, of running nodes and
    those tagged for Karpenter.

    **Passes** with 100 free addresses and a tenth of the subnet's usable ones. **Fails** high
    below 30, medium below 100 or below 5 percent, low below 10 percent.

    **What to do.** Add subnets from a secondary CIDR in the same zone, or make the pods' share
    smaller: warm-pool targets, prefix delegation or custom networking.
    """
    subnets = subnet_by_id(snapshot)
    for cluster, used in sorted(used_subnets(snapshot).items()):
        for each in used:
            if not each.holds_nodes:
                continue
            subnet = subnets.get(each.subnet_id)
            if subnet is None:
                yield not_listed(subnet_resource(each.subnet_id), cluster, "ec2:DescribeSubnets")
                continue
            found = sorted(each.found & NODE_SOURCES)
            yield _judge_nodes(cluster, subnet, found, limits)


def _judge_nodes(cluster: str, subnet: Subnet, found: list[Found], limits: Limits) -> Answer:
    resource = subnet_resource(subnet)
    total = usable(subnet.cidr)
    percent = round(PERCENT * subnet.free_ips / total, 1) if total else 0.0
    text = f"{subnet.free_ips} of {total} usable addresses free ({percent} %)"
    seen: dict[str, Any] = {
        "free_ips": subnet.free_ips,
        "usable": total,
        "free_percent": percent,
        "az_id": subnet.az_id,
        "cidr": subnet.cidr,
        "found": [str(how) for how in found],
    }
    tier = _node_tier(subnet.free_ips, total, limits)
    if tier is None:
        return passed(resource, text, cluster=cluster, positive=True, **seen)
    severity, wanted = tier
    return failed(
        resource, f"{text}, {wanted}", cluster=cluster, severity=severity, positive=True, **seen
    )


def _node_tier(free: int, total: int, limits: Limits) -> tuple[Severity, str] | None:
    if free < limits.node_required:
        return Severity.HIGH, f"{limits.node_required} needed"
    if free < limits.node_recommended:
        return Severity.MEDIUM, f"{limits.node_recommended} recommended"
    if free * PERCENT < limits.free_percent_low * total:
        return Severity.MEDIUM, f"{limits.free_percent_low} % needed"
    if free * PERCENT < limits.free_percent_warning * total:
        return Severity.LOW, f"{limits.free_percent_warning} % recommended"
    return None


@check(
    id="IPH003",
    title="Every subnet a cluster refers to exists",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS, Facet.NODE_GROUPS, Facet.FARGATE_PROFILES, Facet.SUBNETS},
    wants={Facet.ADDON_VPC_CNI},
    source="https://docs.aws.amazon.com/eks/latest/userguide/troubleshooting.html",
    rules=(27,),
    since="0.1.0",
)
def subnets_exist(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A deleted subnet stays in the configuration of what used it, until somebody needs it.

    The cluster, its node groups, its Fargate profiles and the VPC CNI's ENIConfigs name subnets by
    id. One that is gone stops updates, new nodes or new pods, and nothing says so before.

    **Passes** for each subnet that EC2 lists. **Fails** for each that it doesn't; the evidence says
    who refers to it.

    **What to do.** Take the id out: UpdateClusterConfig for the cluster, new node groups and
    Fargate profiles in place of the old ones, the add-on's settings for an ENIConfig.
    """
    subnets = subnet_by_id(snapshot)
    for cluster, used in sorted(used_subnets(snapshot).items()):
        blind = hidden(snapshot, [Facet.ADDON_VPC_CNI], cluster)
        if blind:
            yield Unseen(
                resource=cluster_resource(snapshot, cluster),
                cluster=cluster,
                api=blind.api,
                error=blind.error,
                message=f"ENIConfig subnets not read: {blind.api} answered {blind.error}",
            )
        for each in used:
            found = sorted(str(how) for how in each.found & REFERENCES)
            if not found:
                continue
            if each.subnet_id in subnets:
                resource = subnet_resource(subnets[each.subnet_id])
                yield passed(resource, "exists", cluster=cluster, positive=True, found=found)
            else:
                text = f"does not exist, but {', '.join(found)} refers to it"
                yield failed(subnet_resource(each.subnet_id), text, cluster=cluster, found=found)
