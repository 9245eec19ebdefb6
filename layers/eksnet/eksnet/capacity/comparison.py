"""Today and a scenario side by side: the subnets, the pods of a node, the verdicts.

Verdicts of the scenario rest on the addresses that are free today: nodes that run keep what they
hold until they are replaced, or ipamd gives some back.
"""

from collections.abc import Iterator, Mapping

from eksnet.capacity.ledger import SubnetLedger, ledger
from eksnet.capacity.node_need import WINDOWS, cluster_settings, most_pods
from eksnet.capacity.planned import PREFIX
from eksnet.capacity.usage import Usage, Use, seen_by_nodes, usage
from eksnet.capacity.verdict import Answer, group_types, verdict
from eksnet.capacity.whatif import Scenario, changed
from eksnet.cni.effective import pool_targets
from eksnet.cni.limits import limits
from eksnet.cni.max_pods import ipv6_max_pods
from eksnet.model.cluster import Cluster, NodeGroup
from eksnet.model.finding import Unread
from eksnet.model.record import record
from eksnet.model.snapshot import Snapshot, cluster_by_name, node_groups_by_cluster, subnet_by_id


@record
class SubnetChange:
    """One subnet. ``seen`` is what the clusters' nodes hold, None where it was not seen.

    ``today`` and ``then`` are what the model says of the same nodes, None where it says nothing;
    ``free_28`` are whole free blocks now, None where unknown. ``planned`` is not there yet.
    """

    subnet_id: str
    az_id: str
    cidr: str
    clusters: tuple[str, ...]
    planned: bool
    free_ips: int
    free_28: int | None
    seen: int | None
    today: Use | None
    then: Use | None

    @property
    def free_then(self) -> tuple[int, int] | None:
        """Return the free addresses once all nodes hold what the scenario says: least, most.

        Negative is what would be missing; None where it can't be told.
        """
        if self.seen is None or self.then is None:
            return None
        rest = self.free_ips + self.seen
        return rest - self.then.most.total, rest - self.then.least.total


@record
class PodsChange:
    """The recommended max-pods of a type of a node group, None where it is not known."""

    cluster: str
    node_group: str
    type_today: str
    pods_today: int | None
    type_then: str
    pods_then: int | None


@record
class AnswerChange:
    """One answer of the verdict; ``node_group`` is None for the control plane's."""

    cluster: str
    node_group: str | None
    question: str
    today: Answer
    then: Answer


@record
class Comparison:
    """A target today and under a scenario; ``unknown`` names clusters without figures, and why."""

    subnets: tuple[SubnetChange, ...]
    pods: tuple[PodsChange, ...]
    answers: tuple[AnswerChange, ...]
    unknown: Mapping[str, Unread]
    skipped: tuple[str, ...] = ()


def compare(snapshot: Snapshot, scenario: Scenario, minimum_free: int) -> Comparison:
    """Compare; ``minimum_free`` is what a cluster subnet must have free for an upgrade.

    Raises:
        InputError: the scenario can't be.
    """
    then = changed(snapshot, scenario)
    found = {
        each.name: (usage(snapshot, each), usage(then, each, scenario))
        for each in snapshot.clusters
    }
    unknown = {
        name: one
        for name, pair in sorted(found.items())
        for one in reversed(pair)
        if isinstance(one, Unread)
    }
    known = [use for pair in found.values() for use in pair if isinstance(use, Usage)]
    return Comparison(
        subnets=tuple(_subnets(then, found)),
        pods=tuple(_pods(snapshot, then)),
        answers=tuple(_answers(snapshot, then, minimum_free)),
        unknown=unknown,
        skipped=tuple(sorted({text for use in known for text in use.skipped})),
    )


Pair = tuple[Usage | Unread, Usage | Unread]


def _subnets(then: Snapshot, found: Mapping[str, Pair]) -> Iterator[SubnetChange]:
    users: dict[str, list[str]] = {}
    for name, pair in sorted(found.items()):
        for subnet_id in {s for use in pair if isinstance(use, Usage) for s in use.subnets}:
            users.setdefault(subnet_id, []).append(name)
    accounts = {one.subnet.id: one for one in ledger(then, users)}
    for subnet_id in sorted(users, key=lambda each: (_zone(then, each), each)):
        names = users[subnet_id]
        one = accounts[subnet_id]
        yield SubnetChange(
            subnet_id=subnet_id,
            az_id=one.subnet.az_id,
            cidr=one.subnet.cidr,
            clusters=tuple(names),
            planned=subnet_id.startswith(PREFIX),
            free_ips=one.subnet.free_ips,
            free_28=one.blocks.free if one.blocks else None,
            seen=_seen(one, names),
            today=_sum(subnet_id, [found[name][0] for name in names]),
            then=_sum(subnet_id, [found[name][1] for name in names]),
        )


def _zone(snapshot: Snapshot, subnet_id: str) -> tuple[str, str]:
    subnet = subnet_by_id(snapshot)[subnet_id]
    return subnet.vpc_id, subnet.az_id


def _seen(one: SubnetLedger, names: list[str]) -> int | None:
    return 0 if one.subnet.id.startswith(PREFIX) else seen_by_nodes(one, names)


def _sum(subnet_id: str, uses: list[Usage | Unread]) -> Use | None:
    total = Use()
    for each in uses:
        if isinstance(each, Unread):
            return None
        use = each.subnets.get(subnet_id, Use())
        total = total.plus(use.least, use.most)
    return total


def _pods(snapshot: Snapshot, then: Snapshot) -> Iterator[PodsChange]:
    after = {(each.cluster, each.name): each for each in then.node_groups}
    for name, cluster in sorted(cluster_by_name(snapshot).items()):
        groups = node_groups_by_cluster(snapshot).get(name, ())
        for group in sorted(groups, key=lambda each: each.name):
            later = after[name, group.name]
            types = group_types(snapshot, cluster, group)
            replaced = later.instance_types != group.instance_types
            for each in types:
                type_ = later.instance_types[0] if replaced else each
                yield PodsChange(
                    cluster=name,
                    node_group=group.name,
                    type_today=each,
                    pods_today=_most(snapshot, cluster, group, each),
                    type_then=type_,
                    pods_then=_most(then, cluster, later, type_),
                )


def _most(snapshot: Snapshot, cluster: Cluster, group: NodeGroup, type_: str) -> int | None:
    settings = cluster_settings(snapshot, cluster)
    limit = limits().get(type_)
    if isinstance(settings, Unread) or limit is None or group.ami_type.startswith(WINDOWS):
        return None
    answer = most_pods(limit, pool_targets(settings))
    return ipv6_max_pods(limit) if answer is None else answer.recommended


def _answers(snapshot: Snapshot, then: Snapshot, minimum_free: int) -> Iterator[AnswerChange]:
    for cluster in sorted(snapshot.clusters, key=lambda each: each.name):
        before, after = (verdict(each, cluster, minimum_free) for each in (snapshot, then))
        yield AnswerChange(
            cluster=cluster.name,
            node_group=None,
            question="upgrade",
            today=before.upgrade.answer,
            then=after.upgrade.answer,
        )
        later = {each.node_group: each for each in after.groups}
        for group in before.groups:
            for one in group.judgements:
                yield AnswerChange(
                    cluster=cluster.name,
                    node_group=group.node_group,
                    question=one.question,
                    today=one.answer,
                    then=later[group.node_group].answer(one.question).answer,
                )
