"""Addresses and ports as rectangles, so that what a list of rules says of all of them is exact."""

import functools
import ipaddress
import typing
from collections.abc import Iterable, Iterator

ANY = "-1"  # EC2 API reference, IpPermission and NetworkAclEntry: every protocol
PORTS = (0, 65535)  # RFC 9293 and RFC 768: a port is 16 bits
NAMES = {"6": "tcp", "17": "udp"}  # IANA protocol numbers; EC2 takes both forms


class Span(typing.NamedTuple):
    """Addresses as integers, from the first to the last; of one family, which the user knows."""

    first: int
    last: int


class Piece(typing.NamedTuple):
    """Every packet with one end between two addresses and its port between two ports."""

    first: int
    last: int
    low: int
    high: int


@functools.lru_cache(maxsize=65_536)
def span(cidr: str) -> Span:
    """Read a block of either family; host bits are dropped, as the EC2 API drops them.

    Raises:
        ValueError: the text is no block.
    """
    network = ipaddress.ip_network(cidr, strict=False)
    return Span(int(network.network_address), int(network.broadcast_address))


def common(one: Piece, other: Piece) -> Piece | None:
    """Return what both hold."""
    first, last = max(one.first, other.first), min(one.last, other.last)
    low, high = max(one.low, other.low), min(one.high, other.high)
    return Piece(first, last, low, high) if first <= last and low <= high else None


def taken(pieces: tuple[Piece, ...], wanted: Piece) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Return the parts of ``pieces`` that lie in ``wanted``, and those that don't."""
    if all(_holds(wanted, each) for each in pieces):
        return pieces, ()
    inside = tuple(both for each in pieces if (both := common(each, wanted)))
    return (inside, without(pieces, wanted)) if inside else ((), pieces)


def _holds(whole: Piece, part: Piece) -> bool:
    addresses = whole.first <= part.first and part.last <= whole.last
    return addresses and whole.low <= part.low and part.high <= whole.high


def without(pieces: Iterable[Piece], unwanted: Piece) -> tuple[Piece, ...]:
    """Return what is left of ``pieces`` without ``unwanted``."""
    return tuple(rest for piece in pieces for rest in _rest(piece, unwanted))


def _rest(piece: Piece, unwanted: Piece) -> Iterator[Piece]:
    both = common(piece, unwanted)
    if both is None:
        yield piece
        return
    if piece.first < both.first:
        yield piece._replace(last=both.first - 1)
    if both.last < piece.last:
        yield piece._replace(first=both.last + 1)
    if piece.low < both.low:
        yield Piece(both.first, both.last, piece.low, both.low - 1)
    if both.high < piece.high:
        yield Piece(both.first, both.last, both.high + 1, piece.high)


def ports(protocol: str, wanted: str, low: int | None, high: int | None) -> tuple[int, int] | None:
    """Return the ports a rule of ``protocol`` has for ``wanted`` (``tcp``, ``udp``), None for none.

    Without ports, or with EC2's -1, a rule has all of them.
    """
    if protocol == ANY:
        return PORTS
    if NAMES.get(protocol, protocol.lower()) != wanted:
        return None
    return PORTS if low is None or high is None or low < 0 else (low, high)


def addresses_text(first: int, last: int, *, ipv6: bool) -> str:
    """Return a range of addresses as a block, or from one to another where it is none."""
    kind = ipaddress.IPv6Address if ipv6 else ipaddress.IPv4Address
    length = kind(0).max_prefixlen - (last - first + 1).bit_length() + 1
    size = last - first + 1
    if size & (size - 1) or first % size:
        return f"{kind(first)}-{kind(last)}"
    return f"{kind(first)}/{length}"


def ports_text(low: int, high: int) -> str:
    """Return a range of ports as people write it."""
    return str(low) if low == high else f"{low}-{high}"
