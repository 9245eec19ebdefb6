"""IPv6 clusters: what their nodes must be, and what the nodes' security groups must say twice."""

from collections.abc import Iterator
from typing import Any

from eksnet.cni.limits import limits as instance_limits
from eksnet.cni.membership import (
    NODE_GROUP_TAG,
    WINDOWS,
    Found,
    nodes_by_cluster,
    used_subnets,
)
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.network import Rule, SecurityGroup
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import (
    Facet,
    Snapshot,
    node_groups_by_cluster,
    security_group_by_id,
    subnet_by_id,
)
from eksnet.network.security_groups import ANY_PROTOCOL, ANYWHERE_IPV6

GUIDE = "https://docs.aws.amazon.com/eks/latest/userguide/cni-ipv6.html"
IPV6 = "ipv6"  # EKS API reference: KubernetesNetworkConfigRequest.ipFamily
ANYWHERE = "0.0.0.0/0"
# IANA protocol numbers, and EC2's names: ICMP is another protocol for IPv6, with types of its own
ICMP, ICMP_V6 = frozenset({"icmp", "1"}), frozenset({"icmpv6", "58"})
ALL_TYPES = -1  # EC2 API reference, IpPermission: every type of ICMP
NODES = frozenset({Found.NODE_GROUP, Found.INSTANCE})


