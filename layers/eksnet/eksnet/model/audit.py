"""An audit: what was looked at, what was found, and what could not be seen."""

import datetime as dt

from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.record import record
from eksnet.model.snapshot import Blind, Target

AUDIT_SCHEMA_VERSION = 1


@record
class Run:
    """One audit of one or more targets; ``id`` is unique to it."""

    id: str
    started_at: dt.datetime
    finished_at: dt.datetime
    version: str


@record
class TargetCoverage:
    """What was seen of one target. ``clusters_known`` is None when the clusters can't be listed.

    ``asked`` are the names of an audit narrowed to some clusters, None when all were asked for.
    """

    target: Target
    captured_at: dt.datetime
    clusters_known: int | None
    clusters_assessed: int
    asked: tuple[str, ...] | None = None
    partial: bool = False
    blinds: tuple[Blind, ...] = ()


@record
class SubnetUse:
    """A subnet a cluster uses, for the map; ``found`` tells how it is known."""

    target: Target
    cluster: str
    subnet_id: str
    az_id: str
    cidr: str
    usable: int
    free_ips: int
    x_enis: int
    found: tuple[str, ...]


@record
class ExpiredSuppression:
    """A suppression that no longer works, to be renewed or removed; ``where`` is ``file:line``."""

    where: str
    reason: str
    owner: str
    expires: dt.date


@record
class Audit:
    """Everything a report is made of. ``findings`` are in report order (``engine.run.order``)."""

    run: Run
    coverage: tuple[TargetCoverage, ...]
    findings: tuple[Finding, ...]
    subnets: tuple[SubnetUse, ...] = ()
    expired: tuple[ExpiredSuppression, ...] = ()

    def count(self, status: Status, severity: Severity | None = None) -> int:
        """Return how many unsuppressed findings have the status, and the severity if given."""
        return sum(
            finding.status is status
            and finding.suppressed is None
            and (severity is None or finding.severity is severity)
            for finding in self.findings
        )
