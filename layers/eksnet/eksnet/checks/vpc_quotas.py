"""The quotas that stop a cluster's network: what is used of what AWS lets the account have."""

from collections import Counter
from collections.abc import Iterator

from eksnet.cni.sight import hidden
from eksnet.engine.check import Answer, Unseen, check, not_listed
from eksnet.engine.limits import Limits
from eksnet.engine.quota_use import QuotaUse, judge_quotas, quota_unseen
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.network import RouteTable, Vpc
from eksnet.model.resource import (
    route_table_resource,
    vpc_resource,
)
from eksnet.model.snapshot import (
    Facet,
    Resource,
    Snapshot,
    subnets_by_vpc,
    vpc_by_id,
)
from eksnet.network.proposal import live_blocks
from eksnet.network.routes import gateway_endpoints, tables_by_vpc

VPC_QUOTAS = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"
EKS_QUOTAS = (
    "https://docs.aws.amazon.com/eks/latest/best-practices/known_limits_and_service_quotas.html"
)
# Amazon VPC user guide, amazon-vpc-limits: the codes
INTERFACES, BLOCKS, SUBNETS = "L-DF5E4CA3", "L-83CA0A9D", "L-407747CB"
ROUTES, PEERINGS = "L-93826ACB", "L-7E9ECCDB"
UNKNOWN = "unknown"  # what a target's account is when nothing told it
PROPAGATED = "EnableVgwRoutePropagation"  # EC2 API reference, Route: Origin; has its own quota


