"""What a block for pods has to suit: the cluster, its zones and their ways out, and its size."""

from collections.abc import Mapping

from eksnet.capacity.pod_need import PodNeed
from eksnet.capacity.pod_sites import PodSite, Sizes, filling, pod_sites, sizes
from eksnet.cni.podsubnets import fargate_pods
from eksnet.cni.precedence import EXTERNAL_SNAT
from eksnet.cni.publication import Publication
from eksnet.cni.sight import hidden
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.errors import InputError
from eksnet.model.finding import Finding
from eksnet.model.network import RouteTable
from eksnet.model.snapshot import Facet, Snapshot, cluster_by_name, quota_by_id, vpc_by_id
from eksnet.network.association import DEFAULT_QUOTA, LARGEST, SMALLEST, Rule
from eksnet.network.cidr import Block, block
from eksnet.network.new_subnets import default_acl, lets_all_through, same_ways, tables_of
from eksnet.network.proposal import EXHAUSTED, PENDING, POOL, NoProposal, owned_elsewhere, propose
from eksnet.network.routes import public
from eksnet.remedies.remedy import Choices, refuse

PODS = "IPH002"
GROWTH = 30  # percent, ours: room for a year of growth without a second block
BLOCKS_QUOTA = "L-83CA0A9D"  # IPv4 blocks of a VPC: Service Quotas, Amazon VPC
SEEN = frozenset(
    {
        Facet.CLUSTERS,
        Facet.NODE_GROUPS,
        Facet.FARGATE_PROFILES,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
        Facet.VPCS,
        Facet.SUBNETS,
        Facet.ROUTE_TABLES,
        Facet.NETWORK_ACLS,
        Facet.PEERINGS,
        Facet.TRANSIT_ATTACHMENTS,
        Facet.ZONES,
    }
)
IPV6 = "an IPv6 cluster takes no IPv4 addresses for its pods"
ADVICE: Mapping[str, str] = {
    EXHAUSTED: f"give another pool, remove stale routes, or go IPv6: {IPV6}",
    PENDING: "accept or withdraw the peering, then ask again",
    Rule.QUOTA.value: f"raise {BLOCKS_QUOTA}, 50 at most",
}


def cluster_of(snapshot: Snapshot, finding: Finding) -> Cluster:
    """Return the cluster to repair, or refuse what no pod subnet would help."""
    if finding.check_id != PODS:
        reason = f"{finding.check_id}: pod subnets give nodes and control planes no address"
        refuse("nodes-not-pods", reason, "give the nodes a larger subnet of the VPC's own ranges")
    cluster = cluster_by_name(snapshot).get(finding.cluster or "")
    vpc = vpc_by_id(snapshot).get(cluster.vpc_id) if cluster else None
    blind = hidden(snapshot, SEEN, finding.cluster or "")
    if blind or cluster is None or vpc is None:
        why = f"{blind.api} answered {blind.error}" if blind else f"no {finding.cluster} or its VPC"
        refuse("unseen", f"not all was seen: {why}")
    if owned_elsewhere(snapshot, vpc.owner_id):
        refuse("shared-vpc", f"{vpc.id} is account {vpc.owner_id}'s, which alone can change it")
    if cluster.ip_family == "ipv6":
        refuse("ipv6", f"{IPV6}: only Fargate is short here", "give the profile larger subnets")
    if cluster.auto_mode:
        advice = "name pod subnets in the NodeClass: podSubnetSelectorTerms"
        refuse("auto-mode", "EKS Auto Mode takes pod subnets from its NodeClass", advice)
    return cluster


