"""A run in a few numbers: what is put on a dashboard and alarmed on."""

from collections.abc import Iterable, Mapping

from eksnet.model.audit import Audit, TargetCoverage
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.history import RunKind
from eksnet.model.tracked import Changes, State, Tracked
from eksnet.report.digest import UPGRADE_CHECK

ROOM_CHECKS = ("IPH001", "XEN002")  # what judges a subnet's room: for nodes, for the control plane
AT_RISK = (Severity.CRITICAL, Severity.HIGH)


def figures(
    audit: Audit, tracked: Iterable[Tracked], changes: Changes, kind: RunKind, unlisted: int
) -> Mapping[str, int]:
    """Return the metrics of a run by name; suppressed findings count in none of them.

    ``tracked`` is every finding of its targets: one that is open and could not be seen this time
    still counts. ``unlisted`` is the number of reads that would have told of more targets. A run
    of one change says nothing of the whole: it has the changes only.
    """
    moved = {
        "FindingsOpened": len(changes.opened),
        "FindingsResolved": len(changes.resolved),
    }
    if kind is RunKind.CHANGE:
        return moved
    live = [each for each in tracked if each.state is State.OPEN and not each.finding.suppressed]
    dark = sum(map(unseen, audit.coverage))
    return {
        **moved,
        "RunsReported": 1,
        "TargetsExpected": len(audit.coverage),
        "TargetsAssessed": len(audit.coverage) - dark,
        "TargetsFailed": dark + unlisted,
        "ClustersAssessed": sum(each.clusters_assessed for each in audit.coverage),
        "ClustersThatCannotUpgrade": sum(
            each.finding.check_id == UPGRADE_CHECK and each.severity is Severity.CRITICAL
            for each in live
        ),
        "SubnetsAtRisk": _subnets((each.finding, each.severity) for each in live),
        "FindingsOpen": len(live),
        "Unknowns": audit.count(Status.UNKNOWN),
    }


def unseen(coverage: TargetCoverage) -> bool:
    """Tell whether nothing was seen of a target: no answer came, or even its list was refused."""
    return coverage.clusters_known is None and not coverage.clusters_assessed


def subnets_at_risk(fails: Iterable[Finding]) -> int:
    """Return how many subnets have badly little room."""
    return _subnets((each, each.severity) for each in fails)


def _subnets(judged: Iterable[tuple[Finding, Severity | None]]) -> int:
    return len(
        {
            (finding.account_id, finding.region, finding.resource.id)
            for finding, severity in judged
            if finding.check_id in ROOM_CHECKS and severity in AT_RISK
        }
    )
