"""Whether nodes fit into the subnets of one zone: addresses, and whole /28 blocks.

EC2 Auto Scaling spreads a group's nodes evenly over its zones; within a zone it picks the subnet.
So a zone surely has room when each of its subnets holds the zone's share, and surely none when all
of them together don't.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

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
    """What a subnet has left; ``blocks`` is None where the interfaces were not seen.

    Where not all addresses in use were seen, ``blocks`` is what is surely free, and ``hoped`` what
    may be free at most.
    """

    subnet_id: str
    az_id: str
    addresses: int
    blocks: int | None
    hoped: int | None = None
    unseen: Unread | None = None

    @property
    def kindest(self) -> "Room":
        """Return the room as it is if nothing not seen lies in a block that looks free."""
        return self if self.hoped is None else replace(self, blocks=self.hoped)


@record
class Places:
    """Where the nodes of one zone go, and where their pods' addresses come from.

    ``pods`` has an entry for each possibility, the rooms of all subnets that it names.
    """

    own: Room
    pods: tuple[tuple[Room, ...], ...]

    @property
    def kindest(self) -> "Places":
        """Return the places with each room at its kindest."""
        pods = tuple(tuple(room.kindest for room in choice) for choice in self.pods)
        return Places(own=self.own.kindest, pods=pods)

    @property
    def rooms(self) -> tuple[Room, ...]:
        """Return every room named, one perhaps more than once."""
        return (self.own, *(room for choice in self.pods for room in choice))


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
            blocks=one.free_blocks.least if one.free_blocks else None,
            hoped=one.free_blocks.most if one.free_blocks else None,
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
    places = [each.kindest for each in places]
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
    named = [room.subnet_id for room in choice]
    alone = [(_alone(each.own, take.own), named.count(each.own.subnet_id)) for each in places]
    addresses = sum(room.addresses for room in choice)
    blocks = sum(room.blocks or 0 for room in choice)
    low, high = 0, min(MOST, sum(most for most, _ in alone))
    if take.rest.total:
        high = min(high, max(addresses, 0) // take.rest.total)
    while low < high:
        middle = (low + high + 1) // 2
        here = _drawn(alone, middle)
        free = addresses - take.own.total * here, blocks - take.own.blocks * here
        if take.rest.total * middle <= free[0] and take.rest.blocks * middle <= free[1]:
            low = middle
        else:
            high = middle - 1
    return low


def _drawn(alone: Iterable[tuple[int, int]], nodes: int) -> int:
    """Return how many of the nodes lie in subnets that their pods draw on too.

    ``alone`` is how many nodes each own subnet holds by itself, and whether it is one of those.
    """
    left, found = nodes, 0
    for most, shared in alone:
        found += min(left, most) * shared
        left -= min(left, most)
    return found


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
