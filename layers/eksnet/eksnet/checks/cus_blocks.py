"""Secondary blocks of a cluster's VPC, and the range that pod subnets lie in."""

from collections.abc import Iterator
from typing import Any

from eksnet.cni.membership import Found, cni_may_use, used_subnets
from eksnet.cni.podsubnets import CUSTOM_NETWORKING
from eksnet.engine.check import Answer, Unseen, check, failed, not_listed, passed
from eksnet.engine.cni_settings import told_settings
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.network import Subnet, Vpc
from eksnet.model.resource import subnet_resource, vpc_resource
from eksnet.model.snapshot import (
    Facet,
    Resource,
    Snapshot,
    subnet_by_id,
    subnets_by_vpc,
    vpc_by_id,
)
from eksnet.network.cidr import Block, block
from eksnet.network.routes import tables_by_vpc

NODES = frozenset({Found.NODE_GROUP, Found.INSTANCE})
ASSOCIATED = "associated"  # EC2 API reference: VpcCidrBlockStateCode
PENDING = frozenset({"associating", "disassociating"})  # EC2 API reference: VpcCidrBlockStateCode
BROKEN = frozenset({"failing", "failed"})  # EC2 API reference: VpcCidrBlockStateCode
POD_RANGES = tuple(map(block, ("100.64.0.0/10", "198.19.0.0/16")))  # EKS best practices
CONNECTED = ("tgw-", "pcx-", "vgw-", "arn:")  # ways to other networks; a core network has an ARN
PREFIX_LIST = "pl-"  # EC2 API reference: a route's DestinationPrefixListId


def _in_pod_range(cidr: str) -> bool:
    return bool(cidr) and any(each.contains(block(cidr)) for each in POD_RANGES)


