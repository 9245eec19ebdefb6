"""What security groups, network ACLs and route tables decide about each piece of some traffic.

Every function here splits the traffic into pieces and names for each what decided it; the pieces
together are all of the traffic, and none is in two.
"""

import enum
import typing
from collections.abc import Iterable, Iterator, Mapping

from eksnet.model.finding import Unread
from eksnet.model.network import AclEntry, NetworkAcl, Route, RouteTable, Rule, SecurityGroup
from eksnet.model.record import record
from eksnet.network.pieces import PORTS, Piece, Span, ports, span, taken

LAST_RULE = 32767  # EC2 API reference: the number EC2 shows for the rule that the console calls *
NO_GROUP = Unread(api="ec2:DescribeSecurityGroups", error="NotListed")
NO_ENTRIES = Unread(api="ec2:GetManagedPrefixListEntries", error="NotRead")
NO_ACL = Unread(api="ec2:DescribeNetworkAcls", error="NotListed")
NO_TABLE = Unread(api="ec2:DescribeRouteTables", error="NotListed")
BEYOND = Unread(api="ec2:DescribeRouteTables", error="LeadsElsewhere")
LOCAL = "local"
IPV6_LAST = 2**128 - 1  # the last address of the larger family
PREFIX_LIST = "pl-"
INSIDE = ("nat-", "eni-", "i-")  # VPC user guide: what may be more specific than a local route


class Passage(enum.StrEnum):
    """Whether traffic gets through; UNKNOWN where it hangs on what was not seen."""

    DENIED = "denied"
    UNKNOWN = "unknown"
    ALLOWED = "allowed"


@record
class Decision:
    """What decided one piece: ``says`` names it with its verb, ``unread`` what would have told."""

    passage: Passage
    piece: Piece
    says: str
    unread: Unread | None = None


@record
class Side:
    """The other end as a security group sees it: the groups it carries, and its address family."""

    groups: frozenset[str]
    ipv6: bool = False


Decisions = tuple[Decision, ...]


class Line(typing.NamedTuple):
    """A rule of a network ACL, as it is met: what it is about and what it says."""

    about: Piece
    passage: Passage
    says: str


def lines(acl: NetworkAcl, protocol: str, *, egress: bool, ipv6: bool) -> tuple[Line, ...]:
    """Return the rules of a network ACL for one direction and protocol, by number."""
    found = []
    for entry in sorted(acl.entries, key=lambda each: each.number):
        about = _covered(entry, protocol, ipv6=ipv6) if entry.egress is egress else None
        if about:
            number = "*" if entry.number == LAST_RULE else entry.number
            passage = Passage.ALLOWED if entry.allow else Passage.DENIED
            says = f"{acl.id} rule {number} {'allows' if entry.allow else 'denies'}"
            found.append(Line(about, passage, says))
    everything = Piece(0, IPV6_LAST, *PORTS)
    return (*found, Line(everything, Passage.DENIED, f"{acl.id} rule * denies"))


def through_acl(met: Iterable[Line], asked: tuple[Piece, ...]) -> Decisions:
    """Return what the rules of a network ACL decide: the first that matches, else no.

    VPC user guide, network ACL rules.
    """
    found: list[Decision] = []
    for about, passage, says in met:
        inside, asked = taken(asked, about)
        found += _decided(inside, passage, says)
        if not asked:
            break
    return tuple(found)


def _covered(entry: AclEntry, protocol: str, *, ipv6: bool) -> Piece | None:
    cidr = entry.ipv6_cidr if ipv6 else entry.cidr
    reach = ports(entry.protocol, protocol, entry.from_port, entry.to_port)
    return Piece(*span(cidr), *reach) if cidr and reach else None


def _decided(
    pieces: tuple[Piece, ...], passage: Passage, says: str, unread: Unread | None = None
) -> Iterator[Decision]:
    for each in pieces:
        yield Decision(passage=passage, piece=each, says=says, unread=unread)


def through_groups(  # noqa: PLR0913 - what a packet shows to security groups
    known: Mapping[str, SecurityGroup],
    groups: frozenset[str],
    asked: tuple[Piece, ...],
    protocol: str,
    other: Side,
    *,
    egress: bool,
) -> Decisions:
    """Return what the groups of an interface decide together: what any rule allows, is allowed.

    A group that was not listed may allow anything, and so may a prefix list, whose entries are not
    read. An interface always has a group, so that none at all means that they were not seen.
    """
    found: list[Decision] = []
    maybe = [
        (PORTS, f"{each} is not listed and may allow", NO_GROUP)
        for each in sorted(groups or {"a group that was not seen"})
        if each not in known
    ]
    for group_id, rule in _rules(known, groups, egress=egress):
        reach = ports(rule.protocol, protocol, rule.from_port, rule.to_port)
        if reach is None:
            continue
        for whole in _allowed(rule, reach, asked, other):
            inside, asked = taken(asked, whole)
            found += _decided(inside, Passage.ALLOWED, f"{group_id} allows")
        if not asked:
            return tuple(found)
        if rule.prefix_lists:
            text = f"{group_id} may allow by {', '.join(rule.prefix_lists)}"
            maybe.append((reach, text, NO_ENTRIES))
    return (*found, *_left(asked, maybe, ", ".join(sorted(groups))))


