"""Where a cluster subnet must not, or should not, be: zones, edges, the open internet."""

from collections.abc import Iterator

from eksnet.cni.membership import cluster_subnets
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import CLUSTER_SUBNETS, Limits
from eksnet.engine.profile import Profile
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.resource import subnet_resource
from eksnet.model.snapshot import Facet, Snapshot
from eksnet.network.routes import public, table_by_subnet

DISALLOWED = frozenset({"use1-az3", "usw1-az2", "cac1-az3"})  # EKS user guide, network-reqs
ORDINARY = "availability-zone"  # EC2 API: ZoneType; the others are local-zone, wavelength-zone


def _unseen(cluster: Cluster, subnet_id: str, api: str, message: str) -> Unseen:
    return Unseen(
        resource=subnet_resource(subnet_id),
        cluster=cluster.name,
        api=api,
        error="NotListed",
        message=message,
    )


def _not_listed(cluster: Cluster, subnet_id: str) -> Unseen:
    text = f"{subnet_id} is a cluster subnet, yet not among the subnets that EC2 listed"
    return _unseen(cluster, subnet_id, "ec2:DescribeSubnets", text)


@check(
    id="XEN013",
    title="No cluster subnet lies in a zone that EKS refuses",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS, Facet.SUBNETS},
    source=CLUSTER_SUBNETS,
    rules=(14,),
    since="0.1.0",
)
def allowed_zone(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """In three availability zones EKS puts no control plane: use1-az3, usw1-az2 and cac1-az3.

    These are zone ids; the zone's name differs from account to account. New clusters and subnet
    updates that name such a subnet are refused.

    **Passes** in any other zone. **Fails** in one of the three.

    **What to do.** List a subnet of another of the cluster's zones instead; nodes may stay there.
    """
    for cluster, subnet_id, subnet in cluster_subnets(snapshot):
        if subnet is None:
            yield _not_listed(cluster, subnet_id)
            continue
        refused = subnet.az_id in DISALLOWED
        text = f"in {subnet.az_id}, where EKS puts no control plane"
        yield (failed if refused else passed)(
            subnet_resource(subnet),
            text if refused else f"in {subnet.az_id}",
            cluster=cluster.name,
            positive=True,
            az_id=subnet.az_id,
        )


@check(
    id="XEN014",
    title="No cluster subnet lies at the edge",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS, Facet.SUBNETS, Facet.ZONES},
    source=CLUSTER_SUBNETS,
    rules=(15,),
    since="0.1.0",
)
def ordinary_zone(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Outposts, Wavelength Zones and Local Zones can hold nodes, but not a Region's control plane.

    A cluster subnet there can't take an x-ENI, so that the control plane runs with one zone less
    than the list suggests.

    **Passes** in an ordinary availability zone. **Fails** on an Outpost, in a Wavelength Zone or
    in a Local Zone. A local cluster, whose control plane is meant to run on an Outpost, fails
    here by intention: accept that finding.

    **What to do.** List subnets of the Region's availability zones only.
    """
    kinds = {zone.id: zone.kind for zone in snapshot.zones}
    for cluster, subnet_id, subnet in cluster_subnets(snapshot):
        if subnet is None:
            yield _not_listed(cluster, subnet_id)
            continue
        kind = "outpost" if subnet.outpost_arn else kinds.get(subnet.az_id)
        if kind is None:
            text = f"EC2 did not list the zone {subnet.az_id}"
            yield _unseen(cluster, subnet_id, "ec2:DescribeAvailabilityZones", text)
            continue
        ordinary = kind == ORDINARY
        where = f"{subnet.az_id}, an {kind}" if ordinary else f"{subnet.az_id}: {kind}"
        yield (passed if ordinary else failed)(
            subnet_resource(subnet),
            f"in {where}",
            cluster=cluster.name,
            positive=True,
            az_id=subnet.az_id,
            kind=kind,
        )


@check(
    id="XEN015",
    title="Cluster subnets are private",
    severity=Severity.LOW,
    needs={Facet.CLUSTERS, Facet.SUBNETS, Facet.ROUTE_TABLES},
    source=CLUSTER_SUBNETS,
    remedies=("cluster-subnets",),
    rules=(16,),
    since="0.1.0",
    profiles={Profile.SECURITY},
)
def private(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """AWS recommends private cluster subnets: the x-ENIs never need the internet.

    They have no public addresses, so that a public subnet does not expose them by itself; but it
    invites what does need one, load balancers and bastions, into the control plane's subnet.

    **Passes** where the subnet's route table leads to no internet gateway. **Fails** low where it
    does.

    **What to do.** List private subnets of the same zones with UpdateClusterConfig.
    """
    tables = table_by_subnet(snapshot)
    for cluster, subnet_id, subnet in cluster_subnets(snapshot):
        if subnet is None:
            yield _not_listed(cluster, subnet_id)
            continue
        table = tables.get(subnet_id)
        if table is None:
            text = f"EC2 listed no route table for {subnet_id}"
            yield _unseen(cluster, subnet_id, "ec2:DescribeRouteTables", text)
            continue
        exposed = public(table)
        text = f"{table.id} has {'a' if exposed else 'no'} route to an internet gateway"
        yield (failed if exposed else passed)(
            subnet_resource(subnet), text, cluster=cluster.name, route_table=table.id
        )
