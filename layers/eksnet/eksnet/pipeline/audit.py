"""Judge snapshots: the findings, what was covered, and what a script should think of it."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence

from eksnet import __version__
from eksnet.cni.eni import x_enis_by_cluster
from eksnet.cni.membership import used_subnets
from eksnet.engine.check import Check
from eksnet.engine.limits import Limits
from eksnet.engine.run import order, run
from eksnet.engine.suppress import SuppressionRule, suppress
from eksnet.model.audit import Audit, ExpiredSuppression, Run, SubnetUse, TargetCoverage
from eksnet.model.finding import Severity, Status
from eksnet.model.snapshot import Facet, Snapshot, subnet_by_id
from eksnet.network.cidr import usable
from eksnet.pipeline.address_map import ledgers_shown, verdicts_shown

FAILED, UNSEEN = 1, 3
MAPPED = frozenset({Facet.CLUSTERS, Facet.SUBNETS, Facet.REGIONS})  # what every report shows


def judge(
    snapshots: Sequence[Snapshot],
    checks: Sequence[Check],
    limits: Limits,
    *,
    started_at: dt.datetime,
    rules: Sequence[SuppressionRule] = (),
) -> Audit:
    """Ask ``checks`` of every snapshot, and mark what ``rules`` accept."""
    now = dt.datetime.now(dt.UTC)
    facets = MAPPED.union(*(check.facets for check in checks))
    findings = sorted(
        (finding for snapshot in snapshots for finding in run(snapshot, checks, limits)), key=order
    )
    return Audit(
        run=Run(id=uuid.uuid4().hex, started_at=started_at, finished_at=now, version=__version__),
        coverage=tuple(coverage(snapshot, facets) for snapshot in snapshots),
        findings=suppress(findings, rules, now.date()),
        subnets=tuple(use for snapshot in snapshots for use in subnet_uses(snapshot)),
        expired=tuple(_expired(rules, now.date())),
        ledgers=tuple(each for seen in snapshots for each in ledgers_shown(seen)),
        verdicts=tuple(
            each
            for seen in snapshots
            for each in verdicts_shown(seen, limits.cluster_subnet_critical)
        ),
    )


def _expired(rules: Iterable[SuppressionRule], today: dt.date) -> Iterable[ExpiredSuppression]:
    """Yield the rules that have ended."""
    for rule in rules:
        if rule.expired(today):
            yield ExpiredSuppression(
                where=rule.where,
                reason=rule.accepted.reason,
                owner=rule.accepted.owner,
                expires=rule.accepted.expires,
            )


def coverage(snapshot: Snapshot, facets: frozenset[Facet]) -> TargetCoverage:
    """Return what was seen of a target, and what of ``facets`` was not."""
    unlisted = any(
        blind.facet is Facet.CLUSTERS and blind.cluster is None for blind in snapshot.blinds
    )
    return TargetCoverage(
        target=snapshot.target,
        captured_at=snapshot.captured_at,
        clusters_known=None if unlisted or snapshot.partial else len(snapshot.cluster_names),
        clusters_assessed=len(snapshot.clusters),
        asked=snapshot.selected,
        partial=snapshot.partial,
        blinds=tuple(blind for blind in snapshot.blinds if blind.facet in facets),
    )


def subnet_uses(snapshot: Snapshot) -> Iterable[SubnetUse]:
    """Yield every subnet that was seen of every cluster that uses it."""
    subnets = subnet_by_id(snapshot)
    x_enis = x_enis_by_cluster(snapshot)
    for name, uses in used_subnets(snapshot).items():
        for use in uses:
            if use.subnet_id in subnets:
                subnet = subnets[use.subnet_id]
                yield SubnetUse(
                    target=snapshot.target,
                    cluster=name,
                    subnet_id=subnet.id,
                    az_id=subnet.az_id,
                    cidr=subnet.cidr,
                    usable=usable(subnet.cidr),
                    free_ips=subnet.free_ips,
                    x_enis=sum(eni.subnet_id == subnet.id for eni in x_enis.get(name, ())),
                    found=tuple(sorted(use.found)),
                )


def exit_code(audit: Audit, fail_on: Severity, *, unknown_ok: bool) -> int:
    """Return 1 for an unsuppressed fail at or above ``fail_on``, 3 for anything unseen, else 0."""
    for finding in audit.findings:
        fails = finding.status is Status.FAIL and finding.suppressed is None
        if fails and finding.severity and finding.severity.rank <= fail_on.rank:
            return FAILED
    unseen = any(finding.status is Status.UNKNOWN for finding in audit.findings) or any(
        target.blinds or target.partial for target in audit.coverage
    )
    return UNSEEN if unseen and not unknown_ok else 0
