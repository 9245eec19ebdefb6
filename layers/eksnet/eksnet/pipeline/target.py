"""Audit one target of a run: look, judge, remember, announce."""

import contextlib
import datetime as dt

from eksnet import __version__
from eksnet.cni.eni import unattached_cni
from eksnet.collect import saved
from eksnet.engine.lifecycle import advance
from eksnet.engine.suppress import SuppressionRule
from eksnet.model.errors import InputError
from eksnet.model.finding import Status
from eksnet.model.history import Judgement, Latest
from eksnet.model.record import record
from eksnet.model.snapshot import Facet, Sighting, Snapshot, Target
from eksnet.model.tracked import Mark
from eksnet.pipeline.announce import announce
from eksnet.pipeline.audit import judge
from eksnet.pipeline.capacity import capacity_rows
from eksnet.pipeline.look import look
from eksnet.pipeline.requests import AuditRequest, RejectedError
from eksnet.pipeline.services import Services
from eksnet.pipeline.source import with_sightings
from eksnet.pipeline.trends import trends
from eksnet.settings.files import parse_suppressions, require_known
from eksnet.store.interface import StoreError, SupersededError


@record
class Audited:
    """What an audited target came to: unsuppressed fails and unknowns, and whether all was seen."""

    run_id: str
    account_id: str
    region: str
    complete: bool
    clusters: int
    fails: int
    unknowns: int


def audit_requested(request: AuditRequest, services: Services) -> Audited:
    """Audit a target that a run asks for.

    Raises:
        RejectedError: there is no such run, or it has no such target.
        StoreError: see ``audit_target``.
    """
    target = request.target.target()
    run = services.store.run(request.run_id)
    if run is None or target not in run.targets:
        reason = "no such target in the run" if run else "no such run"
        raise RejectedError(reason)
    judgement = audit_target(run.id, target, services)
    return Audited(
        run_id=run.id,
        account_id=target.account_id,
        region=target.region,
        complete=complete(judgement),
        clusters=judgement.coverage.clusters_assessed,
        fails=_count(judgement, Status.FAIL),
        unknowns=_count(judgement, Status.UNKNOWN),
    )


def audit_target(run_id: str, target: Target, services: Services) -> Judgement:
    """Return what the run says of the target; a replay returns what was said before.

    The judgement is kept last, so that it stands for everything before it being done.

    Raises:
        StoreError: the table, the bucket or the bus refused; nothing is half known, try again.
    """
    store = services.store
    if kept := store.judgement(run_id, target):
        return kept
    started = dt.datetime.now(dt.UTC)
    previous = _previous(target, services)
    snapshot = _see(target, previous, services)
    _keep(run_id, snapshot, services)
    rules, notes = _suppressions(services)
    audit = judge(
        [snapshot], services.audited, services.deployment.limits, started_at=started, rules=rules
    )
    judgement = Judgement(
        run_id=run_id,
        version=__version__,
        coverage=audit.coverage[0],
        findings=audit.findings,
        subnets=audit.subnets,
        ledgers=audit.ledgers,
        verdicts=audit.verdicts,
        unattached=_unattached(snapshot, previous),
        expired=audit.expired,
        notes=notes,
        finished_at=dt.datetime.now(dt.UTC).replace(microsecond=0),
    )
    _remember(snapshot, judgement, previous, services)
    store.saw_suppressions(
        {each.suppressed for each in audit.findings if each.suppressed}, snapshot.captured_at
    )
    return store.put_judgement(judgement)


def complete(judgement: Judgement) -> bool:
    """Tell whether the target was seen whole."""
    seen = judgement.coverage
    return not (seen.blinds or seen.partial or seen.asked is not None)


def _previous(target: Target, services: Services) -> Judgement | None:
    """Return the last judgement that was kept: the newest run may have died before it kept its."""
    latest = services.store.latest(target)
    runs = (latest.run_id, latest.previous) if latest else ()
    kept = (services.store.judgement(run, target) for run in runs if run)
    return next((each for each in kept if each), None)


def _see(target: Target, previous: Judgement | None, services: Services) -> Snapshot:
    snapshot = look(target, services.facets, services)
    before = previous.unattached if previous else ()
    since = {each.eni_id: each.available_since for each in before}
    return with_sightings(snapshot, since, trends(services.store, snapshot))


def _unattached(snapshot: Snapshot, previous: Judgement | None) -> tuple[Sighting, ...]:
    """Return since when each interface hangs on nothing, for the next run to know.

    Where interfaces could not be listed, what was known of them stays.
    """
    before = previous.unattached if previous else ()
    if snapshot.blind({Facet.NETWORK_INTERFACES}):
        return before
    since = {each.eni_id: each.available_since for each in before}
    still = sorted(eni.id for eni in snapshot.enis if unattached_cni(eni))
    return tuple(
        Sighting(eni_id=each, available_since=since.get(each, snapshot.captured_at))
        for each in still
    )


def _keep(run_id: str, snapshot: Snapshot, services: Services) -> None:
    where = snapshot.target
    key = f"snapshots/{where.account_id}/{where.region}/{run_id}.json.gz"
    services.bucket.put(key, saved.packed(snapshot), "application/gzip")


def _suppressions(services: Services) -> tuple[tuple[SuppressionRule, ...], tuple[str, ...]]:
    """Return the rules of the bucket's file; without a readable one nothing is suppressed."""
    key = services.deployment.suppressions
    if key is None:
        return (), ()
    address = f"s3://{services.deployment.bucket}/{key}"
    try:
        rules = parse_suppressions(services.bucket.get(key), address)
        require_known(rules, {each.id for each in services.checks})
    except InputError as problem:
        return (), (f"nothing is suppressed: {problem}",)
    except StoreError as problem:
        return (), (f"nothing is suppressed: {address}: {problem}",)
    return rules, ()


def _remember(
    snapshot: Snapshot, judgement: Judgement, previous: Judgement | None, services: Services
) -> None:
    """Carry the findings on, unless a newer run has looked since; the history is kept anyway."""
    store, target = services.store, snapshot.target
    rows = tuple(capacity_rows(snapshot, judgement.run_id))
    _require_kept("dynamodb:BatchWriteItem", store.put_capacity(rows), len(rows))
    mark = Mark(run_id=judgement.run_id, at=snapshot.captured_at)
    mine = Latest(
        run_id=mark.run_id,
        captured_at=mark.at,
        complete=complete(judgement),
        previous=previous.run_id if previous else None,
    )
    if not store.claim(target, mine):
        return
    known = {each.finding.finding_id: each for each in store.tracked(target)}
    changed = advance(known.values(), judgement.findings, snapshot, services.audited, mark)
    with contextlib.suppress(SupersededError):
        kept = store.track(target, mine, changed)
        if store.latest(target) == mine:
            _require_kept("dynamodb:TransactWriteItems", kept, len(changed))
        known.update((each.finding.finding_id, each) for each in changed)
        announce(known.values(), target, store, services.bus)


def _require_kept(api: str, kept: int, given: int) -> None:
    """Believe only what was read back.

    Raises:
        StoreError: the table holds less than it was given.
    """
    if kept != given:
        raise StoreError(api, "NotKept")


def _count(judgement: Judgement, status: Status) -> int:
    return sum(each.status is status and not each.suppressed for each in judgement.findings)
