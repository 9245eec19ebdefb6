"""An audit in a few numbers: what is put on a dashboard and alarmed on."""

from collections.abc import Iterable, Mapping

from eksnet.model.audit import Audit
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.history import RunKind
from eksnet.model.tracked import Changes
from eksnet.report.digest import stuck_clusters

SUBNET = "AWS::EC2::Subnet"
ROOM_TOPICS = ("IPH", "XEN")  # the topics that judge a subnet's room
AT_RISK = (Severity.CRITICAL, Severity.HIGH)


def figures(audit: Audit, changes: Changes, kind: RunKind, unanswered: int) -> Mapping[str, int]:
    """Return the metrics of a run by name; suppressed findings count in none of them.

    ``unanswered`` is the number of targets whose audit gave no answer. A run of one change says
    nothing of the whole: it has the changes only.
    """
    moved = {
        "FindingsOpened": len(changes.opened),
        "FindingsResolved": len(changes.resolved),
    }
    if kind is RunKind.CHANGE:
        return moved
    fails = [each for each in audit.findings if each.status is Status.FAIL and not each.suppressed]
    return {
        **moved,
        "RunsReported": 1,
        "TargetsExpected": len(audit.coverage),
        "TargetsAssessed": len(audit.coverage) - unanswered,
        "TargetsFailed": unanswered,
        "ClustersAssessed": sum(each.clusters_assessed for each in audit.coverage),
        "ClustersThatCannotUpgrade": len(stuck_clusters(fails)),
        "SubnetsAtRisk": subnets_at_risk(fails),
        "FindingsOpen": len(fails),
        "Unknowns": audit.count(Status.UNKNOWN),
    }


def subnets_at_risk(fails: Iterable[Finding]) -> int:
    """Return how many subnets have badly little room."""
    return len(
        {
            (each.account_id, each.region, each.resource.id)
            for each in fails
            if each.resource.type == SUBNET
            and each.check_id.startswith(ROOM_TOPICS)
            and each.severity in AT_RISK
        }
    )