def sites_of(
    snapshot: Snapshot, cluster: Cluster, zone: str
) -> tuple[tuple[PodSite, ...], tuple[str, ...]]:
    """Return the zones that get a subnet, that of the finding among them, and what is left out."""
    for az_id, pods in fargate_pods(snapshot, cluster):
        free = max(each.free_ips for choice in pods.choices for each in choice)
        if az_id == zone and free < Limits().pod_recommended:
            reason = f"{pods.pods} have {free} free addresses, and no subnet but the profile's"
            refuse("fargate", reason, "make a profile with larger subnets")
    found = pod_sites(snapshot, cluster)
    if zone not in {each.az_id for each in found.sites}:
        why = "; ".join(found.left_out) or "no node is seen there"
        refuse("no-such-zone", f"{zone} gets no pod subnet: {why}")
    return found.sites, found.left_out


def table_of(snapshot: Snapshot, site: PodSite, way: Publication) -> RouteTable:
    """Return the route table that gives pods the way out that their nodes have."""
    seen = tables_of(snapshot, (each.id for each in site.subnets))
    tables = [each for each in seen if each is not None]
    if len(tables) < len(seen):
        refuse("unseen", f"the route table of a node subnet in {site.az_id} was not seen")
    if not same_ways(tables):
        names = ", ".join(sorted({each.id for each in tables}))
        reason = f"the node subnets of {site.az_id} have different ways out: {names}"
        refuse("egress-differs", reason, "let the zone's node subnets use one route table")
    table = min(tables, key=lambda each: each.id)
    if public(table) and way.settings.flag(EXTERNAL_SNAT, default=False):
        reason = f"{table.id} leads to an internet gateway, which drops what pods send"
        refuse("public-egress", f"{reason} ({EXTERNAL_SNAT}=true)", f"set {EXTERNAL_SNAT} to false")
    return table


def require_open_acl(snapshot: Snapshot, cluster: Cluster) -> None:
    """Refuse where new subnets would be filtered: no step changes a network ACL."""
    acl = default_acl(snapshot, cluster.vpc_id)
    if acl is None:
        refuse("unseen", f"the default network ACL of {cluster.vpc_id} was not seen")
    if not lets_all_through(acl):
        reason = f"new subnets get {acl.id}, which does not allow all traffic"
        refuse("network-acl", reason, "make the subnets by hand, behind an ACL that fits pods")


def sized(sites: tuple[PodSite, ...], need: PodNeed, choices: Choices) -> tuple[Sizes, int]:
    """Return the sizes of the subnets and of the block."""
    growth = GROWTH if choices.growth_percent is None else choices.growth_percent
    asked = choices.prefix
    if growth < 0:
        msg = f"growth of {growth} percent: 0 or more is needed"
        raise InputError(msg)
    if asked is not None and not LARGEST <= asked <= SMALLEST:
        msg = f"prefix {asked}: a VPC's block is a /{LARGEST} to a /{SMALLEST}"
        raise InputError(msg)
    least = Limits().pod_recommended
    found = sizes(sites, need, growth=growth, least=least, reserve=choices.reserve_prefixes)
    told = ", ".join(f"{n} in {s.az_id}" for n, s in zip(found.needs, sites, strict=True))
    if found.prefix is None or found.prefix < LARGEST:
        reason = f"no block is large enough for {told}, with {growth} % growth"
        refuse("too-large", reason, f"plan for less growth, or go IPv6: {IPV6}")
    if asked is None:
        return found, found.prefix
    if asked > found.prefix:
        refuse("too-small", f"a /{asked} does not hold {told}", f"a /{found.prefix} does")
    return filling(found, asked), asked


def block_of(
    snapshot: Snapshot, cluster: Cluster, prefix: int, choices: Choices
) -> tuple[Block, tuple[str, ...]]:
    """Return the block to add, with what to look at before."""
    quota = quota_by_id(snapshot).get(BLOCKS_QUOTA)
    answer = propose(
        snapshot,
        cluster.vpc_id,
        prefix,
        quota=quota.value if quota else DEFAULT_QUOTA,
        pool=choices.pool or str(POOL),
        avoid=choices.avoid,
    )
    if isinstance(answer, NoProposal):
        refuse(answer.rule, answer.reason, ADVICE.get(answer.rule, ""))
    return block(answer.cidr), answer.warnings