@check(
    id="CUS012",
    title="A secondary block for pods is associated and has subnets where nodes are",
    severity=Severity.MEDIUM,
    needs={
        Facet.CLUSTERS,
        Facet.VPCS,
        Facet.SUBNETS,
        Facet.NODE_GROUPS,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
    },
    source="https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html",
    rules=(130, 132),
    since="0.2.0",
)
def secondary_blocks(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A block added for pods gives no address until it is associated and cut into subnets.

    An interface can't cross zones, so that a zone without a subnet in the block has nothing of it.
    After the association EKS itself takes up to an hour to know the block: nodes use it at once,
    but logs, exec and webhooks of its pods wait.

    **Passes** where a secondary block from 100.64.0.0/10 or 198.19.0.0/16 is associated, and each
    zone in which the cluster has nodes or node groups has a subnet in one. **Fails** medium where
    associations failed and none holds, or a zone has none, low where no zone has any. **Unknown**
    while a block is being associated. VPCs without such a block and IPv6 clusters are not judged;
    what an earlier try that failed has left behind does not count beside a block that holds.

    **What to do.** Create a subnet in the block in each zone with nodes, and offer it with the tag
    kubernetes.io/role/cni=1 or an ENIConfig.
    """
    vpcs = vpc_by_id(snapshot)
    for cluster in snapshot.clusters:
        vpc = vpcs.get(cluster.vpc_id)
        if cluster.ip_family == "ipv6":
            continue  # its pods take no IPv4 address of a subnet
        if vpc is None:
            missing = Resource(type="AWS::EC2::VPC", id=cluster.vpc_id)
            yield not_listed(missing, cluster.name, "ec2:DescribeVpcs")
            continue
        states = _states(vpc)
        if states:
            yield _blocks_verdict(snapshot, cluster, vpc, states)


def _states(vpc: Vpc) -> dict[str, str]:
    """Return the state of each block for pods; of two with the same block the better one counts."""
    shown = [
        each
        for state in (*sorted(BROKEN), *sorted(PENDING), ASSOCIATED)
        for each in vpc.cidrs[1:]
        if each.state == state and _in_pod_range(each.cidr)
    ]
    return {each.cidr: each.state for each in shown}


def _blocks_verdict(
    snapshot: Snapshot, cluster: Cluster, vpc: Vpc, states: dict[str, str]
) -> Answer:
    resource = vpc_resource(snapshot, vpc)
    broken = sorted(cidr for cidr, state in states.items() if state in BROKEN)
    pending = sorted(cidr for cidr, state in states.items() if state in PENDING)
    seen: dict[str, Any] = {"blocks": dict(sorted(states.items()))}
    if pending:
        return Unseen(
            resource=resource,
            cluster=cluster.name,
            api="ec2:DescribeVpcs",
            error="InProgress",
            message=f"{', '.join(f'{each} is {states[each]}' for each in pending)}",
        )
    held = sorted(cidr for cidr, state in states.items() if state == ASSOCIATED)
    if not held:
        text = f"{', '.join(broken)} could not be associated"
        return failed(resource, text, cluster=cluster.name, positive=True, **seen)
    return _coverage(snapshot, cluster, resource, held, seen)


def _coverage(
    snapshot: Snapshot,
    cluster: Cluster,
    resource: Resource,
    held: list[str],
    seen: dict[str, Any],
) -> Answer:
    nodes = _node_zones(snapshot, cluster)
    blocks = [block(each) for each in held]
    inside = {
        each.az
        for each in subnets_by_vpc(snapshot).get(cluster.vpc_id, ())
        if each.cidr and any(one.contains(block(each.cidr)) for one in blocks)
    }
    seen |= {"node_zones": sorted(nodes), "zones_of_the_blocks": sorted(inside)}
    what = ", ".join(held)
    if not inside:
        text = f"{what} holds no subnet"
        return failed(resource, text, cluster=cluster.name, severity=Severity.LOW, **seen)
    if nodes - inside:
        text = f"{what} has no subnet in {', '.join(sorted(nodes - inside))}, where nodes are"
        return failed(resource, text, cluster=cluster.name, **seen)
    text = f"{what} has subnets in {', '.join(sorted(inside))}"
    return passed(resource, text, cluster=cluster.name, **seen)


def _node_zones(snapshot: Snapshot, cluster: Cluster) -> set[str]:
    subnets = subnet_by_id(snapshot)
    return {
        subnets[used.subnet_id].az
        for used in used_subnets(snapshot)[cluster.name]
        if used.found & NODES and used.subnet_id in subnets
    }


@check(
    id="CUS013",
    title="Pods' own subnets lie in a range that no connected network uses",
    severity=Severity.LOW,
    needs={Facet.CLUSTERS, Facet.ADDON_VPC_CNI, Facet.SUBNETS, Facet.ROUTE_TABLES},
    source="https://docs.aws.amazon.com/eks/latest/best-practices/custom-networking.html",
    rules=(125, 131),
    since="0.2.0",
)
def pod_range(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Pods use up addresses by the thousand; those of 100.64.0.0/10 cost nobody else anything.

    A subnet of pods in the company's own range takes addresses that other VPCs and offices may
    need. In 100.64.0.0/10 the same range can serve in every VPC, as long as no connected network
    uses it: a route that leads part of it away shows that one does.

    **Passes** where a pod subnet lies in 100.64.0.0/10 or 198.19.0.0/16 and no route of the VPC
    leads any of its addresses to a transit gateway, a peering or a private gateway. **Fails** where
    it lies elsewhere or such a route is there. **Unknown** where such a route names a prefix list.
    A route whose target is gone leads nowhere and does not count.
    Judged are the subnets of the add-on's ENIConfigs, or those tagged kubernetes.io/role/cni.

    **What to do.** Take the next pod subnets from a free /16 of 100.64.0.0/10; `eksnet cidr
    propose` names one.
    """
    for cluster, settings in told_settings(snapshot, only_ipv4=True):
        if isinstance(settings, Unseen):
            yield settings
            continue
        named = {config.subnet_id for config in settings.eni_configs}
        custom = settings.flag(CUSTOM_NETWORKING, default=False)
        for subnet in subnets_by_vpc(snapshot).get(cluster.vpc_id, ()):
            offered = cni_may_use(subnet.tags, cluster.name)
            if subnet.cidr and (subnet.id in named if custom else offered):
                yield _range_verdict(snapshot, cluster, subnet)


def _range_verdict(snapshot: Snapshot, cluster: Cluster, subnet: Subnet) -> Answer:
    resource, own = subnet_resource(subnet), block(subnet.cidr)
    routes = [
        route
        for table in tables_by_vpc(snapshot).get(subnet.vpc_id, ())
        for route in table.routes
        if route.target.startswith(CONNECTED) and route.state != "blackhole"
    ]
    lists = sorted({r.destination for r in routes if r.destination.startswith(PREFIX_LIST)})
    away = sorted({f"{r.destination} to {r.target}" for r in routes if _leads(r.destination, own)})
    seen: dict[str, Any] = {"cidr": subnet.cidr, "routes": away, "prefix_lists": lists}
    if not _in_pod_range(subnet.cidr):
        text = f"{subnet.cidr} is not in {POD_RANGES[0]}"
        return failed(resource, text, cluster=cluster.name, positive=True, **seen)
    if away:
        text = f"a connected network uses {subnet.cidr}: {', '.join(away)}"
        return failed(resource, text, cluster=cluster.name, positive=True, **seen)
    if lists:
        return Unseen(
            resource=resource,
            cluster=cluster.name,
            api="ec2:GetManagedPrefixListEntries",
            error="NotRead",
            message=f"what {', '.join(lists)} leads to connected networks was not read",
        )
    text = f"{subnet.cidr} is in {POD_RANGES[0]}, and no route leads it away"
    if not POD_RANGES[0].contains(own):
        text = f"{subnet.cidr} is in {POD_RANGES[1]}, and no route leads it away"
    return passed(resource, text, cluster=cluster.name, **seen)


def _leads(destination: str, own: Block) -> bool:
    """Tell whether a route's destination, the default one aside, holds an address of a subnet."""
    if ":" in destination or destination.startswith(PREFIX_LIST) or not destination:
        return False
    other = block(destination)
    return other.length > 0 and other.overlaps(own)
