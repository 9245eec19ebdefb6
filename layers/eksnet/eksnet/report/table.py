"""The audit as text for a terminal or a mail: coverage first, then each place, worst first."""

import io
from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from eksnet.model.audit import Audit, TargetCoverage
from eksnet.model.finding import Finding, Severity, Status, counted
from eksnet.report.digest import (
    Group,
    Place,
    Refusal,
    clusters_known,
    headline,
    places,
    refusals,
    unread,
)
from eksnet.report.escape import visible
from eksnet.report.next_step import Advice, next_step, reading_step

SHOWN = 10  # lines a check may take in one place; the rest is counted, and is in the other formats
NAMED = 6  # names that fit a line of 100 columns beside what they are names of
STYLES = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}
LABEL = 10  # columns of the severity; "CRITICAL" and a gap
CHECK_ID = 8  # columns of a check's id and a gap
EDGE = 2  # columns before a severity
INDENT = EDGE + LABEL  # columns before what is said of a check
BULLET = 2  # columns of a list's mark
GENERIC = "could not be judged: "  # engine.run's own words, which the line above already says


def to_table(
    audit: Audit, statuses: frozenset[Status], *, advice: Advice, width: int, color: bool
) -> str:
    """Return the report as text at most ``width`` columns wide; colours only with ``color``."""
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=None if color else True,  # None: rich reads NO_COLOR
        force_jupyter=False,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    for part in _parts(audit, statuses, advice):
        console.print(part)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def line(*pieces: tuple[str, str] | str) -> Text:
    """Return a line of text of pieces, each plain or with its style; names are made visible."""
    text = Text(overflow="fold")
    for piece in pieces:
        content, style = (piece, "") if isinstance(piece, str) else piece
        text.append(visible(content), style)
    return text


def named(names: tuple[str, ...], limit: int = NAMED) -> str:
    """Return the names in a row, those beyond ``limit`` counted."""
    rest = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {rest:,} more" if rest > 0 else "")


def _parts(audit: Audit, statuses: frozenset[Status], advice: Advice) -> Iterator[RenderableType]:
    yield line((headline(audit) + ".", "bold"))
    yield ""
    yield from _coverage(audit)
    found = places(audit)
    shown = [each for each in found if _shows(each, statuses)]
    for place in shown:
        yield ""
        yield from _place(place, statuses, advice)
    quiet = [each for each in found if each not in shown]
    if quiet:
        yield ""
        yield line(("Nothing to show here: ", "bold"), ", ".join(map(_quiet, quiet)))
    yield ""
    yield from _expired(audit)
    yield _summary(audit)


def _shows(place: Place, statuses: frozenset[Status]) -> bool:
    return bool(
        (place.fails and Status.FAIL in statuses)
        or (place.unknowns and Status.UNKNOWN in statuses)
        or (place.passes and Status.PASS in statuses)
    )


def _quiet(place: Place) -> str:
    name = place.cluster or f"networks of {place.account_id} {place.region}"
    return f"{name} ({_passes(place)})"


def _coverage(audit: Audit) -> Iterator[RenderableType]:
    known = clusters_known(audit.coverage)
    assessed = sum(each.clusters_assessed for each in audit.coverage)
    total = "an unknown number" if known is None else f"{known:,}"
    regions = len({each.target.region for each in audit.coverage})
    accounts = len({each.target.account_id for each in audit.coverage})
    yield line(
        ("Seen: ", "bold"),
        f"{assessed:,} of {total} clusters in {counted(accounts, 'account')} and ",
        counted(regions, "region"),
    )
    table = Table.grid(padding=(0, 3, 0, 0))
    for seen in audit.coverage:
        table.add_row(
            line("  " + seen.target.account_id), line(seen.target.region), line(_clusters(seen))
        )
    yield table
    for seen in audit.coverage:
        for refusal in refusals(audit, seen):
            yield _refusal(seen, refusal)


def _clusters(seen: TargetCoverage) -> str:
    known = "an unknown number" if seen.clusters_known is None else str(seen.clusters_known)
    notes = [f"{seen.clusters_assessed} of {known} clusters"]
    if seen.asked is not None:
        notes.append(f"asked for {named(seen.asked) or 'none'}")
    if seen.partial:
        notes.append("from incomplete lists")
    return "; ".join(notes)


def _refusal(seen: TargetCoverage, refusal: Refusal) -> RenderableType:
    what = f"{seen.target.account_id} {seen.target.region}: {refusal.api} answered {refusal.error}"
    text = line(what, f" ({_scope(refusal)})")
    if refusal.checks:
        number = counted(len(refusal.checks), "check")
        text.append_text(line(f"; {number} unknown: {named(refusal.checks, len(refusal.checks))}"))
    return _beside(line(("NOT SEEN", "bold magenta")), text, EDGE, LABEL)


