"""Whether each cluster can be upgraded now, zone by zone, as the page shows it."""

from collections import Counter

from eksnet.cni.upgrade import Upgrade
from eksnet.model.audit import Audit, GroupShown, VerdictShown
from eksnet.model.record import record

ROWS = 100  # clusters shown, the worst first; the others are counted
GROUPS = 6  # node groups shown of a cluster, the worst first; the others are counted
REASONS = 2  # of a node group: the command `eksnet verdict` tells all
ORDER = (Upgrade.NO, Upgrade.UNKNOWN, Upgrade.AT_RISK, Upgrade.YES)
TONES = {  # CSS classes; the word itself always stands beside the colour
    Upgrade.NO: "critical",
    Upgrade.UNKNOWN: "unknown",
    Upgrade.AT_RISK: "medium",
    Upgrade.YES: "pass",
}


@record
class UpgradeTable:
    """The rows shown, the worst first, and how many more there are with each answer."""

    rows: tuple[VerdictShown, ...]
    left: tuple[tuple[str, int], ...]


def upgrade_table(audit: Audit) -> UpgradeTable:
    """Return the verdicts by the control plane's answer, the node groups' worst, and the name."""
    found = sorted(audit.verdicts, key=_place)
    left = Counter(Upgrade(each.answer) for each in found[ROWS:])
    return UpgradeTable(
        rows=tuple(found[:ROWS]),
        left=tuple((str(each), left[each]) for each in ORDER if left[each]),
    )


def tone(answer: str) -> str:
    """Return the CSS class of an answer."""
    return TONES[Upgrade(answer)]


def groups(one: VerdictShown) -> tuple[GroupShown, ...]:
    """Return a cluster's node groups, those with the worst answers first."""
    return tuple(sorted(one.groups or (), key=_worst))


def _worst(group: GroupShown) -> tuple[list[int], str]:
    return sorted(ORDER.index(Upgrade(each)) for each in group.answers.values()), group.node_group


def _place(one: VerdictShown) -> tuple[int, list[int], str, str, str]:
    worst = min((_worst(each)[0] for each in one.groups or ()), default=[len(ORDER)])
    answer = ORDER.index(Upgrade(one.answer))
    return answer, worst, one.cluster, one.target.account_id, one.target.region
