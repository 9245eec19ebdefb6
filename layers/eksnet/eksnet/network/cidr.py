"""IPv4 blocks as integers."""

import functools
import ipaddress
import socket
import typing

RESERVED = 5  # network, router, DNS, future use, broadcast: VPC user guide, subnet sizing
BITS = 32


class Block(typing.NamedTuple):
    """An IPv4 block: the first address as an integer, and the prefix length."""

    first: int
    length: int

    @property
    def size(self) -> int:
        """Return the number of addresses."""
        return 1 << (BITS - self.length)

    @property
    def last(self) -> int:
        """Return the last address."""
        return self.first + self.size - 1

    def overlaps(self, other: "Block") -> bool:
        """Tell whether the two share an address."""
        return self.first <= other.last and other.first <= self.last

    def contains(self, other: "Block") -> bool:
        """Tell whether every address of ``other`` is in this block."""
        return self.first <= other.first and other.last <= self.last

    def __str__(self) -> str:
        return f"{ipaddress.IPv4Address(self.first)}/{self.length}"


@functools.lru_cache(maxsize=65_536)
def block(cidr: str) -> Block:
    """Read ``10.0.0.0/16``; host bits are dropped, as the EC2 API drops them.

    Raises:
        ValueError: the text is no IPv4 block.
    """
    network = ipaddress.IPv4Network(cidr, strict=False)
    return Block(int(network.network_address), network.prefixlen)


def address(text: str) -> int:
    """Read a dotted address.

    Raises:
        ValueError: the text is no IPv4 address.
    """
    try:
        return int.from_bytes(socket.inet_pton(socket.AF_INET, text))
    except OSError as problem:
        msg = f"{text!r} is no IPv4 address"
        raise ValueError(msg) from problem


def usable(cidr: str) -> int:
    """Return how many addresses of a subnet can be given away; an IPv6-only one ("") has none."""
    return block(cidr).size - RESERVED if cidr else 0