@check(
    id="V6X005",
    title="Nodes of an IPv6 cluster are Linux on Nitro, and in the Region",
    severity=Severity.HIGH,
    needs={
        Facet.CLUSTERS,
        Facet.NODE_GROUPS,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
        Facet.SUBNETS,
    },
    source=GUIDE,
    rules=(120, 184),
    since="0.2.0",
)
def ipv6_nodes(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Pods get IPv6 addresses from a prefix on the node's interface, which only Nitro can carry.

    On any other type the VPC CNI does not start, and the node stays NotReady. Windows nodes and
    Outposts know no IPv6 pods at all.

    **Passes** where every type of the cluster's nodes and node groups is Nitro or bare metal, no
    node group has a Windows AMI, and no node subnet lies on an Outpost. **Fails** where one does
    not. **Unknown** for a type that the bundled table does not know, and for a node group without
    nodes whose type only a launch template tells. An AMI of one's own is taken for Linux.

    **What to do.** Replace those node groups by ones of a Nitro type with a Linux AMI, in subnets
    of the Region.
    """
    for cluster in snapshot.clusters:
        if cluster.ip_family == IPV6:
            answer = _nodes(snapshot, cluster)
            if answer:
                yield answer


def _nodes(snapshot: Snapshot, cluster: Cluster) -> Answer | None:
    resource, name = cluster_resource(snapshot, cluster), cluster.name
    nodes = nodes_by_cluster(snapshot).get(name, ())
    groups = node_groups_by_cluster(snapshot).get(name, ())
    types = {node.type for node in nodes}.union(*(group.instance_types for group in groups))
    shown = {node.tags.get(NODE_GROUP_TAG) for node in nodes}
    untold = sorted(g.name for g in groups if not g.instance_types and g.name not in shown)
    nitro = {t: instance_limits()[t].nitro if t in instance_limits() else None for t in types}
    odd = sorted(each for each in types if nitro[each] is None)
    wrong = {
        "not Nitro": sorted(each for each in types if nitro[each] is False),
        "node groups of Windows": sorted(g.name for g in groups if g.ami_type.startswith(WINDOWS)),
        "subnets on an Outpost": _on_outposts(snapshot, cluster),
    }
    reasons = [f"{what}: {', '.join(which)}" for what, which in wrong.items() if which]
    seen: dict[str, Any] = {"types": sorted(types), "unknown_types": odd, "untold": untold}
    if reasons:
        return failed(resource, "; ".join(reasons), cluster=name, positive=True, **seen)
    if odd or untold:
        return Unseen(
            resource=resource,
            cluster=name,
            api="eksnet:instance-limits" if odd else "ec2:DescribeLaunchTemplateVersions",
            error="UnknownInstanceType" if odd else "NotRead",
            message=f"not known whether it is Nitro: {', '.join(odd or untold)}",
        )
    if not types:
        return None
    text = f"Linux on {', '.join(sorted(types))}"
    return passed(resource, text, cluster=name, **seen)


def _on_outposts(snapshot: Snapshot, cluster: Cluster) -> list[str]:
    subnets = subnet_by_id(snapshot)
    return [
        used.subnet_id
        for used in used_subnets(snapshot)[cluster.name]
        if used.found & NODES and used.subnet_id in subnets and subnets[used.subnet_id].outpost_arn
    ]


@check(
    id="V6X006",
    title="Nodes of an IPv6 cluster may send over IPv6 what they may over IPv4",
    severity=Severity.MEDIUM,
    needs={
        Facet.CLUSTERS,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
        Facet.SECURITY_GROUPS,
    },
    source="https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html",
    rules=(183,),
    since="0.2.0",
)
def ipv6_rules(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A rule to 0.0.0.0/0 says nothing about IPv6: each needs its twin to ::/0.

    Pods of an IPv6 cluster send from IPv6 addresses under the node's security groups. Where these
    let out only IPv4, the node pulls images and looks healthy while its pods reach nothing.

    **Passes** where for each rule out to 0.0.0.0/0 on a node's groups another, on any of them, lets
    the same ports out to ::/0. **Fails** where one has none. **Unknown** where a group is not seen.
    The twin of ICMP is ICMPv6; of one type of it, whose numbers differ, any type of the other.

    **What to do.** Add to the node security group a rule out to ::/0 with the same protocol and
    ports, ICMPv6 for ICMP.
    """
    nodes = nodes_by_cluster(snapshot)
    for cluster in snapshot.clusters:
        sets = {tuple(sorted(set(node.groups))) for node in nodes.get(cluster.name, ())} - {()}
        if cluster.ip_family == IPV6 and sets:
            yield _rules(snapshot, cluster, sorted(sets))


def _rules(snapshot: Snapshot, cluster: Cluster, sets: list[tuple[str, ...]]) -> Answer:
    resource, known = cluster_resource(snapshot, cluster), security_group_by_id(snapshot)
    hidden = sorted({each for groups in sets for each in groups if each not in known})
    alone: dict[str, list[str]] = {}
    for groups in sets:
        single = _without_twin([known[each] for each in groups if each in known])
        if single and not set(groups) & set(hidden):
            alone[", ".join(groups)] = single
    if alone:
        what = "; ".join(f"{', '.join(rules)} on {groups}" for groups, rules in alone.items())
        text = f"let out to {ANYWHERE} but not to {ANYWHERE_IPV6}: {what}"
        return failed(resource, text, cluster=cluster.name, positive=True, rules=alone)
    if hidden:
        return Unseen(
            resource=resource,
            cluster=cluster.name,
            api="ec2:DescribeSecurityGroups",
            error="NotFound",
            message=f"security groups of nodes not seen: {', '.join(hidden)}",
        )
    text = f"every rule out to {ANYWHERE} has its twin to {ANYWHERE_IPV6}"
    return passed(resource, text, cluster=cluster.name, group_sets=len(sets))


def _without_twin(groups: list[SecurityGroup]) -> list[str]:
    rules = [rule for group in groups for rule in group.egress]
    twins = [rule for rule in rules if ANYWHERE_IPV6 in rule.ipv6_cidrs]
    return sorted(
        {
            _named(rule)
            for rule in rules
            if ANYWHERE in rule.cidrs and not any(_covers(twin, rule) for twin in twins)
        }
    )


def _covers(twin: Rule, rule: Rule) -> bool:
    if twin.protocol == ANY_PROTOCOL:
        return True
    if rule.protocol in ICMP and twin.protocol in ICMP_V6:
        return twin.from_port in (None, ALL_TYPES) or rule.from_port not in (None, ALL_TYPES)
    if twin.protocol != rule.protocol:
        return False
    if twin.from_port is None or twin.to_port is None:
        return True
    if rule.from_port is None or rule.to_port is None:
        return False
    return twin.from_port <= rule.from_port and rule.to_port <= twin.to_port


def _named(rule: Rule) -> str:
    if rule.protocol == ANY_PROTOCOL:
        return "all traffic"
    if rule.from_port in (None, ALL_TYPES):
        return rule.protocol
    if rule.protocol in ICMP:
        return f"{rule.protocol} type {rule.from_port}"
    return f"{rule.protocol} {rule.from_port}-{rule.to_port}"
