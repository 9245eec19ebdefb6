"""The quotas of security groups: how many rules each may have, and how many an interface."""

from collections.abc import Iterator

from eksnet.cni.membership import cluster_by_eni
from eksnet.engine.check import Answer, check, not_listed, passed
from eksnet.engine.limits import Limits
from eksnet.engine.quota_use import QuotaUse, judge_quotas, quota_unseen
from eksnet.model.finding import Severity
from eksnet.model.network import SecurityGroup
from eksnet.model.resource import cluster_resource, security_group_resource
from eksnet.model.snapshot import Facet, Resource, Snapshot, grouped, security_group_by_id
from eksnet.network.proposal import owned_elsewhere

VPC_QUOTAS = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"
RULES, GROUPS = "L-0EA8095F", "L-2AFB9258"  # Amazon VPC user guide, amazon-vpc-limits: the codes
LOW = (Severity.LOW, Severity.LOW)


@check(
    id="VPC008",
    title="The clusters' security groups have room for more rules",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.SECURITY_GROUPS, Facet.QUOTAS},
    source=VPC_QUOTAS,
    rules=(49,),
    since="0.2.0",
)
def rule_quota(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """Controllers write rules into the cluster's security groups until EC2 refuses the next one.

    From then on new load balancers and pods get no way in. Inbound and outbound rules, IPv4 and
    IPv6, count apart; a rule that names a group counts for both families. A prefix list counts with
    all its entries, which are not read.

    **Passes** when each security group of a cluster, the one EKS made and the custom ones, is below
    80 percent of the applied quota. **Fails** medium at 100 percent, low from 80 on. **Unknown**
    where a prefix list hides the number, Service Quotas does not tell the applied value, or another
    account shares the group, whose quota counts.

    **What to do.** Replace rules by wider ones, or ask for a higher quota L-0EA8095F in Service
    Quotas; rules times groups of an interface may not exceed 1,000.
    """
    groups = security_group_by_id(snapshot)
    for cluster in snapshot.clusters:
        ids = {*cluster.security_group_ids, cluster.cluster_security_group_id} - {None}
        for group_id in sorted(each for each in ids if each):
            group = groups.get(group_id)
            if group is None:
                missing = Resource(type="AWS::EC2::SecurityGroup", id=group_id)
                yield not_listed(missing, cluster.name, "ec2:DescribeSecurityGroups")
                continue
            resource = security_group_resource(snapshot, group)
            if owned_elsewhere(snapshot, group.owner_id):
                text = f"{group.id} is shared by {group.owner_id}, whose quotas count"
                yield quota_unseen(resource, cluster.name, "OwnedByAnotherAccount", text)
            else:
                yield judge_quotas(snapshot, resource, cluster, (_rules(group),), limits)


def _rules(group: SecurityGroup) -> QuotaUse:
    counts = []
    for rules in (group.ingress, group.egress):
        both = sum(len(each.groups) + len(each.prefix_lists) for each in rules)
        counts += [both + sum(len(each.cidrs) for each in rules)]
        counts += [both + sum(len(each.ipv6_cidrs) for each in rules)]
    lists = any(each.prefix_lists for each in (*group.ingress, *group.egress))
    return QuotaUse(
        code=RULES,
        used=max(counts),
        what=f"rules of {group.id} in one direction",
        more="ec2:GetManagedPrefixListEntries" if lists else None,
    )


@check(
    id="VPC009",
    title="The clusters' interfaces have room for another security group",
    severity=Severity.LOW,
    needs={Facet.CLUSTERS, Facet.NETWORK_INTERFACES, Facet.INSTANCES, Facet.QUOTAS},
    source=VPC_QUOTAS,
    rules=(49,),
    since="0.2.0",
)
def group_quota(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """An interface with as many security groups as the quota allows takes no other one.

    A node group or pod that asks for one more is refused. The default is five, 16 the most.

    **Passes** when every interface of the cluster has fewer groups than the applied quota.
    **Fails**, low, when one has as many. **Unknown** where Service Quotas does not tell the applied
    value.

    **What to do.** Merge security groups, or ask for a higher quota L-2AFB9258 in Service Quotas.
    """
    owner = cluster_by_eni(snapshot)
    enis = grouped(snapshot.enis, lambda eni: owner.get(eni.id))
    for cluster in snapshot.clusters:
        mine = enis.get(cluster.name, ())
        most = max(mine, key=lambda eni: (len(eni.groups), eni.id), default=None)
        resource = cluster_resource(snapshot, cluster)
        if most is None:
            yield passed(resource, "no interface of the cluster is there", cluster=cluster.name)
            continue
        use = QuotaUse(code=GROUPS, used=len(most.groups), what=f"security groups of {most.id}")
        levels = (limits.quota_percent_full, limits.quota_percent_full)
        yield judge_quotas(snapshot, resource, cluster, (use,), limits, levels=levels, tiers=LOW)
