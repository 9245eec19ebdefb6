"""AssociateVpcCidrBlock and DisassociateVpcCidrBlock."""

import dataclasses
import ipaddress
from ipaddress import IPv4Network

from moto.ec2.exceptions import EC2ClientError

from eksnet.model.network import CidrAssociation, Peering, Vpc
from sandbox.corrections import cidrs
from sandbox.world.state import RefusedError, State, swapped

HOLDS = frozenset({"associating", "associated", "disassociating", "failing"})
"""The states in which a block is the VPC's: VpcCidrBlockStateCode, EC2 API reference."""
BLOCKS = "L-83CA0A9D"  # IPv4 CIDR blocks per VPC, 5: VPC user guide, quotas
DEFAULT_BLOCKS = 5


def block_of(text: str) -> IPv4Network:
    """Return a block without host bits, as EC2 stores it: VPC user guide, VPC CIDR blocks."""
    try:
        return cidrs.canonical(text)
    except EC2ClientError as error:
        raise RefusedError(error.code or "InvalidParameterValue", text) from error


def associate_vpc_cidr_block(state: State, *, vpc_id: str, cidr: str) -> tuple[State, str]:
    """Begin to give a VPC a block; the state it is in afterwards is associating."""
    vpc, block = state.vpc(vpc_id), block_of(cidr)
    holding = [each for each in vpc.cidrs if each.state in HOLDS]
    for each in holding:
        _beside(ipaddress.IPv4Network(each.cidr), block)
    _routes(state, vpc, block)
    _peers(state, vpc, block)
    quota = next((q.value for q in state.shown.quotas if q.id == BLOCKS), DEFAULT_BLOCKS)
    if len(holding) >= quota:
        code = "CidrLimitExceeded"  # the code that other emulators answer
        raise RefusedError(code, f"This network '{vpc_id}' has met its maximum number of CIDRs")
    state, association = state.name("vpc-cidr-assoc")
    new = CidrAssociation(cidr=str(block), state="associating", association_id=association)
    other = dataclasses.replace(vpc, cidrs=(*vpc.cidrs, new))
    ends = "block failed" if state.habits.association_fails else "block associated"
    state = state.show(vpcs=swapped(state.shown.vpcs, vpc, other))
    return state.later(state.habits.associating, ends, association), association


def disassociate_vpc_cidr_block(state: State, *, association_id: str) -> tuple[State, None]:
    """Begin to take a block away: not the primary one, and none with a subnet in it.

    VPC user guide, "Disassociate a CIDR block"; the codes are those that other emulators answer.
    """
    for vpc in state.shown.vpcs:
        for number, each in enumerate(vpc.cidrs):
            if each.association_id == association_id:
                _free(state, vpc, each, primary=not number)
                new = dataclasses.replace(each, state="disassociating")
                other = dataclasses.replace(vpc, cidrs=swapped(vpc.cidrs, each, new))
                state = state.show(vpcs=swapped(state.shown.vpcs, vpc, other))
                seconds = state.habits.disassociating
                return state.later(seconds, "block gone", association_id), None
    code = "InvalidVpcCidrBlockAssociationID.NotFound"
    raise RefusedError(code, f"The vpc CIDR block association ID '{association_id}' does not exist")


def _free(state: State, vpc: Vpc, each: CidrAssociation, *, primary: bool) -> None:
    if primary:
        code = "OperationNotPermitted"
        raise RefusedError(code, f"{each.cidr} is the primary block of {vpc.id}")
    block = ipaddress.IPv4Network(each.cidr)
    for subnet in state.shown.subnets:
        inside = subnet.cidr and ipaddress.IPv4Network(subnet.cidr).subnet_of(block)
        if subnet.vpc_id == vpc.id and inside:
            code = "InvalidCidrBlock.InUse"
            raise RefusedError(code, f"{vpc.id} currently has a subnet within CIDR block {block}")


def _beside(existing: IPv4Network, block: IPv4Network) -> None:
    """No overlap, and the association table: VPC user guide, VPC CIDR blocks."""
    if existing.overlaps(block):
        code = "CidrConflict"
        raise RefusedError(code, f"The CIDR '{block}' conflicts with {existing}")
    if cidrs._restricted(existing, block):
        code = "InvalidVpc.Range"
        raise RefusedError(code, f"The CIDR '{block}' is restricted beside '{existing}'")


def _routes(state: State, vpc: Vpc, block: IPv4Network) -> None:
    """The block is not the destination of a route, nor larger: VPC user guide, VPC CIDR blocks."""
    for table in state.shown.route_tables:
        for route in table.routes:
            if table.vpc_id != vpc.id or route.target == "local" or "." not in route.destination:
                continue
            if ipaddress.IPv4Network(route.destination).subnet_of(block):
                code = "CidrConflict"
                raise RefusedError(code, f"The CIDR '{block}' conflicts with a route of {vpc.id}")


def _peers(state: State, vpc: Vpc, block: IPv4Network) -> None:
    """VPC user guide, "Add or remove a CIDR block": the rules for peering connections."""
    for peering in state.shown.peerings:
        if _refuses(peering, vpc, block):
            code = "CidrConflict"
            raise RefusedError(code, f"The CIDR '{block}' conflicts with {peering.id}")


def _refuses(peering: Peering, vpc: Vpc, block: IPv4Network) -> bool:
    sides = (peering.requester, peering.accepter)
    if vpc.id not in {each.vpc_id for each in sides}:
        return False
    if peering.status == "pending-acceptance":
        return peering.requester.vpc_id == vpc.id
    others = [cidr for each in sides if each.vpc_id != vpc.id for cidr in each.cidrs]
    return peering.status == "active" and any(
        ipaddress.IPv4Network(each).overlaps(block) for each in others
    )
