"""The mail people read in the morning: the worst in the subject, then what to do about it."""

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence

from eksnet.model.audit import Audit
from eksnet.model.finding import Finding, Status, counted
from eksnet.model.history import RunKind
from eksnet.model.record import record
from eksnet.model.snapshot import Blind, Target
from eksnet.model.tracked import Changes, Resolution, Tracked
from eksnet.report.digest import Group, Place, places
from eksnet.report.escape import visible
from eksnet.report.forecast_lines import ends_lines
from eksnet.report.mail_coverage import coverage_lines, sight
from eksnet.report.mail_subject import by_severity, subject, summary
from eksnet.report.mail_text import TEXT_BYTES, day, fold, listed, moment, place, said
from eksnet.report.next_step import Advice, next_step

CHANGES_SHOWN = 10  # new, worse and resolved each: a screen of a phone
PLACES_SHOWN = 6  # with the next two: at most some 120 lines
CHECKS_SHOWN = 4  # of one place, the worst first
FINDINGS_SHOWN = 3  # of one check: enough to see what it is about
EXPIRED_SHOWN = 5  # suppressions to renew: the report has them all


@record
class Mail:
    """A message: the subject is at most 100 ASCII characters, the body within 256 KB of UTF-8."""

    subject: str
    body: str


def mail(  # noqa: PLR0913 - the parts of a mail
    audit: Audit,
    changes: Changes,
    *,
    kind: RunKind,
    since: dt.datetime | None,
    advice: Advice,
    table: str,
    report: str | None = None,
    notes: Sequence[str] = (),
    unlisted: Sequence[Blind] = (),
) -> Mail:
    """Return the mail that tells of ``audit``.

    Args:
        audit: What was found; a finding's ``first_seen`` tells since when it has been open.
        changes: What is different since then, or by the change.
        kind: Whether all targets were audited, or one because something in it changed.
        since: When people were last told; None when they never were, and of a change.
        advice: The next step of a check.
        table: The table that the command line is to read.
        report: Where the whole report is, None when it is nowhere.
        notes: What an operator must know besides.
        unlisted: Why there may be targets that nobody could list; in whichever target's coverage
            these stand too, they are no fault of that target.
    """
    audit = _without(audit, unlisted)
    seen = sight(audit, unlisted)
    fails = _fails(audit)
    changed = kind is RunKind.CHANGE
    told = summary(audit, fails, seen, changes if since or changed else Changes())
    sections = (
        _opening(audit, ", ".join(each for each in told if each), changed=changed),
        ("", "SEEN", *coverage_lines(audit, seen, notes)),
        _changes(changes, since, changed=changed),
        ends_lines(audit),
        _worst(audit, fails, advice),
        _expired(audit),
        ("", "COUNTS", *fold(_counts(audit, fails))),
        _more(audit, fails, table, report),
    )
    body = "\n".join(line for section in sections for line in section) + "\n"
    return Mail(subject=subject(audit, told, changed=changed), body=body)


def _without(audit: Audit, unlisted: Sequence[Blind]) -> Audit:
    coverage = tuple(
        dataclasses.replace(each, blinds=tuple(b for b in each.blinds if b not in unlisted))
        for each in audit.coverage
    )
    return dataclasses.replace(audit, coverage=coverage)


def _fails(audit: Audit) -> tuple[Finding, ...]:
    return tuple(
        each for each in audit.findings if each.status is Status.FAIL and not each.suppressed
    )


def _opening(audit: Audit, words: str, *, changed: bool) -> Iterator[str]:
    yield from fold(f"{words[:1].upper()}{words[1:]}.")
    if changed:
        yield from fold(
            "Something changed, and only this was audited: "
            f"{', '.join(place(each.target) for each in audit.coverage[:PLACES_SHOWN])}."
        )


def _changes(changes: Changes, since: dt.datetime | None, *, changed: bool) -> Iterator[str]:
    yield ""
    if since is None and not changed:
        yield from fold("This is the first audit: there is nothing to compare it with.")
        return
    yield f"SINCE {moment(since)}" if since else "CHANGES"
    if not changes:
        yield "Nothing is new, worse, better or resolved."
    for word, tracked, tell in (
        ("new", changes.opened, _now),
        ("worse", changes.worsened, _now),
        ("better", changes.eased, _now),
        ("resolved", changes.resolved, _resolved),
    ):
        if tracked:
            yield f"{len(tracked):,} {word}:"
            texts = [tell(each) for each in tracked[:CHANGES_SHOWN]]
            yield from listed(texts, CHANGES_SHOWN, word, total=len(tracked))


