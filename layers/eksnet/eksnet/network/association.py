"""Whether an IPv4 block may be added to a VPC, and the one rule that decides.

The rules are those of the VPC user guide, "IPv4 VPC CIDR blocks" and its association table; the
peering rules are those of "Add IPv4 CIDR blocks to a VPC". AssociateVpcCidrBlock has no dry run,
so that the answer must be known before it is asked.
"""

import enum
import re
from collections.abc import Iterable, Iterator, Sequence

from eksnet.model.errors import InputError
from eksnet.model.record import record
from eksnet.network.cidr import Block, block

LARGEST, SMALLEST = 16, 28  # prefix lengths of a VPC's block: VPC user guide, vpc-cidr-blocks
DEFAULT_QUOTA = 5  # IPv4 blocks of a VPC, the primary one included: service quota L-83CA0A9D
MAX_QUOTA = 50  # the most that L-83CA0A9D can be raised to: VPC user guide, VPC quotas

NEVER = tuple(map(block, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4")))
DOCKER = block("172.17.0.0/16")  # "don't use" it, Cloud9 and SageMaker AI do: vpc-cidr-blocks
LOW_TEN = block("10.0.0.0/15")  # the row of 10.0.0.0/8: a VPC with a block in here ...
BARRED_TEN = block("10.0.0.0/16")  # ... can add none in here: vpc-cidr-blocks
DEFAULT_VPC = block("172.31.0.0/16")  # what the row of 172.16.0.0/12 restricts: vpc-cidr-blocks

_FORM = re.compile(r"[0-9.]+/[0-9]{1,2}")


class Range(enum.StrEnum):
    """The address ranges the association table speaks of."""

    TEN = "10.0.0.0/8"
    ONE_SEVEN_TWO = "172.16.0.0/12"
    ONE_NINE_TWO = "192.168.0.0/16"
    BENCHMARK = "198.19.0.0/16"
    SHARED = "100.64.0.0/10"
    PUBLIC = "publicly routable"
    FORBIDDEN = "never assignable"


PRIVATE = frozenset({Range.TEN, Range.ONE_SEVEN_TWO, Range.ONE_NINE_TWO})  # RFC 1918
_RANGES = tuple(
    (each, block(each)) for each in Range if each not in (Range.PUBLIC, Range.FORBIDDEN)
)


class Rule(enum.StrEnum):
    """What decides, in the order in which it is asked. The values are a public contract."""

    NEVER_ALLOWED = "never-allowed"
    SIZE = "size"
    SELF_OVERLAP = "self-overlap"
    PRIVATE_MIX = "rfc1918-mix"
    BENCHMARK = "benchmark-198-19"
    LOW_TEN = "10-0-0-0-15"
    DEFAULT_VPC = "172-31-0-0-16"
    PRIVATE_AFTER_PUBLIC = "rfc1918-after-public"
    ORDER_UNDECIDED = "rfc1918-order-undecided"
    UNNAMED = "not-in-table"
    ROUTE = "route"
    PEER = "peer"
    QUOTA = "quota"
    PERMITTED = "permitted"


@record
class Decision:
    """Whether the block may be added; ``cidr`` is the form the EC2 API would store."""

    allowed: bool
    rule: str
    reason: str
    warnings: tuple[str, ...]
    cidr: str


Refusal = tuple[Rule, str]


def read_block(text: str, what: str = "CIDR block") -> Block:
    """Read ``10.0.0.0/16``, dropping host bits.

    Raises:
        InputError: the text is no IPv4 block; ``what`` says which it was to be.
    """
    if _FORM.fullmatch(text):
        try:
            return block(text)
        except ValueError:
            pass
    msg = f"{what} {text!r} is no IPv4 block such as 10.0.0.0/16"
    raise InputError(msg)


def decide(
    existing: Sequence[str],
    add: str,
    routes: Sequence[str] = (),
    peers: Sequence[str] = (),
    *,
    quota: int | None = None,
) -> Decision:
    """Decide whether ``add`` may join a VPC whose blocks are ``existing``, the primary one first.

    ``routes`` are the destinations in the VPC's route tables, ``peers`` the blocks of VPCs with an
    active peering. Without ``quota`` the account's own is not known: the default one only warns.

    Raises:
        InputError: a block is malformed.
    """
    candidate = read_block(add)
    own = [read_block(each, "existing block") for each in existing]
    destinations = [read_block(each, "route") for each in routes]
    others = [read_block(each, "peer block") for each in peers]
    given = dict.fromkeys([add, *existing, *routes, *peers])
    warnings = (*_host_bits(given), *_warnings(candidate, own, quota))
    refused = (
        _alone(candidate)
        or _first(_self_overlap(candidate, each) for each in own)
        or _first(_row(candidate, each, own[0]) for each in own)
        or _first(_route(candidate, each) for each in destinations)
        or _first(_peer(candidate, each) for each in others)
        or _quota(len(own), MAX_QUOTA if quota is None else quota)
    )
    rule, reason = refused or (Rule.PERMITTED, _permitted(candidate, own))
    return Decision(
        allowed=refused is None,
        rule=rule.value,
        reason=reason,
        warnings=warnings,
        cidr=str(candidate),
    )


def range_of(one: Block) -> Range:
    """Return the table's range of a block."""
    if any(each.contains(one) for each in NEVER):
        return Range.FORBIDDEN
    return next((name for name, whole in _RANGES if whole.overlaps(one)), Range.PUBLIC)


def ground(one: Block) -> Block:
    """Return the range around a block in which the association table refuses all or nothing."""
    named = (BARRED_TEN, DEFAULT_VPC, *NEVER, *(whole for _, whole in _RANGES))
    return next((each for each in named if each.contains(one)), Block(0, 0))


def _first(refusals: Iterable[Refusal | None]) -> Refusal | None:
    return next((each for each in refusals if each), None)


def _host_bits(given: Iterable[str]) -> Iterator[str]:
    for text in given:
        if str(block(text)) != text:
            yield f"{text} has host bits set: EC2 stores it as {block(text)}"


def _warnings(candidate: Block, own: Sequence[Block], quota: int | None) -> Iterator[str]:
    if DOCKER.overlaps(candidate):
        yield f"{DOCKER} is used by Docker's default bridge, Cloud9 and SageMaker AI: avoid it"
    if quota is None and len(own) >= DEFAULT_QUOTA:
        yield (
            f"the VPC has {len(own)} blocks and the default quota is {DEFAULT_QUOTA}: "
            "L-83CA0A9D must have been raised"
        )
    for each in own:
        if not LARGEST <= each.length <= SMALLEST:
            yield f"existing block {each} is no size that a VPC's block can have"


def _alone(candidate: Block) -> Refusal | None:
    for each in NEVER:
        if each.contains(candidate):
            return Rule.NEVER_ALLOWED, f"{candidate} is in {each}, which no VPC can have"
    if not LARGEST <= candidate.length <= SMALLEST:
        return Rule.SIZE, (
            f"{candidate} is a /{candidate.length}; a VPC's block is a /{LARGEST} to a /{SMALLEST}"
        )
    return None


def _self_overlap(candidate: Block, own: Block) -> Refusal | None:
    if candidate.overlaps(own):
        return Rule.SELF_OVERLAP, f"{candidate} overlaps the VPC's own {own}"
    return None


def _row(candidate: Block, own: Block, primary: Block) -> Refusal | None:
    """Ask the row of the association table in which one of the VPC's blocks lies."""
    new, has = range_of(candidate), range_of(own)
    if has is Range.FORBIDDEN:
        return Rule.NEVER_ALLOWED, f"the VPC's {own} is in a range that no VPC can have"
    if has in PRIVATE:
        return _private_row(candidate, own, new, has)
    if has is Range.BENCHMARK:
        return _benchmark_row(candidate, own, new)
    return _public_row(candidate, own, new, primary)


def _private_row(candidate: Block, own: Block, new: Range, has: Range) -> Refusal | None:
    if new in PRIVATE and new is not has:
        return Rule.PRIVATE_MIX, (
            f"{candidate} is in {new} and the VPC's {own} in {has}: the documented table restricts "
            "mixing RFC 1918 ranges (some users report that AWS now allows it)"
        )
    if new is Range.BENCHMARK:
        return Rule.BENCHMARK, (
            f"{candidate} is in {Range.BENCHMARK}, which a VPC with an RFC 1918 block ({own}) "
            f"can't add; take a block of {Range.SHARED}"
        )
    if LOW_TEN.overlaps(own) and BARRED_TEN.overlaps(candidate):
        return Rule.LOW_TEN, (
            f"a VPC with a block in {LOW_TEN} ({own}) can't add one in {BARRED_TEN}"
        )
    if has is Range.ONE_SEVEN_TWO and DEFAULT_VPC.overlaps(candidate):
        return Rule.DEFAULT_VPC, (
            f"a VPC with a block in {has} ({own}) can't add one in {DEFAULT_VPC}"
        )
    return None


def _benchmark_row(candidate: Block, own: Block, new: Range) -> Refusal | None:
    if new in PRIVATE:
        return Rule.BENCHMARK, (
            f"a VPC with a block in {Range.BENCHMARK} ({own}) can't add an RFC 1918 block"
        )
    if new is Range.BENCHMARK:
        return Rule.UNNAMED, (
            f"the documented table does not permit {candidate} beside {own}: for a VPC in "
            f"{Range.BENCHMARK} it names publicly routable blocks and {Range.SHARED} only"
        )
    return None


def _public_row(candidate: Block, own: Block, new: Range, primary: Block) -> Refusal | None:
    if new is Range.BENCHMARK:
        return Rule.BENCHMARK, (
            f"{candidate} is in {Range.BENCHMARK}, which a VPC with a publicly routable or "
            f"{Range.SHARED} block ({own}) can't add"
        )
    if new not in PRIVATE:
        return None
    if range_of(primary) is new:
        # Two rows of the table disagree here, and there is no dry run that would tell.
        return Rule.ORDER_UNDECIDED, (
            f"the row of {new} permits {candidate}, the row of the VPC's {own} restricts RFC 1918 "
            "blocks: not documented as allowed"
        )
    return Rule.PRIVATE_AFTER_PUBLIC, (
        f"a VPC with a publicly routable or {Range.SHARED} block ({own}) can't add an RFC 1918 "
        "block: that must be there from its creation"
    )


def _route(candidate: Block, destination: Block) -> Refusal | None:
    if candidate.contains(destination):
        return Rule.ROUTE, (
            f"{candidate} is the same as or larger than the route to {destination}; "
            "a smaller block is allowed"
        )
    return None


def _peer(candidate: Block, other: Block) -> Refusal | None:
    if candidate.overlaps(other):
        return Rule.PEER, f"{candidate} overlaps {other} of a peered VPC"
    return None


def _quota(count: int, quota: int) -> Refusal | None:
    if count >= quota:
        return Rule.QUOTA, f"the VPC has {count} IPv4 blocks and the quota L-83CA0A9D is {quota}"
    return None


def _permitted(candidate: Block, own: Sequence[Block]) -> str:
    beside = ", ".join(map(str, own)) or "no other block"
    return f"{candidate} ({range_of(candidate)}) is permitted beside {beside}"
