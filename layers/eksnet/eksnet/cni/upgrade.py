"""Whether a cluster's subnets let EKS upgrade or scale its control plane now, zone by zone.

Sources disagree on what an update needs. The API's refusal asks for five free addresses in each
cluster subnet (elastic-ipfs/infrastructure#221 quotes it); the user guide (update-cluster) asks
for "up to five"; eksup (EKS001) is content when two zones have five each. Hence three answers:
yes where all agree, no where none does, at-risk between.
"""

import enum
from collections.abc import Iterable, Iterator

from eksnet.cni.sight import hidden
from eksnet.model.cluster import Cluster
from eksnet.model.record import record
from eksnet.model.snapshot import Facet, Snapshot, subnet_by_id

AVOIDED_ERROR = "InsufficientFreeAddresses"  # EKS API reference: ErrorDetail, errorCode
ZONES_NEEDED = 2  # "at least two subnets in different Availability Zones": EKS, network-reqs


class Upgrade(enum.StrEnum):
    """Can the control plane be upgraded now?"""

    YES = "yes"
    AT_RISK = "at-risk"
    NO = "no"
    UNKNOWN = "unknown"


@record
class SubnetRoom:
    """A cluster subnet's free IPv4 addresses."""

    subnet_id: str
    az_id: str
    free_ips: int


@record
class UpgradeVerdict:
    """The answer for one cluster.

    ``zones`` holds the roomiest cluster subnet of each zone, ``short`` those below
    ``minimum_free``, ``unseen`` the ids that could not be looked at; ``reasons`` are sentences.
    """

    cluster: str
    answer: Upgrade
    minimum_free: int
    zones: tuple[SubnetRoom, ...] = ()
    short: tuple[SubnetRoom, ...] = ()
    unseen: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    avoided_error: str = AVOIDED_ERROR


def upgrade_verdict(snapshot: Snapshot, cluster: Cluster, minimum_free: int) -> UpgradeVerdict:
    """Judge a cluster; ``minimum_free`` is the free IPv4 addresses a cluster subnet must have."""
    blind = hidden(snapshot, [Facet.SUBNETS], cluster.name)
    listed = {} if blind else subnet_by_id(snapshot)
    seen = [listed[each] for each in sorted(set(cluster.subnet_ids)) if each in listed]
    rooms = [SubnetRoom(subnet_id=s.id, az_id=s.az_id, free_ips=s.free_ips) for s in seen]
    unseen = tuple(sorted({each for each in cluster.subnet_ids if each not in listed}))
    zones = _best(rooms)
    short = tuple(room for room in rooms if room.free_ips < minimum_free)
    reasons = (
        (f"{blind.api} answered {blind.error}",)
        if blind
        else tuple(_reasons(zones, short, unseen, minimum_free))
    )
    return UpgradeVerdict(
        cluster=cluster.name,
        answer=_answer(zones, short, unseen, minimum_free),
        minimum_free=minimum_free,
        zones=zones,
        short=short,
        unseen=unseen,
        reasons=reasons,
    )


def _best(rooms: Iterable[SubnetRoom]) -> tuple[SubnetRoom, ...]:
    best: dict[str, SubnetRoom] = {}
    for room in rooms:
        if room.az_id not in best or room.free_ips > best[room.az_id].free_ips:
            best[room.az_id] = room
    return tuple(best[az_id] for az_id in sorted(best))


def _answer(
    zones: tuple[SubnetRoom, ...],
    short: tuple[SubnetRoom, ...],
    unseen: tuple[str, ...],
    minimum_free: int,
) -> Upgrade:
    if unseen or not zones:
        return Upgrade.UNKNOWN
    if sum(room.free_ips >= minimum_free for room in zones) < ZONES_NEEDED:
        return Upgrade.NO
    return Upgrade.AT_RISK if short else Upgrade.YES


def _reasons(
    zones: tuple[SubnetRoom, ...],
    short: tuple[SubnetRoom, ...],
    unseen: tuple[str, ...],
    minimum_free: int,
) -> Iterator[str]:
    roomy = sum(room.free_ips >= minimum_free for room in zones)
    have = "zone has" if roomy == 1 else "zones have"
    yield f"{roomy} {have} a cluster subnet with {minimum_free} or more free addresses"
    for room in short:
        yield f"{room.subnet_id} ({room.az_id}) has {room.free_ips} free, {minimum_free} needed"
    for each in unseen:
        yield f"{each} is not among the subnets that EC2 listed"
    if short and roomy >= ZONES_NEEDED and not unseen:
        yield "sources disagree: two roomy zones may do, or every cluster subnet may have to"
