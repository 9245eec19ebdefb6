"""Whether the account may have the network interfaces that new nodes bring, in the Region.

Every node has at least one, and ipamd makes more. The quota counts all interfaces of the account
in the Region, whoever made them.
"""

import dataclasses
from collections.abc import Sequence

from eksnet.capacity.free_blocks import UNKNOWN
from eksnet.capacity.ledger import PARTIAL
from eksnet.capacity.node_need import NodeNeed
from eksnet.capacity.rolling import Judgement
from eksnet.cni.upgrade import Upgrade as Answer
from eksnet.model.finding import Unread
from eksnet.model.snapshot import Facet, Snapshot, derived, quota_by_id

QUOTA = "L-DF5E4CA3"  # network interfaces per Region: VPC user guide, amazon-vpc-limits
LIMIT_ERROR = "NetworkInterfaceLimitExceeded"  # EC2 API reference, error codes
HEALTH_CODE = "AsgInstanceLaunchFailures"  # EKS API reference, Issue


@derived
def interfaces_left(snapshot: Snapshot) -> int | Unread:
    """Return how many more interfaces the account may have, or why that is not known."""
    if snapshot.partial:
        return PARTIAL
    for blind in snapshot.blind([Facet.QUOTAS, Facet.NETWORK_INTERFACES]):
        if blind.cluster is None and blind.resource is None:
            return Unread(api=blind.api, error=blind.error)
    quota = quota_by_id(snapshot).get(QUOTA)
    if quota is None:
        return Unread(api="servicequotas:ListServiceQuotas", error="NotListed")
    account = snapshot.target.account_id
    used = sum(account in (eni.owner_id, UNKNOWN) for eni in snapshot.enis)
    return quota.value - used


def within_quota(
    judgements: Sequence[Judgement], need: NodeNeed, left: int | Unread
) -> tuple[Judgement, ...]:
    """Return the answers with the interface quota regarded; where it is not known, as they are."""
    if isinstance(left, Unread):
        return tuple(judgements)
    return tuple(_bounded(each, need, left) for each in judgements)


def _bounded(one: Judgement, need: NodeNeed, left: int) -> Judgement:
    nodes = one.nodes or 0
    least, most = nodes * need.least_enis, nodes * need.most_enis
    if most <= left or not nodes:
        return one
    answer, refused = one.answer, least > left
    if refused:
        answer = Answer.NO
    elif answer is Answer.YES:
        answer = Answer.AT_RISK
    said = (
        f"the account may have {max(left, 0):,} more network interfaces in the Region "
        f"({QUOTA}), the new nodes take {least:,} to {most:,}"
    )
    return dataclasses.replace(
        one,
        answer=answer,
        avoided_error=LIMIT_ERROR if refused else one.avoided_error or LIMIT_ERROR,
        health_code=HEALTH_CODE if refused else one.health_code or HEALTH_CODE,
        reasons=(said, *one.reasons) if refused else (*one.reasons, said),
    )
