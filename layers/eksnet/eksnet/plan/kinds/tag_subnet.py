"""Publishing a subnet by a tag, and taking it out of sight again."""

import dataclasses

from eksnet.model.action import TagSubnet
from eksnet.model.plan import About
from eksnet.model.snapshot import Facet, Snapshot
from eksnet.plan.kind import Key, Kind, Standing, There
from eksnet.plan.natural import addresses_in_use, place, subnet_at, the_subnet, with_subnet


def _facts(action: TagSubnet) -> tuple[Key, ...]:
    """Name the subnet's routes too: nobody may find a subnet that leads nowhere."""
    within = place(action.vpc_id, action.subnet_cidr)
    return ((About.VPC, action.vpc_id), (About.SUBNET, within), (About.SUBNET_ROUTES, within))


def _standing(snapshot: Snapshot, action: TagSubnet) -> Standing:
    subnet = subnet_at(snapshot, action.vpc_id, action.subnet_cidr)
    if subnet is None or subnet.tags.get(action.key) != action.value:
        return Standing(there=There.ABSENT)
    return Standing(there=There.THERE, in_use=addresses_in_use(snapshot, subnet))


def _done(snapshot: Snapshot, action: TagSubnet) -> Snapshot:
    subnet = the_subnet(snapshot, action.vpc_id, action.subnet_cidr)
    if action.key in subnet.tags:
        # Undoing deletes the tag: a value of somebody else's would be lost.
        msg = f"{subnet.id} has the tag {action.key} already"
        raise ValueError(msg)
    tags = {**subnet.tags, action.key: action.value}
    return with_subnet(snapshot, dataclasses.replace(subnet, tags=tags))


def _undone(snapshot: Snapshot, action: TagSubnet) -> Snapshot:
    subnet = the_subnet(snapshot, action.vpc_id, action.subnet_cidr)
    tags = {key: value for key, value in subnet.tags.items() if key != action.key}
    return with_subnet(snapshot, dataclasses.replace(subnet, tags=tags))


KIND = Kind(
    action=TagSubnet,
    facets=frozenset({Facet.SUBNETS}),
    facts=_facts,
    standing=_standing,
    done=_done,
    undone=_undone,
    does=("ec2:CreateTags",),
    undoes=("ec2:DeleteTags",),
    rehearsed=True,
    reversible=True,
    counts="changes",
    tells=lambda action: f"tag subnet {action.subnet_cidr} with {action.key}={action.value}",
    tells_undo=lambda action: f"remove the tag {action.key} from subnet {action.subnet_cidr}",
)
