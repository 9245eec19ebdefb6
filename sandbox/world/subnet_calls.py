"""Subnets: made and deleted, associated with route tables, tagged, reserved."""

import dataclasses
import ipaddress
from collections.abc import Mapping
from ipaddress import IPv4Network

from eksnet.model.network import CidrReservation, Subnet
from sandbox.world.state import RefusedError, State, swapped

LARGEST, SMALLEST = 16, 28  # prefix lengths of a subnet: VPC user guide, subnet sizing
TAKEN = 5  # addresses of a subnet that AWS keeps: VPC user guide, subnet sizing
MOST_TAGS = 50  # tags of a resource: EC2 user guide, tag restrictions
SUBNETS, DEFAULT_SUBNETS = "L-407747CB", 200  # subnets per VPC: VPC user guide, quotas


def _network(cidr: str) -> IPv4Network:
    try:
        return ipaddress.IPv4Network(cidr, strict=False)
    except ValueError as error:
        code = "InvalidParameterValue"
        raise RefusedError(code, f"Value ({cidr}) for parameter cidrBlock is invalid") from error


def create_subnet(
    state: State, *, vpc_id: str, cidr: str, az_id: str, tags: Mapping[str, str]
) -> tuple[State, str]:
    """Make a subnet, tagged in the same call: EC2 API reference, CreateSubnet."""
    vpc, block = state.vpc(vpc_id), _network(cidr)
    zone = next((each for each in state.shown.zones if each.id == az_id), None)
    if zone is None:
        code = "InvalidParameterValue"
        raise RefusedError(code, f"Value ({az_id}) for parameter availabilityZoneId is invalid")
    _tags(tags)
    _fits(state, vpc_id, block)
    state, subnet_id = state.name("subnet")
    target = state.shown.target
    made = Subnet(
        id=subnet_id,
        arn=target.arn("ec2", f"subnet/{subnet_id}"),
        vpc_id=vpc_id,
        owner_id=vpc.owner_id,
        cidr=str(block),
        az=zone.name,
        az_id=az_id,
        free_ips=block.num_addresses - TAKEN,
        map_public_ip=False,
        tags=dict(tags),
    )
    return _guarded(state, vpc_id, subnet_id).show(subnets=(*state.shown.subnets, made)), subnet_id


def _guarded(state: State, vpc_id: str, subnet_id: str) -> State:
    """A new subnet has the VPC's default network ACL: VPC user guide, network ACLs."""
    return state.show(
        network_acls=tuple(
            dataclasses.replace(acl, subnet_ids=(*acl.subnet_ids, subnet_id))
            if acl.vpc_id == vpc_id and acl.is_default
            else acl
            for acl in state.shown.network_acls
        )
    )


def _fits(state: State, vpc_id: str, block: IPv4Network) -> None:
    """In a block of the VPC that is associated, and beside its other subnets.

    InvalidSubnet.Range, InvalidSubnet.Conflict: EC2 API reference, error codes.
    """
    within = any(
        each.state == "associated" and block.subnet_of(ipaddress.IPv4Network(each.cidr))
        for each in state.vpc(vpc_id).cidrs
    )
    if not within or not LARGEST <= block.prefixlen <= SMALLEST:
        code = "InvalidSubnet.Range"
        raise RefusedError(code, f"The CIDR '{block}' is invalid.")
    others = [each for each in state.shown.subnets if each.vpc_id == vpc_id]
    if any(each.cidr and _network(each.cidr).overlaps(block) for each in others):
        code = "InvalidSubnet.Conflict"
        raise RefusedError(code, f"The CIDR '{block}' conflicts with another subnet")
    quota = next((q.value for q in state.shown.quotas if q.id == SUBNETS), DEFAULT_SUBNETS)
    if len(others) >= quota:
        code = "SubnetLimitExceeded"
        raise RefusedError(code, f"{vpc_id} has {len(others)} subnets")


def delete_subnet(state: State, *, subnet_id: str) -> tuple[State, None]:
    """Delete a subnet without interfaces: EC2 API reference, DeleteSubnet; error codes.

    What hangs on it, its associations and reservations, goes with it.
    """
    subnet = state.subnet(subnet_id)
    if any(each.subnet_id == subnet_id for each in state.shown.enis):
        code = "DependencyViolation"
        raise RefusedError(code, f"The subnet '{subnet_id}' has dependencies")
    for link, (_, linked) in state.links.items():
        if linked == subnet_id:
            state, _ = disassociate_route_table(state, association_id=link)
    left = tuple(each for each in state.shown.cidr_reservations if each.subnet_id != subnet_id)
    acls = tuple(
        dataclasses.replace(
            acl, subnet_ids=tuple(each for each in acl.subnet_ids if each != subnet_id)
        )
        for acl in state.shown.network_acls
    )
    subnets = swapped(state.shown.subnets, subnet)
    return state.show(subnets=subnets, cidr_reservations=left, network_acls=acls), None


