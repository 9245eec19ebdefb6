"""Which IPv4 blocks a VPC and its subnets can have, and when they can be taken away.

VPC user guide, "VPC CIDR blocks": /16 to /28; stored without host bits; no overlap with the VPC's
other blocks; never in 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16 or 224.0.0.0/4; the association table
that keeps the private ranges apart; not the destination of an existing route, nor larger. A block
with a subnet in it stays. Deleting a subnet with interfaces in it is a DependencyViolation. The
rules are written here a second time on purpose: an emulator that asked eksnet would prove nothing.
"""

import functools
import ipaddress
from collections.abc import Callable
from ipaddress import IPv4Network
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.subnets import SubnetBackend
from moto.ec2.models.vpcs import VPCBackend

from sandbox.corrections.addresses import interfaces_in
from sandbox.corrections.lack import lacks, put

SMALLEST, LARGEST = 28, 16  # VPC user guide: prefix lengths of VPC and subnet blocks
NEVER = tuple(
    ipaddress.IPv4Network(each)
    for each in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4")
)
_TEN, _SEVENTEEN, _NINETEEN, _BENCHMARK = (
    ipaddress.IPv4Network(each)
    for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.19.0.0/16")
)
_KEPT_APART = (_TEN, _SEVENTEEN, _NINETEEN, _BENCHMARK)
_DEFAULT_VPC = ipaddress.IPv4Network("172.31.0.0/16")
_TAKEN = frozenset({"associating", "associated", "disassociating"})
_FIRST_TEN, _FIRST_TENS = (ipaddress.IPv4Network(each) for each in ("10.0.0.0/16", "10.0.0.0/15"))


def _family(block: IPv4Network) -> IPv4Network | None:
    return next((each for each in _KEPT_APART if block.subnet_of(each)), None)


def canonical(cidr: str) -> IPv4Network:
    """Return the block without host bits; raise when its size or range is never allowed."""
    try:
        block = ipaddress.IPv4Network(cidr, strict=False)
    except ValueError as error:
        message = (
            f"Value ({cidr}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
        )
        msg = "InvalidParameterValue"
        raise EC2ClientError(msg, message) from error
    if not LARGEST <= block.prefixlen <= SMALLEST or any(block.overlaps(no) for no in NEVER):
        msg = "InvalidVpc.Range"
        raise EC2ClientError(msg, f"The CIDR '{cidr}' is invalid.")
    return block


def _restricted(existing: IPv4Network, block: IPv4Network) -> bool:
    """Tell whether the association table forbids ``block`` beside ``existing``."""
    of_existing, of_block = _family(existing), _family(block)
    if of_block is None:
        return False
    if of_existing is not of_block or of_block is _BENCHMARK:
        return True
    if of_block is _SEVENTEEN:
        return block.overlaps(_DEFAULT_VPC)
    return existing.subnet_of(_FIRST_TENS) and block.overlaps(_FIRST_TEN)


def _blocks(vpc: Any) -> list[IPv4Network]:
    return [
        ipaddress.IPv4Network(each["cidr_block"], strict=False)
        for each in vpc.cidr_block_association_set
        if each["cidr_block_state"]["state"] in _TAKEN
    ]


def _routed(backend: Any, vpc: Any) -> list[IPv4Network]:
    """Return the destinations of the VPC's routes that are IPv4 and not local."""
    return [
        ipaddress.IPv4Network(route.destination_cidr_block)
        for table in backend.route_tables.values()
        if table.vpc_id == vpc.id
        for route in table.routes
        if route.destination_cidr_block and not route.local
    ]


def _check(backend: Any, vpc: Any, block: IPv4Network) -> None:
    conflict = f"The CIDR '{block}' conflicts with another CIDR or route of {vpc.id}."
    for existing in _blocks(vpc):
        if existing.overlaps(block):
            msg = "CidrConflict"
            raise EC2ClientError(msg, conflict)
        if _restricted(existing, block):
            message = f"The CIDR '{block}' is restricted beside '{existing}'."
            msg = "InvalidVpc.Range"
            raise EC2ClientError(msg, message)
    if any(route.subnet_of(block) for route in _routed(backend, vpc)):
        msg = "CidrConflict"
        raise EC2ClientError(msg, conflict)


def _associate(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def associate_vpc_cidr_block(
        backend: Any, vpc_id: str, cidr_block: str, amazon_provided_ipv6_cidr_block: Any
    ) -> Any:
        if cidr_block and not amazon_provided_ipv6_cidr_block:
            block = canonical(cidr_block)
            _check(backend, backend.get_vpc(vpc_id), block)
            cidr_block = str(block)
        return original(backend, vpc_id, cidr_block, amazon_provided_ipv6_cidr_block)

    return associate_vpc_cidr_block


def _disassociate(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def disassociate_vpc_cidr_block(backend: Any, association_id: str) -> Any:
        for vpc in backend.vpcs.values():
            association = vpc._cidr_block_association_set.get(association_id)
            if not association or association["cidr_block"] == vpc.cidr_block:
                continue  # moto itself never lets the primary block go
            if "." in association["cidr_block"]:
                block = ipaddress.IPv4Network(association["cidr_block"], strict=False)
                inside = backend.describe_subnets(filters={"vpc-id": vpc.id})
                if any(each.cidr.version == 4 and each.cidr.subnet_of(block) for each in inside):
                    message = f"The vpc {vpc.id} currently has a subnet within CIDR block {block}"
                    msg = "InvalidCidrBlock.InUse"
                    raise EC2ClientError(msg, message)
        return original(backend, association_id)

    return disassociate_vpc_cidr_block


def _create_subnet(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def create_subnet(backend: Any, vpc_id: str, cidr_block: Any, *args: Any, **kw: Any) -> Any:
        if cidr_block and "/" in cidr_block and int(cidr_block.partition("/")[2]) > SMALLEST:
            msg = "InvalidSubnet.Range"
            raise EC2ClientError(msg, f"The CIDR '{cidr_block}' is invalid.")
        return original(backend, vpc_id, cidr_block, *args, **kw)

    return create_subnet


def _delete_subnet(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def delete_subnet(backend: Any, subnet_id: str) -> Any:
        if any(True for _ in interfaces_in(backend.get_subnet(subnet_id))):
            message = f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
            msg = "DependencyViolation"
            raise EC2ClientError(msg, message)
        return original(backend, subnet_id)

    return delete_subnet


def install() -> None:
    """Enforce the rules."""
    lacks(VPCBackend.associate_vpc_cidr_block, "overlaps")
    lacks(VPCBackend.disassociate_vpc_cidr_block, "subnet")
    lacks(SubnetBackend.create_subnet, "prefixlen")
    lacks(SubnetBackend.delete_subnet, "DependencyViolation")
    put(VPCBackend, associate_vpc_cidr_block=_associate(VPCBackend.associate_vpc_cidr_block))
    put(
        VPCBackend,
        disassociate_vpc_cidr_block=_disassociate(VPCBackend.disassociate_vpc_cidr_block),
    )
    put(SubnetBackend, create_subnet=_create_subnet(SubnetBackend.create_subnet))
    put(SubnetBackend, delete_subnet=_delete_subnet(SubnetBackend.delete_subnet))
