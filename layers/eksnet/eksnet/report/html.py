"""The audit as one page that needs nothing else: no other file, no network, no script."""

import base64
import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from eksnet.model.audit import Audit, SubnetUse
from eksnet.model.finding import Finding, Severity, Status, counted
from eksnet.model.record import record
from eksnet.model.snapshot import grouped
from eksnet.report import address_map, trend_line
from eksnet.report.digest import Place, clusters_known, headline, places, refusals
from eksnet.report.escape import visible
from eksnet.report.forecast_lines import in_days, numbers_lines, pace
from eksnet.report.next_step import Advice, next_step, reading_step
from eksnet.report.plain import instant, plain
from eksnet.report.subnet_map import Zone, zones
from eksnet.report.upgrade_table import GROUPS, REASONS, groups, tone, upgrade_table

TEMPLATES = "templates"
LEVELS = (*map(str, Severity), "unknown", "pass", "suppressed")
EVIDENCE_LENGTH = 2000  # characters of one value on the page; the JSON report has it whole


@record
class Row:
    """A finding as the page shows it."""

    finding: Finding
    level: str
    step: str
    link: str | None
    evidence: Mapping[str, str]


@record
class Section:
    """A place on the page, its findings and its map."""

    place: Place
    key: str
    name: str
    zones: tuple[Zone, ...]
    rows: tuple[Row, ...]


def to_html(audit: Audit, statuses: frozenset[Status], *, advice: Advice) -> str:
    """Return the page that shows the findings with one of ``statuses``.

    Its content security policy admits only its own style and script, by their hashes, so that a
    name that slipped through the escaping still could not run.
    """
    style, script = _source("report.css"), _source("report.js")
    drawn = address_map.pictures(audit)
    sections = _sections(audit, statuses, advice, drawn)
    return _template().render(
        audit=audit,
        headline=headline(audit),
        known=clusters_known(audit.coverage),
        assessed=sum(each.clusters_assessed for each in audit.coverage),
        coverage=[(each, refusals(audit, each)) for each in audit.coverage],
        sections=sections,
        drawn=drawn,
        verdicts=upgrade_table(audit),
        ends=trend_line.trends(audit),
        outlook=tuple(numbers_lines(audit)),
        shown=sum(len(each.rows) for each in sections),
        severities=[(each, audit.count(Status.FAIL, each)) for each in Severity],
        levels=sorted({row.level for each in sections for row in each.rows}, key=LEVELS.index),
        counts={str(each): audit.count(each) for each in Status},
        suppressed=sum(each.suppressed is not None for each in audit.findings),
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        policy=_policy(style, script),
    )


def link(url: str) -> str | None:
    """Return ``url`` if it may become a link: only https, so never a script."""
    return url if url.startswith("https://") and url.isprintable() else None


def _sections(
    audit: Audit, statuses: frozenset[Status], advice: Advice, drawn: address_map.Pictures
) -> tuple[Section, ...]:
    maps = grouped(
        audit.subnets, lambda each: (each.target.account_id, each.target.region, each.cluster)
    )
    left = dict(drawn.found)
    return tuple(
        _section(number, place, _map(maps, place, left), _rows(place, statuses, advice))
        for number, place in enumerate(_all_places(audit, maps))
    )


def _all_places(
    audit: Audit, maps: Mapping[tuple[str, str, str], Sequence[SubnetUse]]
) -> tuple[Place, ...]:
    found = places(audit, region_wide=True)
    have = {(each.account_id, each.region, each.cluster) for each in found}
    silent = (
        Place(
            account_id=account,
            region=region,
            cluster=cluster,
            fails=(),
            unknowns=(),
            passes=(),
            accepted=(),
        )
        for account, region, cluster in maps
        if (account, region, cluster) not in have
    )
    return (*found, *silent)


def _map(
    maps: Mapping[tuple[str, str, str], Sequence[SubnetUse]],
    place: Place,
    left: dict[tuple[str, str, str], address_map.Picture],
) -> tuple[Zone, ...]:
    """Return a place's zones; a subnet of several clusters has its grid with the first only."""
    if place.cluster is None:
        return ()
    found: dict[str, address_map.Picture] = {}
    uses = maps.get((place.account_id, place.region, place.cluster), ())
    for use in uses:
        key = (place.account_id, place.region, use.subnet_id)
        if key in left:
            found[use.subnet_id] = left[key]
            left[key] = dataclasses.replace(left[key], grid=None)
    return zones(uses, found)


def _section(number: int, place: Place, drawn: tuple[Zone, ...], rows: tuple[Row, ...]) -> Section:
    name = "Networks, shared by clusters" if place.cluster is None else place.cluster
    return Section(place=place, key=f"p{number}", name=name, zones=drawn, rows=rows)


def _rows(place: Place, statuses: frozenset[Status], advice: Advice) -> tuple[Row, ...]:
    found = (
        *(each for group in place.fails for each in group.findings),
        *place.unknowns,
        *(each for group in place.passes for each in group.findings),
        *place.accepted,
    )
    return tuple(_row(each, advice) for each in found if each.status in statuses)


def _row(finding: Finding, advice: Advice) -> Row:
    evidence = {str(key): _text(value) for key, value in finding.evidence.items()}
    return Row(
        finding=finding,
        level=_level(finding),
        step=_step(finding, advice),
        link=link(finding.source),
        evidence=evidence,
    )


def _level(finding: Finding) -> str:
    if finding.suppressed:
        return "suppressed"
    if finding.status is Status.FAIL and finding.severity:
        return str(finding.severity)
    return str(finding.status)


def _step(finding: Finding, advice: Advice) -> str:
    if finding.status is Status.FAIL:
        return next_step(finding, advice)
    if finding.unknown:
        return reading_step(finding.unknown.api, finding.unknown.error)
    return ""


def _text(value: object) -> str:
    held = plain(value)
    text = held if isinstance(held, str) else json.dumps(held, ensure_ascii=False)
    return text if len(text) <= EVIDENCE_LENGTH else text[:EVIDENCE_LENGTH] + "…"


def _policy(style: str, script: str) -> str:
    allowed = f"style-src {_hash(style)}; script-src {_hash(script)}"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


@functools.cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("eksnet.report", TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    made.filters["instant"] = instant
    made.globals |= {
        "counted": counted,
        "in_days": in_days,
        "pace": pace,
        "tone": tone,
        "groups": groups,
        "most_groups": GROUPS,
        "most_reasons": REASONS,
        "kinds": (*address_map.KINDS, address_map.UNSEEN, address_map.FREE),
        "cells": address_map.CELLS,
        "wide": trend_line.WIDE,
        "high": trend_line.HIGH,
        "left": trend_line.LEFT,
        "right": trend_line.RIGHT,
        "top": trend_line.TOP,
        "bottom": trend_line.BOTTOM,
    }
    return made


def _finalize(value: object) -> object:
    """Make every name that reaches the page visible; Jinja2 escapes it after that."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _template() -> Template:
    return _environment().get_template("report.html.j2")


def _source(name: str) -> str:
    environment = _environment()
    if environment.loader is None:  # pragma: no cover - _environment gives it one
        return ""
    return environment.loader.get_source(environment, name)[0]
