"""What addresses a subnet would get back, by which change, at which risk.

Each figure follows from the snapshot: an exact one where the change frees what is named, else the
least and the most that it can be. AWS shows which addresses a node holds, not which of them a pod
uses; so lower warm targets give back nothing at least, and at most the whole pool.
"""

import datetime as dt
import enum
from collections.abc import Iterable, Iterator, Mapping

from eksnet.capacity.ledger import EXPLICIT, SubnetLedger
from eksnet.capacity.owners import Holding, Owner, holdings
from eksnet.cni.eni import LEAK_AGE, EniClass, class_by_eni, created_at, x_eni_cluster
from eksnet.cni.settings import settings_by_cluster
from eksnet.model.finding import counted
from eksnet.model.network import Eni
from eksnet.model.record import record
from eksnet.model.snapshot import Facet, Snapshot, cluster_by_name, derived, grouped

TARGETS = ("WARM_ENI_TARGET", "WARM_IP_TARGET", "MINIMUM_IP_TARGET", "WARM_PREFIX_TARGET")


class Change(enum.StrEnum):
    """A change that gives addresses back."""

    DELETE_LEAKED = "delete-leaked-interfaces"
    DELETE_UNATTACHED = "delete-unattached-interfaces"
    DELETE_X_ENI = "delete-x-enis-of-gone-clusters"
    DELETE_RESERVATION = "delete-unused-reservation"
    LOWER_WARM_TARGETS = "lower-warm-targets"


_RISK = {
    Change.DELETE_LEAKED: "low: make sure first that the instance in the tag is gone",
    Change.DELETE_UNATTACHED: "medium: somebody may keep it for an address that never changes",
    Change.DELETE_X_ENI: "medium: make sure first that no cluster of this name is being made",
    Change.DELETE_RESERVATION: "medium: what it was kept for can then be taken by anything",
    Change.LOWER_WARM_TARGETS: "medium: pods that start in a burst wait for EC2, with more calls",
}


@record
class GiveBack:
    """A change with the addresses it gives back to a subnet, from ``at_least`` to ``at_most``.

    ``condition`` is what has to be done, or to hold; ``ids`` are the interfaces, reservations or
    nodes concerned.
    """

    subnet_id: str
    cluster: str | None
    change: Change
    condition: str
    risk: str
    at_least: int
    at_most: int
    ids: tuple[str, ...]


def give_back(snapshot: Snapshot, ledgers: Iterable[SubnetLedger]) -> tuple[GiveBack, ...]:
    """Return what can be given back to the subnets of ``ledgers``, the surest and largest first.

    A subnet whose interfaces were not seen has nothing here: nothing about it is known.
    """
    found = [
        item
        for one in ledgers
        if one.unseen is None
        for item in (*_by_interface(snapshot, one.subnet.id), *_reservations(one))
        if item.at_most
    ]
    return tuple(sorted(found, key=lambda each: (-each.at_least, -each.at_most, each.subnet_id)))


def _by_interface(snapshot: Snapshot, subnet_id: str) -> Iterator[GiveBack]:
    held = tuple(holdings(snapshot, subnet_id))
    yield from _leaked(snapshot, subnet_id, [each for each in held if each.own is Owner.LEAKED])
    yield from _unattached(subnet_id, held)
    yield from _gone_clusters(snapshot, subnet_id, held)
    yield from _pools(snapshot, subnet_id, held)


def _leaked(snapshot: Snapshot, subnet_id: str, held: list[Holding]) -> Iterator[GiveBack]:
    """Yield the leaked interfaces known to be old, then those of which nothing tells the age."""
    ages = {each.eni.id: _unattached_for(snapshot, each.eni) for each in held}
    old = [each for each in held if (ages[each.eni.id] or dt.timedelta()) > LEAK_AGE]
    ageless = [each for each in held if ages[each.eni.id] is None]
    if old:
        what = f"delete {counted(len(old), 'leaked interface')}"
        yield _deletion(Change.DELETE_LEAKED, subnet_id, old, what)
    if ageless:
        count = counted(len(ageless), "interface")
        what = f"delete {count} of the VPC CNI, if unattached for more than five minutes"
        yield _deletion(Change.DELETE_LEAKED, subnet_id, ageless, what, sure=False)


def _unattached_for(snapshot: Snapshot, eni: Eni) -> dt.timedelta | None:
    since = created_at(eni) or first_unattached(snapshot).get(eni.id)
    return None if since is None else snapshot.captured_at - since


@derived
def first_unattached(snapshot: Snapshot) -> Mapping[str, dt.datetime]:
    """Return when earlier audits first saw each interface unattached, by its id."""
    return {each.eni_id: each.available_since for each in snapshot.sightings}


