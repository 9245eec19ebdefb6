"""The block that Docker takes for itself, in VPCs that hold clusters."""

from collections.abc import Iterator

from eksnet.engine.check import Answer, check, failed, not_listed, passed
from eksnet.engine.limits import Limits
from eksnet.model.finding import Severity
from eksnet.model.resource import vpc_resource
from eksnet.model.snapshot import Facet, Resource, Snapshot, vpc_by_id
from eksnet.network.association import DOCKER
from eksnet.network.cidr import block
from eksnet.network.proposal import live_blocks


@check(
    id="VPC002",
    title="The VPC of a cluster stays out of 172.17.0.0/16",
    severity=Severity.LOW,
    needs={Facet.CLUSTERS, Facet.VPCS},
    source="https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html",
    rules=(46,),
    since="0.1.0",
)
def docker_range(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001 - none
    """Some AWS services and Docker's default bridge use 172.17.0.0/16 themselves.

    A host with `docker0` on 172.17.0.0/16 sends packets for that range to its own bridge, so that
    pods or nodes with such addresses can't be reached from it. Cloud9 and SageMaker AI do the same;
    the VPC user guide advises against the range for this reason.

    **Passes** when no block of the cluster's VPC overlaps it. **Fails**, low, when one does.

    **What to do.** Put new node and pod subnets into another block (VPC003 tells whether one can be
    added), since a VPC's primary block can't be changed. Don't route to this one from hosts that
    run Docker with its default settings.
    """
    vpcs = vpc_by_id(snapshot)
    for cluster in snapshot.clusters:
        vpc = vpcs.get(cluster.vpc_id)
        if vpc is None:
            missing = Resource(type="AWS::EC2::VPC", id=cluster.vpc_id)
            yield not_listed(missing, cluster.name, "ec2:DescribeVpcs")
            continue
        cidrs = live_blocks(vpc)
        inside = [text for text in cidrs if block(text).overlaps(DOCKER)]
        judge, text = (
            (failed, f"{', '.join(inside)} of {vpc.id} overlaps {DOCKER}")
            if inside
            else (passed, f"no block of {vpc.id} overlaps {DOCKER}")
        )
        yield judge(
            vpc_resource(snapshot, vpc), text, cluster=cluster.name, positive=True, cidrs=cidrs
        )
