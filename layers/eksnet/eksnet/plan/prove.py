"""Whether a plan does what it is for: every check asked again about the changed copy."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from eksnet.engine.check import Check
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.plan import CannotFix, Opened, Proof
from eksnet.model.snapshot import Facet, Snapshot
from eksnet.plan.natural import is_planned

CLOSES_NOTHING = "closes-nothing"
OPENS = "opens"
GRAVE = Severity.MEDIUM  # from here on a plan may open nothing


def prove(
    before: Sequence[Finding],
    after: Snapshot,
    causes: Collection[Finding],
    checks: Collection[Check],
    limits: Limits,
) -> Proof | CannotFix:
    """Return the proof that a plan closes ``causes`` and opens nothing of medium or worse.

    ``before`` is every check's answer before the plan, ``after`` the snapshot as it leaves it.
    """
    then = run(after, checks, limits)
    open_still = _open_still(causes, then)
    if open_still or not causes:
        reason = "; ".join(map(_named, open_still)) or "there is nothing to close"
        return CannotFix(rule=CLOSES_NOTHING, reason=reason)
    opened = tuple(_opened({each.finding_id: each for each in before}, then, checks))
    grave = [each for each in opened if each.severity.rank <= GRAVE.rank]
    if grave:
        named = "; ".join(f"{each.check_id} {each.resource.id}: {each.message}" for each in grave)
        return CannotFix(rule=OPENS, reason=f"it would open {named}")
    closes = tuple(sorted({each.finding_id for each in causes}))
    return Proof(checks=len(checks), closes=closes, opens=opened)


def _open_still(causes: Collection[Finding], then: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return what the causes have become, where that is not a pass."""
    names = {each.finding_id for each in causes}
    return tuple(f for f in then if f.finding_id in names and f.status is not Status.PASS)


def _named(finding: Finding) -> str:
    where = f"{finding.check_id} {finding.resource.id}"
    return f"{where} would still say {finding.status}: {finding.message}"


def _opened(
    before: Mapping[str, Finding], then: Sequence[Finding], checks: Collection[Check]
) -> Iterator[Opened]:
    """Yield what is new or worse; what can no longer be told counts as medium."""
    historic = frozenset(check.id for check in checks if Facet.HISTORY in check.facets)
    for finding in then:
        was = before.get(finding.finding_id)
        if finding.status is Status.FAIL and _worse(was, finding):
            yield _entry(finding, finding.severity or Severity.CRITICAL)
        # What the plan makes has no history yet: nobody could know more of it.
        excused = finding.check_id in historic and is_planned(finding.resource.id)
        told = was is None or was.status is Status.PASS
        if finding.status is Status.UNKNOWN and told and not excused:
            yield _entry(finding, GRAVE)


def _worse(was: Finding | None, now: Finding) -> bool:
    if was is None or was.status is not Status.FAIL or not (was.severity and now.severity):
        return True
    return now.severity.rank < was.severity.rank


def _entry(finding: Finding, severity: Severity) -> Opened:
    return Opened(
        finding_id=finding.finding_id,
        check_id=finding.check_id,
        severity=severity,
        resource=finding.resource,
        message=finding.message,
    )
