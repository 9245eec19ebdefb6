"""The zones of a cluster: those its VPC has subnets in, and those its nodes live in."""

from collections.abc import Iterator
from typing import Any

from eksnet.cni.membership import NODE_SOURCES, Found, used_subnets
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.network import Subnet
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Facet, Snapshot, subnet_by_id, subnets_by_vpc
from eksnet.network.proposal import owned_elsewhere
from eksnet.network.routes import public, table_by_subnet

SUBNETS_GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/subnets.html"
ORDINARY = "availability-zone"  # EC2 API: ZoneType; the others are local-zone, wavelength-zone
ENOUGH = 2  # EKS best practices, subnets: public and private subnets in at least two zones
PRIVATE_ONLY = 3  # EKS best practices, subnets: a VPC without public ones has three zones


def _unseen(
    snapshot: Snapshot, cluster: Cluster, api: str, message: str, error: str = "NotListed"
) -> Unseen:
    return Unseen(
        resource=cluster_resource(snapshot, cluster),
        cluster=cluster.name,
        api=api,
        error=error,
        message=message,
    )


@check(
    id="RTE004",
    title="The VPC of a cluster has private and public subnets in two zones",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.SUBNETS, Facet.ROUTE_TABLES, Facet.ZONES},
    source=SUBNETS_GUIDE,
    rules=(31,),
    since="0.2.0",
)
def subnets_in_zones(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """What a VPC has in one zone only, its clusters lose with that zone.

    Nodes want private subnets in two zones at least, and internet-facing load balancers public
    ones: an Application Load Balancer can't even be made with one. A VPC without public subnets
    should have private ones in three zones.

    **Passes** with private subnets in two zones and public ones in two; without public ones, with
    private ones in three, or in all zones of a Region that has fewer. **Fails** medium with private
    subnets in fewer than two zones, low otherwise. Subnets on Outposts and in Local or Wavelength
    Zones don't count. Public is a subnet whose route table leads to an internet gateway.
    **Unknown** where some are missing in a VPC of another account, which shows only the subnets
    that it shares.

    **What to do.** Add the missing subnet in another zone, with a route table of its own kind.
    """
    kinds = {zone.id: zone.kind for zone in snapshot.zones}
    for cluster in snapshot.clusters:
        subnets = [
            each
            for each in subnets_by_vpc(snapshot).get(cluster.vpc_id, ())
            if not each.outpost_arn and kinds.get(each.az_id, ORDINARY) == ORDINARY
        ]
        hidden = sorted(each.id for each in subnets if each.id not in table_by_subnet(snapshot))
        strange = sorted({each.az_id for each in subnets} - kinds.keys())
        if not subnets:
            text = f"no subnet of {cluster.vpc_id} is listed"
            yield _unseen(snapshot, cluster, "ec2:DescribeSubnets", text)
        elif hidden:
            text = f"route tables not seen of: {', '.join(hidden)}"
            yield _unseen(snapshot, cluster, "ec2:DescribeRouteTables", text)
        elif strange:
            text = f"EC2 did not list the zones {', '.join(strange)}"
            yield _unseen(snapshot, cluster, "ec2:DescribeAvailabilityZones", text)
        else:
            yield _zones(snapshot, cluster, subnets)


def _zones(snapshot: Snapshot, cluster: Cluster, subnets: list[Subnet]) -> Answer:
    tables = table_by_subnet(snapshot)
    outer = sorted({each.az_id for each in subnets if public(tables[each.id])})
    inner = sorted({each.az_id for each in subnets if not public(tables[each.id])})
    region = sum(zone.kind == ORDINARY and zone.state == "available" for zone in snapshot.zones)
    wanted = ENOUGH if outer else max(min(PRIVATE_ONLY, region), ENOUGH)
    resource = cluster_resource(snapshot, cluster)
    seen: dict[str, Any] = {"private_zones": inner, "public_zones": outer, "wanted": wanted}
    short, severity = None, Severity.LOW
    if len(inner) < wanted:
        short = f"private subnets in {len(inner)} zones, {wanted} wanted"
        severity = Severity.MEDIUM if len(inner) < ENOUGH else Severity.LOW
    elif outer and len(outer) < ENOUGH:
        short = f"public subnets only in {outer[0]}, {ENOUGH} zones wanted"
    if short and any(owned_elsewhere(snapshot, each.owner_id) for each in subnets):
        text = f"{short}; the VPC's owner may have others"
        return _unseen(snapshot, cluster, "ec2:DescribeSubnets", text, "OwnedByAnotherAccount")
    if short:
        return failed(resource, short, cluster=cluster.name, severity=severity, **seen)
    text = f"private subnets in {len(inner)} zones, public ones in {len(outer)}"
    return passed(resource, text, cluster=cluster.name, **seen)


@check(
    id="RTE005",
    title="The nodes of a cluster live in two zones or more",
    severity=Severity.MEDIUM,
    needs={
        Facet.CLUSTERS,
        Facet.NODE_GROUPS,
        Facet.FARGATE_PROFILES,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
        Facet.SUBNETS,
    },
    source="https://docs.aws.amazon.com/eks/latest/best-practices/data-plane.html",
    rules=(33,),
    since="0.2.0",
)
def nodes_in_zones(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A cluster whose nodes all live in one zone is down when that zone is.

    One node group a zone is fine, and for pods with EBS volumes the better way; what counts is
    where the cluster's node groups together, its nodes, and the subnets tagged for Karpenter are.

    **Passes** where these lie in two zones or more. **Fails** where all lie in one. A cluster that
    has none of them is judged by its Fargate profiles, and not at all where it has none either.
    Whether each zone with volumes has a node group, Kubernetes alone could tell.

    **What to do.** Add a node group in another zone, or subnets of other zones to a new node group.
    """
    for cluster in snapshot.clusters:
        used = used_subnets(snapshot)[cluster.name]
        found = [each.subnet_id for each in used if each.found & NODE_SOURCES] or [
            each.subnet_id for each in used if Found.FARGATE_PROFILE in each.found
        ]
        if found:
            yield _spread(snapshot, cluster, found)


def _spread(snapshot: Snapshot, cluster: Cluster, found: list[str]) -> Answer:
    subnets = subnet_by_id(snapshot)
    zones = sorted({subnets[each].az_id for each in found if each in subnets})
    missing = [each for each in found if each not in subnets]
    resource = cluster_resource(snapshot, cluster)
    seen: dict[str, Any] = {"zones": zones, "subnets": found}
    if len(zones) >= ENOUGH:
        text = f"nodes live in {', '.join(zones)}"
        return passed(resource, text, cluster=cluster.name, **seen)
    if missing:
        text = f"the zones of {', '.join(missing)} are not seen"
        return _unseen(snapshot, cluster, "ec2:DescribeSubnets", text)
    text = f"all nodes live in {zones[0]}"
    return failed(resource, text, cluster=cluster.name, **seen)
