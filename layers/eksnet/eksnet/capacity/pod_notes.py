"""What who approves new pod subnets has to know beside the subnets themselves."""

from collections.abc import Iterable, Iterator, Sequence

from eksnet.capacity.pod_need import PodNeed
from eksnet.capacity.pod_sites import PodSite, Sizes
from eksnet.cni.precedence import EXTERNAL_SNAT
from eksnet.cni.settings import CniSettings
from eksnet.model.network import RouteTable, Rule
from eksnet.model.snapshot import Facet, Snapshot, security_group_by_id
from eksnet.network.cidr import Block, block
from eksnet.network.new_subnets import default_acl, lets_all_through
from eksnet.network.routes import public
from eksnet.network.walk import acl_by_subnet

CONNECTED = ("tgw-", "pcx-", "vgw-", "arn:")  # ways to other networks; a core network has an ARN
LARGEST_EASY = 17  # ours: a block that takes half of a /16 or more is a reason to think of IPv6
FEW = 16  # eksup AWS002: with fewer addresses a subnet has hardly any room for nodes


def size_notes(sites: Sequence[PodSite], need: PodNeed, size: Sizes, prefix: int) -> Iterator[str]:
    """Yield how large the subnets are, and what is not in the figure."""
    for each, addresses in zip(sites, size.needs, strict=True):
        yield f"{each.az_id}: sized for {addresses:,} pod addresses"
    yield from need.notes
    if prefix < LARGEST_EASY:
        yield f"a /{prefix} is much: an IPv6 cluster takes no IPv4 addresses for its pods"


def place_notes(
    snapshot: Snapshot,
    sites: Sequence[PodSite],
    tables: Sequence[RouteTable],
    settings: CniSettings,
    added: Block,
) -> Iterator[str]:
    """Yield what is to be known of the nodes, the routes and the filters."""
    yield "nodes take new subnets for new network interfaces only: replace those that are full"
    yield from _translation(tables, settings)
    yield from _public(tables)
    yield from _filters(snapshot, sites)
    yield from _endpoints(snapshot, sites, added)
    yield from _tight(sites)


def _translation(tables: Iterable[RouteTable], settings: CniSettings) -> Iterator[str]:
    beyond = any(route.target.startswith(CONNECTED) for each in tables for route in each.routes)
    if settings.flag(EXTERNAL_SNAT, default=False):
        yield (
            f"{EXTERNAL_SNAT}=true: peers and transit gateways see the pods' own addresses and "
            "learn no route to the new block from this plan"
        )
    elif beyond:
        yield (
            f"{EXTERNAL_SNAT}=false: connected networks see the node's address and need no route "
            "to the new block; they can't open connections to its pods"
        )


def _public(tables: Iterable[RouteTable]) -> Iterator[str]:
    for each in sorted({table.id for table in tables if public(table)}):
        yield f"{each} is public, as for the nodes; no pod gets a public address"


def _filters(snapshot: Snapshot, sites: Iterable[PodSite]) -> Iterator[str]:
    """Say where the nodes' network ACLs are others than the one new subnets get."""
    acls = acl_by_subnet(snapshot)
    theirs = {acls[s.id].id: acls[s.id] for each in sites for s in each.subnets if s.id in acls}
    for acl_id, acl in sorted(theirs.items()):
        if not acl.is_default:
            default = default_acl(snapshot, acl.vpc_id)
            given = default.id if default else "another"
            yield f"nodes are behind {acl_id}, new subnets get {given}"
        if not lets_all_through(acl):
            yield f"{acl_id} does not allow all traffic: see that it admits the new block"


def _endpoints(snapshot: Snapshot, sites: Sequence[PodSite], added: Block) -> Iterator[str]:
    """Say which interface endpoints admit the VPC's addresses by number, and not the new ones."""
    if snapshot.blind([Facet.VPC_ENDPOINTS, Facet.SECURITY_GROUPS]):
        yield "whether the VPC's endpoints admit the new block was not seen"
        return
    groups, vpc_id = security_group_by_id(snapshot), sites[0].subnets[0].vpc_id
    for each in sorted(snapshot.vpc_endpoints, key=lambda one: one.id):
        rules = [rule for name in each.groups if name in groups for rule in groups[name].ingress]
        if each.vpc_id == vpc_id and each.groups and not any(_admits(r, added) for r in rules):
            yield f"{each.id} ({each.service_name}) does not admit the new block: add it to a group"


def _admits(rule: Rule, added: Block) -> bool:
    """Tell whether a rule may admit pods: by address, or by the groups that they carry."""
    by_address = any(block(each).contains(added) for each in rule.cidrs)
    return by_address or bool(rule.groups or rule.prefix_lists)


def _tight(sites: Iterable[PodSite]) -> Iterator[str]:
    """Say where nodes themselves have no room: pod subnets give them none."""
    for each in sites:
        for subnet in each.subnets:
            if subnet.free_ips < FEW:
                free = f"{subnet.id} has {subnet.free_ips} free addresses"
                yield f"{free}: each new node takes one there, and pod subnets give it none"
