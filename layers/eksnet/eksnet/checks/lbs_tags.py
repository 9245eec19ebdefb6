"""The tags by which load balancers find their subnets."""

from collections.abc import Iterator
from typing import Any

from eksnet.cni.membership import CLUSTER_TAG_PREFIX
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import CLUSTER_SUBNETS, Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.network import Subnet
from eksnet.model.record import Tags
from eksnet.model.resource import cluster_resource, subnet_resource
from eksnet.model.snapshot import Facet, Snapshot, grouped, subnets_by_vpc
from eksnet.network.proposal import owned_elsewhere
from eksnet.network.routes import public, table_by_subnet

DISCOVERY = "https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/docs/deploy/subnet_discovery.md"
OUTER, INNER = "kubernetes.io/role/elb", "kubernetes.io/role/internal-elb"  # EKS user guide
OFFERED = frozenset({"", "1"})  # the values that the AWS Load Balancer Controller takes
ENOUGH = 2  # Application Load Balancers user guide: subnets of two zones at least


def _tagged(tags: Tags, role: str) -> bool:
    return tags.get(role) in OFFERED


def _for_cluster(tags: Tags, cluster: str) -> bool:
    """Tell whether the controller takes a subnet: none, or one, of its cluster tags is its own."""
    names = [
        key.removeprefix(CLUSTER_TAG_PREFIX) for key in tags if key.startswith(CLUSTER_TAG_PREFIX)
    ]
    return not names or cluster in names


@check(
    id="LBS001",
    title="Load balancer tags fit the subnet: public or private",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.SUBNETS, Facet.ROUTE_TABLES},
    source=CLUSTER_SUBNETS,
    rules=(42,),
    since="0.2.0",
)
def tag_fits(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """An internet-facing load balancer in a private subnet gets no packet from the internet.

    The AWS Load Balancer Controller and Auto Mode choose subnets by tag: those with
    `kubernetes.io/role/elb` for internet-facing load balancers, those with
    `kubernetes.io/role/internal-elb` for internal ones.

    **Passes** where a subnet with the first leads to an internet gateway, and one with the second
    does not. **Fails** medium where a private subnet has the first, low where a public subnet has
    the second only. Judged are the tagged subnets of VPCs that hold clusters; in a VPC that another
    account shares, its tags are not shown.

    **What to do.** Move the tag to a subnet of the right kind in the same zone. A load balancer
    that exists stays where it is.
    """
    for vpc_id, clusters in grouped(snapshot.clusters, lambda each: each.vpc_id).items():
        names = sorted(each.name for each in clusters)
        for subnet in subnets_by_vpc(snapshot).get(vpc_id, ()):
            roles = [role for role in (OUTER, INNER) if _tagged(subnet.tags, role)]
            if roles:
                yield _fits(snapshot, subnet, roles, names)


def _fits(snapshot: Snapshot, subnet: Subnet, roles: list[str], clusters: list[str]) -> Answer:
    resource, table = subnet_resource(subnet), table_by_subnet(snapshot).get(subnet.id)
    if table is None:
        return Unseen(
            resource=resource,
            cluster=None,
            api="ec2:DescribeRouteTables",
            error="NotFound",
            message=f"the route table of {subnet.id} is not seen",
        )
    seen: dict[str, Any] = {"clusters": clusters, "tags": roles, "route_table": table.id}
    if OUTER in roles and not public(table):
        return failed(resource, f"has {OUTER}, but {table.id} leads to no internet gateway", **seen)
    if roles == [INNER] and public(table):
        text = f"has {INNER}, but {table.id} leads to an internet gateway"
        return failed(resource, text, severity=Severity.LOW, **seen)
    return passed(resource, f"{' and '.join(roles)} fits {table.id}", **seen)


@check(
    id="LBS002",
    title="Load balancers find tagged subnets in two zones",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.SUBNETS, Facet.ROUTE_TABLES},
    source=DISCOVERY,
    rules=(42,),
    since="0.2.0",
)
def tagged_zones(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """If only one subnet has the tag, every load balancer goes there, and none is an ALB.

    Once any subnet has the role's tag, the AWS Load Balancer Controller takes tagged ones only, and
    an Application Load Balancer needs two zones. Without any tag the controller chooses by itself
    from version 2.12.1; an older one makes no load balancer, unless its manifest names subnets.

    **Passes** where subnets in two zones have `kubernetes.io/role/internal-elb`, and, in a VPC with
    public subnets, two zones have `kubernetes.io/role/elb`. **Fails** medium where one zone has a
    tag, low where none has. A subnet whose cluster tags name other clusters only doesn't count.
    **Unknown** where another account owns the subnets: their tags are not shown.

    **What to do.** Tag a subnet in each zone: public ones with `kubernetes.io/role/elb`, private
    ones with `kubernetes.io/role/internal-elb`, each with the value 1.
    """
    for cluster in snapshot.clusters:
        yield _found(snapshot, cluster, subnets_by_vpc(snapshot).get(cluster.vpc_id, ()))


def _unseen(snapshot: Snapshot, cluster: Cluster, api: str, error: str) -> Unseen:
    return Unseen(
        resource=cluster_resource(snapshot, cluster),
        cluster=cluster.name,
        api=api,
        error=error,
        message=f"what load balancers find in {cluster.vpc_id} is not known: {error}",
    )


def _found(snapshot: Snapshot, cluster: Cluster, subnets: tuple[Subnet, ...]) -> Answer:
    tables = table_by_subnet(snapshot)
    if not subnets:
        return _unseen(snapshot, cluster, "ec2:DescribeSubnets", "NotListed")
    zones: dict[str, list[str]] = {}
    for role in (INNER, OUTER):
        ours = [e for e in subnets if _tagged(e.tags, role) and _for_cluster(e.tags, cluster.name)]
        zones[role] = sorted({each.az_id for each in ours})
    shown = [tables[each.id] for each in subnets if each.id in tables]
    useful = {OUTER: any(map(public, shown)), INNER: not all(map(public, shown))}
    short = {role: len(z) for role, z in zones.items() if len(z) < ENOUGH and (z or useful[role])}
    if short and any(owned_elsewhere(snapshot, each.owner_id) for each in subnets):
        return _unseen(snapshot, cluster, "ec2:DescribeTags", "OwnedByAnotherAccount")
    resource = cluster_resource(snapshot, cluster)
    if short:
        counts = ", ".join(f"{role}: {number}" for role, number in short.items())
        text = f"zones with a tagged subnet: {counts}; {ENOUGH} wanted"
        severity = Severity.MEDIUM if any(short.values()) else Severity.LOW
        return failed(resource, text, cluster=cluster.name, severity=severity, zones=zones)
    if len(shown) < len(subnets):
        return _unseen(snapshot, cluster, "ec2:DescribeRouteTables", "NotFound")
    text = f"internal in {len(zones[INNER])} zones, internet-facing in {len(zones[OUTER])}"
    return passed(resource, text, cluster=cluster.name, zones=zones)
