"""What stands in the way of each nearly free /28, the cheapest to move first."""

import enum
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from eksnet.capacity.owners import Holding, Owner
from eksnet.model.record import record
from eksnet.network.blocks import PREFIX, SHIFT
from eksnet.network.cidr import Block, address

NEARLY_FREE = 4  # addresses that a nearly free /28 may hold: a quarter of it, our own choice


class Effort(enum.StrEnum):
    """What it takes for an address to come free, from the cheapest to the dearest."""

    DELETE = "delete-interface"
    RESTART_POD = "restart-pod"
    REPLACE_NODE = "replace-node"
    MOVE = "move-resource"
    CONTROL_PLANE = "update-cluster"


_ORDER = {each: rank for rank, each in enumerate(Effort)}
_EFFORT = {
    Owner.LEAKED: Effort.DELETE,
    Owner.BRANCH: Effort.RESTART_POD,
    Owner.FARGATE: Effort.RESTART_POD,
    Owner.NODE_PRIMARY: Effort.REPLACE_NODE,
    Owner.POD_POOL: Effort.REPLACE_NODE,  # a pod that leaves gives its address to the pool only
    Owner.TRUNK: Effort.REPLACE_NODE,
    Owner.X_ENI: Effort.CONTROL_PLANE,  # EKS alone moves these: user guide, network-reqs
}


@record
class Blocker:
    """Addresses of a /28 that one interface holds for one owner.

    ``holder`` is what would have to go: the instance it is attached to, or the interface itself.
    """

    owner: Owner
    holder: str
    eni_id: str
    addresses: tuple[str, ...]


@record
class NearlyFree:
    """A /28 that few hold; it is free once every blocker is gone. ``effort`` is the dearest."""

    cidr: str
    effort: Effort
    blockers: tuple[Blocker, ...]


def nearly_free(held: Iterable[Holding], numbers: Collection[int]) -> tuple[NearlyFree, ...]:
    """Return the nearly free ones among the /28s with ``numbers``, the cheapest first.

    ``held`` is what the subnet's interfaces hold. A /28 is nearly free with four addresses in use
    at most; or with one holder of them all, where that is no more than a node.
    """
    found: dict[int, list[Blocker]] = defaultdict(list)
    for holding in held:
        for number, blocker in _blockers(holding, numbers):
            found[number].append(blocker)
    few = [(_cost(each), number) for number, each in found.items() if _few(each)]
    return tuple(_nearly_free(number, found[number]) for _, number in sorted(few))


def _blockers(holding: Holding, numbers: Collection[int]) -> Iterator[tuple[int, Blocker]]:
    """Yield what an interface holds of each /28; its own address has an owner of its own."""
    parts: dict[tuple[int, Owner], list[str]] = {}
    owner = holding.own
    for text in holding.eni.private_ips:
        number = address(text) >> SHIFT
        if number in numbers:
            parts.setdefault((number, owner), []).append(text)
        owner = holding.rest
    for (number, owner), texts in parts.items():
        yield (
            number,
            Blocker(
                owner=owner,
                holder=holding.holder,
                eni_id=holding.eni.id,
                addresses=tuple(texts),
            ),
        )


def _few(blockers: list[Blocker]) -> bool:
    if _addresses(blockers) <= NEARLY_FREE:
        return True
    first = blockers[0].holder
    one = all(each.holder == first for each in blockers)
    return one and _ORDER[_dearest(blockers)] <= _ORDER[Effort.REPLACE_NODE]


def _cost(blockers: list[Blocker]) -> tuple[int, int, int]:
    holders = len({each.holder for each in blockers})
    return _ORDER[_dearest(blockers)], holders, _addresses(blockers)


def _addresses(blockers: list[Blocker]) -> int:
    return sum(len(each.addresses) for each in blockers)


def _dearest(blockers: list[Blocker]) -> Effort:
    return max((_EFFORT.get(each.owner, Effort.MOVE) for each in blockers), key=_ORDER.__getitem__)


def _nearly_free(number: int, blockers: list[Blocker]) -> NearlyFree:
    return NearlyFree(
        cidr=str(Block(number << SHIFT, PREFIX)),
        effort=_dearest(blockers),
        blockers=tuple(sorted(blockers, key=lambda each: (each.holder, each.eni_id, each.owner))),
    )
