"""A run as the store remembers it: one audit of its targets, and what changed since the last."""

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping

from eksnet.engine.lifecycle import untold
from eksnet.engine.run import order
from eksnet.model.audit import Audit, Run, TargetCoverage
from eksnet.model.errors import InputError
from eksnet.model.finding import Finding
from eksnet.model.history import NO_ANSWER, Judgement, RunKind, RunRecord
from eksnet.model.record import record
from eksnet.model.snapshot import Blind, Facet, Target
from eksnet.model.tracked import Changes, State, Tracked
from eksnet.pipeline.outlook import Outlook, outlook
from eksnet.store.interface import Store

NOTHING_KEPT = 0  # days: the command line only reads


@record
class Recalled:
    """A run, its audit, and what people were not told of its targets yet.

    ``since`` is up to when people were told by a full run, None when they never were, and of a
    change. ``tracked`` is every finding of the run's targets. ``notes`` are what an operator must
    know.
    """

    run: RunRecord
    audit: Audit
    changes: Changes
    since: dt.datetime | None
    tracked: Mapping[Target, tuple[Tracked, ...]]
    notes: tuple[str, ...]


def recall(store: Store, run_id: str | None = None) -> Recalled:
    """Return a run, the newest full one when none is named.

    Raises:
        InputError: there is no such run, or none yet.
        StoreError: the store can't be read.
    """
    run = store.run(run_id) if run_id else store.latest_run(RunKind.FULL)
    if run is None:
        msg = f"no run {run_id!r}" if run_id else "no run yet"
        raise InputError(msg)
    judged = {each.target: each for each in store.judgements(run)}
    tracked = {target: store.tracked(target) for target in run.targets}
    finished = max((each.finished_at for each in judged.values()), default=run.started_at)
    known = {each.finding.finding_id: each for group in tracked.values() for each in group}
    return Recalled(
        run=run,
        audit=_audit(run, judged, known, finished, _outlook(store, judged, finished)),
        changes=untold(known.values()),
        since=_since(store, run),
        tracked=tracked,
        notes=tuple(dict.fromkeys(note for each in judged.values() for note in each.notes)),
    )


def _since(store: Store, run: RunRecord) -> dt.datetime | None:
    """Return up to when people were told before: runs that nobody was told of don't count."""
    earlier: RunRecord | None = run
    while earlier and run.kind is RunKind.FULL:
        earlier = store.latest_run(RunKind.FULL, before=earlier.id)
        if earlier and earlier.reported_at:
            return earlier.reported_at
    return None


def _audit(
    run: RunRecord,
    judged: Mapping[Target, Judgement],
    known: Mapping[str, Tracked],
    finished: dt.datetime,
    ahead: Outlook,
) -> Audit:
    findings = (each for judgement in judged.values() for each in judgement.findings)
    expired = (each for judgement in judged.values() for each in judgement.expired)
    return Audit(
        run=Run(id=run.id, started_at=run.started_at, finished_at=finished, version=run.version),
        coverage=tuple(_coverage(run, judged)),
        findings=tuple(sorted((_aged(each, known) for each in findings), key=order)),
        subnets=tuple(use for each in judged.values() for use in each.subnets),
        expired=tuple(dict.fromkeys(expired)),
        ledgers=tuple(one for judgement in judged.values() for one in judgement.ledgers),
        verdicts=tuple(each for judgement in judged.values() for each in judgement.verdicts),
        forecasts=ahead.forecasts,
        unforecast=ahead.left,
    )


def _outlook(store: Store, judged: Mapping[Target, Judgement], finished: dt.datetime) -> Outlook:
    """Return what the history up to the run's last look foretells."""
    uses = [use for each in judged.values() for use in each.subnets]
    ledgers = (one for each in judged.values() for one in each.ledgers)
    return outlook(store, uses, ledgers, finished)


def _coverage(run: RunRecord, judged: Mapping[Target, Judgement]) -> Iterator[TargetCoverage]:
    """Yield every target's coverage; what could not be listed is shown with the first."""
    unlisted = run.blinds
    for target in run.targets:
        seen = judged[target].coverage if target in judged else _no_answer(run, target)
        yield dataclasses.replace(seen, blinds=(*seen.blinds, *unlisted)) if unlisted else seen
        unlisted = ()


def _no_answer(run: RunRecord, target: Target) -> TargetCoverage:
    api, error = NO_ANSWER
    return TargetCoverage(
        target=target,
        captured_at=run.started_at,
        clusters_known=None,
        clusters_assessed=0,
        blinds=(Blind(facet=Facet.CLUSTERS, api=api, error=error),),
    )


def _aged(finding: Finding, known: Mapping[str, Tracked]) -> Finding:
    """Return the finding with the time it was first seen, as far back as its episode goes."""
    tracked = known.get(finding.finding_id)
    if tracked is None or tracked.state is State.RESOLVED:
        return finding
    first = min(tracked.finding.first_seen, finding.first_seen)
    return dataclasses.replace(finding, first_seen=first)


def open_store(table: str) -> Store:
    """Return the store of a deployed table, in the Region the SDK's configuration names.

    Raises:
        StoreError: the SDK's configuration can't be used, or names no Region.
    """
    from eksnet.store.clients import Clients
    from eksnet.store.dynamodb import DynamoStore

    return DynamoStore(Clients().client("dynamodb"), table, history_days=NOTHING_KEPT)
