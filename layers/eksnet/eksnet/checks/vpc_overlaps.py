"""Address ranges that meet: the services' with a network's, a VPC's with another VPC's."""

from collections.abc import Iterator, Mapping
from typing import Any

from eksnet.cni.sight import hidden
from eksnet.engine.check import Answer, Unseen, check, failed, not_listed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread
from eksnet.model.network import PeerVpc, Route, Vpc
from eksnet.model.resource import cluster_resource, vpc_resource
from eksnet.model.snapshot import Facet, Resource, Snapshot, derived, vpc_by_id
from eksnet.network.cidr import Block, block
from eksnet.network.proposal import live_blocks
from eksnet.network.routes import gateway_endpoints, tables_by_vpc

ACTIVE = "active"  # EC2 API reference: VpcPeeringConnectionStateReasonCode
AVAILABLE = "available"  # EC2 API reference: TransitGatewayAttachmentState
# RFC 6598 and RFC 2544: used again in many VPCs on purpose, and not routed between them
UNROUTED = (block("100.64.0.0/10"), block("198.18.0.0/15"))


@check(
    id="VPC022",
    title="The service range overlaps no network that pods may call",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS, Facet.VPCS, Facet.ROUTE_TABLES, Facet.PEERINGS},
    wants={Facet.VPC_ENDPOINTS},
    source="https://docs.aws.amazon.com/eks/latest/userguide/create-cluster.html",
    rules=(45,),
    since="0.2.0",
)
def service_range(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Nodes take every address of the service range for a service, also where a host has it.

    What lies in that range elsewhere can't be reached from pods and nodes. EKS compares the range
    with the VPC once, at creation; blocks, peerings and routes come later. The range itself never
    changes.

    **Passes** where it meets no block of the VPC or of an active peer, and no route leads into it.
    A route to a wider block, such as 172.16.0.0/12, passes: whether a host there has an address of
    the range isn't known. **Fails** high where it meets a block of the VPC, medium where it meets a
    peer's, or holds the destination of a route. **Unknown** where a route leads to a prefix list,
    whose entries are not read, other than that of a Gateway endpoint, and where an active peering
    does not show the other side's blocks. IPv6 clusters, whose range is of their own, are not
    judged.

    **What to do.** Keep the network out of the range: remove the block or the route. Where it has
    to stay, make a new cluster with another range.
    """
    for cluster in snapshot.clusters:
        if cluster.ip_family == "ipv6":
            continue
        vpc = vpc_by_id(snapshot).get(cluster.vpc_id)
        if vpc is None:
            missing = Resource(type="AWS::EC2::VPC", id=cluster.vpc_id)
            yield not_listed(missing, cluster.name, "ec2:DescribeVpcs")
        elif cluster.service_ipv4_cidr is None:
            why = Unread(api="eks:DescribeCluster", error="NotShown")
            yield _unseen(snapshot, cluster, why, "the service range is not shown")
        else:
            yield _service(snapshot, cluster, vpc, block(cluster.service_ipv4_cidr))


def _unseen(snapshot: Snapshot, cluster: Cluster, why: Unread, message: str) -> Unseen:
    return Unseen(
        resource=cluster_resource(snapshot, cluster),
        cluster=cluster.name,
        api=why.api,
        error=why.error,
        message=message,
    )


def _service(snapshot: Snapshot, cluster: Cluster, vpc: Vpc, services: Block) -> Answer:
    resource = cluster_resource(snapshot, cluster)
    own = sorted(each for each in live_blocks(vpc) if services.overlaps(block(each)))
    peers = sorted(f"{cidr} of {name}" for name, cidr in _peers(snapshot, vpc.id, services))
    routes, _ = _routes(snapshot, vpc.id, services)
    seen: dict[str, Any] = {"service_cidr": str(services), "vpc": own, "routes": routes}
    if own:
        text = f"the service range {services} meets {', '.join(own)} of {vpc.id}"
        return failed(resource, text, cluster=cluster.name, peers=peers, **seen)
    if peers or routes:
        text = f"the service range {services} hides {', '.join([*peers, *routes])}"
        severity = Severity.MEDIUM
        return failed(resource, text, cluster=cluster.name, severity=severity, peers=peers, **seen)
    untold = _untold(snapshot, cluster, services)
    if untold:
        return untold
    text = f"the service range {services} meets no other network that is seen"
    return passed(resource, text, cluster=cluster.name, peers=peers, **seen)


def _untold(snapshot: Snapshot, cluster: Cluster, services: Block) -> Unseen | None:
    """Return what may hide a network that the range meets."""
    peers = _peers_by_vpc(snapshot).get(cluster.vpc_id, ())
    silent = sorted({peer.vpc_id for peer in peers if not _blocks(snapshot, peer)})
    if silent:
        why = Unread(api="ec2:DescribeVpcPeeringConnections", error="NotShown")
        text = f"an active peering does not show the blocks of {', '.join(silent)}"
        return _unseen(snapshot, cluster, why, text)
    _, lists = _routes(snapshot, cluster.vpc_id, services)
    if not lists:
        return None
    named = ", ".join(sorted({each.destination for each in lists}))
    text = f"routes lead to prefix lists whose entries are not read: {named}"
    blind = hidden(snapshot, [Facet.VPC_ENDPOINTS], cluster.name)
    why = Unread(api="ec2:GetManagedPrefixListEntries", error="NotRead")
    if blind and all(each.target.startswith("vpce-") for each in lists):
        why = Unread(api=blind.api, error=blind.error)
    return _unseen(snapshot, cluster, why, text)


@derived
def _peers_by_vpc(snapshot: Snapshot) -> Mapping[str, tuple[PeerVpc, ...]]:
    """Return the other sides of each VPC's active peerings."""
    found: dict[str, list[PeerVpc]] = {}
    for each in snapshot.peerings:
        if each.status == ACTIVE:
            found.setdefault(each.requester.vpc_id, []).append(each.accepter)
            found.setdefault(each.accepter.vpc_id, []).append(each.requester)
    return {vpc_id: tuple(peers) for vpc_id, peers in found.items()}


def _blocks(snapshot: Snapshot, peer: PeerVpc) -> frozenset[str]:
    """Return the blocks of a peer as the peering shows them, and as its VPC does where listed."""
    known = vpc_by_id(snapshot).get(peer.vpc_id)
    return frozenset(peer.cidrs).union(live_blocks(known) if known else ())


def _peers(snapshot: Snapshot, vpc_id: str, services: Block) -> Iterator[tuple[str, str]]:
    for peer in _peers_by_vpc(snapshot).get(vpc_id, ()):
        for cidr in sorted(_blocks(snapshot, peer)):
            if services.overlaps(block(cidr)):
                yield peer.vpc_id, cidr


def _routes(snapshot: Snapshot, vpc_id: str, services: Block) -> tuple[list[str], list[Route]]:
    """Return the live routes into the range, and those by prefix lists that may lead there."""
    inside: set[str] = set()
    lists: list[Route] = []
    for table in tables_by_vpc(snapshot).get(vpc_id, ()):
        for route in table.routes:
            to = route.destination
            if route.state == "blackhole" or route.target == "local" or not to or ":" in to:
                continue
            if not to.startswith("pl-"):
                if services.contains(block(to)):
                    inside.add(f"{to} by {route.target}")
            elif route.target not in gateway_endpoints(snapshot):
                lists.append(route)
    return sorted(inside), lists


@check(
    id="VPC023",
    title="The VPC of a cluster overlaps no VPC on the same transit gateway",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.VPCS, Facet.TRANSIT_ATTACHMENTS},
    source="https://docs.aws.amazon.com/eks/latest/best-practices/subnets.html",
    rules=(45,),
    since="0.2.0",
)
def transit_overlap(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Of two VPCs with the same addresses a transit gateway can only reach one.

    It takes the routes of the one attached first; packets for the other go astray. Blocks of
    100.64.0.0/10 and 198.18.0.0/15 are left out: they hold pods in many VPCs on purpose and are not
    routed.

    **Passes** where no block of the VPC meets a block of another VPC seen on the same transit
    gateway; attachments of other accounts are shown to the gateway's owner only. **Fails** where
    one does; where separate route tables keep the two apart, accept the finding. **Unknown** where
    a VPC on the gateway is not among those listed. VPCs on no transit gateway are not judged.

    **What to do.** Give one of the two another range, or connect them by a private NAT gateway or
    by VPC Lattice.
    """
    for cluster in snapshot.clusters:
        gateways = _gateways(snapshot).get(cluster.vpc_id)
        if gateways:
            yield _transit(snapshot, cluster, gateways)


@derived
def _gateways(snapshot: Snapshot) -> Mapping[str, frozenset[str]]:
    """Return the transit gateways that each VPC is attached to."""
    found: dict[str, set[str]] = {}
    for each in snapshot.transit_attachments:
        if each.state == AVAILABLE:
            found.setdefault(each.vpc_id, set()).add(each.gateway_id)
    return {vpc_id: frozenset(gateways) for vpc_id, gateways in found.items()}


@derived
def _attached(snapshot: Snapshot) -> Mapping[str, frozenset[str]]:
    """Return the VPCs that are attached to each transit gateway."""
    found: dict[str, set[str]] = {}
    for vpc_id, gateways in _gateways(snapshot).items():
        for gateway in gateways:
            found.setdefault(gateway, set()).add(vpc_id)
    return {gateway: frozenset(vpcs) for gateway, vpcs in found.items()}


@derived
def _meetings(snapshot: Snapshot) -> Mapping[str, frozenset[str]]:
    """Return for each VPC what it meets: the other's id with its block.

    Two blocks share all of the smaller one or nothing, so that in the order of their first
    addresses those still open when one begins are the ones that it meets.
    """
    found: dict[str, set[str]] = {}
    vpcs = vpc_by_id(snapshot)
    for members in _attached(snapshot).values():
        blocks = sorted((e, name) for name in members if name in vpcs for e in _routed(vpcs[name]))
        still_open: list[tuple[Block, str]] = []
        for one, name in blocks:
            still_open = [each for each in still_open if each[0].last >= one.first]
            for other, whose in still_open:
                if whose != name:
                    found.setdefault(name, set()).add(f"{whose} ({other})")
                    found.setdefault(whose, set()).add(f"{name} ({one})")
            still_open.append((one, name))
    return {vpc_id: frozenset(meets) for vpc_id, meets in found.items()}


def _routed(vpc: Vpc) -> list[Block]:
    blocks = [block(each) for each in live_blocks(vpc)]
    return [each for each in blocks if not any(one.contains(each) for one in UNROUTED)]


def _transit(snapshot: Snapshot, cluster: Cluster, gateways: frozenset[str]) -> Answer:
    vpcs = vpc_by_id(snapshot)
    vpc = vpcs.get(cluster.vpc_id)
    if vpc is None:
        missing = Resource(type="AWS::EC2::VPC", id=cluster.vpc_id)
        return not_listed(missing, cluster.name, "ec2:DescribeVpcs")
    others = frozenset[str]().union(*(_attached(snapshot)[each] for each in gateways)) - {vpc.id}
    meets = sorted(_meetings(snapshot).get(vpc.id, ()))
    hidden = sorted(others.difference(vpcs))
    resource = vpc_resource(snapshot, vpc)
    seen: dict[str, Any] = {"transit_gateways": sorted(gateways), "others": len(others)}
    if meets:
        text = f"{vpc.id} meets {', '.join(meets)} on the same transit gateway"
        return failed(resource, text, cluster=cluster.name, meets=meets, **seen)
    if hidden:
        return Unseen(
            resource=resource,
            cluster=cluster.name,
            api="ec2:DescribeVpcs",
            error="OwnedByAnotherAccount",
            message=f"{len(hidden)} VPCs on the same transit gateway are not seen: {hidden[0]}",
        )
    text = f"meets none of the {len(others)} other VPCs seen on its transit gateways"
    return passed(resource, text, cluster=cluster.name, **seen)
