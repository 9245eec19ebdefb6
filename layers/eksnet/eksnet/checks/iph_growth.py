"""Whether node groups can roll, surge and grow, and whether the subnets are sized for it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eksnet.capacity.ledger import NEEDS as LEDGER
from eksnet.capacity.node_types import GOING, NOT_IN_TABLE
from eksnet.capacity.rolling import Judgement, Question
from eksnet.capacity.sizing import demands, subnets_for_nodes
from eksnet.capacity.verdict import Answer as Can
from eksnet.capacity.verdict import GroupVerdict, group_verdict
from eksnet.engine.check import Answer, Unseen, check, failed, not_listed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster, NodeGroup
from eksnet.model.finding import Severity, Unread, counted
from eksnet.model.resource import cluster_resource, node_group_resource, subnet_resource
from eksnet.model.snapshot import (
    Resource,
    Snapshot,
    derived,
    node_groups_by_cluster,
    subnet_by_id,
)

UPDATES = "https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html"
IP_GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/ip-opt.html"
NOT_LISTED = Unread(api="ec2:DescribeSubnets", error="NotListed")


@check(
    id="IPH005",
    title="Node groups find addresses for an update",
    severity=Severity.HIGH,
    needs=LEDGER,
    source=UPDATES,
    rules=(29,),
    since="0.2.0",
)
def room_to_roll(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001 - none
    """An update adds nodes before it takes old ones away, and each takes its warm addresses.

    EKS adds the larger of the maximum unavailable and twice the group's zones; at least one node
    must become ready in each zone. What a new node takes follows from the add-on's settings, the
    largest of the group's types and the subnets' mode; in prefix mode it is whole /28 blocks.

    **Passes** when the subnets have room for all of them, each full of pods. **Fails** high when a
    zone can't take even one node without pods, medium when not all nodes of the surge fit without
    pods, low when they fit only without pods. **Unknown** where the settings, the subnets or the
    types can't be seen. A group that is being deleted is not judged.

    **What to do.** Free addresses in the subnet that is named (`eksnet ips` lists what can be given
    back), or make a new node group in roomier subnets. `eksnet verdict` shows the figures.
    """
    for cluster, group, told in _groups(snapshot):
        roll, surge = told.answer(Question.ROLL), told.answer(Question.SURGE)
        if roll.answer is Can.NO:
            yield _short(cluster, group, told, roll, Severity.HIGH)
        elif surge.answer is Can.NO:
            yield _short(cluster, group, told, surge, Severity.MEDIUM)
        else:
            yield _rest(cluster, group, told, (roll, surge))


@check(
    id="IPH006",
    title="Node groups find addresses up to their maximum size",
    severity=Severity.MEDIUM,
    needs=LEDGER,
    source=IP_GUIDE,
    rules=(28, 29),
    since="0.2.0",
)
def room_to_grow(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001 - none
    """A maximum size that the subnets can't hold is found out under load, by pods that don't start.

    Each group is judged by itself, with the addresses that are free now: where two groups share a
    subnet, both may be told that there is room for one.

    **Passes** when the subnets have room for the group's maximum size, its nodes full of pods.
    **Fails** medium when the nodes don't even fit without pods, low when they fit only without
    pods. **Unknown** where the settings, the subnets or the types can't be seen.

    **What to do.** Lower the maximum size to what fits, or give the group subnets with more room.
    """
    for cluster, group, told in _groups(snapshot):
        most = told.answer(Question.MAXIMUM)
        if most.answer is Can.NO:
            yield _short(cluster, group, told, most, Severity.MEDIUM)
        else:
            yield _rest(cluster, group, told, (most,))


def _groups(snapshot: Snapshot) -> Iterator[tuple[Cluster, NodeGroup, GroupVerdict]]:
    for cluster in snapshot.clusters:
        for group in _staying(snapshot, cluster):
            yield cluster, group, _verdicts(snapshot)[cluster.name, group.name]


@derived
def _verdicts(snapshot: Snapshot) -> Mapping[tuple[str, str], GroupVerdict]:
    """Return what is said of each node group, by the names of its cluster and its own."""
    return {
        (cluster.name, group.name): group_verdict(snapshot, cluster, group)
        for cluster in snapshot.clusters
        for group in _staying(snapshot, cluster)
    }


def _staying(snapshot: Snapshot, cluster: Cluster) -> list[NodeGroup]:
    """Return the node groups by name; one that is being deleted gets no more nodes."""
    groups = node_groups_by_cluster(snapshot).get(cluster.name, ())
    return sorted((g for g in groups if g.status != GOING), key=lambda each: each.name)


def _short(
    cluster: Cluster, group: NodeGroup, told: GroupVerdict, one: Judgement, severity: Severity
) -> Answer:
    text = (one.reasons or told.reasons or ("no room",))[0]
    return failed(
        node_group_resource(group),
        text,
        cluster=cluster.name,
        severity=severity,
        **_seen(told, one),
    )


def _rest(
    cluster: Cluster, group: NodeGroup, told: GroupVerdict, asked: Sequence[Judgement]
) -> Answer:
    resource = node_group_resource(group)
    for one in asked:
        if one.answer is Can.UNKNOWN:
            why = next((zone.unseen for zone in one.zones if zone.unseen), NOT_IN_TABLE)
            text = (one.reasons or told.reasons or ("not known",))[0]
            return _unseen(resource, cluster, why, f"whether there is room was not seen: {text}")
    for one in asked:
        if one.answer is Can.AT_RISK:
            return _short(cluster, group, told, one, Severity.LOW)
    nodes = max(one.nodes or 0 for one in asked)
    text = f"room for {counted(nodes, 'new node')}"
    return passed(resource, text, cluster=cluster.name, **_seen(told, asked[-1]))


def _seen(told: GroupVerdict, one: Judgement) -> dict[str, Any]:
    need, tight = told.need, one.binding
    return {
        "question": str(one.question),
        "new_nodes": one.nodes,
        "instance_type": need.instance_type if need else None,
        "addresses_empty": need.least.total if need else None,
        "addresses_full": need.most.total if need else None,
        "subnet": tight.subnet_id if tight else None,
        "available": tight.available if tight else None,
        "needed": tight.needed if tight else None,
        "avoided_error": one.avoided_error,
    }


@check(
    id="IPH007",
    title="The subnets are sized for every node group at its maximum",
    severity=Severity.LOW,
    needs=LEDGER,
    source=IP_GUIDE,
    rules=(28,),
    since="0.2.0",
)
def sized_for_growth(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001 - none
    """A subnet's size can't be changed: what it must hold one day decides it at the start.

    The best-practices guide calls a /19 a zone, over 8,000 addresses, suitable for most workloads.
    Here the sizes of all node and pod subnets are held against every managed node group at its
    maximum size, each node full of pods under the add-on's settings: its own interface must find
    room in the node subnets, and with custom networking the pods in theirs.

    **Passes** when the usable addresses suffice. **Fails**, low, when they don't. **Unknown** where
    the settings or types can't be seen, where others size the pool, and for a subnet that is not
    listed. Clusters without managed node groups have no maximum and are not judged.

    **What to do.** Add pod subnets from another block (VPC003 names one), a /19 a zone where there
    is room, before the groups grow.
    """
    for cluster in snapshot.clusters:
        groups = _staying(snapshot, cluster)
        listed = subnet_by_id(snapshot)
        wanted = set(subnets_for_nodes(snapshot, cluster)) if groups else set[str]()
        lost = sorted(wanted.difference(listed))
        for subnet_id in lost:
            yield not_listed(subnet_resource(subnet_id), cluster.name, "ec2:DescribeSubnets")
        if groups:
            yield _sized(snapshot, cluster, groups, whole=not lost)


def _sized(
    snapshot: Snapshot, cluster: Cluster, groups: Sequence[NodeGroup], *, whole: bool
) -> Answer:
    """Answer of a cluster; unless its subnets were listed ``whole``, too small is unknown."""
    resource = cluster_resource(snapshot, cluster)
    found = demands(snapshot, cluster, groups)
    if isinstance(found, Unread):
        return _unseen(resource, cluster, found, "what its nodes take at most is not known")
    worst = next((each for each in found if not each.met), found[0])
    nodes = sum(group.max_size for group in groups)
    text = (
        f"{counted(nodes, 'node')} at most take {worst.needed:,} addresses{worst.what}, "
        f"{counted(len(worst.subnet_ids), 'subnet')} can give {worst.usable:,}"
    )
    if not (worst.met or whole):
        return _unseen(resource, cluster, NOT_LISTED, f"{text}, others are not listed")
    answer = passed if worst.met else failed
    return answer(
        resource,
        text,
        cluster=cluster.name,
        nodes=nodes,
        needed=worst.needed,
        usable=worst.usable,
        subnets=list(worst.subnet_ids),
    )


def _unseen(resource: Resource, cluster: Cluster, why: Unread, text: str) -> Unseen:
    return Unseen(
        resource=resource, cluster=cluster.name, api=why.api, error=why.error, message=text
    )
