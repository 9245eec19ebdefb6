"""What the rules of security groups let through: a yes, a no, or more than the rules can tell."""

import enum
from collections.abc import Iterable

from eksnet.model.network import Rule
from eksnet.model.record import record
from eksnet.network.cidr import Block, block

ANY_PROTOCOL = "-1"  # EC2 API reference, IpPermission
ANY_PORT = -1  # EC2 API reference, IpPermission: all ports or all ICMP types
ANYWHERE_IPV6 = "::/0"
NUMBERS = {"6": "tcp", "17": "udp"}  # IANA protocol numbers; EC2 takes both forms


class Reach(enum.StrEnum):
    """Whether a packet passes; MAYBE where it hangs on what was not seen."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


@record
class Peer:
    """The other end: the groups on its interface, and the blocks its addresses are somewhere in.

    With ``ipv6`` its addresses are IPv6, of which only "anywhere" is compared.
    """

    groups: frozenset[str]
    blocks: tuple[Block, ...] = ()
    ipv6: bool = False


def admits_port(rule: Rule, protocol: str, port: int) -> bool:
    """Tell whether the rule is about ``protocol`` (``tcp``, ``udp``) and holds ``port``."""
    if rule.protocol == ANY_PROTOCOL:
        return True
    if NUMBERS.get(rule.protocol, rule.protocol.lower()) != protocol:
        return False
    low, high = rule.from_port, rule.to_port
    if low is None or high is None or low == ANY_PORT:
        return True
    return low <= port <= high


def reach(rules: Iterable[Rule], protocol: str, port: int, peer: Peer) -> Reach:
    """Tell whether any of ``rules`` lets ``protocol`` and ``port`` through to or from ``peer``."""
    answers = {_rule(rule, peer) for rule in rules if admits_port(rule, protocol, port)}
    return best(answers)


def best(answers: Iterable[Reach]) -> Reach:
    """Return the answer of any: one yes is enough, and nothing at all is a no."""
    given = set(answers)
    return next((each for each in Reach if each in given), Reach.NO)


def same(answers: Iterable[Reach]) -> Reach:
    """Return the answer that all give; MAYBE where they differ or there is none."""
    given = set(answers)
    return given.pop() if len(given) == 1 else Reach.MAYBE


def _rule(rule: Rule, peer: Peer) -> Reach:
    if peer.groups.intersection(rule.groups):
        return Reach.YES
    if peer.ipv6:
        addresses = _ipv6(rule)
    else:
        addresses = _ipv4(tuple(block(cidr) for cidr in rule.cidrs), peer.blocks)
    if addresses is Reach.NO and rule.prefix_lists:
        return Reach.MAYBE  # what a prefix list holds is not read
    return addresses


def _ipv6(rule: Rule) -> Reach:
    if ANYWHERE_IPV6 in rule.ipv6_cidrs:
        return Reach.YES
    return Reach.MAYBE if rule.ipv6_cidrs else Reach.NO


def _ipv4(allowed: tuple[Block, ...], wanted: tuple[Block, ...]) -> Reach:
    if any(each.length == 0 for each in allowed):
        return Reach.YES
    if not wanted:
        return Reach.MAYBE if allowed else Reach.NO
    if all(any(each.contains(one) for each in allowed) for one in wanted):
        return Reach.YES
    touches = any(each.overlaps(one) for each in allowed for one in wanted)
    return Reach.MAYBE if touches else Reach.NO