def _unattached(subnet_id: str, held: Iterable[Holding]) -> Iterator[GiveBack]:
    """Yield the interfaces that people made and that hang on nothing."""
    loose = [
        each
        for each in held
        if each.own is Owner.OTHER
        and each.eni.status == "available"
        and not each.eni.requester_managed
    ]
    if loose:
        what = f"delete {counted(len(loose), 'unattached interface')}, unless kept on purpose"
        yield _deletion(Change.DELETE_UNATTACHED, subnet_id, loose, what)


def _gone_clusters(
    snapshot: Snapshot, subnet_id: str, held: Iterable[Holding]
) -> Iterator[GiveBack]:
    """Yield the x-ENIs of clusters that EKS no longer lists, where its whole list was seen."""
    unlisted = any(blind.cluster is None for blind in snapshot.blind([Facet.CLUSTERS]))
    if unlisted or snapshot.partial:
        return
    classes = class_by_eni(snapshot)
    gone = [
        each
        for each in held
        if classes[each.eni.id] is EniClass.X_ENI
        and x_eni_cluster(each.eni) not in snapshot.cluster_names
        and each.eni.owner_id == snapshot.target.account_id  # a shared VPC shows others' as well
    ]
    if gone:
        names = sorted({x_eni_cluster(each.eni) or "" for each in gone})
        count = counted(len(gone), "x-ENI")
        what = f"delete {count} of {', '.join(names)}, which EKS does not list"
        yield _deletion(Change.DELETE_X_ENI, subnet_id, gone, what)


def _deletion(
    change: Change, subnet_id: str, held: list[Holding], what: str, *, sure: bool = True
) -> GiveBack:
    clusters = {each.cluster for each in held}
    size = sum(each.size for each in held)
    return GiveBack(
        subnet_id=subnet_id,
        cluster=clusters.pop() if len(clusters) == 1 else None,
        change=change,
        condition=what,
        risk=_RISK[change],
        at_least=size if sure else 0,
        at_most=size,
        ids=tuple(sorted(each.eni.id for each in held)),
    )


def _pools(snapshot: Snapshot, subnet_id: str, held: Iterable[Holding]) -> Iterator[GiveBack]:
    """Yield the pools of each cluster's nodes; EKS Auto Mode has no targets to lower."""
    clusters = cluster_by_name(snapshot)
    pooled = [each for each in held if Owner.POD_POOL is each.rest and each.cluster in clusters]
    for name, theirs in sorted(grouped(pooled, lambda each: each.cluster or "").items()):
        nodes = {each.holder for each in theirs if _pool(each, snapshot)}
        if clusters[name].auto_mode or not nodes:
            continue
        yield GiveBack(
            subnet_id=subnet_id,
            cluster=name,
            change=Change.LOWER_WARM_TARGETS,
            condition=f"keep fewer warm addresses on {counted(len(nodes), 'node')} of {name}"
            f" ({_targets(snapshot, name)})",
            risk=_RISK[Change.LOWER_WARM_TARGETS],
            at_least=0,
            at_most=sum(_pool(each, snapshot) for each in theirs),
            ids=tuple(sorted(nodes)),
        )


def _pool(holding: Holding, snapshot: Snapshot) -> int:
    """Return what of an interface the CNI could give back; its own address only with all of it."""
    made = class_by_eni(snapshot)[holding.eni.id] is EniClass.CNI_SECONDARY
    return holding.size if made else max(holding.size - 1, 0)


def _targets(snapshot: Snapshot, cluster: str) -> str:
    settings = settings_by_cluster(snapshot).get(cluster)
    if settings is None or settings.error:
        return "its settings were not read"
    named = [f"{each}={settings.env[each]}" for each in TARGETS if each in settings.env]
    return ", ".join(named) if named else "its add-on sets no target: the defaults hold"


def _reservations(one: SubnetLedger) -> Iterator[GiveBack]:
    """Yield each reservation that nothing uses; its addresses can then be given to anything."""
    for each in one.reservations or ():
        serves = each.delegated + (each.used if each.kind == EXPLICIT else 0)
        if not serves:
            yield GiveBack(
                subnet_id=one.subnet.id,
                cluster=None,
                change=Change.DELETE_RESERVATION,
                condition=f"delete the {each.kind} reservation {each.cidr}, which nothing uses:"
                " its addresses can then be given out one by one",
                risk=_RISK[Change.DELETE_RESERVATION],
                at_least=each.unused,
                at_most=each.unused,
                ids=(each.id,),
            )
