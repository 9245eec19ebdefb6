"""Ask every check about a snapshot; where something could not be seen, the answer is unknown."""

from collections.abc import Iterable, Iterator

from eksnet.engine.check import Answer, Check, Unseen, Verdict
from eksnet.engine.limits import Limits
from eksnet.model.finding import Finding, Severity, Status, Unread, finding_id
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Blind, Resource, Snapshot

_RANK = {each: number for number, each in enumerate(Status)}
PARTIAL = Unread(api="eksnet:--partial", error="IncompleteList")


def run(snapshot: Snapshot, checks: Iterable[Check], limits: Limits) -> tuple[Finding, ...]:
    """Return the findings of ``checks`` on ``snapshot``, worst first."""
    findings = (finding for check in checks for finding in _ask(snapshot, check, limits))
    return tuple(sorted(findings, key=order))


def order(finding: Finding) -> tuple[object, ...]:
    """Return the sort key of reports: fails before unknowns before passes, worst first."""
    rank = finding.severity.rank if finding.severity else len(Severity)
    place = (finding.account_id, finding.region, finding.cluster or "")
    what = (finding.check_id, finding.resource.type, finding.resource.id)
    return (_RANK[finding.status], rank, *place, *what)


def _ask(snapshot: Snapshot, check: Check, limits: Limits) -> Iterator[Finding]:
    blinds = sorted(snapshot.blind(check.needs), key=lambda each: (each.facet, each.api))
    clusters: dict[str, Blind] = {}
    resources: dict[tuple[str, str], Blind] = {}
    for blind in blinds:
        if blind.resource and not blind.cluster:
            resources.setdefault((blind.resource.type, blind.resource.id), blind)
        elif blind.cluster:
            clusters.setdefault(blind.cluster, blind)
        else:
            region = Resource(type="AWS::Region", id=snapshot.target.region)
            yield _unknown(snapshot, check, region, _unread(blind))
            return
    for name, blind in clusters.items():
        named = cluster_resource(snapshot, name)
        yield _unknown(snapshot, check, named, _unread(blind), cluster=name)
    for (kind, name), blind in resources.items():
        hidden = Resource(type=kind, id=name)
        yield _unknown(snapshot, check, hidden, _unread(blind), cluster=blind.cluster)
    for answer in check.evaluate(snapshot, limits):
        about = (answer.resource.type, answer.resource.id)
        if answer.cluster not in clusters and about not in resources:
            yield _judge(snapshot, check, answer)


def _judge(snapshot: Snapshot, check: Check, answer: Answer) -> Finding:
    if isinstance(answer, Unseen):
        why = Unread(api=answer.api, error=answer.error)
        return _unknown(
            snapshot, check, answer.resource, why, cluster=answer.cluster, message=answer.message
        )
    if snapshot.partial and not answer.positive:
        return _unknown(snapshot, check, answer.resource, PARTIAL, cluster=answer.cluster)
    severity = None if answer.status is Status.PASS else answer.severity or check.severity
    return _finding(snapshot, check, answer, severity)


def _unknown(  # noqa: PLR0913 - the parts of an unknown
    snapshot: Snapshot,
    check: Check,
    resource: Resource,
    why: Unread,
    *,
    cluster: str | None = None,
    message: str | None = None,
) -> Finding:
    unknown = Verdict(
        resource=resource,
        cluster=cluster,
        status=Status.UNKNOWN,
        severity=check.severity,
        message=message or f"could not be judged: {why.api} answered {why.error}",
        evidence={},
        positive=False,
    )
    return _finding(snapshot, check, unknown, check.severity, why)


def _finding(
    snapshot: Snapshot,
    check: Check,
    verdict: Verdict,
    severity: Severity | None,
    unknown: Unread | None = None,
) -> Finding:
    return Finding(
        finding_id=finding_id(check.id, snapshot.target, verdict.cluster, verdict.resource),
        check_id=check.id,
        title=check.title,
        status=verdict.status,
        severity=severity,
        account_id=snapshot.target.account_id,
        region=snapshot.target.region,
        cluster=verdict.cluster,
        resource=verdict.resource,
        message=verdict.message,
        evidence=verdict.evidence,
        unknown=unknown,
        remedies=check.remedies if verdict.status is Status.FAIL else (),
        source=check.source,
        first_seen=snapshot.captured_at,
        last_seen=snapshot.captured_at,
    )


def _unread(blind: Blind) -> Unread:
    return Unread(api=blind.api, error=blind.error)
