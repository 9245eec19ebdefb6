"""The findings as CSV, for spreadsheets: a row each, no cell that a spreadsheet would execute."""

import csv
import io
import json

from eksnet.model.audit import Audit
from eksnet.model.finding import Finding, Status
from eksnet.report.escape import visible
from eksnet.report.plain import instant, plain

COLUMNS = (
    "finding_id",
    "check_id",
    "title",
    "status",
    "severity",
    "account_id",
    "region",
    "cluster",
    "resource_type",
    "resource_id",
    "resource_arn",
    "message",
    "evidence",
    "unknown_api",
    "unknown_error",
    "remedies",
    "source",
    "first_seen",
    "last_seen",
    "suppressed_reason",
    "suppressed_owner",
    "suppressed_expires",
)
FORMULA = (*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20")  # OWASP, CSV Injection: full-width forms too


def to_csv(audit: Audit, statuses: frozenset[Status]) -> str:
    """Return the findings with one of ``statuses`` as RFC 4180 CSV, every cell quoted.

    A cell that a spreadsheet would take for a formula gets a leading apostrophe, and characters
    that show nothing, line ends among them, are written out; ``--format json`` keeps them exactly.
    """
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(each) for each in audit.findings if each.status in statuses)
    return out.getvalue()


def cell(text: str) -> str:
    """Return ``text`` as it stands in a cell: visible, and never a formula."""
    guard = "'" if text.startswith(FORMULA) or text.lstrip().startswith(FORMULA) else ""
    return guard + visible(text)


def _row(finding: Finding) -> list[str]:
    evidence = json.dumps(plain(finding.evidence), ensure_ascii=False, separators=(",", ":"))
    unknown, accepted = finding.unknown, finding.suppressed
    values = (
        finding.finding_id,
        finding.check_id,
        finding.title,
        finding.status,
        finding.severity or "",
        finding.account_id,
        finding.region,
        finding.cluster or "",
        finding.resource.type,
        finding.resource.id,
        finding.resource.arn or "",
        finding.message,
        evidence,
        unknown.api if unknown else "",
        unknown.error if unknown else "",
        " ".join(finding.remedies),
        finding.source,
        instant(finding.first_seen),
        instant(finding.last_seen),
        accepted.reason if accepted else "",
        accepted.owner if accepted else "",
        accepted.expires.isoformat() if accepted else "",
    )
    return [cell(value) for value in values]
