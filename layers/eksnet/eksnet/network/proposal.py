"""The block to give a VPC next: out of 100.64.0.0/10, legal, and in nobody's way."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from eksnet.model.cluster import Cluster
from eksnet.model.errors import InputError
from eksnet.model.network import Peering, Vpc
from eksnet.model.record import record
from eksnet.model.snapshot import Blind, Facet, Snapshot, derived, grouped, vpc_by_id
from eksnet.network.association import (
    DEFAULT_QUOTA,
    LARGEST,
    SMALLEST,
    Decision,
    Rule,
    decide,
    ground,
    read_block,
)
from eksnet.network.cidr import BITS, Block, block
from eksnet.network.routes import ANYWHERE, tables_by_vpc

POOL = block("100.64.0.0/10")  # the one range that every legal VPC may add: vpc-cidr-blocks
READS = frozenset({Facet.VPCS, Facet.ROUTE_TABLES, Facet.PEERINGS, Facet.CLUSTERS})
FAILED = "failed"  # VpcCidrBlockStateCode
GONE = frozenset({"disassociated", FAILED})  # VpcCidrBlockStateCode: they hold no addresses
PREFIX_LIST = "pl-"
PEERINGS_API = "ec2:DescribeVpcPeeringConnections"
ACTIVE = frozenset({"active", "provisioning"})  # VpcPeeringConnectionStateReasonCode: in force
ASKED = frozenset({"pending-acceptance", "initiating-request"})  # the same: not yet answered
ATTACHED = "available"  # EC2 API reference: TransitGatewayAttachmentState

PENDING = "peering-pending"
EXHAUSTED = "no-free-block"


@record
class Proposal:
    """A legal block; ``warnings`` name what to look at before it is used."""

    vpc_id: str
    cidr: str
    warnings: tuple[str, ...]


@record
class NoProposal:
    """Why there is none. ``rule`` is one of ``Rule`` or this module's own.

    ``unseen`` is what would have to be seen first: then nothing is known, rather than impossible.
    """

    vpc_id: str
    rule: str
    reason: str
    unseen: Blind | None = None


@record
class _Obstacle:
    block: Block
    what: str


def propose(  # noqa: PLR0913 - what a block is chosen by
    snapshot: Snapshot,
    vpc_id: str,
    prefix: int,
    *,
    quota: int = DEFAULT_QUOTA,
    pool: str = str(POOL),
    avoid: Sequence[str] = (),
) -> Proposal | NoProposal:
    """Return the lowest legal /``prefix`` of ``pool`` for a VPC, or why there is none.

    Nothing that the VPC, its routes, its peers or its clusters use is overlapped, nor a block of
    ``avoid``; other VPCs and their clusters, wider routes and pending peerings are avoided where
    there is room, and named where there is not.

    Raises:
        InputError: the prefix is no size of a VPC's block, a block is malformed, or there is no
            such VPC.
    """
    if not LARGEST <= prefix <= SMALLEST:
        msg = f"prefix {prefix}: a VPC's block is a /{LARGEST} to a /{SMALLEST}"
        raise InputError(msg)
    whole = read_block(pool, "pool")
    shunned = [_Obstacle(block=read_block(each, "block to avoid"), what=each) for each in avoid]
    stop = _unseen(snapshot, vpc_id) or _stopped(snapshot, vpc_id, quota)
    if stop:
        return stop
    hard = (*_hard(snapshot, vpc_id, prefix), *shunned)
    soft = tuple(_soft(snapshot, vpc_id, prefix, whole))
    found = _search(snapshot, vpc_id, prefix, whole, (*hard, *soft))
    if not (found and found.allowed):
        found = _search(snapshot, vpc_id, prefix, whole, hard)
    if found is None:
        names = ", ".join(sorted({each.what for each in hard if each.block.overlaps(whole)}))
        reason = f"no free /{prefix} is left in {whole}" + (f": {names}" if names else "")
        return NoProposal(vpc_id=vpc_id, rule=EXHAUSTED, reason=reason)
    if not found.allowed:
        return NoProposal(vpc_id=vpc_id, rule=found.rule, reason=found.reason)
    overlaps = _overlaps(block(found.cidr), soft)
    warnings = (*found.warnings, *overlaps, *_unread(snapshot, vpc_id))
    return Proposal(vpc_id=vpc_id, cidr=found.cidr, warnings=warnings)


def owned_elsewhere(snapshot: Snapshot, owner_id: str) -> bool:
    """Tell whether another account is known to own a thing, shared with this one through RAM.

    A word in place of a number, such as ``unknown``, is nobody's account: then nothing is known.
    """
    account = snapshot.target.account_id
    return account.isdecimal() and owner_id.isdecimal() and owner_id != account


def live_blocks(vpc: Vpc) -> tuple[str, ...]:
    """Return the blocks that hold addresses or may yet, the primary one first."""
    return tuple(each.cidr for each in vpc.cidrs if each.state not in GONE)


def _overlaps(found: Block, soft: Collection[_Obstacle]) -> list[str]:
    met = {each for each in {one.block for one in soft} if each.overlaps(found)}
    return sorted({f"it overlaps {each.what}" for each in soft if each.block in met} if met else ())


def _search(
    snapshot: Snapshot, vpc_id: str, prefix: int, pool: Block, obstacles: Iterable[_Obstacle]
) -> Decision | None:
    """Return the lowest block that the rules permit, else the last refusal; None without room.

    The rules have the last word: where they refuse a block, they refuse all of its range.
    """
    destinations = _destinations(snapshot, vpc_id)
    peers = [text for _, blocks in _others(snapshot, vpc_id, ACTIVE) for text in blocks]
    own = live_blocks(vpc_by_id(snapshot)[vpc_id])
    taken, refused = list({each.block for each in obstacles}), None
    while found := _lowest(prefix, pool, taken):
        decision = decide(own, str(found), destinations, peers, quota=len(own) + 1)
        if decision.allowed:
            return decision
        refused = decision
        taken.append(ground(found))
    return refused


def _unseen(snapshot: Snapshot, vpc_id: str) -> NoProposal | None:
    """Say what was not seen; what one cluster hides is a warning, not a reason to stop."""
    blinds = [each for each in snapshot.blind(READS) if not each.cluster and not each.resource]
    if snapshot.partial:
        blinds.append(Blind(facet=Facet.VPCS, api="eksnet:--partial", error="IncompleteList"))
    vpc = None if blinds else vpc_by_id(snapshot).get(vpc_id)
    if not blinds and vpc is None:
        msg = f"no VPC {vpc_id} in {snapshot.target.account_id} {snapshot.target.region}"
        raise InputError(msg)
    if vpc and owned_elsewhere(snapshot, vpc.owner_id):
        return _shared(vpc)
    if not blinds and vpc_id not in tables_by_vpc(snapshot):
        # Every VPC has a main route table: one without was not shown.
        blinds.append(
            Blind(facet=Facet.ROUTE_TABLES, api="ec2:DescribeRouteTables", error="NotShown")
        )
    if not blinds and any(not blocks for _, blocks in _others(snapshot, vpc_id, ACTIVE)):
        blinds.append(Blind(facet=Facet.PEERINGS, api=PEERINGS_API, error="NotShown"))
    if not blinds:
        return None
    reason = f"not all was seen: {blinds[0].api} answered {blinds[0].error}"
    return NoProposal(vpc_id=vpc_id, rule="unseen", reason=reason, unseen=blinds[0])


def _shared(vpc: Vpc) -> NoProposal:
    """A participant sees no peering of a shared VPC and cannot change it (vpc-sharing)."""
    unseen = Blind(facet=Facet.PEERINGS, api=PEERINGS_API, error="OwnedByAnotherAccount")
    reason = f"the VPC's owner, account {vpc.owner_id}, must add the block and alone sees its peers"
    return NoProposal(vpc_id=vpc.id, rule="unseen", reason=reason, unseen=unseen)


def _stopped(snapshot: Snapshot, vpc_id: str, quota: int) -> NoProposal | None:
    """Apply the rules that stop every block."""
    for peering in snapshot.peerings:
        if peering.status in ASKED and peering.requester.vpc_id == vpc_id:
            reason = f"a VPC that requests a peering ({peering.id}, pending) can add no block"
            return NoProposal(vpc_id=vpc_id, rule=PENDING, reason=reason)
    count = len(live_blocks(vpc_by_id(snapshot)[vpc_id]))
    if count >= quota:
        reason = f"the VPC has {count} IPv4 blocks and the quota L-83CA0A9D is {quota}"
        return NoProposal(vpc_id=vpc_id, rule=Rule.QUOTA.value, reason=reason)
    return None


def _others(
    snapshot: Snapshot, vpc_id: str, statuses: frozenset[str]
) -> Iterator[tuple[Peering, tuple[str, ...]]]:
    """Yield the VPC's peerings of some statuses with the blocks of their other side."""
    for peering in snapshot.peerings:
        sides = (peering.requester, peering.accepter)
        if peering.status in statuses and vpc_id in (side.vpc_id for side in sides):
            other = sides[sides[0].vpc_id == vpc_id]
            known = vpc_by_id(snapshot).get(other.vpc_id)
            yield peering, tuple({*other.cidrs, *(live_blocks(known) if known else ())})


