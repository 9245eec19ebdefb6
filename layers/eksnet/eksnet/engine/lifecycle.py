"""What a run makes of what was known: findings open, stay, get worse, and are resolved."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence

from eksnet.engine.check import Check
from eksnet.engine.run import order
from eksnet.model.finding import Finding, Status
from eksnet.model.record import record
from eksnet.model.snapshot import Resource, Snapshot, grouped
from eksnet.model.tracked import Changes, Known, Mark, Resolution, State, Tracked

REGION = "AWS::Region"  # what engine.run says unknown of when a blind region stops a check
CLUSTER = "AWS::EKS::Cluster"  # what engine.run says unknown of when a cluster is blind


def advance(
    known: Iterable[Tracked],
    findings: Sequence[Finding],
    snapshot: Snapshot,
    checks: Sequence[Check],
    mark: Mark,
) -> tuple[Tracked, ...]:
    """Return the records of one target that a run changes or sees again, in report order.

    ``known`` is all that is known of the target; ``findings`` is all that ``checks`` said of
    ``snapshot``; ``mark`` is the run. A record that is not returned stays as it is. The same run
    may judge again: the same input changes nothing more.
    """
    before = {each.finding.finding_id: each for each in known}
    # Should a check speak twice of one resource, the worse answer counts.
    now = {each.finding_id: each for each in sorted(findings, key=order, reverse=True)}
    judged = (_judged(before.get(name), finding, mark) for name, finding in now.items())
    unclear = grouped((f for f in findings if f.status is Status.UNKNOWN), lambda f: f.check_id)
    hidden = {each.id: _hidden(each, snapshot, unclear.get(each.id, ())) for each in checks}
    gone = (
        _gone(each, mark)
        for name, each in before.items()
        if name not in now
        and each.state is not State.RESOLVED
        and each.finding.check_id in hidden
        and _absent(each.finding, snapshot, hidden[each.finding.check_id])
    )
    changed = (*(each for each in judged if each), *gone)
    return tuple(sorted(changed, key=_report_order))


def untold(tracked: Iterable[Tracked]) -> Changes:
    """Return what differs from what people were last told, each list in report order.

    A suppressed finding is no news until its suppression ends; that it is resolved is told to
    those who were told that it was open. Better and worse are so against what was told.
    """
    found = sorted(tracked, key=_report_order)
    news = [each for each in found if each.state is State.OPEN and not each.finding.suppressed]
    known = [each for each in news if each.told and each.told.state is State.OPEN]
    return Changes(
        opened=tuple(each for each in news if not (each.told and each.told.state is State.OPEN)),
        worsened=tuple(each for each in known if each.told and _worse(each, each.told)),
        eased=tuple(each for each in known if each.told and _better(each, each.told)),
        resolved=tuple(
            each
            for each in found
            if each.state is State.RESOLVED and each.told and each.told.state is State.OPEN
        ),
    )


def unannounced(tracked: Iterable[Tracked]) -> tuple[Tracked, ...]:
    """Return the open and resolved findings that the event bus may not know to be so.

    That something is resolved is said even where no note tells that its opening was put: the note
    may be what failed. A suppressed finding that never was put stays unsaid.
    """
    return tuple(each for each in sorted(tracked, key=_report_order) if _unannounced(each))


def _unannounced(tracked: Tracked) -> bool:
    quiet = tracked.finding.suppressed is not None
    match tracked.state:
        case State.OPEN:
            return tracked.announced is not State.OPEN and not quiet
        case State.RESOLVED:
            never = tracked.announced is None and (quiet or tracked.opened is None)
            return tracked.announced is not State.RESOLVED and not never
        case State.UNKNOWN:
            return False


def _report_order(tracked: Tracked) -> tuple[object, ...]:
    return order(tracked.finding)


def _judged(before: Tracked | None, finding: Finding, mark: Mark) -> Tracked | None:
    live = before if before and before.state is not State.RESOLVED else None
    match finding.status:
        case Status.FAIL:
            now = _fails(live, finding, mark)
        case Status.UNKNOWN:
            now = _unclear(live, finding, mark)
        case Status.PASS:
            return _passes(live, finding, mark) if live else None
    # A new episode has a new age, but people and the bus still know what they knew.
    return dataclasses.replace(now, told=before.told, announced=before.announced) if before else now


def _fails(live: Tracked | None, finding: Finding, mark: Mark) -> Tracked:
    if live is None or live.state is State.UNKNOWN:
        return Tracked(
            finding=_dated(finding, mark.at, mark.at),
            state=State.OPEN,
            seen=mark,
            opened=mark,
            severity=finding.severity,
        )
    return dataclasses.replace(
        live,
        finding=_dated(finding, live.finding.first_seen, mark.at),
        seen=mark,
        severity=finding.severity,
    )


def _unclear(live: Tracked | None, finding: Finding, mark: Mark) -> Tracked:
    if live is None:
        return Tracked(finding=_dated(finding, mark.at, mark.at), state=State.UNKNOWN, seen=mark)
    last_seen = live.finding.last_seen if live.state is State.OPEN else mark.at
    dated = _dated(finding, live.finding.first_seen, last_seen)
    return dataclasses.replace(live, finding=dated, seen=mark)


def _passes(live: Tracked, finding: Finding, mark: Mark) -> Tracked:
    return dataclasses.replace(
        live,
        finding=_dated(finding, live.finding.first_seen, mark.at),
        state=State.RESOLVED,
        seen=mark,
        resolved=mark,
        resolution=Resolution.PASSED,
    )


def _gone(live: Tracked, mark: Mark) -> Tracked:
    return dataclasses.replace(
        live, state=State.RESOLVED, resolved=mark, resolution=Resolution.GONE
    )


def _dated(finding: Finding, first_seen: dt.datetime, last_seen: dt.datetime) -> Finding:
    return dataclasses.replace(finding, first_seen=first_seen, last_seen=last_seen)


def _worse(now: Tracked, told: Known) -> bool:
    return bool(now.severity and told.severity and now.severity.rank < told.severity.rank)


def _better(now: Tracked, told: Known) -> bool:
    return bool(now.severity and told.severity and now.severity.rank > told.severity.rank)


@record
class _Hidden:
    """Where a check could not look: everywhere, in some clusters, at some resources."""

    everything: bool
    clusters: frozenset[str]
    resources: frozenset[Resource]


def _hidden(check: Check, snapshot: Snapshot, unclear: Sequence[Finding]) -> _Hidden:
    """Return where ``check`` was blind, by the snapshot and by the unknowns it said itself.

    A blind of a facet that it only wants counts too: the check says unknown of the cluster then,
    and no longer names what it would have found there.
    """
    blinds = snapshot.blind(check.facets)
    return _Hidden(
        everything=any(not (each.cluster or each.resource) for each in blinds)
        or any(each.resource.type == REGION for each in unclear),
        clusters=frozenset(each.cluster for each in blinds if each.cluster)
        | {each.cluster for each in unclear if each.cluster and each.resource.type == CLUSTER},
        resources=frozenset(each.resource for each in blinds if each.resource and not each.cluster),
    )


def _absent(finding: Finding, snapshot: Snapshot, hidden: _Hidden) -> bool:
    """Tell whether a finding that its check did not repeat is about something that is gone.

    A narrowed snapshot tells only of its clusters. A blind cluster may be what a finding without
    one rests on. A blind resource hides itself, and whatever of another type may be judged by it
    (a zone by its subnets); its own kind is judged one by one.
    """
    about, cluster = finding.resource, finding.cluster
    if about.type == REGION:
        return True  # the check was asked after all, else it had said so of the region again
    if snapshot.partial or hidden.everything:
        return False
    if snapshot.selected is not None and cluster not in snapshot.selected:
        return False
    if hidden.clusters and (cluster is None or cluster in hidden.clusters):
        return False
    return all(each.type == about.type and each.id != about.id for each in hidden.resources)
