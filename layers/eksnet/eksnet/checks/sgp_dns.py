"""Security groups for pods: whether such a pod can resolve names."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from eksnet.cni.branch import pod_interfaces
from eksnet.cni.eni import EniClass, class_by_eni
from eksnet.cni.membership import cluster_by_eni
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.network import Eni, Rule
from eksnet.model.record import record
from eksnet.model.resource import security_group_resource
from eksnet.model.snapshot import (
    Facet,
    Resource,
    Snapshot,
    derived,
    grouped,
    security_group_by_id,
    vpc_by_id,
)
from eksnet.network.cidr import Block, block
from eksnet.network.security_groups import Peer, Reach, best, reach, same

DNS_PORT = 53  # RFC 1035, 4.2
PROTOCOLS = ("tcp", "udp")  # RFC 1035, 4.2: both, TCP for long answers
POD_CARRIERS = frozenset({EniClass.NODE_PRIMARY, EniClass.CNI_SECONDARY})
OPEN = "TCP and UDP 53 are open from the pods to the nodes"
Groups = frozenset[str]


@record
class Path:
    """What decides DNS for the pods that carry one set of security groups.

    ``out`` is whether their own groups let the question go, ``into`` whether the groups of the
    nodes, where CoreDNS runs, let it come.
    """

    out: Reach
    into: Reach


@check(
    id="SGP007",
    title="Pods with security groups of their own can reach DNS",
    severity=Severity.HIGH,
    needs={
        Facet.CLUSTERS,
        Facet.VPCS,
        Facet.NETWORK_INTERFACES,
        Facet.INSTANCES,
        Facet.SECURITY_GROUPS,
    },
    source="https://docs.aws.amazon.com/eks/latest/best-practices/network-security.html",
    rules=(168,),
    since="0.1.0",
)
def pods_reach_dns(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A pod with its own security groups no longer shares the node's way to CoreDNS.

    Its groups must let port 53 go out, and the groups of the nodes that run CoreDNS must let it
    in, over UDP and over TCP. If either is missing the pod runs, but every name it asks for times
    out.

    **Passes** where both directions are open to the cluster security group, or to the groups the
    nodes really carry, by group, by block or to anywhere. **Fails** where one is closed. Where
    nodes carry different groups of which only some are open, where a rule covers part of the VPC,
    or where a prefix list decides, only the place of CoreDNS would tell: unknown. Network ACLs and
    the pods' own network policies are not part of this answer.

    **What to do.** Allow TCP and UDP 53 from the pods' group to the cluster security group, and
    in the cluster security group TCP and UDP 53 from the pods' group.
    """
    for cluster in snapshot.clusters:
        found = pod_interfaces(snapshot).get(cluster.name)
        sets = grouped(found.branches if found else (), lambda eni: frozenset(eni.groups))
        paths = {groups: _path(snapshot, cluster, groups, enis) for groups, enis in sets.items()}
        for group_id in sorted({each for groups in paths for each in groups}):
            theirs = {groups: path for groups, path in paths.items() if group_id in groups}
            yield _verdict(snapshot, cluster, group_id, theirs)


@derived
def _node_groups(snapshot: Snapshot) -> Mapping[str, frozenset[Groups]]:
    """Return the sets of security groups on the interfaces that carry each cluster's other pods."""
    owner, classes = cluster_by_eni(snapshot), class_by_eni(snapshot)
    carriers = (e for e in snapshot.enis if e.id in owner and classes[e.id] in POD_CARRIERS)
    by_cluster = grouped(carriers, lambda eni: owner[eni.id])
    return {
        name: frozenset(frozenset(eni.groups) for eni in enis if eni.groups)
        for name, enis in by_cluster.items()
    }


def _path(snapshot: Snapshot, cluster: Cluster, groups: Groups, enis: tuple[Eni, ...]) -> Path:
    own = cluster.cluster_security_group_id
    default = frozenset({frozenset({own})}) if own else frozenset()
    hosts = _node_groups(snapshot).get(cluster.name) or default
    ipv6 = cluster.ip_family == "ipv6"
    addresses = tuple(block(ip) for ip in sorted({ip for eni in enis for ip in eni.private_ips}))
    pods = Peer(groups=groups, blocks=addresses, ipv6=ipv6)
    blocks = _blocks(snapshot, cluster)
    out, into = [], []
    for host in hosts:
        node = Peer(groups=host, blocks=blocks, ipv6=ipv6)
        out.append(_open(snapshot, groups, node, egress=True))
        into.append(_open(snapshot, host, pods, egress=False))
    return Path(out=same(out), into=same(into))


def _blocks(snapshot: Snapshot, cluster: Cluster) -> tuple[Block, ...]:
    vpc = vpc_by_id(snapshot).get(cluster.vpc_id)
    return (
        tuple(block(each.cidr) for each in vpc.cidrs if each.state == "associated") if vpc else ()
    )


def _open(snapshot: Snapshot, groups: Iterable[str], peer: Peer, *, egress: bool) -> Reach:
    """Return the worse of UDP and TCP; a group that was not seen might let it through."""
    known = security_group_by_id(snapshot)
    rules: list[Rule] = []
    unseen = False
    for each in groups:
        if each in known:
            rules += known[each].egress if egress else known[each].ingress
        else:
            unseen = True
    extra = [Reach.MAYBE] if unseen else []
    answers = {best([reach(rules, name, DNS_PORT, peer), *extra]) for name in PROTOCOLS}
    return next(each for each in reversed(Reach) if each in answers)


def _verdict(
    snapshot: Snapshot, cluster: Cluster, group_id: str, paths: Mapping[Groups, Path]
) -> Answer:
    group = security_group_by_id(snapshot).get(group_id)
    unnamed = Resource(type="AWS::EC2::SecurityGroup", id=group_id)
    resource = security_group_resource(snapshot, group) if group else unnamed
    sets = sorted(sorted(groups) for groups in paths)
    seen: dict[str, Any] = {
        "cluster_security_group": cluster.cluster_security_group_id,
        "with_groups": sets,
    }
    closed = [
        text
        for text, answers in (
            ("the pods' groups don't let port 53 go out", {p.out for p in paths.values()}),
            ("the nodes' groups don't let port 53 in", {p.into for p in paths.values()}),
        )
        if Reach.NO in answers
    ]
    if closed:
        return failed(resource, "; ".join(closed), cluster=cluster.name, closed=closed, **seen)
    if any(Reach.MAYBE in (path.out, path.into) for path in paths.values()):
        return Unseen(
            resource=resource,
            cluster=cluster.name,
            api="ec2:DescribeSecurityGroups" if group is None else "kubernetes:coredns",
            error="NotFound" if group is None else "NotRead",
            message="the rules let port 53 through to a part of the nodes or VPC only",
        )
    return passed(resource, OPEN, cluster=cluster.name, **seen)
