"""The audit as JSON, the contract that programs read."""

import json
from collections import Counter
from collections.abc import Iterator

from eksnet.model.audit import AUDIT_SCHEMA_VERSION, Audit, TargetCoverage
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.snapshot import Blind, Resource
from eksnet.report.digest import clusters_known
from eksnet.report.escape import inert
from eksnet.report.plain import instant, plain


def to_json(audit: Audit, statuses: frozenset[Status]) -> str:
    """Return the whole report; findings narrowed to ``statuses``, counts never."""
    return "".join(chunks(audit, statuses))


def chunks(audit: Audit, statuses: frozenset[Status]) -> Iterator[str]:
    """Yield the report piece by piece, a finding each, for reports too long to hold as text."""
    head = _dumps(
        {
            "schema_version": AUDIT_SCHEMA_VERSION,
            "run": _run(audit),
            "coverage": _coverage(audit),
            "summary": _summary(audit),
        }
    )
    yield f'{head.removesuffix("\n}")},\n  "findings": ['
    mark = "\n    "
    for finding in audit.findings:
        if finding.status in statuses:
            # A line end is never part of a JSON text value: indenting by replacing them is safe.
            yield mark + _dumps(row(finding)).replace("\n", "\n    ")
            mark = ",\n    "
    yield "]\n}\n" if mark == "\n    " else "\n  ]\n}\n"


def row(finding: Finding) -> dict[str, object]:
    """Return a finding as plain data, its keys in the order of the contract."""
    unknown, accepted = finding.unknown, finding.suppressed
    return {
        "finding_id": finding.finding_id,
        "check_id": finding.check_id,
        "title": finding.title,
        "status": str(finding.status),
        "severity": str(finding.severity) if finding.severity else None,
        "account_id": finding.account_id,
        "region": finding.region,
        "cluster": finding.cluster,
        "resource": _resource(finding.resource),
        "message": finding.message,
        "evidence": plain(finding.evidence),
        "unknown": {"api": unknown.api, "error": unknown.error} if unknown else None,
        "remedies": list(finding.remedies),
        "source": finding.source,
        "first_seen": instant(finding.first_seen),
        "last_seen": instant(finding.last_seen),
        "suppressed": {
            "reason": accepted.reason,
            "owner": accepted.owner,
            "expires": accepted.expires.isoformat(),
        }
        if accepted
        else None,
    }


def _dumps(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    return inert(text)


def _run(audit: Audit) -> dict[str, object]:
    return {
        "id": audit.run.id,
        "started_at": instant(audit.run.started_at),
        "finished_at": instant(audit.run.finished_at),
        "version": audit.run.version,
    }


def _coverage(audit: Audit) -> dict[str, object]:
    checks: dict[str, dict[str, int]] = {}
    for finding in sorted(audit.findings, key=lambda each: each.check_id):
        counts = checks.setdefault(finding.check_id, {"pass": 0, "fail": 0, "unknown": 0})
        counts[finding.status] += 1
    return {
        "targets": [_target(each) for each in audit.coverage],
        "clusters_known": clusters_known(audit.coverage),
        "clusters_assessed": sum(each.clusters_assessed for each in audit.coverage),
        "checks": checks,
    }


def _target(seen: TargetCoverage) -> dict[str, object]:
    return {
        "account_id": seen.target.account_id,
        "region": seen.target.region,
        "captured_at": instant(seen.captured_at),
        "clusters_known": seen.clusters_known,
        "clusters_assessed": seen.clusters_assessed,
        "asked": None if seen.asked is None else list(seen.asked),
        "partial": seen.partial,
        "blind": [_blind(each) for each in seen.blinds],
    }


def _blind(blind: Blind) -> dict[str, object]:
    return {
        "facet": str(blind.facet),
        "api": blind.api,
        "error": blind.error,
        "cluster": blind.cluster,
        "resource": _resource(blind.resource) if blind.resource else None,
    }


def _resource(resource: Resource) -> dict[str, object]:
    return {"type": resource.type, "id": resource.id, "arn": resource.arn}


def _summary(audit: Audit) -> dict[str, object]:
    live = [each for each in audit.findings if not each.suppressed]
    statuses = Counter(each.status for each in live)
    fails = Counter(each.severity for each in live if each.status is Status.FAIL)
    return {
        "status": {str(each): statuses[each] for each in Status},
        "severity": {str(each): fails[each] for each in Severity},
        "suppressed": len(audit.findings) - len(live),
        "blind": sum(len(each.blinds) for each in audit.coverage),
        "expired_suppressions": [
            {
                "where": each.where,
                "reason": each.reason,
                "owner": each.owner,
                "expires": each.expires.isoformat(),
            }
            for each in audit.expired
        ],
    }
