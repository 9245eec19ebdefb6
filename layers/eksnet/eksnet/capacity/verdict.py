"""The verdict: can a cluster upgrade now, can its node groups roll, surge, reach their maximum.

The control plane's answer is that of ``cni.upgrade``; a node group's follows from what one new
node takes (``node_need``) and from what its subnets have left (``rolling``).
"""

from collections.abc import Iterable, Iterator

from eksnet.capacity.interfaces import interfaces_left, within_quota
from eksnet.capacity.ledger import NEEDS
from eksnet.capacity.node_need import (
    CUSTOM_AMI,
    WINDOWS,
    NodeNeed,
    cluster_settings,
    node_need,
    provisioning_off,
    refusal,
)
from eksnet.capacity.places import group_nodes, missing_subnets, zones
from eksnet.capacity.rolling import Judgement, Question, judge
from eksnet.cni.effective import Effective
from eksnet.cni.membership import NODE_GROUP_TAG, nodes_by_cluster
from eksnet.cni.sight import hidden
from eksnet.cni.upgrade import Upgrade as Answer
from eksnet.cni.upgrade import UpgradeVerdict, upgrade_verdict
from eksnet.model.cluster import Cluster, NodeGroup
from eksnet.model.finding import Unread
from eksnet.model.record import record
from eksnet.model.snapshot import Facet, Snapshot, node_groups_by_cluster

__all__ = ["NEEDS", "Answer", "ClusterVerdict", "GroupVerdict", "verdict"]
NOT_READY = "NodeCreationFailure"  # EKS API reference, Issue: nodes that do not become ready


@record
class GroupVerdict:
    """The answers for one node group.

    ``need`` is what a new node of the worst of ``instance_types`` takes, None where it is not
    known; ``reasons`` tell why, and what the figures rest on.
    """

    cluster: str
    node_group: str
    instance_types: tuple[str, ...]
    need: NodeNeed | None
    judgements: tuple[Judgement, ...]
    reasons: tuple[str, ...] = ()

    def answer(self, question: Question) -> Judgement:
        """Return the answer to one question."""
        return next(each for each in self.judgements if each.question is question)


@record
class ClusterVerdict:
    """The answers for one cluster; ``unseen`` tells why its node groups are not all here.

    ``other_nodes`` counts the nodes of no managed node group, which nothing here judges.
    ``quota_unseen`` tells why the quota of network interfaces is not regarded.
    """

    upgrade: UpgradeVerdict
    groups: tuple[GroupVerdict, ...]
    other_nodes: int = 0
    unseen: Unread | None = None
    quota_unseen: Unread | None = None

    @property
    def answers(self) -> frozenset[Answer]:
        """Return every answer that was given."""
        groups = {each.answer for group in self.groups for each in group.judgements}
        return frozenset({self.upgrade.answer, *groups, *([Answer.UNKNOWN] if self.unseen else [])})


def verdict(snapshot: Snapshot, cluster: Cluster, minimum_free: int) -> ClusterVerdict:
    """Judge a cluster; ``minimum_free`` is what a cluster subnet must have free for an upgrade."""
    blind = hidden(snapshot, [Facet.NODE_GROUPS], cluster.name)
    groups = node_groups_by_cluster(snapshot).get(cluster.name, ())
    left = interfaces_left(snapshot)
    return ClusterVerdict(
        upgrade=upgrade_verdict(snapshot, cluster, minimum_free),
        groups=tuple(
            group_verdict(snapshot, cluster, each) for each in sorted(groups, key=lambda g: g.name)
        ),
        other_nodes=sum(
            NODE_GROUP_TAG not in each.tags
            for each in nodes_by_cluster(snapshot).get(cluster.name, ())
        ),
        unseen=Unread(api=blind.api, error=blind.error) if blind else None,
        quota_unseen=left if isinstance(left, Unread) else None,
    )


