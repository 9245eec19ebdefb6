"""The DNS attributes of the VPCs that hold clusters."""

from collections.abc import Iterator

from eksnet.engine.check import Answer, Unseen, check, failed, not_listed, passed
from eksnet.engine.limits import CLUSTER_SUBNETS, Limits
from eksnet.model.finding import Severity
from eksnet.model.network import Vpc
from eksnet.model.resource import vpc_resource
from eksnet.model.snapshot import Blind, Facet, Resource, Snapshot, vpc_by_id


@check(
    id="VPC001",
    title="The VPC of a cluster has DNS hostnames and DNS support",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS, Facet.VPCS},
    wants={Facet.VPC_ATTRIBUTES},
    source=CLUSTER_SUBNETS,
    rules=(18,),
    since="0.1.0",
)
def cluster_vpc_dns(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001 - none
    """Nodes register with the cluster only in a VPC that gives DNS hostnames and resolves them.

    A node is known to Kubernetes by its private DNS name, and a private endpoint is a name that
    only the VPC's own resolver knows. With `enableDnsSupport` off nothing in the VPC resolves
    either; with `enableDnsHostnames` off the names are not given out. Running nodes may go on for a
    while, and new ones do not join.

    **Passes** when both attributes of the cluster's VPC are on. **Fails** when either is off.
    **Unknown** when an attribute was not read.

    **What to do.** Turn both on (`aws ec2 modify-vpc-attribute`), DNS support first: it takes
    effect at once and interrupts nothing. The VPC's DHCP options must also name a resolver that
    knows these names, as AmazonProvidedDNS does.
    """
    vpcs = vpc_by_id(snapshot)
    for cluster in snapshot.clusters:
        vpc = vpcs.get(cluster.vpc_id)
        if vpc is None:
            missing = Resource(type="AWS::EC2::VPC", id=cluster.vpc_id)
            yield not_listed(missing, cluster.name, "ec2:DescribeVpcs")
            continue
        yield _judged(snapshot, vpc, cluster.name)


def _judged(snapshot: Snapshot, vpc: Vpc, cluster: str) -> Answer:
    resource = vpc_resource(snapshot, vpc)
    attributes = {"enableDnsSupport": vpc.dns_support, "enableDnsHostnames": vpc.dns_hostnames}
    off = [name for name, value in attributes.items() if value is False]
    unread = [name for name, value in attributes.items() if value is None]
    if off:
        text = f"{' and '.join(off)} off in {vpc.id}: nodes can't register"
        return failed(resource, text, cluster=cluster, positive=True, off=off)
    if unread:
        why = _blind(snapshot, resource)
        return Unseen(
            resource=resource,
            cluster=cluster,
            api=why.api if why else "ec2:DescribeVpcAttribute",
            error=why.error if why else "NotRead",
            message=f"{' and '.join(unread)} of {vpc.id} could not be read",
        )
    return passed(resource, f"both on in {vpc.id}", cluster=cluster, positive=True)


def _blind(snapshot: Snapshot, resource: Resource) -> Blind | None:
    """Return what kept the attributes of one VPC from being read."""
    blinds = snapshot.blind({Facet.VPC_ATTRIBUTES})
    mine = (each for each in blinds if each.resource is None or each.resource.id == resource.id)
    return min(mine, key=lambda each: (each.api, each.error), default=None)
