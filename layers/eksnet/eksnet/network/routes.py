"""Where a subnet's packets go: its route table, its way out, and whether it is public."""

import enum
from collections.abc import Mapping

from eksnet.model.network import Route, RouteTable
from eksnet.model.snapshot import Snapshot, derived, grouped, subnet_by_id

ANYWHERE = "0.0.0.0/0"


class Exit(enum.StrEnum):
    """Where the IPv4 default route of a subnet leads."""

    INTERNET_GATEWAY = "internet-gateway"
    NAT_GATEWAY = "nat-gateway"
    TRANSIT_GATEWAY = "transit-gateway"
    OTHER = "other"
    BLACKHOLE = "blackhole"
    NONE = "none"


_PREFIXES = {
    "igw-": Exit.INTERNET_GATEWAY,
    "nat-": Exit.NAT_GATEWAY,
    "tgw-": Exit.TRANSIT_GATEWAY,
}


@derived
def table_by_subnet(snapshot: Snapshot) -> Mapping[str, RouteTable]:
    """Return the route table each subnet uses: its own, else the VPC's main one.

    A subnet is missing here when no table that it could use was seen.
    """
    explicit = {each: table for table in snapshot.route_tables for each in table.subnet_ids}
    main = {table.vpc_id: table for table in snapshot.route_tables if table.main}
    found = {}
    for subnet in snapshot.subnets:
        table = explicit.get(subnet.id) or main.get(subnet.vpc_id)
        if table is not None:
            found[subnet.id] = table
    return found


@derived
def tables_by_vpc(snapshot: Snapshot) -> Mapping[str, tuple[RouteTable, ...]]:
    """Return the route tables of each VPC."""
    return grouped(snapshot.route_tables, lambda table: table.vpc_id)


@derived
def gateway_endpoints(snapshot: Snapshot) -> frozenset[str]:
    """Return the Gateway endpoints that were seen; an appliance's endpoint has an id like theirs.

    A route to one leads to an AWS service and nowhere else.
    """
    return frozenset(each.id for each in snapshot.vpc_endpoints if each.type == "Gateway")


def default_route(table: RouteTable) -> Route | None:
    """Return the table's IPv4 default route."""
    return next((route for route in table.routes if route.destination == ANYWHERE), None)


def exit_of(table: RouteTable) -> Exit:
    """Return where the table's IPv4 default route leads."""
    route = default_route(table)
    if route is None:
        return Exit.NONE
    if route.state == "blackhole":
        return Exit.BLACKHOLE
    return next(
        (way for text, way in _PREFIXES.items() if route.target.startswith(text)), Exit.OTHER
    )


def public(table: RouteTable) -> bool:
    """Tell whether any live route of the table leads to an internet gateway (EKS user guide)."""
    return any(r.target.startswith("igw-") and r.state != "blackhole" for r in table.routes)


def exit_by_subnet(snapshot: Snapshot) -> Mapping[str, Exit]:
    """Return the way out of each subnet whose route table was seen."""
    tables = table_by_subnet(snapshot)
    return {each: exit_of(tables[each]) for each in subnet_by_id(snapshot) if each in tables}
