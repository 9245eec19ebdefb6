"""The cluster security group: whether it still lets through what EKS made it for."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from eksnet.engine.check import Answer, Unseen, check, failed, not_listed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread
from eksnet.model.network import SecurityGroup
from eksnet.model.record import record
from eksnet.model.resource import security_group_resource
from eksnet.model.snapshot import (
    Facet,
    Resource,
    Snapshot,
    derived,
    grouped,
    security_group_by_id,
    subnet_by_id,
)
from eksnet.network.filters import Decision, Passage, Side, through_groups
from eksnet.network.pieces import Piece, ports_text, span
from eksnet.network.trace import Traffic
from eksnet.network.walk import NO_SUBNET, home_blocks

MINIMUM = (  # EKS user guide, sec-group-reqs: what a restricted group must still let out to itself
    Traffic(protocol="tcp", low=443, high=443),
    Traffic(protocol="tcp", low=10250, high=10250),
    Traffic(protocol="tcp", low=53, high=53),
    Traffic(protocol="udp", low=53, high=53),
)
NO_VPC = Unread(api="ec2:DescribeVpcs", error="NotListed")
ALL = tuple(Traffic(protocol=each, low=1, high=65535) for each in ("tcp", "udp"))


@record
class Gap:
    """What the group does not let through to or from itself, one decision of it."""

    egress: bool
    traffic: Traffic
    decision: Decision

    def __str__(self) -> str:
        piece = self.decision.piece
        what = f"{self.traffic.protocol} {ports_text(piece.low, piece.high)}"
        return f"{what} {'out to' if self.egress else 'in from'} itself"


@check(
    id="SGR006",
    title="The cluster security group keeps its minimum rules",
    severity=Severity.HIGH,
    needs={
        Facet.CLUSTERS,
        Facet.VPCS,
        Facet.SUBNETS,
        Facet.NETWORK_INTERFACES,
        Facet.SECURITY_GROUPS,
    },
    source="https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html",
    rules=(194,),
    since="0.2.0",
)
def cluster_group_minimum(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """EKS makes the cluster security group so that control plane and nodes reach each other by it.

    It admits all traffic from itself and lets everything out. Who restricts it must keep TCP 443
    for the API server, TCP 10250 for the kubelets, and TCP and UDP 53 for DNS.

    **Passes** where all TCP and UDP ports come in from the group itself and those four go out to
    it, by group or by blocks that hold every subnet in which an interface carries the group, the
    whole VPC while none does. **Fails** high where one of the four is
    missing in either direction, medium where only other ports don't come in. Where a prefix list
    would tell, it is unknown. A cluster that has no cluster security group is not judged.

    **What to do.** Add the rules that the message names, with the group itself as the other end.
    Where nodes carry only groups of their own, theirs must allow the same.
    """
    for cluster in snapshot.clusters:
        group_id = cluster.cluster_security_group_id
        if group_id is None:
            continue
        group = security_group_by_id(snapshot).get(group_id)
        if group is None:
            resource = Resource(type="AWS::EC2::SecurityGroup", id=group_id)
            yield not_listed(resource, cluster.name, "ec2:DescribeSecurityGroups")
            continue
        yield _judge(snapshot, cluster, group)


def _judge(snapshot: Snapshot, cluster: Cluster, group: SecurityGroup) -> Answer:
    resource = security_group_resource(snapshot, group)
    ipv6 = cluster.ip_family == "ipv6"
    home = _home(snapshot, cluster, group, ipv6=ipv6)
    if isinstance(home, Unread):
        text = f"{home.api} does not show where {group.id} is carried"
        return _unseen(resource, cluster, home, text)
    gaps = [
        *_gaps(group, home, MINIMUM, ipv6=ipv6, egress=True),
        *_gaps(group, home, ALL, ipv6=ipv6, egress=False),
    ]
    closed = [each for each in gaps if each.decision.passage is Passage.DENIED]
    missing = list(dict.fromkeys(map(str, closed)))
    seen: dict[str, Any] = {"missing": missing}
    if missing:
        return failed(
            resource,
            f"does not let through {', '.join(missing)}",
            cluster=cluster.name,
            severity=Severity.HIGH if any(map(_vital, closed)) else Severity.MEDIUM,
            **seen,
        )
    unread = next((each.decision.unread for each in gaps if each.decision.unread), None)
    if unread:
        return _unseen(resource, cluster, unread, f"a prefix list decides about {gaps[0]}")
    text = "all comes in from itself, and 443, 10250 and 53 go out to itself"
    return passed(resource, text, cluster=cluster.name, **seen)


def _unseen(resource: Resource, cluster: Cluster, why: Unread, text: str) -> Unseen:
    return Unseen(
        resource=resource, cluster=cluster.name, api=why.api, error=why.error, message=text
    )


@derived
def _subnet_ids(snapshot: Snapshot) -> Mapping[str, tuple[str, ...]]:
    """Return the subnets in which interfaces carry each group."""
    pairs = {(group, eni.subnet_id) for eni in snapshot.enis for group in eni.groups}
    by_group = grouped(sorted(pairs), lambda pair: pair[0])
    return {group: tuple(subnet_id for _, subnet_id in found) for group, found in by_group.items()}


def _home(
    snapshot: Snapshot, cluster: Cluster, group: SecurityGroup, *, ipv6: bool
) -> tuple[str, ...] | Unread:
    """Return the blocks of the subnets in which the group is carried, else the VPC's."""
    listed, found = subnet_by_id(snapshot), list[str]()
    for subnet_id in _subnet_ids(snapshot).get(group.id, ()):
        if subnet_id not in listed:
            return NO_SUBNET
        subnet = listed[subnet_id]
        found += subnet.ipv6_cidrs if ipv6 else filter(None, [subnet.cidr])
    return tuple(found) or home_blocks(snapshot, cluster.vpc_id, ipv6=ipv6) or NO_VPC


def _vital(gap: Gap) -> bool:
    """Tell whether the gap holds a port of the minimum."""
    low, high = gap.decision.piece.low, gap.decision.piece.high
    return any(
        each.protocol == gap.traffic.protocol and low <= each.low <= high for each in MINIMUM
    )


def _gaps(
    group: SecurityGroup,
    home: Iterable[str],
    asked: Iterable[Traffic],
    *,
    ipv6: bool,
    egress: bool,
) -> Iterator[Gap]:
    """Yield what does not certainly pass from the group to itself."""
    blocks = tuple(span(each) for each in home)
    itself = frozenset({group.id})
    for each in asked:
        pieces = tuple(Piece(*block, each.low, each.high) for block in blocks)
        side = Side(groups=itself, ipv6=ipv6)
        for decision in through_groups(
            {group.id: group}, itself, pieces, each.protocol, side, egress=egress
        ):
            if decision.passage is not Passage.ALLOWED:
                yield Gap(egress=egress, traffic=each, decision=decision)
