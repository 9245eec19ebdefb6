"""Associating a subnet with a route table explicitly, in place of the VPC's main one."""

import dataclasses

from eksnet.model.action import AssociateRouteTable
from eksnet.model.plan import About
from eksnet.model.snapshot import Facet, Snapshot
from eksnet.plan.kind import Key, Kind, Standing, There
from eksnet.plan.natural import addresses_in_use, explicit_table, place, subnet_at, the_subnet


def _facts(action: AssociateRouteTable) -> tuple[Key, ...]:
    within = place(action.vpc_id, action.subnet_cidr)
    return (
        (About.VPC, action.vpc_id),
        (About.SUBNET, within),
        (About.SUBNET_ROUTES, within),
        (About.ROUTE_TABLE, action.route_table_id),
    )


def _standing(snapshot: Snapshot, action: AssociateRouteTable) -> Standing:
    subnet = subnet_at(snapshot, action.vpc_id, action.subnet_cidr)
    table = subnet and explicit_table(snapshot, subnet.id)
    if not subnet or not table or table.id != action.route_table_id:
        return Standing(there=There.ABSENT)
    return Standing(there=There.THERE, in_use=addresses_in_use(snapshot, subnet))


def _done(snapshot: Snapshot, action: AssociateRouteTable) -> Snapshot:
    subnet = the_subnet(snapshot, action.vpc_id, action.subnet_cidr)
    table = explicit_table(snapshot, subnet.id)
    if table is not None:
        msg = f"{subnet.id} is associated with {table.id} already"
        raise ValueError(msg)
    tables = [(each.vpc_id, each.id) for each in snapshot.route_tables]
    if (action.vpc_id, action.route_table_id) not in tables:
        msg = f"no route table {action.route_table_id} in {action.vpc_id}"
        raise ValueError(msg)
    return _with(snapshot, action, subnet.id, associated=True)


def _undone(snapshot: Snapshot, action: AssociateRouteTable) -> Snapshot:
    subnet = the_subnet(snapshot, action.vpc_id, action.subnet_cidr)
    return _with(snapshot, action, subnet.id, associated=False)


def _with(
    snapshot: Snapshot, action: AssociateRouteTable, subnet_id: str, *, associated: bool
) -> Snapshot:
    tables = []
    for table in snapshot.route_tables:
        if table.id == action.route_table_id:
            rest = tuple(each for each in table.subnet_ids if each != subnet_id)
            subnet_ids = (*rest, subnet_id) if associated else rest
            tables.append(dataclasses.replace(table, subnet_ids=subnet_ids))
        else:
            tables.append(table)
    return dataclasses.replace(snapshot, route_tables=tuple(tables))


def _tells(action: AssociateRouteTable) -> str:
    return f"associate subnet {action.subnet_cidr} with {action.route_table_id}"


def _tells_undo(action: AssociateRouteTable) -> str:
    return f"disassociate subnet {action.subnet_cidr} from {action.route_table_id}"


KIND = Kind(
    action=AssociateRouteTable,
    facets=frozenset({Facet.SUBNETS, Facet.ROUTE_TABLES}),
    facts=_facts,
    standing=_standing,
    done=_done,
    undone=_undone,
    does=("ec2:AssociateRouteTable",),
    undoes=("ec2:DisassociateRouteTable",),
    rehearsed=True,
    reversible=True,
    counts="changes",
    tells=_tells,
    tells_undo=_tells_undo,
)