def associate_route_table(state: State, *, table_id: str, subnet_id: str) -> tuple[State, str]:
    """Associate a subnet with a table of its VPC: one at a time, the same again is the same.

    Resource.AlreadyAssociated: EC2 API reference, error codes.
    """
    table, subnet = state.table(table_id), state.subnet(subnet_id)
    if table.vpc_id != subnet.vpc_id:
        code = "InvalidParameterValue"  # the code that other emulators answer
        raise RefusedError(code, f"{table_id} and {subnet_id} belong to different networks")
    for link, ends in state.links.items():
        if ends == (table_id, subnet_id):
            return state, link
    if any(linked == subnet_id for _, linked in state.links.values()):
        code = "Resource.AlreadyAssociated"
        message = f"the specified association for route table {table_id} conflicts with another"
        raise RefusedError(code, message)
    state, link = state.name("rtbassoc")
    state = dataclasses.replace(state, links={**state.links, link: (table_id, subnet_id)})
    other = dataclasses.replace(table, subnet_ids=(*table.subnet_ids, subnet_id))
    return state.show(route_tables=swapped(state.shown.route_tables, table, other)), link


def disassociate_route_table(state: State, *, association_id: str) -> tuple[State, None]:
    """End an association: the subnet then follows the main table.

    InvalidAssociationID.NotFound: EC2 API reference, error codes.
    """
    if association_id not in state.links:
        code = "InvalidAssociationID.NotFound"
        raise RefusedError(code, f"The association ID '{association_id}' does not exist")
    table_id, subnet_id = state.links[association_id]
    links = {each: link for each, link in state.links.items() if each != association_id}
    table = state.table(table_id)
    left = tuple(each for each in table.subnet_ids if each != subnet_id)
    other = dataclasses.replace(table, subnet_ids=left)
    state = dataclasses.replace(state, links=links)
    return state.show(route_tables=swapped(state.shown.route_tables, table, other)), None


def create_tags(state: State, *, subnet_id: str, tags: Mapping[str, str]) -> tuple[State, None]:
    """Set tags, over those of the same keys: EC2 API reference, CreateTags."""
    subnet = state.subnet(subnet_id)
    new = {**subnet.tags, **tags}
    _tags(tags, len(new))
    other = dataclasses.replace(subnet, tags=new)
    return state.show(subnets=swapped(state.shown.subnets, subnet, other)), None


def delete_tags(state: State, *, subnet_id: str, tags: Mapping[str, str]) -> tuple[State, None]:
    """Delete tags that have these values, no error where none: EC2 API reference, DeleteTags."""
    subnet = state.subnet(subnet_id)
    left = {key: value for key, value in subnet.tags.items() if tags.get(key) != value}
    other = dataclasses.replace(subnet, tags=left)
    return state.show(subnets=swapped(state.shown.subnets, subnet, other)), None


def _tags(tags: Mapping[str, str], number: int = 0) -> None:
    if max(number, len(tags)) > MOST_TAGS:
        code = "TagLimitExceeded"  # EC2 API reference, error codes
        raise RefusedError(code, f"more than {MOST_TAGS} tags")
    if any(key.lower().startswith("aws:") for key in tags):
        code = "InvalidParameterValue"  # EC2 user guide, tag restrictions: aws: is AWS's own
        raise RefusedError(code, "tag keys starting with 'aws:' are reserved")


def create_subnet_cidr_reservation(
    state: State, *, subnet_id: str, cidr: str, kind: str
) -> tuple[State, str]:
    """Reserve a block within a subnet: VPC user guide, "Subnet CIDR reservations".

    Reservations of a subnet do not overlap. The code is the one that other emulators answer.
    """
    subnet, block = state.subnet(subnet_id), _network(cidr)
    others = [each for each in state.shown.cidr_reservations if each.subnet_id == subnet_id]
    overlap = any(_network(each.cidr).overlaps(block) for each in others)
    if overlap or not block.subnet_of(_network(subnet.cidr)):
        code = "InvalidParameterValue"
        raise RefusedError(code, f"{block} overlaps a reservation of {subnet_id} or is outside it")
    state, reservation = state.name("scr")
    made = CidrReservation(id=reservation, subnet_id=subnet_id, cidr=str(block), kind=kind)
    return state.show(cidr_reservations=(*state.shown.cidr_reservations, made)), reservation


def delete_subnet_cidr_reservation(state: State, *, reservation_id: str) -> tuple[State, None]:
    """Take a reservation away; the code is the one that other emulators answer."""
    for each in state.shown.cidr_reservations:
        if each.id == reservation_id:
            left = swapped(state.shown.cidr_reservations, each)
            return state.show(cidr_reservations=left), None
    code = "InvalidSubnetCidrReservationID.NotFound"
    raise RefusedError(code, f"The ID '{reservation_id}' does not exist")