def _rules(
    known: Mapping[str, SecurityGroup], groups: frozenset[str], *, egress: bool
) -> Iterator[tuple[str, Rule]]:
    for each in sorted(groups):
        if each in known:
            rules = known[each].egress if egress else known[each].ingress
            yield from ((each, rule) for rule in rules)


def _allowed(
    rule: Rule, reach: tuple[int, int], asked: tuple[Piece, ...], other: Side
) -> Iterator[Piece]:
    if not other.groups.isdisjoint(rule.groups):
        for piece in asked:
            yield Piece(piece.first, piece.last, *reach)
        return
    for cidr in rule.ipv6_cidrs if other.ipv6 else rule.cidrs:
        yield Piece(*span(cidr), *reach)


def _left(
    asked: tuple[Piece, ...], maybe: Iterable[tuple[tuple[int, int], str, Unread]], names: str
) -> Iterator[Decision]:
    """Yield what no rule allows for certain: unknown where one may, else denied."""
    for (low, high), says, unread in maybe:
        for piece in asked:
            inside, asked = taken(asked, Piece(piece.first, piece.last, low, high))
            yield from _decided(inside, Passage.UNKNOWN, says, unread)
    verb = "allow" if "," in names else "allows"
    yield from _decided(asked, Passage.DENIED, f"{names} {verb} no")


def along(
    table: RouteTable, home: Iterable[str], asked: tuple[Piece, ...], *, ipv6: bool
) -> Decisions:
    """Return where the routes lead: the longest block that holds an address decides.

    ``home`` are the VPC's own blocks: each has a local route, listed or not, unless the table
    shows another target for it. Only a NAT gateway, an interface and an endpoint may be the target
    of less than a local route's block (VPC user guide, route tables). A prefix list that leads to
    an endpoint is taken for a gateway endpoint's, which holds no private address. Where a route to
    neither a block nor a prefix list leads, nothing is known.
    """
    found: list[Decision] = []
    lists = [route for route in table.routes if not _is_block(route)]
    hidden = next((each for each in lists if _may_be_inside(each)), None)
    for whole, route in _by_length(table, home, ipv6=ipv6):
        passage, says, unread = _leads(table, route)
        if hidden and passage is Passage.ALLOWED:
            passage, says, unread = _perhaps(table, hidden)
        inside, asked = taken(asked, Piece(*whole, *PORTS))
        found += _decided(inside, passage, says, unread)
        if not asked:
            return tuple(found)
    rest = Passage.DENIED, f"{table.id} has no route for", None
    return (*found, *_decided(asked, *(_perhaps(table, lists[0]) if lists else rest)))


def _by_length(table: RouteTable, home: Iterable[str], *, ipv6: bool) -> list[tuple[Span, Route]]:
    """Return the routes by block, the smallest block first; of others, nothing is known."""
    implied = {each: Route(destination=each, target=LOCAL) for each in home}
    listed = {each.destination: each for each in table.routes if _is_block(each)}
    blocks = {**implied, **listed}.items()
    found = [(span(cidr), route) for cidr, route in blocks if (":" in cidr) is ipv6]
    return sorted(found, key=lambda each: each[0].last - each[0].first)


def _is_block(route: Route) -> bool:
    return "/" in route.destination


def _may_be_inside(route: Route) -> bool:
    """Tell whether a route to no block may lead away what a local route would keep."""
    return not route.destination.startswith(PREFIX_LIST) or route.target.startswith(INSIDE)


Lead = tuple[Passage, str, Unread | None]


def _leads(table: RouteTable, route: Route) -> Lead:
    if route.state == "blackhole":
        return Passage.DENIED, f"{table.id} leads to {route.target}, a blackhole, for", None
    if route.target == LOCAL:
        return Passage.ALLOWED, f"{table.id} local for", None
    return Passage.UNKNOWN, f"{table.id} leads to {route.target} for", BEYOND


def _perhaps(table: RouteTable, route: Route) -> Lead:
    what = route.destination or "a destination of another kind"
    says = f"{table.id} leads by {what} to {route.target} perhaps for"
    return Passage.UNKNOWN, says, NO_ENTRIES
