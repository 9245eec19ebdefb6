"""Whether a VPC that holds a cluster can still grow."""

from collections.abc import Iterator

from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.network import Vpc
from eksnet.model.resource import vpc_resource
from eksnet.model.snapshot import Facet, Snapshot, vpc_by_id
from eksnet.network.association import LARGEST, MAX_QUOTA, Rule
from eksnet.network.proposal import NoProposal, Proposal, live_blocks, propose

SMALLEST_USEFUL = 24  # 251 addresses: the smallest pod subnet that a zone of nodes fits in


@check(
    id="VPC003",
    title="The VPC of a cluster can be given another block",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.VPCS, Facet.ROUTE_TABLES, Facet.PEERINGS},
    source="https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html",
    rules=(126,),
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
    as many blocks as the default quota (five): whether it was raised is not read here.

    **What to do.** Accept or withdraw the pending peering; make room in 100.64.0.0/10 by removing
    stale routes or unused blocks; or raise the quota L-83CA0A9D, 50 at most.
    """
    vpcs = vpc_by_id(snapshot)
    for cluster in snapshot.clusters:
        vpc = vpcs.get(cluster.vpc_id)
        if vpc is None:
            yield _unseen(
                snapshot, cluster, cluster.vpc_id, "ec2:DescribeVpcs", "NotShown", "not shown"
            )
        else:
            yield _judged(snapshot, cluster, vpc)


def _judged(snapshot: Snapshot, cluster: Cluster, vpc: Vpc) -> Answer:
    answer = _largest(snapshot, vpc)
    resource, cidrs = vpc_resource(snapshot, vpc), live_blocks(vpc)
    if isinstance(answer, Proposal):
        return passed(
            resource,
            f"{answer.cidr} can be added to {vpc.id}",
            cluster=cluster.name,
            cidrs=cidrs,
            proposed=answer.cidr,
            warnings=answer.warnings,
        )
    if answer.unseen:
        api, error = answer.unseen.api, answer.unseen.error
        return _unseen(snapshot, cluster, vpc, api, error, answer.reason)
    if answer.rule == Rule.QUOTA and len(cidrs) < MAX_QUOTA:
        api, error = "servicequotas:GetServiceQuota", "NotRead"
        return _unseen(snapshot, cluster, vpc, api, error, f"{answer.reason}, unless raised")
    return failed(
        resource,
        f"no block can be added to {vpc.id}: {answer.reason}",
        cluster=cluster.name,
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


def _unseen(  # noqa: PLR0913 - the parts of an unknown
    snapshot: Snapshot, cluster: Cluster, vpc: str | Vpc, api: str, error: str, why: str
) -> Unseen:
    return Unseen(
        resource=vpc_resource(snapshot, vpc),
        cluster=cluster.name,
        api=api,
        error=error,
        message=f"whether a block can be added is not known: {why}",
    )
