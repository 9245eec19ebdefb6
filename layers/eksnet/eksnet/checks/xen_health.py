"""What EKS itself reports as broken: the health of clusters and of managed node groups."""

from collections.abc import Iterable, Iterator

from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import HealthIssue
from eksnet.model.finding import Severity
from eksnet.model.resource import cluster_resource, node_group_resource
from eksnet.model.snapshot import Facet, Resource, Snapshot

# Codes: EKS API reference, ClusterIssue and Issue; the troubleshooting guide writes some of them
# as IP_NOT_AVAILABLE, so they are compared without case and underscores.
_CLUSTER_SEVERITY = {
    "vpcnotfound": Severity.CRITICAL,  # "can't be recovered": EKS troubleshooting guide
    "insufficientfreeaddresses": Severity.HIGH,
    "ipnotavailable": Severity.HIGH,
    "ec2subnetnotfound": Severity.HIGH,
    "subnetnotfound": Severity.HIGH,
    "ec2securitygroupnotfound": Severity.HIGH,
    "securitygroupnotfound": Severity.HIGH,
    "iamrolenotfound": Severity.HIGH,
    "accessdenied": Severity.HIGH,
    "clusterunreachable": Severity.HIGH,
}
_NODE_GROUP_SEVERITY = {
    "insufficientfreeaddresses": Severity.HIGH,
    "ec2securitygroupnotfound": Severity.HIGH,
    "ec2subnetnotfound": Severity.HIGH,
    "ec2subnetinvalidconfiguration": Severity.HIGH,
    "ec2subnetmissingipv6assignment": Severity.HIGH,
    "nodecreationfailure": Severity.HIGH,
    "asginstancelaunchfailures": Severity.HIGH,
    "clusterunreachable": Severity.HIGH,
}


@check(
    id="XEN011",
    title="EKS reports no health issue of the cluster",
    severity=Severity.CRITICAL,
    needs={Facet.CLUSTERS},
    source="https://docs.aws.amazon.com/eks/latest/userguide/troubleshooting.html",
    rules=(12,),
    since="0.1.0",
)
def cluster_health(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """EKS watches what the control plane depends on, and lists what it misses.

    A cluster whose subnet or security group is gone still answers, until EKS replaces an instance
    of its control plane or somebody starts an update.

    **Passes** where EKS lists no issue. **Fails** by the worst code: critical for a missing VPC,
    which can't be undone; high for missing addresses, subnets, security groups, the role or the
    reach; medium for anything else.

    **What to do.** Point the cluster to subnets and security groups that exist with
    UpdateClusterConfig. A cluster without its VPC has to be made anew.
    """
    for cluster in snapshot.clusters:
        resource = cluster_resource(snapshot, cluster)
        api = "eks:DescribeCluster"
        yield _judge(resource, cluster.name, cluster.health, _CLUSTER_SEVERITY, api)


@check(
    id="XEN012",
    title="EKS reports no health issue of the node group",
    severity=Severity.HIGH,
    needs={Facet.NODE_GROUPS},
    source="https://docs.aws.amazon.com/eks/latest/userguide/troubleshooting.html",
    rules=(13,),
    since="0.1.0",
)
def node_group_health(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A managed node group that can't get addresses or reach the cluster says so in its health.

    Its nodes run on meanwhile; the next scale-out or rolling update fails.

    **Passes** where EKS lists no issue. **Fails** high where addresses, subnets, security groups
    or joining the cluster are the trouble, medium for anything else.

    **What to do.** Give the node group back what the issue's message names (aws eks
    describe-nodegroup shows it), a subnet, a group or an instance; then retry its update.
    """
    for group in snapshot.node_groups:
        resource = node_group_resource(group)
        api = "eks:DescribeNodegroup"
        yield _judge(resource, group.cluster, group.health, _NODE_GROUP_SEVERITY, api)


def _judge(
    resource: Resource,
    cluster: str,
    health: tuple[HealthIssue, ...] | None,
    known: dict[str, Severity],
    api: str,
) -> Answer:
    if health is None:
        return _silent(resource, cluster, api)
    if not health:
        return passed(resource, "no health issues", cluster=cluster, positive=True)
    return failed(
        resource,
        _named(health),
        cluster=cluster,
        severity=_worst(health, known),
        positive=True,
        issues=_issues(health),
    )


def _silent(resource: Resource, cluster: str, api: str) -> Unseen:
    return Unseen(
        resource=resource,
        cluster=cluster,
        api=api,
        error="NotInAnswer",
        message="the answer tells no health",
    )


def _key(code: str) -> str:
    return code.replace("_", "").lower()


def _worst(issues: Iterable[HealthIssue], known: dict[str, Severity]) -> Severity:
    tiers = [known.get(_key(issue.code), Severity.MEDIUM) for issue in issues]
    return min(tiers, key=lambda tier: tier.rank)


def _named(issues: tuple[HealthIssue, ...]) -> str:
    codes = ", ".join(sorted({issue.code for issue in issues}))
    return f"EKS reports {len(issues)} health issue{'s' * (len(issues) != 1)}: {codes}"


def _issues(issues: Iterable[HealthIssue]) -> list[dict[str, object]]:
    ordered = sorted(issues, key=lambda issue: (issue.code, issue.message, issue.resource_ids))
    return [
        {"code": i.code, "message": i.message, "resource_ids": list(i.resource_ids)}
        for i in ordered
    ]
