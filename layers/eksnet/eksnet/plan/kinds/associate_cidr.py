"""Giving a VPC one more IPv4 block, and taking it back."""

import dataclasses

from eksnet.model.action import AssociateCidr
from eksnet.model.network import CidrAssociation, Route, RouteTable
from eksnet.model.plan import About
from eksnet.model.snapshot import Facet, Snapshot, subnets_by_vpc, vpc_by_id
from eksnet.network.association import decide
from eksnet.network.cidr import block
from eksnet.network.proposal import GONE, live_blocks
from eksnet.network.routes import tables_by_vpc
from eksnet.plan.kind import Key, Kind, Standing, There
from eksnet.plan.natural import place, planned_id, the_vpc
from eksnet.plan.values import LOCAL

_STATES = {  # VpcCidrBlockStateCode; the first one found tells, should there be several
    "associated": There.THERE,
    "associating": There.COMING,
    "disassociating": There.COMING,
    "failing": There.BROKEN,
}


def _facts(action: AssociateCidr) -> tuple[Key, ...]:
    within = place(action.vpc_id, action.cidr)
    return (
        (About.VPC, action.vpc_id),
        (About.BLOCKS, action.vpc_id),
        (About.SUBNETS_IN, within),
        (About.DESTINATIONS, within),
        (About.PEERINGS, action.vpc_id),
        (About.CLUSTERS, action.vpc_id),
    )


def _standing(snapshot: Snapshot, action: AssociateCidr) -> Standing:
    vpc = vpc_by_id(snapshot).get(action.vpc_id)
    own = [each for each in vpc.cidrs if each.cidr == action.cidr] if vpc else []
    for state, there in _STATES.items():
        for found in own:
            if found.state == state:
                broken = there is There.BROKEN
                return Standing(
                    there=there,
                    resource_id=found.association_id or None,
                    in_use=_in_use(snapshot, action),
                    problem=f"the association of {action.cidr} is {state}" if broken else "",
                )
    dead = [each for each in own if each.state in GONE]
    told = "; ".join(f"the association of {each.cidr} is {each.state}" for each in dead)
    ids = tuple(each.association_id for each in dead)
    return Standing(there=There.ABSENT, problem=told, dead=ids)


def _in_use(snapshot: Snapshot, action: AssociateCidr) -> str:
    own, whole = subnets_by_vpc(snapshot).get(action.vpc_id, ()), block(action.cidr)
    inside = sorted(each.id for each in own if each.cidr and whole.overlaps(block(each.cidr)))
    return f"{', '.join(inside)} in {action.cidr}" if inside else ""


def _done(snapshot: Snapshot, action: AssociateCidr) -> Snapshot:
    vpc = the_vpc(snapshot, action.vpc_id)
    decision = decide(live_blocks(vpc), action.cidr, _destinations(snapshot, action.vpc_id))
    if not decision.allowed:
        raise ValueError(decision.reason)
    made = CidrAssociation(
        cidr=action.cidr,
        state="associated",
        association_id=planned_id("vpc-cidr-assoc", action.cidr),
    )
    return _with(snapshot, action, (*vpc.cidrs, made), routed=True)


def _destinations(snapshot: Snapshot, vpc_id: str) -> tuple[str, ...]:
    """Return where the VPC's tables route to; no prefix list and no IPv6 block is compared."""
    routes = (r for table in tables_by_vpc(snapshot).get(vpc_id, ()) for r in table.routes)
    return tuple(sorted({r.destination for r in routes if "." in r.destination}))


def _undone(snapshot: Snapshot, action: AssociateCidr) -> Snapshot:
    left = tuple(
        each
        for each in the_vpc(snapshot, action.vpc_id).cidrs
        if each.cidr != action.cidr or each.state in GONE
    )
    return _with(snapshot, action, left, routed=False)


def _with(
    snapshot: Snapshot, action: AssociateCidr, cidrs: tuple[CidrAssociation, ...], *, routed: bool
) -> Snapshot:
    """Change the VPC's blocks; each of its tables routes to a block as long as it has it."""

    def routes(table: RouteTable) -> tuple[Route, ...]:
        local = Route(destination=action.cidr, target=LOCAL, origin="CreateRouteTable")
        rest = (r for r in table.routes if (r.destination, r.target) != (action.cidr, LOCAL))
        return (*rest, local) if routed else tuple(rest)

    return dataclasses.replace(
        snapshot,
        vpcs=tuple(
            dataclasses.replace(vpc, cidrs=cidrs) if vpc.id == action.vpc_id else vpc
            for vpc in snapshot.vpcs
        ),
        route_tables=tuple(
            dataclasses.replace(table, routes=routes(table))
            if table.vpc_id == action.vpc_id
            else table
            for table in snapshot.route_tables
        ),
    )


KIND = Kind(
    action=AssociateCidr,
    facets=frozenset({Facet.VPCS, Facet.SUBNETS}),
    facts=_facts,
    standing=_standing,
    done=_done,
    undone=_undone,
    does=("ec2:AssociateVpcCidrBlock",),
    undoes=("ec2:DisassociateVpcCidrBlock",),
    rehearsed=False,
    reversible=True,
    counts="creates",
    tells=lambda action: f"associate {action.cidr} with {action.vpc_id}",
    tells_undo=lambda action: f"disassociate {action.cidr} from {action.vpc_id}",
)
