"""Whether nodes fit into the subnets of one zone: addresses, and whole /28 blocks.

EC2 Auto Scaling spreads a group's nodes evenly over its zones; within a zone it picks the subnet.
So a zone surely has room when each of its subnets holds the zone's share, and surely none when all
of them together don't.
"""

from collections.abc import Iterable, Mapping, Sequence

from eksnet.capacity.ledger import ledger
from eksnet.capacity.node_need import Need, NodeNeed, Take
from eksnet.model.finding import Unread
from eksnet.model.record import record
from eksnet.model.snapshot import Snapshot, derived

MOST = 10_000  # nodes counted at most; a managed node group has 450: EKS service quotas
ADDRESSES, BLOCKS = "addresses", "/28 blocks"
# EC2 API reference, error codes: what RunInstances, CreateNetworkInterface and the Assign calls say
NO_ADDRESS = "InsufficientFreeAddressesInSubnet"
NO_BLOCK = "InsufficientCidrBlocks"  # VPC CNI, docs/prefix-and-ip-target.md


@record
class Room:
    """What a subnet has left; ``blocks`` is None where the interfaces were not seen."""

    subnet_id: str
    az_id: str
    addresses: int
    blocks: int | None
    unseen: Unread | None = None


@record
class Places:
    """Where the nodes of one zone go, and where their pods' addresses come from.

    ``pods`` has an entry for each possibility, the rooms of all subnets that it names.
    """

    own: Room
    pods: tuple[tuple[Room, ...], ...]


@record
class Binding:
    """What runs out first: ``available`` of a subnet's addresses or /28 blocks, ``needed`` of them.

    ``error`` is what EC2 answers then.
    """

    subnet_id: str
    az_id: str
    resource: str
    available: int
    needed: int
    error: str


@derived
def rooms(snapshot: Snapshot) -> Mapping[str, Room]:
    """Return what each subnet that a cluster uses has left, by id."""
    return {
        one.subnet.id: Room(
            subnet_id=one.subnet.id,
            az_id=one.subnet.az_id,
            addresses=one.subnet.free_ips,
            blocks=one.blocks.free if one.blocks else None,
            unseen=one.blocks_unseen,
        )
        for one in ledger(snapshot)
    }


def surely(places: Sequence[Places], take: Take) -> int:
    """Return how many nodes fit whichever subnet and whichever possibility it is."""
    return min(
        (_fit([each], choice, take) for each in places for choice in each.pods),
        default=0,
    )


def possibly(places: Sequence[Places], take: Take) -> int:
    """Return how many nodes fit into all subnets together, by the kindest possibility."""
    first = max((len(each.pods) for each in places), default=0)
    best = 0
    for number in range(first):
        merged = {
            room.subnet_id: room
            for each in places
            for room in each.pods[min(number, len(each.pods) - 1)]
        }
        best = max(best, _fit(places, tuple(merged.values()), take))
    return best


def binding(places: Sequence[Places], take: Take, nodes: int) -> Binding | None:
    """Return what runs out first when ``nodes`` come; None where no subnet is known."""
    found = [
        shortage
        for each in places
        for choice in each.pods
        for shortage in _shortages(each.own, choice, take, nodes)
    ]
    return min(found, key=_tightness, default=None)


def _tightness(one: Binding) -> tuple[float, str]:
    return one.available / one.needed, one.subnet_id


def _fit(places: Sequence[Places], choice: Sequence[Room], take: Take) -> int:
    """Return the most nodes for which the own subnets and the pods' have room."""
    low, high = 0, MOST
    while low < high:
        middle = (low + high + 1) // 2
        if _holds(places, choice, take, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _holds(places: Sequence[Places], choice: Sequence[Room], take: Take, nodes: int) -> bool:
    left = nodes
    spent: dict[str, Need] = {}
    for place in places:
        here = min(left, _alone(place.own, take.own))
        spent[place.own.subnet_id] = take.own.times(here)
        left -= here
    if left:
        return False
    addresses = blocks = 0
    for room in choice:
        used = spent.get(room.subnet_id, Need())
        addresses += room.addresses - used.total
        blocks += (room.blocks or 0) - used.blocks
    rest = take.rest.times(nodes)
    return rest.blocks <= blocks and rest.total <= addresses


def _alone(room: Room, need: Need) -> int:
    """Return how many needs fit into one subnet."""
    counts = [max(room.addresses, 0) // need.total] if need.total else []
    if need.blocks:
        counts.append((room.blocks or 0) // need.blocks)
    return min(counts, default=MOST)


def _shortages(own: Room, choice: Sequence[Room], take: Take, nodes: int) -> Iterable[Binding]:
    ids = {room.subnet_id for room in choice}
    if ids <= {own.subnet_id}:
        yield from _of(own, take.own.plus(take.rest).times(nodes), own)
        return
    yield from _of(own, take.own.times(nodes), own)
    if take.rest.total and choice:
        roomiest = max(choice, key=lambda each: (each.addresses, each.subnet_id))
        whole = Room(
            subnet_id=roomiest.subnet_id,
            az_id=roomiest.az_id,
            addresses=sum(each.addresses for each in choice),
            blocks=sum(each.blocks or 0 for each in choice),
        )
        yield from _of(whole, take.rest.times(nodes), roomiest)


def _of(room: Room, need: Need, named: Room) -> Iterable[Binding]:
    if need.blocks:
        yield _binding(named, BLOCKS, room.blocks or 0, need.blocks, NO_BLOCK)
    if need.total:
        yield _binding(named, ADDRESSES, room.addresses, need.total, NO_ADDRESS)


def _binding(room: Room, resource: str, available: int, needed: int, error: str) -> Binding:
    return Binding(
        subnet_id=room.subnet_id,
        az_id=room.az_id,
        resource=resource,
        available=available,
        needed=needed,
        error=error,
    )


def asks_blocks(need: NodeNeed) -> bool:
    """Tell whether /28 blocks must be known to judge."""
    return bool(need.most.own.blocks or need.most.rest.blocks)
