"""A packet's walk from one place to another and back, past all that may stop it.

From the security groups of the source through its subnet's network ACL and route table to the
other subnet's ACL and the destination's security groups. Groups remember a connection; ACLs and
routes don't, so that the answer is walked too, to the ports that clients take. Traffic within one
subnet meets neither an ACL nor a route table (VPC user guide).
"""

import typing
from collections.abc import Iterable, Iterator, Mapping

from eksnet.model.finding import Unread
from eksnet.model.network import NetworkAcl
from eksnet.model.snapshot import Snapshot, derived, security_group_by_id, vpc_by_id
from eksnet.network.filters import (
    BEYOND,
    NO_ACL,
    NO_TABLE,
    Decision,
    Decisions,
    Line,
    Passage,
    Side,
    along,
    lines,
    through_acl,
    through_groups,
)
from eksnet.network.pieces import PORTS, Piece
from eksnet.network.routes import table_by_subnet
from eksnet.network.trace import Filter, Hop, Place, Traffic, Walk

NO_SUBNET = Unread(api="ec2:DescribeSubnets", error="NotListed")
ASSOCIATED = "associated"  # EC2 API reference: VpcCidrBlockStateCode


@derived
def acl_by_subnet(snapshot: Snapshot) -> Mapping[str, NetworkAcl]:
    """Return the network ACL of each subnet that a listed one guards."""
    return {subnet_id: acl for acl in snapshot.network_acls for subnet_id in acl.subnet_ids}


def home_blocks(snapshot: Snapshot, vpc_id: str, *, ipv6: bool) -> tuple[str, ...]:
    """Return the blocks of a VPC, none where it was not listed."""
    vpc = vpc_by_id(snapshot).get(vpc_id)
    if vpc is None:
        return ()
    ipv4 = tuple(each.cidr for each in vpc.cidrs if each.state == ASSOCIATED)
    return vpc.ipv6_cidrs if ipv6 else ipv4


class Leg(typing.NamedTuple):
    """One of the two ways, and the ports that it leads to."""

    protocol: str
    low: int
    high: int
    back: bool

    def pieces(self, other: Place) -> tuple[Piece, ...]:
        """Return the packets to or from a place."""
        return tuple(Piece(first, last, self.low, self.high) for first, last in other.spans)


class Ground:
    """What there is to walk on: a snapshot, and what was decided on earlier walks."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Begin with no walk made."""
        self._acls = acl_by_subnet(snapshot)
        self._tables = table_by_subnet(snapshot)
        self._groups = security_group_by_id(snapshot)
        self._snapshot = snapshot
        self._lines: dict[tuple[str, str, bool, bool], tuple[Line, ...]] = {}
        self._decided: dict[tuple[object, ...], Decisions] = {}

    def walk(self, source: Place, destination: Place, traffic: Traffic) -> Walk:
        """Walk every packet of ``traffic`` from one place to the other, and its answer back.

        Both are in the same VPC and address family; what is between two VPCs is not read.
        """
        unread = None
        if source.vpc_id != destination.vpc_id:
            unread = BEYOND
        elif not (source.spans and destination.spans):
            unread = NO_SUBNET
        hops = () if unread else tuple(self._hops(source, destination, traffic))
        return Walk(
            source=source, destination=destination, traffic=traffic, hops=hops, unread=unread
        )

    def _hops(self, source: Place, destination: Place, traffic: Traffic) -> Iterator[Hop]:
        low, high = traffic.low, traffic.high
        there = Leg(traffic.protocol, low, high, back=False)
        away = source.subnet_id != destination.subnet_id
        yield self._through_groups(there, source, destination, out=True)
        if away:
            yield from self._between(there, source, destination)
        yield self._through_groups(there, destination, source, out=False)
        if away:
            low, high = traffic.back
            answer = Leg(traffic.protocol, low, high, back=True)
            yield from self._between(answer, destination, source)

    def _between(self, leg: Leg, here: Place, there: Place) -> Iterator[Hop]:
        yield self._through_acl(leg, here, there, out=True)
        yield self._along(leg, here, there)
        yield self._through_acl(leg, there, here, out=False)

    def _through_groups(self, leg: Leg, here: Place, other: Place, *, out: bool) -> Hop:
        key = (here.groups, other.groups, other.spans, leg, out)
        if key not in self._decided:
            side = Side(groups=other.groups, ipv6=here.ipv6)
            asked = leg.pieces(other)
            self._decided[key] = through_groups(
                self._groups, here.groups, asked, leg.protocol, side, egress=out
            )
        return _hop(leg, here, Filter.GROUPS, self._decided[key], out=out)

    def _through_acl(self, leg: Leg, here: Place, other: Place, *, out: bool) -> Hop:
        acl = self._acls.get(here.subnet_id)
        if acl is None:
            text = f"the ACL of {here.subnet_id} is not listed"
            decisions = _unread(leg.pieces(other), text, NO_ACL)
            return _hop(leg, here, Filter.ACL, decisions, out=out)
        key = (acl.id, other.spans, leg, out)
        if key not in self._decided:
            met = self._acl_lines(acl, leg.protocol, egress=out, ipv6=here.ipv6)
            self._decided[key] = through_acl(met, leg.pieces(other))
        return _hop(leg, here, Filter.ACL, self._decided[key], out=out)

    def _acl_lines(
        self, acl: NetworkAcl, protocol: str, *, egress: bool, ipv6: bool
    ) -> tuple[Line, ...]:
        key = (acl.id, protocol, egress, ipv6)
        if key not in self._lines:
            self._lines[key] = lines(acl, protocol, egress=egress, ipv6=ipv6)
        return self._lines[key]

    def _along(self, leg: Leg, here: Place, there: Place) -> Hop:
        table = self._tables.get(here.subnet_id)
        asked = tuple(Piece(*each, *PORTS) for each in there.spans)
        if table is None:
            text = f"the route table of {here.subnet_id} is not listed"
            decisions = _unread(asked, text, NO_TABLE)
            return _hop(leg, here, Filter.ROUTES, decisions, out=True)
        key = (table.id, there.spans)
        if key not in self._decided:
            home = home_blocks(self._snapshot, here.vpc_id, ipv6=here.ipv6)
            self._decided[key] = along(table, home, asked, ipv6=here.ipv6)
        return _hop(leg, here, Filter.ROUTES, self._decided[key], out=True)


def _hop(leg: Leg, here: Place, kind: Filter, decisions: Decisions, *, out: bool) -> Hop:
    return Hop(
        subnet_id=here.subnet_id,
        kind=kind,
        out=out,
        back=leg.back,
        protocol=leg.protocol,
        ipv6=here.ipv6,
        decisions=decisions,
    )


def _unread(asked: Iterable[Piece], text: str, why: Unread) -> Decisions:
    says = f"{text} and may let through"
    return tuple(
        Decision(passage=Passage.UNKNOWN, piece=each, says=says, unread=why) for each in asked
    )