def _destinations(snapshot: Snapshot, vpc_id: str) -> tuple[str, ...]:
    """Return the IPv4 destinations in every route table of the VPC."""
    routes = (r for table in tables_by_vpc(snapshot)[vpc_id] for r in table.routes)
    return tuple(
        sorted({r.destination for r in routes if "." in r.destination and "/" in r.destination})
    )


def _hard(snapshot: Snapshot, vpc_id: str, prefix: int) -> Iterator[_Obstacle]:
    """Yield what may not be overlapped."""
    for text in live_blocks(vpc_by_id(snapshot)[vpc_id]):
        yield _Obstacle(block=block(text), what=f"the VPC's own {text}")
    for text in _destinations(snapshot, vpc_id):
        if block(text).length >= prefix:
            yield _Obstacle(block=block(text), what=f"the route to {text}")
    for peering, blocks in _others(snapshot, vpc_id, ACTIVE):
        for text in sorted(blocks):
            yield _Obstacle(block=block(text), what=f"{text} behind {peering.id}")
    for cluster in _clusters_by_vpc(snapshot).get(vpc_id, ()):
        yield from _promised(cluster)


def _promised(cluster: Cluster) -> Iterator[_Obstacle]:
    """Yield what a cluster takes for its services and its remote networks."""
    services = (cluster.service_ipv4_cidr,) if cluster.service_ipv4_cidr else ()
    for text in (*services, *cluster.remote_node_cidrs, *cluster.remote_pod_cidrs):
        yield _Obstacle(block=block(text), what=f"{text} of cluster {cluster.name}")


