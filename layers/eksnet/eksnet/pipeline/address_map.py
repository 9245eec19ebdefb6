"""What a report draws of a snapshot: the subnets by owner and block, and the verdicts by zone."""

import itertools
from collections.abc import Iterator

from eksnet.capacity.grid import grid_of
from eksnet.capacity.ledger import NEEDS, SubnetLedger, ledger
from eksnet.capacity.verdict import ClusterVerdict, GroupVerdict, verdict
from eksnet.cni.sight import hidden
from eksnet.cni.upgrade import SubnetRoom, Upgrade, UpgradeVerdict, upgrade_verdict
from eksnet.model.audit import GroupShown, SubnetShown, VerdictShown, ZoneVerdict
from eksnet.model.snapshot import Facet, Snapshot

GRIDS = 24  # a target's tightest subnets: some 100 KB at most, with a letter for each of 4,096 /28s


def ledgers_shown(snapshot: Snapshot) -> Iterator[SubnetShown]:
    """Yield the account of every subnet a cluster uses, the tightest first, drawn or not.

    There is none where no check asked for the interfaces: that is no gap in what was seen.
    """
    if Facet.NETWORK_INTERFACES not in snapshot.seen:
        return
    accounts = (each for each in ledger(snapshot) if each.subnet.cidr)
    for number, one in enumerate(accounts):
        yield _shown(snapshot, one, grid_of(snapshot, one) if number < GRIDS else None)


def _shown(snapshot: Snapshot, one: SubnetLedger, grid: str | None) -> SubnetShown:
    blocks, owners = one.blocks, one.owners
    asked = Facet.CIDR_RESERVATIONS in snapshot.seen
    return SubnetShown(
        target=snapshot.target,
        subnet_id=one.subnet.id,
        az_id=one.subnet.az_id,
        cidr=one.subnet.cidr,
        clusters=one.clusters,
        usable=one.usable,
        free_ips=one.subnet.free_ips,
        owners=None if owners is None else {str(k): count for k, count in owners.items() if count},
        not_seen=one.not_seen,
        free_28=blocks.free if blocks else None,
        candidates=blocks.candidates if blocks else None,
        largest_free_prefix=blocks.largest_free_prefix if blocks else None,
        fragmentation=blocks.score if blocks else None,
        grid=grid,
        unseen=one.blocks_unseen if asked else one.unseen,
    )


def verdicts_shown(snapshot: Snapshot, minimum_free: int) -> Iterator[VerdictShown]:
    """Yield whether each cluster and its node groups can be upgraded now.

    What judges node groups is asked only where all it looks at was: else that is no gap.
    """
    whole = snapshot.seen >= NEEDS
    for cluster in snapshot.clusters:
        found = upgrade_verdict(snapshot, cluster, minimum_free)
        yield VerdictShown(
            target=snapshot.target,
            cluster=cluster.name,
            answer=str(found.answer),
            zones=tuple(_zone(found, room) for room in found.zones),
            reasons=found.reasons,
            groups=_groups(verdict(snapshot, cluster, minimum_free)) if whole else None,
        )
    yield from _unread(snapshot)


def _groups(found: ClusterVerdict) -> tuple[GroupShown, ...] | None:
    return None if found.unseen else tuple(_group(each) for each in found.groups)


def _group(found: GroupVerdict) -> GroupShown:
    """Return a node group's answers and why; a yes needs no reason of its own."""
    doubts = (each.reasons for each in found.judgements if each.answer is not Upgrade.YES)
    return GroupShown(
        node_group=found.node_group,
        answers={str(each.question): str(each.answer) for each in found.judgements},
        reasons=tuple(dict.fromkeys((*itertools.chain(*doubts), *found.reasons))),
    )


def _unread(snapshot: Snapshot) -> Iterator[VerdictShown]:
    """Yield the clusters that were asked for and could not be read: unknown, with the reason."""
    asked = snapshot.cluster_names if snapshot.selected is None else snapshot.selected
    for name in sorted(set(asked) - {each.name for each in snapshot.clusters}):
        blind = hidden(snapshot, [Facet.CLUSTERS], name)
        why = f"{blind.api} answered {blind.error}" if blind else "the cluster was not seen"
        yield VerdictShown(
            target=snapshot.target, cluster=name, answer=str(Upgrade.UNKNOWN), reasons=(why,)
        )


def _zone(found: UpgradeVerdict, room: SubnetRoom) -> ZoneVerdict:
    """Return a zone's part: its best subnet counts, one that is short beside it puts it at risk."""
    answer = Upgrade.YES
    if room.free_ips < found.minimum_free:
        answer = Upgrade.NO
    elif any(each.az_id == room.az_id for each in found.short):
        answer = Upgrade.AT_RISK
    return ZoneVerdict(
        az_id=room.az_id, answer=str(answer), subnet_id=room.subnet_id, free_ips=room.free_ips
    )
