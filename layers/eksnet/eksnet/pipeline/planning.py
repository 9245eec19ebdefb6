"""From a snapshot to a proven plan: the same for the command line and for the deployment."""

import dataclasses
from collections.abc import Iterable, Sequence

from eksnet.engine.check import Check
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.errors import InputError
from eksnet.model.finding import Finding, Status
from eksnet.model.plan import OPT_IN_TAG, OPTED_IN, CannotFix, Plan
from eksnet.model.record import record
from eksnet.model.snapshot import Facet, Snapshot
from eksnet.plan.build import build
from eksnet.remedies import REMEDIES, remedy
from eksnet.remedies.remedy import Choices, Remedy


@record
class Wanted:
    """What is to be repaired: one finding, or the worst one that a remedy can close."""

    finding_id: str | None = None
    remedy: str | None = None
    cluster: str | None = None
    choices: Choices = Choices()


def askable(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return the checks that a plan is proven by: a copy has no history to ask of."""
    return tuple(each for each in checks if Facet.HISTORY not in each.needs)


def facets(checks: Iterable[Check]) -> frozenset[Facet]:
    """Return everything to read to make and prove a plan."""
    return frozenset[Facet]().union(
        *(each.facets for each in askable(checks)), *(each.needs for each in REMEDIES.values())
    ) - {Facet.HISTORY}


def opted_in(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot as if every VPC might be changed: for a plan that is only looked at."""
    tag = {OPT_IN_TAG: OPTED_IN}
    vpcs = (dataclasses.replace(vpc, tags={**vpc.tags, **tag}) for vpc in snapshot.vpcs)
    return dataclasses.replace(snapshot, vpcs=tuple(vpcs))


def planned(
    snapshot: Snapshot, wanted: Wanted, checks: Sequence[Check], limits: Limits
) -> Plan | CannotFix:
    """Return a proven plan for what is wanted, or why there is none.

    Raises:
        InputError: there is no such finding or remedy, or it needs none.
    """
    _require_cluster(snapshot, wanted.cluster)
    asked = askable(checks)
    findings = run(snapshot, asked, limits)
    finding = _chosen(findings, wanted, asked)
    if isinstance(finding, CannotFix):
        return finding
    if finding.status is Status.UNKNOWN and finding.unknown:
        why = f"{finding.unknown.api} answered {finding.unknown.error}"
        return CannotFix(rule="unseen", reason=f"not all was seen: {why}")
    found = _remedy(finding, wanted)
    if isinstance(found, CannotFix):
        return found
    draft = found.propose(snapshot, finding, wanted.choices)
    if isinstance(draft, CannotFix):
        return draft
    return build(snapshot, draft, (finding,), asked, limits)


def _require_cluster(snapshot: Snapshot, name: str | None) -> None:
    """Refuse the name of a cluster that the target has not, where all of them were listed."""
    listed = all(each.cluster for each in snapshot.blind({Facet.CLUSTERS}))
    if name is not None and listed and name not in snapshot.cluster_names:
        there = ", ".join(sorted(snapshot.cluster_names)) or "none"
        msg = f"no cluster {name!r}; those there are: {there}"
        raise InputError(msg)


def _chosen(
    findings: Sequence[Finding], wanted: Wanted, checks: Sequence[Check]
) -> Finding | CannotFix:
    """Return the finding that is meant; findings come worst first."""
    if wanted.finding_id is None:
        return _worst(findings, wanted, checks)
    found = next((each for each in findings if each.finding_id == wanted.finding_id), None)
    if found is None:
        msg = f"no finding {wanted.finding_id} in this target as it is now"
        raise InputError(msg)
    if found.status is Status.PASS:
        msg = f"{found.check_id} passes now: {found.message}"
        raise InputError(msg)
    return found


def _worst(
    findings: Sequence[Finding], wanted: Wanted, checks: Sequence[Check]
) -> Finding | CannotFix:
    if wanted.remedy is None:
        msg = "give a finding's id or a remedy"
        raise InputError(msg)
    name = remedy(wanted.remedy).name
    closed = {each.id for each in checks if name in each.remedies}
    for each in findings:
        meant = each.check_id in closed and wanted.cluster in (None, each.cluster)
        if meant and each.status is not Status.PASS:
            return each
    where = f" of cluster {wanted.cluster!r}" if wanted.cluster else ""
    reason = f"{name} closes {', '.join(sorted(closed))}: no such finding{where} fails"
    return CannotFix(rule="nothing-fails", reason=reason)


def _remedy(finding: Finding, wanted: Wanted) -> Remedy | CannotFix:
    """Return the remedy asked for, or the first of the finding's own that there is."""
    names = (wanted.remedy,) if wanted.remedy else finding.remedies
    usable = [name for name in names if name in REMEDIES and name in finding.remedies]
    if usable:
        return REMEDIES[usable[0]]
    told = ", ".join(finding.remedies) or "none"
    reason = f"{finding.check_id} is closed by: {told}; eksnet carries out {', '.join(REMEDIES)}"
    return CannotFix(rule="no-remedy", reason=reason, advice=f"eksnet explain {finding.check_id}")
