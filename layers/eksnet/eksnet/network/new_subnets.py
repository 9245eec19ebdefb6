"""What a subnet that is not there yet will be under: a route table, and the default network ACL."""

from collections.abc import Iterable

from eksnet.model.network import NetworkAcl, RouteTable
from eksnet.model.snapshot import Snapshot
from eksnet.network.filters import LOCAL
from eksnet.network.routes import ANYWHERE, table_by_subnet

ALL_PROTOCOLS = "-1"  # EC2 API reference: NetworkAclEntry


def tables_of(snapshot: Snapshot, subnet_ids: Iterable[str]) -> tuple[RouteTable | None, ...]:
    """Return the route table of each subnet, None for one that was not seen."""
    tables = table_by_subnet(snapshot)
    return tuple(tables.get(each) for each in subnet_ids)


def same_ways(tables: Iterable[RouteTable]) -> bool:
    """Tell whether all route tables lead out of the VPC in the same ways."""
    return len({_ways(each) for each in tables}) == 1


def _ways(table: RouteTable) -> frozenset[tuple[str, str, str]]:
    routes = (each for each in table.routes if each.target != LOCAL)
    return frozenset((each.destination, each.target, each.state) for each in routes)


def default_acl(snapshot: Snapshot, vpc_id: str) -> NetworkAcl | None:
    """Return the network ACL that guards a VPC's new subnets, None where it was not seen."""
    acls = (each for each in snapshot.network_acls if each.vpc_id == vpc_id)
    return next((each for each in acls if each.is_default), None)


def lets_all_through(acl: NetworkAcl) -> bool:
    """Tell whether a network ACL allows all IPv4 traffic in both directions, and denies none."""
    return _open(acl, egress=False) and _open(acl, egress=True)


def _open(acl: NetworkAcl, *, egress: bool) -> bool:
    """Tell whether the lowest rule for IPv4 allows everything; the lowest that matches decides."""
    rules = (each for each in acl.entries if each.egress is egress and each.cidr)
    first = min(rules, key=lambda each: each.number, default=None)
    if first is None or not first.allow:
        return False
    return first.protocol == ALL_PROTOCOLS and first.cidr == ANYWHERE
