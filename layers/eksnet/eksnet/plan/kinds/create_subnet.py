"""Making a subnet, and deleting it as long as nobody took an address of it."""

import dataclasses

from eksnet.model.action import CreateSubnet
from eksnet.model.network import NetworkAcl, RouteTable, Subnet
from eksnet.model.plan import PLAN_TAG, About
from eksnet.model.snapshot import Facet, Snapshot, subnets_by_vpc
from eksnet.network.cidr import block, usable
from eksnet.network.proposal import live_blocks
from eksnet.plan.kind import Key, Kind, Standing, There
from eksnet.plan.natural import addresses_in_use, place, planned_id, subnet_at, the_vpc

_STATES = {"available": There.THERE, "pending": There.COMING}  # SubnetState: others have failed


def _facts(action: CreateSubnet) -> tuple[Key, ...]:
    within = place(action.vpc_id, action.cidr)
    return (
        (About.VPC, action.vpc_id),
        (About.BLOCKS, action.vpc_id),
        (About.SUBNETS_IN, within),
        (About.SUBNET, within),
    )


def _standing(snapshot: Snapshot, action: CreateSubnet) -> Standing:
    subnet = subnet_at(snapshot, action.vpc_id, action.cidr)
    if subnet is None:
        return Standing(there=There.ABSENT)
    there = _STATES.get(subnet.state, There.BROKEN)
    return Standing(
        there=there,
        resource_id=subnet.id,
        made_by=subnet.tags.get(PLAN_TAG, ""),
        in_use=addresses_in_use(snapshot, subnet),
        problem=f"{subnet.id} is {subnet.state}" if there is There.BROKEN else "",
    )


def _done(snapshot: Snapshot, action: CreateSubnet) -> Snapshot:
    _allowed(snapshot, action)
    name = planned_id("subnet", action.cidr)
    owner = the_vpc(snapshot, action.vpc_id).owner_id
    made = Subnet(
        id=name,
        arn=snapshot.target.arn("ec2", f"subnet/{name}", account=owner),
        vpc_id=action.vpc_id,
        owner_id=owner,
        cidr=action.cidr,
        az=_zone_name(snapshot, action.az_id),
        az_id=action.az_id,
        free_ips=usable(action.cidr),
        map_public_ip=False,
        tags=dict(action.tags),
    )
    acls = tuple(
        dataclasses.replace(acl, subnet_ids=(*acl.subnet_ids, name))
        if acl.vpc_id == action.vpc_id and acl.is_default
        else acl
        for acl in snapshot.network_acls
    )
    return dataclasses.replace(snapshot, subnets=(*snapshot.subnets, made), network_acls=acls)


def _allowed(snapshot: Snapshot, action: CreateSubnet) -> None:
    """Refuse what EC2 refuses: InvalidSubnet.Range and InvalidSubnet.Conflict."""
    wanted, vpc = block(action.cidr), the_vpc(snapshot, action.vpc_id)
    if not any(block(own).contains(wanted) for own in live_blocks(vpc)):
        msg = f"{action.cidr} is in no block of {vpc.id}"
        raise ValueError(msg)
    for other in subnets_by_vpc(snapshot).get(vpc.id, ()):
        if other.cidr and block(other.cidr).overlaps(wanted):
            msg = f"{action.cidr} overlaps {other.cidr} of {other.id}"
            raise ValueError(msg)


def _zone_name(snapshot: Snapshot, az_id: str) -> str:
    names = {zone.name for zone in snapshot.zones if zone.id == az_id}
    names |= {subnet.az for subnet in snapshot.subnets if subnet.az_id == az_id}
    return min(names, default=az_id)


def _undone(snapshot: Snapshot, action: CreateSubnet) -> Snapshot:
    subnet = subnet_at(snapshot, action.vpc_id, action.cidr)
    if subnet is None:
        return snapshot
    name = subnet.id
    return dataclasses.replace(
        snapshot,
        subnets=tuple(each for each in snapshot.subnets if each.id != name),
        network_acls=tuple(_without(each, name) for each in snapshot.network_acls),
        route_tables=tuple(_without(each, name) for each in snapshot.route_tables),
    )


def _without[T: (NetworkAcl, RouteTable)](holder: T, subnet_id: str) -> T:
    left = tuple(each for each in holder.subnet_ids if each != subnet_id)
    return dataclasses.replace(holder, subnet_ids=left)


def _tells(action: CreateSubnet) -> str:
    tags = ", ".join(f"{key}={value}" for key, value in sorted(action.tags.items()))
    text = f"create subnet {action.cidr} in {action.az_id} of {action.vpc_id}"
    return f"{text}, tagged {tags}" if tags else text


KIND = Kind(
    action=CreateSubnet,
    facets=frozenset({Facet.SUBNETS}),
    facts=_facts,
    standing=_standing,
    done=_done,
    undone=_undone,
    does=("ec2:CreateSubnet", "ec2:CreateTags"),
    undoes=("ec2:DeleteSubnet",),
    rehearsed=True,
    reversible=True,
    counts="creates",
    tells=_tells,
    tells_undo=lambda action: f"delete subnet {action.cidr} of {action.vpc_id}",
)
