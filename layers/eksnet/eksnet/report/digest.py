"""An audit put in the order people read it: places worst first, what blinds them in one line."""

from collections.abc import Iterable, Iterator, Sequence

from eksnet.cni.upgrade import Upgrade
from eksnet.model.audit import Audit, TargetCoverage
from eksnet.model.finding import Finding, Severity, Status, counted
from eksnet.model.record import record
from eksnet.model.snapshot import Blind, Target, grouped

REGION_TYPE = "AWS::Region"  # what the engine reports on where a blind region stops a check
CLEAN = len(Severity)
UPGRADE_CHECK = "XEN003"  # its evidence tells a cluster's upgrade verdict


@record
class Refusal:
    """One API that did not answer, with every place and every check it left in the dark.

    ``clusters`` and ``resources`` are empty when the whole region is dark.
    """

    api: str
    error: str
    facets: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    region_wide: bool = False
    checks: tuple[str, ...] = ()


@record
class Group:
    """The findings of one check in one place that have the same status, worst first."""

    check_id: str
    findings: tuple[Finding, ...]


@record
class Place:
    """A cluster, or with ``cluster`` None what clusters of an account and region share."""

    account_id: str
    region: str
    cluster: str | None
    fails: tuple[Group, ...]
    unknowns: tuple[Finding, ...]
    passes: tuple[Group, ...]
    accepted: tuple[Finding, ...]
    """Suppressed findings of any status; the others hold none."""

    @property
    def worst(self) -> int:
        """Return the rank of the worst fail, 0 the worst, CLEAN when nothing fails."""
        return min((rank(group.findings[0]) for group in self.fails), default=CLEAN)

    @property
    def failed(self) -> int:
        """Return how many findings fail."""
        return sum(len(group.findings) for group in self.fails)

    @property
    def passed(self) -> int:
        """Return how many findings pass."""
        return sum(len(group.findings) for group in self.passes)

    @property
    def judged(self) -> int:
        """Return how many answers there are, those nobody could give included."""
        return self.failed + self.passed + len(self.unknowns)

    def count(self, severity: Severity) -> int:
        """Return how many fails have the severity."""
        return sum(each.severity is severity for group in self.fails for each in group.findings)


def rank(finding: Finding) -> int:
    """Return a finding's severity as a number, 0 the worst, CLEAN for a pass."""
    return finding.severity.rank if finding.severity else CLEAN


def places(audit: Audit, *, region_wide: bool = False) -> tuple[Place, ...]:
    """Return every place that has findings, worst first.

    What a blind region stopped is among the refusals; ``region_wide`` puts it here as well.
    """
    local = (each for each in audit.findings if region_wide or not _region_wide(each))
    groups = grouped(local, lambda each: (each.account_id, each.region, each.cluster))
    return tuple(sorted((_place(*key, each) for key, each in groups.items()), key=_worst_first))


def refusals(audit: Audit, coverage: TargetCoverage) -> tuple[Refusal, ...]:
    """Return what could not be seen of a target, a line for each API and error."""
    target = coverage.target
    blinds = grouped(coverage.blinds, lambda each: (each.api, each.error))
    stopped = grouped(_stopped(audit, target), lambda each: (_api(each), _error(each)))
    return tuple(
        _refusal(key, blinds.get(key, ()), stopped.get(key, ()))
        for key in dict.fromkeys([*blinds, *stopped])
    )


def headline(audit: Audit) -> str:
    """Return the worst thing there is to say, in one sentence without its full stop."""
    fails = [each for each in audit.findings if each.status is Status.FAIL and not each.suppressed]
    stuck = stuck_clusters(fails)
    parts = [f"{counted(len(stuck), 'cluster')} cannot upgrade"] if stuck else []
    worst = min(map(rank, fails), default=CLEAN)
    if worst < CLEAN:
        word = list(Severity)[worst]
        number = sum(rank(each) == worst for each in fails)
        parts.append(counted(number, f"{word} finding"))
        return "; ".join(parts)
    return _nothing_failed(audit)


def stuck_clusters(fails: Iterable[Finding]) -> frozenset[tuple[str, str, str | None]]:
    """Return account, Region and name of each cluster that cannot upgrade."""
    return frozenset(
        (each.account_id, each.region, each.cluster)
        for each in fails
        if each.check_id == UPGRADE_CHECK and each.evidence.get("verdict") == Upgrade.NO
    )


def clusters_known(coverage: Iterable[TargetCoverage]) -> int | None:
    """Return how many clusters exist, None as soon as one target could not tell."""
    numbers = [each.clusters_known for each in coverage]
    known = [each for each in numbers if each is not None]
    return sum(known) if len(known) == len(numbers) else None


def _nothing_failed(audit: Audit) -> str:
    unseen = audit.count(Status.UNKNOWN)
    dark = any(each.blinds or each.partial for each in audit.coverage)
    if unseen:
        return f"Nothing seen fails, but {counted(unseen, 'question')} could not be answered"
    if dark:
        return "Nothing seen fails, but not everything could be seen"
    return "Nothing fails" if audit.findings else "Nothing was judged"


def _stopped(audit: Audit, target: Target) -> Iterator[Finding]:
    for each in audit.findings:
        here = (each.account_id, each.region) == (target.account_id, target.region)
        if here and _region_wide(each):
            yield each


def _region_wide(finding: Finding) -> bool:
    return finding.status is Status.UNKNOWN and finding.resource.type == REGION_TYPE


def _refusal(key: tuple[str, str], blinds: Sequence[Blind], stopped: Sequence[Finding]) -> Refusal:
    return Refusal(
        api=key[0],
        error=key[1],
        facets=_unique(each.facet for each in blinds),
        clusters=_unique(each.cluster for each in blinds if each.cluster),
        resources=_unique(each.resource.id for each in blinds if each.resource),
        region_wide=bool(stopped) or any(not each.cluster and not each.resource for each in blinds),
        checks=tuple(sorted({each.check_id for each in stopped})),
    )


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _api(finding: Finding) -> str:
    return finding.unknown.api if finding.unknown else ""


def _error(finding: Finding) -> str:
    return finding.unknown.error if finding.unknown else ""


def _place(account_id: str, region: str, cluster: str | None, found: Sequence[Finding]) -> Place:
    live = [each for each in found if not each.suppressed]
    return Place(
        account_id=account_id,
        region=region,
        cluster=cluster,
        fails=_groups(live, Status.FAIL),
        unknowns=tuple(each for each in live if each.status is Status.UNKNOWN),
        passes=_groups(live, Status.PASS),
        accepted=tuple(each for each in found if each.suppressed),
    )


def _groups(findings: Sequence[Finding], status: Status) -> tuple[Group, ...]:
    chosen = sorted((each for each in findings if each.status is status), key=rank)
    by_check = grouped(chosen, lambda each: each.check_id)
    return tuple(Group(check_id=key, findings=each) for key, each in by_check.items())


def _worst_first(place: Place) -> tuple[object, ...]:
    counts = tuple(-place.count(severity) for severity in Severity)
    name = (place.account_id, place.region, place.cluster or "")
    return (place.worst, counts, -len(place.unknowns), *name)


def unread(findings: Iterable[Finding]) -> tuple[tuple[str, str, tuple[Finding, ...]], ...]:
    """Return unknown findings by the API and error that left them so."""
    groups = grouped(findings, lambda each: (_api(each), _error(each)))
    return tuple((api, error, each) for (api, error), each in groups.items())
