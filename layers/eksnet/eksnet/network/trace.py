"""The trace of a walk: the hops in their order, each with what decided, as text and as data."""

import enum
from typing import Any

from eksnet.model.finding import Unread
from eksnet.model.record import record
from eksnet.network.filters import Decision, Decisions, Passage
from eksnet.network.pieces import Span, addresses_text, ports_text

EPHEMERAL = (1024, 65535)  # VPC user guide, network ACLs: the range that covers every client
MOST_PIECES = 5  # how many pieces of one hop the evidence shows; their number is beside them
_WORST_FIRST = {each: number for number, each in enumerate(Passage)}


@record
class Place:
    """One end: a subnet, the security groups of the interfaces there, and their addresses.

    Without ``spans`` the addresses are not known, and nothing can be told.
    """

    subnet_id: str
    vpc_id: str
    groups: frozenset[str]
    spans: tuple[Span, ...]
    ipv6: bool = False


@record
class Traffic:
    """What is sent: a protocol (``tcp``, ``udp``), the ports it goes to and those it comes from."""

    protocol: str
    low: int
    high: int
    back: tuple[int, int] = EPHEMERAL

    def __str__(self) -> str:
        return f"{self.protocol} {ports_text(self.low, self.high)}"


class Filter(enum.StrEnum):
    """What stands in the way at a hop."""

    GROUPS = "security-groups"
    ACL = "network-acl"
    ROUTES = "route-table"


@record
class Hop:
    """One thing on the way and what it decided; ``out`` is whether the packet leaves the subnet.

    ``back`` marks the way of the answer.
    """

    subnet_id: str
    kind: Filter
    out: bool
    back: bool
    protocol: str
    ipv6: bool
    decisions: Decisions

    @property
    def passage(self) -> Passage:
        """Return the worst of its decisions."""
        return self.worst.passage

    @property
    def shut(self) -> bool:
        """Tell whether nothing at all gets through here."""
        return all(each.passage is Passage.DENIED for each in self.decisions)

    @property
    def worst(self) -> Decision:
        """Return the first of its worst decisions."""
        if len(self.decisions) == 1:
            return self.decisions[0]
        return min(self.decisions, key=_worst_first)

    def text(self) -> str:
        """Return what decided, of which ports and to or from which addresses."""
        decision, piece = self.worst, self.worst.piece
        others = addresses_text(piece.first, piece.last, ipv6=self.ipv6)
        if self.kind is Filter.ROUTES:
            return f"{decision.says} {others}"
        what = f"{self.protocol} {ports_text(piece.low, piece.high)}"
        return f"{decision.says} {what} {'out to' if self.out else 'in from'} {others}"

    def evidence(self) -> dict[str, Any]:
        """Return the hop as data; a long list of pieces is cut."""
        return {
            "subnet": self.subnet_id,
            "filter": str(self.kind),
            "direction": "out" if self.out else "in",
            "way_back": self.back,
            "passage": str(self.passage),
            "pieces": len(self.decisions),
            "decisions": [
                {
                    "passage": str(each.passage),
                    "by": each.says,
                    "ports": ports_text(each.piece.low, each.piece.high),
                    "addresses": addresses_text(each.piece.first, each.piece.last, ipv6=self.ipv6),
                }
                for each in sorted(self.decisions, key=_worst_first)[:MOST_PIECES]
            ],
        }


def _worst_first(decision: Decision) -> tuple[object, ...]:
    return (_WORST_FIRST[decision.passage], decision.piece, decision.says)


@record
class Walk:
    """The answer: ALLOWED if every packet gets through and is answered, DENIED if one does not.

    ``unread`` is set where the walk could not even begin.
    """

    source: Place
    destination: Place
    traffic: Traffic
    hops: tuple[Hop, ...] = ()
    unread: Unread | None = None

    @property
    def decisive(self) -> Hop | None:
        """Return the first hop that denies, else the first that can't tell, None if all allow.

        What a route leads elsewhere may come back as another packet, of which the hops after it
        say nothing.
        """
        doubtful = None
        for hop in self.hops:
            passage = hop.passage
            if passage is Passage.DENIED:
                return hop
            if passage is Passage.UNKNOWN:
                doubtful = doubtful or hop
                if hop.kind is Filter.ROUTES:
                    break
        return doubtful

    @property
    def passage(self) -> Passage:
        """Return what the decisive hop says; UNKNOWN where the walk could not begin."""
        if self.unread:
            return Passage.UNKNOWN
        hop = self.decisive
        return hop.passage if hop else Passage.ALLOWED

    @property
    def shut(self) -> bool:
        """Tell whether the walk is denied, and some hop lets nothing of the traffic through."""
        return self.passage is Passage.DENIED and any(hop.shut for hop in self.hops)

    @property
    def why(self) -> Unread | None:
        """Return what would tell more, where the answer is unknown."""
        hop = self.decisive
        return self.unread or (hop.worst.unread if hop else None)

    def line(self) -> str:
        """Return the trace on one line, to the hop that decides; what was passed, by name only."""
        ends = f"{self.traffic} from {self.source.subnet_id} to {self.destination.subnet_id}"
        if self.unread:
            return f"{ends}: {self.unread.api} tells too little of the two"
        decisive, parts, place = self.decisive, list[str](), ""
        for hop in self.hops:
            decides = hop is decisive
            text = hop.text() if decides else hop.worst.says.removesuffix(" for")
            where = f"{'back, ' if hop.back else ''}{hop.subnet_id}"
            parts.append(text if where == place else f"{where}: {text}")
            place = where
            if decides:
                break
        return f"{ends}: {' → '.join(parts)}"

    def evidence(self) -> dict[str, Any]:
        """Return the walk as data, every hop included."""
        return {
            "source": _end(self.source),
            "destination": _end(self.destination),
            "traffic": str(self.traffic),
            "passage": str(self.passage),
            "shut": self.shut,
            "trace": [hop.evidence() for hop in self.hops],
        }


def _end(place: Place) -> dict[str, Any]:
    return {"subnet": place.subnet_id, "groups": sorted(place.groups)}