def _now(tracked: Tracked) -> str:
    severity = f"{tracked.finding.severity.upper()} " if tracked.finding.severity else ""
    return f"{severity}{_named(tracked.finding)}: {said(tracked.finding.message, TEXT_BYTES)}"


def _resolved(tracked: Tracked) -> str:
    gone = tracked.resolution is Resolution.GONE
    what = "it is gone" if gone else said(tracked.finding.message, TEXT_BYTES)
    opened = f" (was open since {day(tracked.opened.at)})" if tracked.opened else ""
    return f"{_named(tracked.finding)}: {what}{opened}"


def _named(finding: Finding) -> str:
    home = place(Target(account_id=finding.account_id, region=finding.region))
    cluster = f" of {said(finding.cluster)}" if finding.cluster else ""
    own = finding.resource.id == finding.cluster
    what = f" {said(finding.resource.id)}" if not own else ""
    return f"{said(finding.check_id)}{what}{cluster}, {home}"


def _worst(audit: Audit, fails: tuple[Finding, ...], advice: Advice) -> Iterator[str]:
    if not fails:
        return
    yield ""
    yield "WORST FIRST"
    found = places(dataclasses.replace(audit, findings=fails))
    for each in found[:PLACES_SHOWN]:
        yield ""
        yield from _place(each, audit, advice)
    rest = found[PLACES_SHOWN:]
    if rest:
        yield ""
        number = counted(sum(each.failed for each in rest), "more finding")
        yield from fold(f"and {number} in {counted(len(rest), 'other place')}")


def _place(found: Place, audit: Audit, advice: Advice) -> Iterator[str]:
    home = place(Target(account_id=found.account_id, region=found.region))
    name = said(found.cluster) if found.cluster else "Networks that clusters share"
    yield from fold(f"{name}, {home}: {counted(found.failed, 'finding')}")
    for group in found.fails[:CHECKS_SHOWN]:
        yield from _group(group, audit, advice)
    rest = found.fails[CHECKS_SHOWN:]
    if rest:
        number = counted(sum(len(each.findings) for each in rest), "more finding")
        yield from fold(f"and {number} of {counted(len(rest), 'other check')}")


def _group(group: Group, audit: Audit, advice: Advice) -> Iterator[str]:
    first = group.findings[0]
    severity = str(first.severity).upper()
    yield from fold(f"{severity} {said(first.check_id)} fails: {said(first.title)}")
    texts = [_finding(each, first, audit) for each in group.findings[:FINDINGS_SHOWN]]
    yield from listed(texts, FINDINGS_SHOWN, "findings", total=len(group.findings))
    yield from fold(f"Next: {said(next_step(first, advice), TEXT_BYTES)}")


def _finding(finding: Finding, first: Finding, audit: Audit) -> str:
    other = finding.severity and finding.severity is not first.severity
    severity = f"{finding.severity.upper()} " if finding.severity and other else ""
    name = "" if finding.resource.id == finding.cluster else f"{said(finding.resource.id)}: "
    begun = day(finding.first_seen)
    age = f" (since {begun})" if begun < day(audit.run.started_at) else ""
    return f"{severity}{name}{said(finding.message, TEXT_BYTES)}{age}"


def _expired(audit: Audit) -> Iterator[str]:
    texts = [
        f"{said(each.where)}: the suppression of {said(each.owner)} ended on "
        f"{each.expires.isoformat()}; renew or remove it"
        for each in dict.fromkeys(audit.expired)
    ]
    if texts:
        yield ""
        yield "EXPIRED SUPPRESSIONS"
        yield from listed(texts, EXPIRED_SHOWN, "expired suppressions")


def _counts(audit: Audit, fails: Sequence[Finding]) -> str:
    severities = ", ".join(f"{number:,} {each}" for each, number in by_severity(fails))
    suppressed = sum(each.suppressed is not None for each in audit.findings)
    parts = [
        counted(len(fails), "fail") + (f" ({severities})" if severities else ""),
        f"{audit.count(Status.UNKNOWN):,} unknown",
        f"{audit.count(Status.PASS):,} pass",
        f"{suppressed:,} suppressed",
    ]
    return ", ".join(parts)


def _more(audit: Audit, fails: Sequence[Finding], table: str, report: str | None) -> Iterator[str]:
    yield ""
    yield "MORE"
    if report:
        yield "The whole report:"
        yield f"aws s3 cp {visible(report)} ."
    yield f"eksnet report --table {said(table)} --run {said(audit.run.id)}"
    if fails:
        yield f"eksnet explain {said(fails[0].check_id)}"
