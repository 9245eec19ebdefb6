"""Addresses of a subnet: who has them, how many are left, and that there are no more than that.

VPC user guide, "Subnet CIDR blocks": the first four addresses and the last one are reserved; an
address is held by one interface; AvailableIpAddressCount never falls below zero because the call
that would do it is refused. A /28 prefix on an interface takes 16 addresses of the subnet
(EC2 user guide, "Prefix delegation").
"""

import ipaddress
from collections.abc import Iterator
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.subnets import Subnet

from sandbox.corrections.lack import lacks, put

RESERVED_FIRST = 4  # VPC user guide: network, router, DNS, future use
PREFIX_LENGTH = 28  # EC2 user guide: the only IPv4 prefix length an interface can have
PREFIX_SIZE = 16


class InsufficientFreeAddressesError(EC2ClientError):
    """The subnet has fewer free addresses than were asked for."""

    def __init__(self, subnet_id: str) -> None:
        super().__init__(
            "InsufficientFreeAddressesInSubnet",
            f"The specified subnet does not have enough free addresses to satisfy the request: "
            f"{subnet_id}",
        )


class InsufficientCidrBlocksError(EC2ClientError):
    """The subnet has no contiguous, aligned /28 left."""

    def __init__(self) -> None:
        super().__init__(
            "InsufficientCidrBlocks",
            "The specified subnet does not have enough free cidr blocks to satisfy the request.",
        )


def interfaces_in(subnet: Any) -> Iterator[Any]:
    """Yield the interfaces in the subnet."""
    for eni in list(subnet.ec2_backend.enis.values()):
        if eni.subnet.id == subnet.id:
            yield eni


def prefixes_of(eni: Any) -> list[str]:
    """Return the /28 prefixes the interface holds."""
    return [each["Ipv4Prefix"] for each in getattr(eni, "ipv4_prefixes", ())]


def taken(subnet: Any) -> set[int]:
    """Return every address in use, as numbers; those reserved by AWS and by prefixes included."""
    first, last = int(subnet.cidr.network_address), int(subnet.cidr.broadcast_address)
    used = {*range(first, first + RESERVED_FIRST), last}
    for eni in interfaces_in(subnet):
        used.update(
            int(ipaddress.ip_address(each["PrivateIpAddress"])) for each in eni.private_ip_addresses
        )
        for prefix in prefixes_of(eni):
            block = ipaddress.ip_network(prefix)
            used.update(range(int(block[0]), int(block[0]) + PREFIX_SIZE))
    return used


def free_count(subnet: Any) -> int:
    """Return how many addresses can still be given out."""
    held = sum(
        len(eni.private_ip_addresses) + PREFIX_SIZE * len(prefixes_of(eni))
        for eni in interfaces_in(subnet)
    )
    return max(0, int(subnet._available_ip_addresses) - held)


def next_addresses(subnet: Any, count: int) -> list[str]:
    """Return ``count`` free addresses, lowest first; raise when there are not that many."""
    used = taken(subnet)
    used.update(int(each) for each in subnet._reserved_ips)
    found: list[str] = []
    first = int(subnet.cidr.network_address)
    for number in range(first, first + subnet.cidr.num_addresses):
        if len(found) == count:
            break
        if number not in used:
            found.append(str(ipaddress.ip_address(number)))
    if len(found) < count:
        raise InsufficientFreeAddressesError(subnet.id)
    return found


def next_prefixes(subnet: Any, count: int) -> list[str]:
    """Return ``count`` wholly free /28 blocks; raise when the subnet is too fragmented or full."""
    used = taken(subnet)
    blocks = (
        subnet.cidr.subnets(new_prefix=PREFIX_LENGTH)
        if subnet.cidr.prefixlen <= PREFIX_LENGTH
        else ()
    )
    found = [
        str(block)
        for block in blocks
        if used.isdisjoint(range(int(block[0]), int(block[0]) + PREFIX_SIZE))
    ][:count]
    if len(found) < count:
        raise InsufficientCidrBlocksError
    return found


def install() -> None:
    """Count, and hand out, addresses as AWS does."""
    described: Any = Subnet
    lacks(described.available_ip_address_count.fget, "max(")
    lacks(Subnet.get_available_subnet_ip, "InsufficientFreeAddresses")
    own_count = described.available_ip_address_count.fget

    def available_ip_address_count(subnet: Subnet) -> int:
        is_ipv4 = isinstance(subnet.cidr, ipaddress.IPv4Network)
        return free_count(subnet) if is_ipv4 else int(own_count(subnet))

    def get_available_subnet_ip(subnet: Subnet, instance: Any) -> str:
        address = next_addresses(subnet, 1)[0]
        subnet._subnet_ips[address] = instance
        return address

    put(Subnet, available_ip_address_count=property(available_ip_address_count))
    put(Subnet, get_available_subnet_ip=get_available_subnet_ip)
