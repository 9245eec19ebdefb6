"""Whether a VPC that holds a cluster can still grow."""

from collections.abc import Iterator

from eksnet.engine.check import Answer, Unseen, check, failed, not_listed, passed
from eksnet.engine.limits import Limits
from eksnet.model.finding import Severity
from eksnet.model.network import Vpc
from eksnet.model.resource import vpc_resource
from eksnet.model.snapshot import Blind, Facet, Resource, Snapshot, vpc_by_id
from eksnet.network.association import LARGEST, MAX_QUOTA, Rule
from eksnet.network.proposal import NoProposal, Proposal, live_blocks, propose

SMALLEST_USEFUL = 24  # 251 addresses: the smallest pod subnet that a zone of nodes fits in


@check(
    id="VPC003",
    title="The VPC of a cluster can be given another block",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.VPCS, Facet.ROUTE_TABLES, Facet.PEERINGS},
    source="https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html",
    rules=(126, 127, 128),
    since="0.1.0",
)
def secondary_block(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001 - none
    """When subnets run full, the way out is a secondary block; a VPC that can take none has none.

    EC2 accepts a block only if it is a /16 to a /28, overlaps neither the VPC nor an active peer,
    is not as large as a route's destination, and is permitted by the association table beside every
    block the VPC has. For nearly every VPC that leaves 100.64.0.0/10. The best-practices guide
    also names 198.19.0.0/16; the table restricts it for every VPC with an RFC 1918 block, so that
    it is never proposed here.

    **Passes** when a /16 to a /24 of 100.64.0.0/10 can be added, and says which; a smaller one
    than /16 is named only when nothing larger is left. **Fails** when none can, and names the rule:
    a peering request still pending, the association table, or no room. **Unknown** when the VPC has
    as many blocks as the default quota (five): whether it was raised is not read here; and for a
    VPC shared by another account, whose owner must add the block and alone sees its peerings.

    **What to do.** Accept or withdraw the pending peering; make room in 100.64.0.0/10 by removing
    stale routes or unused blocks; or raise the quota L-83CA0A9D, 50 at most.
    """
    vpcs = vpc_by_id(snapshot)
    for cluster in snapshot.clusters:
        vpc = vpcs.get(cluster.vpc_id)
        if vpc is None:
            missing = Resource(type="AWS::EC2::VPC", id=cluster.vpc_id)
            yield not_listed(missing, cluster.name, "ec2:DescribeVpcs")
            continue
        answer = _largest(snapshot, vpc)
        if isinstance(answer, Proposal):
            yield passed(
                vpc_resource(snapshot, vpc),
                f"{answer.cidr} can be added to {vpc.id}",
                cluster=cluster.name,
                cidrs=live_blocks(vpc),
                proposed=answer.cidr,
                warnings=answer.warnings,
            )
        else:
            yield _refused(snapshot, vpc, cluster.name, answer)


def _refused(snapshot: Snapshot, vpc: Vpc, cluster: str, answer: NoProposal) -> Answer:
    cidrs = live_blocks(vpc)
    unseen = answer.unseen
    if answer.rule == Rule.QUOTA and len(cidrs) < MAX_QUOTA:
        # The quota can be raised, and nothing that is collected tells whether it was.
        unseen = Blind(facet=Facet.VPCS, api="servicequotas:GetServiceQuota", error="NotRead")
    if unseen:
        return Unseen(
            resource=vpc_resource(snapshot, vpc),
            cluster=cluster,
            api=unseen.api,
            error=unseen.error,
            message=f"whether {vpc.id} can take another block is not known: {answer.reason}",
        )
    return failed(
        vpc_resource(snapshot, vpc),
        f"no block can be added to {vpc.id}: {answer.reason}",
        cluster=cluster,
        cidrs=cidrs,
        rule=answer.rule,
    )


def _largest(snapshot: Snapshot, vpc: Vpc) -> Proposal | NoProposal:
    """Return the largest block there is room for; what stops a /24 stops every larger one."""
    answer: Proposal | NoProposal = propose(snapshot, vpc.id, SMALLEST_USEFUL)
    if isinstance(answer, NoProposal):
        return answer
    for prefix in range(LARGEST, SMALLEST_USEFUL):
        larger = propose(snapshot, vpc.id, prefix)
        if isinstance(larger, Proposal):
            return larger
    return answer
