"""Reserving a block of a subnet for prefixes, so that single addresses don't break it up."""

import dataclasses

from eksnet.model.action import ReservePrefixes
from eksnet.model.network import CidrReservation
from eksnet.model.plan import About
from eksnet.model.snapshot import Facet, Snapshot
from eksnet.network.cidr import block
from eksnet.plan.kind import Key, Kind, Standing, There
from eksnet.plan.natural import place, planned_id, subnet_at, the_subnet

PREFIX = "prefix"  # EC2 API reference, CreateSubnetCidrReservation: ReservationType


def _facts(action: ReservePrefixes) -> tuple[Key, ...]:
    within = place(action.vpc_id, action.subnet_cidr)
    return ((About.VPC, action.vpc_id), (About.SUBNET, within), (About.RESERVATIONS, within))


def _own(snapshot: Snapshot, action: ReservePrefixes) -> tuple[CidrReservation, ...]:
    """Return the reservations of the subnet, by block."""
    subnet = subnet_at(snapshot, action.vpc_id, action.subnet_cidr)
    own = [each for each in snapshot.cidr_reservations if subnet and each.subnet_id == subnet.id]
    return tuple(sorted(own, key=lambda each: (each.cidr, each.id)))


def _is_it(reservation: CidrReservation, action: ReservePrefixes) -> bool:
    return (reservation.cidr, reservation.kind) == (action.cidr, PREFIX)


def _standing(snapshot: Snapshot, action: ReservePrefixes) -> Standing:
    """Say whether it is there. Taking it back harms nothing: prefixes in use keep theirs."""
    for each in _own(snapshot, action):
        if _is_it(each, action):
            return Standing(there=There.THERE, resource_id=each.id)
    return Standing(there=There.ABSENT)


def _done(snapshot: Snapshot, action: ReservePrefixes) -> Snapshot:
    subnet = the_subnet(snapshot, action.vpc_id, action.subnet_cidr)
    if not block(subnet.cidr).contains(block(action.cidr)):
        msg = f"{action.cidr} is not in {subnet.cidr}"
        raise ValueError(msg)
    for each in _own(snapshot, action):
        # "the CIDR ranges cannot overlap": VPC user guide, subnet-cidr-reservation
        if ":" not in each.cidr and block(each.cidr).overlaps(block(action.cidr)):
            msg = f"{action.cidr} overlaps the reservation {each.cidr} of {subnet.id}"
            raise ValueError(msg)
    made = CidrReservation(
        id=planned_id("scr", action.cidr), subnet_id=subnet.id, cidr=action.cidr, kind=PREFIX
    )
    kept = (*snapshot.cidr_reservations, made)
    return dataclasses.replace(snapshot, cidr_reservations=kept)


def _undone(snapshot: Snapshot, action: ReservePrefixes) -> Snapshot:
    gone = {each.id for each in _own(snapshot, action) if _is_it(each, action)}
    kept = tuple(each for each in snapshot.cidr_reservations if each.id not in gone)
    return dataclasses.replace(snapshot, cidr_reservations=kept)


KIND = Kind(
    action=ReservePrefixes,
    facets=frozenset({Facet.SUBNETS, Facet.NETWORK_INTERFACES, Facet.CIDR_RESERVATIONS}),
    facts=_facts,
    standing=_standing,
    done=_done,
    undone=_undone,
    does=("ec2:CreateSubnetCidrReservation",),
    undoes=("ec2:DeleteSubnetCidrReservation",),
    rehearsed=True,
    reversible=True,
    counts="creates",
    tells=lambda action: f"reserve {action.cidr} of subnet {action.subnet_cidr} for prefixes",
    tells_undo=lambda action: f"release {action.cidr} of subnet {action.subnet_cidr}",
)
