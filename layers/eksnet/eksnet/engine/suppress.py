"""Accepted findings: who accepts what, why, and until when."""

import dataclasses
import datetime as dt
import fnmatch
from collections.abc import Iterable, Sequence

from eksnet.model.finding import Finding, Suppression
from eksnet.model.record import record


@record
class SuppressionRule:
    """One entry of a suppressions file, each pattern a glob; ``where`` is ``file:line``."""

    check: str = "*"
    account: str = "*"
    region: str = "*"
    cluster: str = "*"
    resource: str = "*"
    accepted: Suppression
    where: str = ""

    def matches(self, finding: Finding) -> bool:
        """Tell whether every pattern matches; the resource's by its id or its ARN."""
        pairs = (
            (finding.check_id, self.check),
            (finding.account_id, self.account),
            (finding.region, self.region),
            (finding.cluster or "", self.cluster),
        )
        names = (finding.resource.id, finding.resource.arn or "")
        return all(fnmatch.fnmatchcase(value, glob) for value, glob in pairs) and any(
            fnmatch.fnmatchcase(name, self.resource) for name in names
        )

    def expired(self, today: dt.date) -> bool:
        """Tell whether its last day is past."""
        return today > self.accepted.expires


def suppress(
    findings: Iterable[Finding], rules: Sequence[SuppressionRule], today: dt.date
) -> tuple[Finding, ...]:
    """Return the findings, those that a rule still in force matches marked as suppressed."""
    live = [rule for rule in rules if not rule.expired(today)]
    return tuple(_marked(finding, live) for finding in findings)


def _marked(finding: Finding, live: Sequence[SuppressionRule]) -> Finding:
    for rule in live:
        if rule.matches(finding):
            return dataclasses.replace(finding, suppressed=rule.accepted)
    return finding
