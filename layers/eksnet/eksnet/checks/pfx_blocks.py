"""Whether the subnets that prefixes come from still have whole /28 blocks."""

from collections.abc import Iterator, Mapping
from typing import Any

from eksnet.capacity.fragmentation import Fragmentation
from eksnet.capacity.free_blocks import FreeBlocks
from eksnet.capacity.ledger import SubnetLedger, ledger
from eksnet.capacity.prefix_mode import NEEDS, interfaces_by_node, prefix_mode
from eksnet.cni.membership import nodes_by_cluster
from eksnet.engine.check import Answer, Unseen, check, failed, not_listed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread, counted
from eksnet.model.resource import cluster_resource, subnet_resource
from eksnet.model.snapshot import Resource, Snapshot, derived

PREFIX_GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/prefix-mode-linux.html"
FRAGMENTS = (
    "https://github.com/aws/aws-support-tools/blob/7bdd34b/EKS/subnet-fragmentation/README.md"
)
OFF = "prefix delegation is off"


@check(
    id="PFX001",
    title="Prefix mode finds whole /28 blocks",
    severity=Severity.HIGH,
    needs=NEEDS,
    source=PREFIX_GUIDE,
    rules=(98, 101, 112),
    since="0.2.0",
)
def whole_blocks(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """A prefix is a whole aligned /28: thousands of free addresses may hold not one of them.

    EC2 then answers InsufficientCidrBlocks, and new pods stay in ContainerCreating. The five
    addresses that AWS keeps for itself, explicit reservations and prefixes count as taken. EKS Auto
    Mode works with prefixes too. Judged is each subnet that the add-on's settings let prefixes come
    from, and each in which the cluster's interfaces hold some.

    **Passes** when each node with an interface in the subnet could take one more block, and where
    no prefixes are used. **Fails** high when no block is free, medium when there are fewer free
    than nodes. Where addresses are in use by interfaces that were not seen, as other accounts' in a
    shared VPC, there are no more free blocks than EC2's count of free addresses allows: too few of
    these fail, else it is unknown.

    **What to do.** Reserve a range for prefixes in a subnet that nothing else uses, and offer it to
    the CNI with the tag kubernetes.io/role/cni=1. `eksnet ips` names what blocks the blocks that
    are nearly free.
    """
    for cluster, resource, answer in _subnets(snapshot):
        if isinstance(answer, SubnetLedger) and answer.free_blocks:
            nodes = len(_nodes(snapshot).get((cluster.name, answer.subnet.id), ()))
            needed = max(nodes, 1) * limits.free_blocks_per_node
            seen = {**_counts(answer), "nodes": nodes, "needed": needed}
            yield _judge_blocks(cluster, resource, answer.free_blocks, seen)
        else:
            yield _other(cluster, resource, answer)


def _judge_blocks(
    cluster: Cluster, resource: Resource, free: FreeBlocks, seen: dict[str, Any]
) -> Answer:
    needed = seen["needed"]
    some = f"{free.least:,} to {free.most:,} whole /28 blocks"
    many = some if free.least < free.most else counted(free.most, "whole /28 block")
    text = f"{many} free, {counted(seen['nodes'], 'node')} there"
    if free.least >= needed:
        return passed(resource, text, cluster=cluster.name, **seen)
    text = f"{text}, {needed} needed"
    if free.most >= needed and free.unseen:
        return _unseen(cluster, resource, free.unseen, text)
    severity = Severity.MEDIUM if free.most else Severity.HIGH
    return failed(resource, text, cluster=cluster.name, severity=severity, **seen)


def _counts(one: SubnetLedger) -> dict[str, Any]:
    free = one.free_blocks
    if one.blocks or free is None:
        return _figures(one.blocks) if one.blocks else {}
    return {"free_28_at_least": free.least, "free_28_at_most": free.most}


@check(
    id="PFX002",
    title="Subnets in prefix mode are not broken up",
    severity=Severity.MEDIUM,
    needs=NEEDS,
    source=FRAGMENTS,
    rules=(98, 112),
    since="0.2.0",
)
def fragmentation_bands(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """Single addresses spread over a subnet break its /28 blocks one by one.

    The score is that of the AWS support tool: of the blocks that could serve a new prefix, the
    share in which some address is in use, rounded up. Blocks that already are prefixes, that hold
    an address AWS keeps, or that are reserved explicitly count neither way.

    **Passes** below 50, and where no prefixes are used. **Fails** medium from 75 on, low from 50
    on. **Unknown** where interfaces were not seen that hold addresses, as other accounts' in a
    shared VPC. How many blocks are left is PFX001's.

    **What to do.** Reserve what is still whole for prefixes (a subnet CIDR reservation of type
    prefix), and move what takes single addresses, such as load balancers, to other subnets.
    """
    for cluster, resource, answer in _subnets(snapshot):
        if isinstance(answer, SubnetLedger) and answer.blocks:
            yield _judge_score(cluster, resource, answer.blocks, limits)
        else:
            yield _other(cluster, resource, answer)


def _judge_score(
    cluster: Cluster, resource: Resource, blocks: Fragmentation, limits: Limits
) -> Answer:
    score = blocks.score
    seen = {**_figures(blocks), "score": score, "band": str(blocks.band) if blocks.band else None}
    if score is None:
        text = "no /28 block could serve a new prefix: none can be broken up"
        return passed(resource, text, cluster=cluster.name, **seen)
    broken = blocks.fragmented + blocks.full
    text = f"{broken} of {counted(blocks.candidates, '/28 block')} broken up (score {score})"
    if score < limits.fragmentation_low:
        return passed(resource, text, cluster=cluster.name, **seen)
    severity = Severity.MEDIUM if score >= limits.fragmentation_medium else Severity.LOW
    return failed(resource, text, cluster=cluster.name, severity=severity, **seen)


def _figures(blocks: Fragmentation) -> dict[str, Any]:
    return {
        "free_28": blocks.free,
        "fragmented_28": blocks.fragmented,
        "full_28": blocks.full,
        "delegated_28": blocks.delegated,
        "largest_free_prefix": blocks.largest_free_prefix,
    }


_Seen = SubnetLedger | Unread | str


def _subnets(snapshot: Snapshot) -> Iterator[tuple[Cluster, Resource, _Seen]]:
    """Yield each subnet that prefixes come from; a text where a cluster takes none."""
    for cluster in snapshot.clusters:
        mode = prefix_mode(snapshot, cluster)
        mine = cluster_resource(snapshot, cluster)
        if mode.missing:
            yield cluster, mine, mode.missing
        elif not mode.subnet_ids:
            yield cluster, mine, "no node takes prefixes" if mode.on else OFF
        accounts = {one.subnet.id: one for one in ledger(snapshot, mode.subnet_ids)}
        for subnet_id in mode.subnet_ids:
            one = accounts.get(subnet_id)
            if one is None:
                yield cluster, subnet_resource(subnet_id), "unlisted"
            else:
                yield cluster, subnet_resource(one.subnet), one


def _other(cluster: Cluster, resource: Resource, answer: _Seen) -> Answer:
    unread = answer.blocks_unseen if isinstance(answer, SubnetLedger) else answer
    if isinstance(unread, Unread):
        text = "which subnets prefixes come from, or what is free there, was not seen"
        return _unseen(cluster, resource, unread, text)
    if resource.type == subnet_resource("").type:
        return not_listed(resource, cluster.name, "ec2:DescribeSubnets")
    return passed(resource, str(answer), cluster=cluster.name)


def _unseen(cluster: Cluster, resource: Resource, why: Unread, text: str) -> Unseen:
    return Unseen(
        resource=resource, cluster=cluster.name, api=why.api, error=why.error, message=text
    )


@derived
def _nodes(snapshot: Snapshot) -> Mapping[tuple[str, str], frozenset[str]]:
    """Return the nodes of each cluster that have an interface in each subnet."""
    found: dict[tuple[str, str], set[str]] = {}
    interfaces = interfaces_by_node(snapshot)
    for name, nodes in nodes_by_cluster(snapshot).items():
        for node in nodes:
            for eni in interfaces.get(node.id, ()):
                found.setdefault((name, eni.subnet_id), set()).add(node.id)
    return {place: frozenset(nodes) for place, nodes in found.items()}