@derived
def _clusters_by_vpc(snapshot: Snapshot) -> Mapping[str, tuple[Cluster, ...]]:
    return grouped(snapshot.clusters, lambda cluster: cluster.vpc_id)


@derived
def _pool_taken(snapshot: Snapshot) -> tuple[tuple[str, _Obstacle], ...]:
    """Return what is held of the usual pool: few do, and each proposal asks."""
    return tuple(_taken(snapshot, POOL))


def _taken(snapshot: Snapshot, pool: Block) -> Iterator[tuple[str, _Obstacle]]:
    """Yield what VPCs and their clusters hold of a pool, each with the VPC."""
    for vpc in snapshot.vpcs:
        for text in live_blocks(vpc):
            if block(text).overlaps(pool):
                yield vpc.id, _Obstacle(block=block(text), what=f"{text} of {vpc.id}")
    for cluster in snapshot.clusters:
        for each in _promised(cluster):
            if each.block.overlaps(pool):
                yield cluster.vpc_id, each


def _soft(snapshot: Snapshot, vpc_id: str, prefix: int, pool: Block) -> Iterator[_Obstacle]:
    """Yield what is legal to overlap and unwise."""
    held = _pool_taken(snapshot) if pool == POOL else _taken(snapshot, pool)
    yield from (taken for owner, taken in held if owner != vpc_id)
    for text in _destinations(snapshot, vpc_id):
        if block(text).length < prefix and text != ANYWHERE:
            yield _Obstacle(block=block(text), what=f"the wider route to {text}")
    for peering, blocks in _others(snapshot, vpc_id, ASKED):
        for text in sorted(blocks):
            what = f"{text}, so that the pending {peering.id} would fail"
            yield _Obstacle(block=block(text), what=what)
    for each in vpc_by_id(snapshot)[vpc_id].cidrs:
        if each.state == FAILED:
            what = f"{each.cidr}, whose association failed before"
            yield _Obstacle(block=block(each.cidr), what=what)


def _unread(snapshot: Snapshot, vpc_id: str) -> Iterator[str]:
    """Yield what could not be compared."""
    routes = (r for table in tables_by_vpc(snapshot)[vpc_id] for r in table.routes)
    for name in sorted({r.destination for r in routes if r.destination.startswith(PREFIX_LIST)}):
        yield f"the routes to prefix list {name} were not compared"
    names = {blind.cluster for blind in snapshot.blind(READS) if blind.cluster}
    if names:
        yield f"clusters that could not be read were not compared: {', '.join(sorted(names))}"
    hidden = sorted(set(_neighbours(snapshot, vpc_id)).difference(vpc_by_id(snapshot)))
    if hidden:
        yield f"VPCs on the same transit gateway were not compared: {', '.join(hidden)}"


def _neighbours(snapshot: Snapshot, vpc_id: str) -> Iterator[str]:
    """Yield the VPCs attached to the transit gateways that this one is attached to."""
    live = [each for each in snapshot.transit_attachments if each.state == ATTACHED]
    gateways = {each.gateway_id for each in live if each.vpc_id == vpc_id}
    yield from (each.vpc_id for each in live if each.gateway_id in gateways)


def _lowest(prefix: int, pool: Block, taken: Iterable[Block]) -> Block | None:
    """Return the lowest /``prefix`` of a pool that touches nothing taken."""
    size = 1 << (BITS - prefix)
    first = pool.first
    for each in sorted(one for one in taken if one.overlaps(pool)):
        if each.first < first + size and each.last >= first:
            first = (each.last // size + 1) * size
    found = Block(first, prefix)
    return found if pool.contains(found) else None
