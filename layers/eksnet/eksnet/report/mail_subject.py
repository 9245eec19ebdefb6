"""The subject of a mail: the worst thing first, in numbers, then what is not covered."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from eksnet.model.audit import Audit
from eksnet.model.finding import Finding, Severity, Status, counted
from eksnet.model.record import record
from eksnet.model.tracked import Changes
from eksnet.report.digest import stuck_clusters
from eksnet.report.figures import subnets_at_risk
from eksnet.report.forecast_lines import certain_words
from eksnet.report.mail_coverage import Sight

SUBJECT_LENGTH = 100  # https://docs.aws.amazon.com/sns/latest/api/API_Publish.html, Subject
_WORD = re.compile(r"[a-z0-9-]{1,20}")  # an account or a Region, and nothing else


@record
class Summary:
    """What a subject says, in its order; empty where there is nothing to say."""

    stuck: str
    worst: str
    ends: str
    risk: str
    gap: str
    unanswered: str
    new: str

    def __iter__(self) -> Iterator[str]:
        parts = (self.stuck, self.worst, self.ends, self.risk)
        return iter((*parts, self.gap, self.unanswered, self.new))


def summary(audit: Audit, fails: Sequence[Finding], seen: Sight, changes: Changes) -> Summary:
    """Return what there is to say; ``fails`` are the audit's unsuppressed ones."""
    stuck, risk = stuck_clusters(fails), subnets_at_risk(fails)
    unknown = audit.count(Status.UNKNOWN)
    return Summary(
        stuck=f"{counted(len(stuck), 'cluster')} cannot upgrade" if stuck else "",
        worst=_worst_words(audit, fails, doubt=bool(unknown or seen.gap)),
        ends=certain_words(audit),
        risk=f"{counted(risk, 'subnet')} at risk" if risk else "",
        gap=seen.gap or "",
        unanswered=f"{counted(unknown, 'question')} unanswered" if unknown else "",
        new=f"{len(changes.opened):,} new" if changes.opened else "",
    )


def _worst_words(audit: Audit, fails: Sequence[Finding], *, doubt: bool) -> str:
    for severity, number in by_severity(fails):
        return counted(number, f"{severity} finding")
    if not audit.findings:
        return "nothing was judged"
    if doubt:
        return "nothing seen fails"
    assessed = sum(each.clusters_assessed for each in audit.coverage)
    return f"nothing fails in {counted(assessed, 'cluster')}"


def by_severity(fails: Sequence[Finding]) -> Iterator[tuple[Severity, int]]:
    """Yield each severity that there is, the worst first, with its number."""
    numbers = Counter(each.severity for each in fails)
    return ((each, numbers[each]) for each in Severity if numbers[each])


def subject(audit: Audit, said: Summary, *, changed: bool) -> str:
    """Return the summary; what does not fit is dropped, what is not covered last of all."""
    prefix = f"eksnet: {_where(audit)}: " if changed else "eksnet: "
    worst = said.worst if said.stuck else ""
    expendable = ("", said.risk, said.new, said.unanswered, worst, said.ends)
    dropped: set[str] = set()
    for each in expendable:
        dropped.add(each)
        text = prefix + ", ".join(part for part in said if part not in dropped)
        if len(text) <= SUBJECT_LENGTH:
            return text
    return text[:SUBJECT_LENGTH]


def _where(audit: Audit) -> str:
    """Return what changed in words that no stranger chose."""
    targets = [each.target for each in audit.coverage]
    if len(targets) != 1:
        return f"changed in {counted(len(targets), 'target')}"
    words = (targets[0].account_id, targets[0].region)
    safe = all(map(_WORD.fullmatch, words))
    return f"changed in {' '.join(words)}" if safe else "changed in 1 target"