def group_verdict(snapshot: Snapshot, cluster: Cluster, group: NodeGroup) -> GroupVerdict:
    """Judge a node group by itself, with the addresses that are free now."""
    types = group_types(snapshot, cluster, group)
    if group.ami_type.startswith(WINDOWS):
        text = "Windows nodes take addresses through the VPC resource controller, not modelled here"
        return _same(group, types, Answer.UNKNOWN, text)
    settings = cluster_settings(snapshot, cluster)
    if isinstance(settings, Unread):
        return _same(group, types, Answer.UNKNOWN, _unread("the VPC CNI's settings", settings))
    refused = refusal(settings, types)
    if refused:
        return _same(group, types, Answer.NO, refused, NOT_READY)
    off = provisioning_off(settings)
    if off:
        text = f"{off}=true: others size the pool, no model tells what a node takes"
        return _same(group, types, Answer.UNKNOWN, text)
    return _judged(snapshot, cluster, group, types, settings)


def _judged(
    snapshot: Snapshot,
    cluster: Cluster,
    group: NodeGroup,
    types: tuple[str, ...],
    settings: Effective,
) -> GroupVerdict:
    if not types:
        text = "its launch template names the instance type, and no node of it was seen"
        return _same(group, types, Answer.UNKNOWN, text)
    gone = missing_subnets(snapshot, cluster, group)
    if gone:
        return _same(group, types, Answer.UNKNOWN, f"EC2 does not list {', '.join(gone)}")
    found = zones(snapshot, cluster, group, settings)
    if isinstance(found, Unread):
        return _same(group, types, Answer.UNKNOWN, _unread("its subnets", found))
    custom = group.ami_type == CUSTOM_AMI
    opened = all(each.open for each in found)
    needs = [node_need(settings, each, custom_ami=custom, primary=opened) for each in types]
    known = [each for each in needs if each is not None]
    if len(known) < len(needs):
        unknown = ", ".join(t for t, need in zip(types, needs, strict=True) if need is None)
        text = f"the limits of {unknown} are not known"
        return _same(group, types, Answer.UNKNOWN, text)
    worst = max(known, key=lambda each: (each.most.total, each.least.total, each.instance_type))
    return GroupVerdict(
        cluster=cluster.name,
        node_group=group.name,
        instance_types=types,
        need=worst,
        judgements=within_quota(judge(group, found, worst), worst, interfaces_left(snapshot)),
        reasons=(*_notes(group, types, worst), *_unseen_nodes(snapshot, cluster, group)),
    )


def _notes(group: NodeGroup, types: Iterable[str], worst: NodeNeed) -> Iterator[str]:
    if not group.instance_types:
        yield "its launch template names the instance type: that of the nodes seen is taken"
    others = sorted(set(types) - {worst.instance_type})
    if others:
        yield f"{worst.instance_type} takes most; the group may get {', '.join(others)} too"
    if worst.pending:
        yield (
            f"with these settings {worst.pending} of the {worst.max_pods} pods of a full node "
            "get no address, however many are free"
        )
    if worst.max_pods is None:
        yield "max-pods is not known: a full node is taken to fill all its interfaces"


def _unseen_nodes(snapshot: Snapshot, cluster: Cluster, group: NodeGroup) -> Iterator[str]:
    if group_nodes(snapshot, cluster, group) is None:
        yield "its nodes were not seen: as many as desired are taken to be there, evenly spread"


def group_types(snapshot: Snapshot, cluster: Cluster, group: NodeGroup) -> tuple[str, ...]:
    """Return the group's instance types; those of its nodes where a launch template names them."""
    if group.instance_types:
        return tuple(sorted(set(group.instance_types)))
    return tuple(sorted({each.type for each in group_nodes(snapshot, cluster, group) or ()}))


def _unread(what: str, unseen: Unread) -> str:
    return f"{what} are not known: {unseen.api} answered {unseen.error}"


def _same(
    group: NodeGroup, types: tuple[str, ...], answer: Answer, reason: str, code: str | None = None
) -> GroupVerdict:
    """Return the same answer to every question."""
    return GroupVerdict(
        cluster=group.cluster,
        node_group=group.name,
        instance_types=types,
        need=None,
        judgements=tuple(
            Judgement(question=each, answer=answer, nodes=None, health_code=code)
            for each in Question
        ),
        reasons=(reason,),
    )