def _scope(refusal: Refusal) -> str:
    if refusal.region_wide:
        return "whole region"
    if refusal.clusters and not refusal.resources:
        return f"{counted(len(refusal.clusters), 'cluster')}: {named(refusal.clusters)}"
    return f"{counted(len(refusal.resources), 'resource')}: {named(refusal.resources)}"


def _place(place: Place, statuses: frozenset[Status], advice: Advice) -> Iterator[RenderableType]:
    yield _heading(place)
    if Status.FAIL in statuses:
        for group in place.fails:
            yield from _group(group, advice)
    if Status.UNKNOWN in statuses:
        for api, error, findings in unread(place.unknowns):
            yield from _unknown(api, error, findings)
    if Status.PASS in statuses:
        for group in place.passes:
            yield from _group(group, advice)


def _heading(place: Place) -> Text:
    name = place.cluster or "Networks, shared by clusters"
    return line(
        (name, "bold underline"), f"  {place.account_id} {place.region}  ", (_passes(place), "dim")
    )


def _passes(place: Place) -> str:
    accepted = f", {len(place.accepted):,} suppressed" if place.accepted else ""
    return f"{place.passed:,} of {place.judged:,} pass{accepted}"


def _group(group: Group, advice: Advice) -> Iterator[RenderableType]:
    first = group.findings[0]
    label = str(first.severity).upper() if first.severity else "PASS"
    style = STYLES[first.severity] if first.severity else "green"
    title = line(f"{group.check_id:<{CHECK_ID}}", (first.title, "bold"))
    yield _beside(line((label, style)), title, EDGE, LABEL)
    yield from _items([_finding(each, first) for each in group.findings])
    if first.status is Status.FAIL:
        yield _next(next_step(first, advice))


def _finding(finding: Finding, first: Finding | None) -> Text:
    own = finding.severity if first and finding.severity is not first.severity else None
    own_label = (f"{own.upper()} ", STYLES[own]) if own else ""
    # The place's heading has already named a cluster.
    name = "" if finding.resource.id == finding.cluster else f"{finding.resource.id}  "
    return line(own_label, (name, "cyan"), finding.message)


def _unknown(api: str, error: str, findings: tuple[Finding, ...]) -> Iterator[RenderableType]:
    checks = tuple(sorted({each.check_id for each in findings}))
    about = counted(len(checks), "check") + f": {named(checks, len(checks))}"
    refused = line(f"{api} answered {error}: ", (about, "bold"))
    yield _beside(line(("UNKNOWN", "bold magenta")), refused, EDGE, LABEL)
    told = [each for each in findings if not each.message.startswith(GENERIC)]
    yield from _items(
        list({text.plain: text for text in (_finding(f, None) for f in told)}.values())
    )
    yield _next(reading_step(api, error))


def _items(texts: list[Text]) -> Iterator[RenderableType]:
    for text in texts[:SHOWN]:
        yield _beside(line("-"), text, INDENT, BULLET)
    if len(texts) > SHOWN:
        more = f"and {len(texts) - SHOWN:,} more, each in --format json, csv and html"
        yield _beside(line("-"), line((more, "dim")), INDENT, BULLET)


def _next(step: str) -> RenderableType:
    return _beside(line(("→", "bold green")), line(step), INDENT, BULLET)


def _beside(label: Text, text: Text, indent: int, width: int) -> RenderableType:
    """Put ``text`` beside a label ``width`` columns wide; what wraps stays beside it."""
    table = Table.grid(padding=0)
    table.add_column(width=width, no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(label, text)
    return Padding(table, (0, 0, 0, indent))


def _expired(audit: Audit) -> Iterator[RenderableType]:
    for each in audit.expired:
        text = line(
            f"{each.where}: the suppression of {each.owner} ended on {each.expires.isoformat()} ",
            f'("{each.reason}"); renew or remove it',
        )
        yield _beside(line(("EXPIRED", "bold yellow")), text, EDGE, LABEL)
    if audit.expired:
        yield ""


def _summary(audit: Audit) -> Text:
    severities = ", ".join(
        f"{audit.count(Status.FAIL, each):,} {each}"
        for each in Severity
        if audit.count(Status.FAIL, each)
    )
    fails = counted(audit.count(Status.FAIL), "fail") + (f" ({severities})" if severities else "")
    passed = audit.count(Status.PASS)
    parts = [fails, f"{audit.count(Status.UNKNOWN):,} unknown", f"{passed:,} pass"]
    suppressed = sum(each.suppressed is not None for each in audit.findings)
    if suppressed:
        parts.append(f"{suppressed:,} suppressed")
    return line((", ".join(parts), "bold"))