@check(
    id="VPC004",
    title="The Region has room for more network interfaces",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS, Facet.NETWORK_INTERFACES, Facet.QUOTAS},
    source=EKS_QUOTAS,
    rules=(25,),
    since="0.2.0",
)
def interface_quota(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """At the quota of network interfaces nothing starts: no node, no pod interface, no x-ENI.

    The quota is the account's in the Region, all its VPCs together. EKS needs new interfaces to
    update or scale a control plane, so that even a cluster that does not grow is hit.

    **Passes** below 80 percent of the applied quota. **Fails** high at 100 percent, medium from 80
    on. **Unknown** where Service Quotas does not tell the applied value. Regions without a cluster
    are not judged.

    **What to do.** Ask for a higher quota L-DF5E4CA3 in Service Quotas, and delete interfaces that
    hang on nothing.
    """
    if not snapshot.clusters:
        return
    account = snapshot.target.account_id
    own = [eni for eni in snapshot.enis if account in (eni.owner_id, UNKNOWN)]
    quota = Resource(type="Eksnet::Quota", id=INTERFACES)
    use = QuotaUse(code=INTERFACES, used=len(own), what="network interfaces")
    tiers = (Severity.HIGH, Severity.MEDIUM)
    yield judge_quotas(snapshot, quota, None, (use,), limits, tiers=tiers)


@check(
    id="VPC005",
    title="The VPC's quota leaves room for another block",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.VPCS, Facet.QUOTAS},
    source=VPC_QUOTAS,
    rules=(47, 129),
    since="0.2.0",
)
def block_quota(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """A VPC at its quota of IPv4 blocks can't be given the block that would save a full subnet.

    The default is five, the primary block included; it can be raised to 50.

    **Passes** below 80 percent of the applied quota. **Fails** medium at 100 percent, low from 80
    on. **Unknown** where Service Quotas does not tell the applied value, and for a VPC shared by
    another account, whose quota counts. Which block could be added is VPC003's.

    **What to do.** Ask for a higher quota L-83CA0A9D in Service Quotas, or remove a block that no
    subnet uses.
    """
    for cluster, vpc in _vpcs(snapshot):
        if isinstance(vpc, Unseen):
            yield vpc
            continue
        use = QuotaUse(code=BLOCKS, used=len(live_blocks(vpc)), what=f"IPv4 blocks of {vpc.id}")
        yield judge_quotas(snapshot, vpc_resource(snapshot, vpc), cluster, (use,), limits)


@check(
    id="VPC006",
    title="The VPC's quotas leave room for subnets and peerings",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.VPCS, Facet.SUBNETS, Facet.PEERINGS, Facet.QUOTAS},
    source=VPC_QUOTAS,
    rules=(49,),
    since="0.2.0",
)
def subnet_quota(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """New pod subnets and new connections are refused by a quota, at the moment they are needed.

    **Passes** when the VPC's subnets and its active peerings are each below 80 percent of the
    applied quota. **Fails** medium at 100 percent of one, low from 80 on. **Unknown** where Service
    Quotas does not tell an applied value, and for a VPC shared by another account.

    **What to do.** Delete subnets or peerings that nothing uses, or ask for a higher quota:
    L-407747CB for subnets, L-7E9ECCDB for peerings.
    """
    active = [each for each in snapshot.peerings if each.status == "active"]
    sides = Counter(v for e in active for v in {e.requester.vpc_id, e.accepter.vpc_id})
    for cluster, vpc in _vpcs(snapshot):
        if isinstance(vpc, Unseen):
            yield vpc
            continue
        uses = (
            QuotaUse(
                code=SUBNETS,
                used=len(subnets_by_vpc(snapshot).get(vpc.id, ())),
                what=f"subnets of {vpc.id}",
            ),
            QuotaUse(
                code=PEERINGS,
                used=sides[vpc.id],
                what=f"active peerings of {vpc.id}",
            ),
        )
        yield judge_quotas(snapshot, vpc_resource(snapshot, vpc), cluster, uses, limits)


@check(
    id="VPC007",
    title="Route tables have room for more routes",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.VPCS, Facet.ROUTE_TABLES, Facet.QUOTAS},
    wants={Facet.VPC_ENDPOINTS},
    source=VPC_QUOTAS,
    rules=(49, 129),
    since="0.2.0",
)
def route_quota(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """A full route table takes no route to the next block, peer or gateway.

    Each block that a VPC or its peers are given needs a route in every table that leads there. IPv4
    and IPv6 routes count apart; those that a virtual private gateway propagates have a quota of
    their own and are left out. A prefix list counts with all its entries, which are not read, but
    for those of Gateway endpoints, which count once.

    **Passes** when each route table of a cluster's VPC is below 80 percent of the applied quota.
    **Fails** medium at 100 percent, low from 80 on. **Unknown** where a prefix list hides the
    number, or the endpoint that it leads to is not seen, where Service Quotas does not tell the
    applied value, and for a VPC shared by another account.

    **What to do.** Aggregate routes, or ask for a higher quota L-93826ACB in Service Quotas.
    """
    for cluster, vpc in _vpcs(snapshot):
        if isinstance(vpc, Unseen):
            yield vpc
            continue
        for table in tables_by_vpc(snapshot).get(vpc.id, ()):
            resource = route_table_resource(snapshot, table)
            use = _routes(snapshot, cluster, table)
            yield judge_quotas(snapshot, resource, cluster, (use,), limits)


def _routes(snapshot: Snapshot, cluster: Cluster, table: RouteTable) -> QuotaUse:
    gateways = gateway_endpoints(snapshot)
    kept = [each for each in table.routes if each.origin != PROPAGATED]
    lists = [e.target for e in kept if e.destination.startswith("pl-") and e.target not in gateways]
    unseen = lists and all(each.startswith("vpce-") for each in lists)
    blind = hidden(snapshot, [Facet.VPC_ENDPOINTS], cluster.name) if unseen else None
    entries = "ec2:GetManagedPrefixListEntries" if lists else None
    sixes = sum(":" in each.destination for each in kept)
    return QuotaUse(
        code=ROUTES,
        used=max(sixes, len(kept) - sixes),
        what=f"routes of {table.id}",
        more=blind.api if blind else entries,
    )


def _vpcs(snapshot: Snapshot) -> Iterator[tuple[Cluster, Vpc | Unseen]]:
    """Yield each cluster with its VPC, or why its quotas can't be told."""
    for cluster in snapshot.clusters:
        vpc = vpc_by_id(snapshot).get(cluster.vpc_id)
        if vpc is None:
            missing = Resource(type="AWS::EC2::VPC", id=cluster.vpc_id)
            yield cluster, not_listed(missing, cluster.name, "ec2:DescribeVpcs")
        elif vpc.owner_id not in (snapshot.target.account_id, "") and (
            snapshot.target.account_id != UNKNOWN
        ):
            text = f"{vpc.id} is shared by {vpc.owner_id}, whose quotas count"
            resource = vpc_resource(snapshot, vpc)
            yield cluster, quota_unseen(resource, cluster.name, "OwnedByAnotherAccount", text)
        else:
            yield cluster, vpc
