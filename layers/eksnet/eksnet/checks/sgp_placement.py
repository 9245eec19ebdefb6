"""Security groups for pods: where the branch interfaces lie, and which of their groups is ours."""

from collections.abc import Iterator
from typing import Any

from eksnet.cni.branch import pod_interfaces
from eksnet.cni.membership import CLUSTER_TAG_PREFIX
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.engine.profile import Profile
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, counted
from eksnet.model.resource import cluster_resource, subnet_resource
from eksnet.model.snapshot import (
    Facet,
    Snapshot,
    grouped,
    security_group_by_id,
    subnet_by_id,
)
from eksnet.network.routes import public, table_by_subnet

SGP_GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/sgpp.html"


@check(
    id="SGP005",
    title="Pods with security groups of their own run in private subnets",
    severity=Severity.MEDIUM,
    needs={
        Facet.CLUSTERS,
        Facet.NETWORK_INTERFACES,
        Facet.INSTANCES,
        Facet.SUBNETS,
        Facet.ROUTE_TABLES,
    },
    source=SGP_GUIDE,
    rules=(165,),
    since="0.1.0",
    profiles={Profile.SECURITY},
)
def branches_in_private_subnets(
    snapshot: Snapshot,
    limits: Limits,  # noqa: ARG001
) -> Iterator[Answer]:
    """A branch interface never has a public address, so in a public subnet it has no way out.

    The internet gateway drops what comes from a private address: such a pod reaches the VPC but
    nothing beyond it, and its image pulls and API calls hang.

    **Passes** where the route table of the branch interfaces' subnet has no route to an internet
    gateway. **Fails** where it has one. A subnet whose route table is not seen can't be judged.

    **What to do.** Run these pods on nodes in private subnets, with a NAT gateway or VPC endpoints
    as their way out.
    """
    for cluster in snapshot.clusters:
        found = pod_interfaces(snapshot).get(cluster.name)
        by_subnet = grouped(found.branches if found else (), lambda eni: eni.subnet_id)
        for subnet_id, branches in by_subnet.items():
            yield _subnet_verdict(snapshot, cluster, subnet_id, len(branches))


def _subnet_verdict(snapshot: Snapshot, cluster: Cluster, subnet_id: str, count: int) -> Answer:
    resource = subnet_resource(subnet_by_id(snapshot).get(subnet_id, subnet_id))
    table = table_by_subnet(snapshot).get(subnet_id)
    if table is None:
        return Unseen(
            resource=resource,
            cluster=cluster.name,
            api="ec2:DescribeRouteTables",
            error="NotFound",
            message=f"the route table of {subnet_id} is not seen",
        )
    own = subnet_id in table.subnet_ids
    seen: dict[str, Any] = {"branches": count, "route_table": table.id}
    if public(table):
        text = f"{counted(count, 'branch interface')} in a public subnet ({table.id})"
        return failed(resource, text, cluster=cluster.name, positive=own, **seen)
    text = f"{counted(count, 'branch interface')} in a private subnet"
    return passed(resource, text, cluster=cluster.name, positive=own, **seen)


@check(
    id="SGP006",
    title="One of a pod's several security groups is tagged for the cluster",
    severity=Severity.MEDIUM,
    needs={
        Facet.CLUSTERS,
        Facet.NETWORK_INTERFACES,
        Facet.INSTANCES,
        Facet.SECURITY_GROUPS,
    },
    source=SGP_GUIDE,
    rules=(167,),
    since="0.1.0",
)
def one_group_tagged(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A load balancer with IP targets opens the pod's security group to itself, if it knows which.

    The AWS Load Balancer Controller looks for exactly one group on the pod's interface that is
    tagged kubernetes.io/cluster/<name>. With several groups and none or two of them tagged, it
    registers no target.

    **Passes** where every branch interface with several groups has exactly one tagged, or has one
    group only. **Fails** where it has none or more than one. Clusters without branch interfaces
    are not looked at.

    **What to do.** Put the tag kubernetes.io/cluster/<name> on one group of each set, and take it
    off the others.
    """
    for cluster in snapshot.clusters:
        found = pod_interfaces(snapshot).get(cluster.name)
        if found and found.branches:
            sets = {tuple(sorted(set(eni.groups))) for eni in found.branches}
            several = sorted(each for each in sets if len(each) > 1)
            yield _tag_verdict(snapshot, cluster, several)


def _tag_verdict(snapshot: Snapshot, cluster: Cluster, sets: list[tuple[str, ...]]) -> Answer:
    resource = cluster_resource(snapshot, cluster)
    tag, known = CLUSTER_TAG_PREFIX + cluster.name, security_group_by_id(snapshot)
    wrong, missing = [], set()
    for groups in sets:
        absent = {each for each in groups if each not in known}
        tagged = [each for each in groups if each in known and tag in known[each].tags]
        missing |= absent
        if len(tagged) > 1 or (not absent and not tagged):
            wrong.append({"groups": list(groups), "tagged": tagged})
    if wrong:
        text = f"{len(wrong)} sets of pod security groups lack exactly one group tagged {tag}"
        return failed(resource, text, cluster=cluster.name, positive=True, sets=wrong)
    if missing:
        return Unseen(
            resource=resource,
            cluster=cluster.name,
            api="ec2:DescribeSecurityGroups",
            error="NotFound",
            message=f"pod security groups not seen: {', '.join(sorted(missing))}",
        )
    text = "every pod has one security group, or one that is tagged for the cluster"
    return passed(resource, text, cluster=cluster.name, sets_of_several=len(sets))
