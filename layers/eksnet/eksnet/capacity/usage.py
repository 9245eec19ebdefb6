"""What the nodes that exist hold of each subnet: as seen, and as the model says, least to most.

AWS does not tell how many pods a node runs, so that the model has a range: no pods at all, or as
many as the kubelet takes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from eksnet.capacity.ledger import SubnetLedger
from eksnet.capacity.node_need import (
    WINDOWS,
    Need,
    NodeNeed,
    cluster_settings,
    node_need,
    provisioning_off,
    refusal,
)
from eksnet.capacity.owners import Owner
from eksnet.capacity.places import pod_choices
from eksnet.capacity.whatif import Scenario
from eksnet.cni.branch import cni_nodes
from eksnet.cni.effective import Effective
from eksnet.cni.membership import NODE_GROUP_TAG
from eksnet.cni.podsubnets import CUSTOM_NETWORKING
from eksnet.cni.sight import hidden
from eksnet.model.cluster import Cluster, NodeGroup
from eksnet.model.finding import Unread
from eksnet.model.network import Instance
from eksnet.model.record import record
from eksnet.model.snapshot import Facet, Snapshot, node_groups_by_cluster, subnet_by_id

NODE_OWNERS = (Owner.NODE_PRIMARY, Owner.POD_POOL, Owner.PREFIX, Owner.TRUNK, Owner.BRANCH)
Nodes = Counter[tuple[str, str]]  # how many nodes of each type each subnet has


@record
class Use:
    """What nodes hold of one subnet by the model: ``least`` without pods, ``most`` full of them."""

    least: Need = Need()
    most: Need = Need()

    def plus(self, least: Need, most: Need) -> "Use":
        """Return both together."""
        return Use(least=self.least.plus(least), most=self.most.plus(most))


@record
class Usage:
    """A cluster's nodes by subnet; ``nodes`` counts those in the figures.

    ``skipped`` tells which nodes are not in them, and why.
    """

    subnets: Mapping[str, Use]
    nodes: int
    skipped: tuple[str, ...] = ()


def seen_by_nodes(one: SubnetLedger, clusters: Iterable[str]) -> int | None:
    """Return the addresses that nodes of these clusters hold; None where they were not seen."""
    if one.shares is None:
        return None
    wanted = frozenset(clusters)
    return sum(
        share.owners.get(owner, 0)
        for share in one.shares
        if share.cluster in wanted
        for owner in NODE_OWNERS
    )


def usage(snapshot: Snapshot, cluster: Cluster, scenario: Scenario | None = None) -> Usage | Unread:
    """Return what the nodes of a cluster hold by the model, or why nothing can be said.

    ``scenario`` gives the sizes of node groups; without it the nodes seen are counted.
    """
    settings = cluster_settings(snapshot, cluster)
    if isinstance(settings, Unread):
        return settings
    blind = hidden(snapshot, [Facet.INSTANCES, Facet.SUBNETS], cluster.name)
    if blind:
        return Unread(api=blind.api, error=blind.error)
    if refusal(settings):
        return Unread(api="ipamd", error="DoesNotStart")
    if provisioning_off(settings):
        return Unread(api="ipamd", error="ProvisioningOff")
    nodes, skipped = _nodes(snapshot, cluster, scenario)
    return _held(snapshot, cluster, settings, nodes, skipped)


def _held(
    snapshot: Snapshot, cluster: Cluster, settings: Effective, nodes: Nodes, skipped: list[str]
) -> Usage | Unread:
    listed = subnet_by_id(snapshot)
    custom = settings.flag(CUSTOM_NETWORKING)
    found: dict[str, Use] = {}
    for (subnet_id, type_), count in sorted(nodes.items()):
        if subnet_id not in listed:
            return Unread(api="ec2:DescribeSubnets", error="NotListed")
        choices = pod_choices(snapshot, cluster, settings, listed[subnet_id])
        if isinstance(choices, Unread):
            return choices
        closed = all(listed[subnet_id] not in choice for choice in choices)
        need = node_need(settings, type_, primary=custom or not closed)
        if need is None:
            skipped.append(f"the limits of {type_} are not known ({count} of the nodes)")
            continue
        pods = choices[0][0].id if closed and choices[0] else subnet_id
        if closed and len(choices) > 1:
            skipped.append(
                f"which pod subnet nodes in {subnet_id} use is not known: {pods} is taken"
            )
        _add(found, subnet_id, pods, need, count)
    return Usage(subnets=found, nodes=sum(nodes.values()), skipped=tuple(skipped))


def _add(found: dict[str, Use], own: str, pods: str, need: NodeNeed, count: int) -> None:
    for subnet_id, least, most in (
        (own, need.least.own, need.most.own),
        (pods, need.least.rest, need.most.rest),
    ):
        use = found.get(subnet_id, Use())
        found[subnet_id] = use.plus(least.times(count), most.times(count))


def _nodes(
    snapshot: Snapshot, cluster: Cluster, scenario: Scenario | None
) -> tuple[Nodes, list[str]]:
    groups = {each.name: each for each in node_groups_by_cluster(snapshot).get(cluster.name, ())}
    found: Nodes = Counter()
    skipped: list[str] = []
    for instance in cni_nodes(snapshot, cluster):
        group = groups.get(instance.tags.get(NODE_GROUP_TAG, ""))
        if group and (group.ami_type.startswith(WINDOWS) or _sized(scenario, group)):
            continue
        found[instance.subnet_id, instance.type] += 1
    for group in groups.values():
        if group.ami_type.startswith(WINDOWS):
            skipped.append(f"Windows nodes of {group.name} are not modelled")
        elif _sized(scenario, group):
            members = [
                each
                for each in cni_nodes(snapshot, cluster)
                if each.tags.get(NODE_GROUP_TAG) == group.name
            ]
            found.update(_resized(group, members, group.desired_size))
    return found, skipped


def _sized(scenario: Scenario | None, group: NodeGroup) -> bool:
    return scenario is not None and scenario.size(group) is not None


def _resized(group: NodeGroup, members: Iterable[Instance], size: int) -> Nodes:
    """Return a group's nodes with more or fewer of them, the subnets as even as can be."""
    counts = Counter(dict.fromkeys(sorted(group.subnet_ids), 0))
    counts.update(each.subnet_id for each in members)
    types = group.instance_types or tuple(sorted({each.type for each in members}))
    while counts.total() < size and counts:
        counts[min(counts, key=lambda each: (counts[each], each))] += 1
    while counts.total() > size:
        counts[max(counts, key=lambda each: (counts[each], each))] -= 1
    return Counter({(subnet_id, types[0]): n for subnet_id, n in counts.items() if n and types})
