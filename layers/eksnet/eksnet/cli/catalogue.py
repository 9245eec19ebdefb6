"""`eksnet checks` and `eksnet explain`: the catalogue, and one check's page."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from eksnet.checks import catalogue
from eksnet.cli import options
from eksnet.cli.app import app
from eksnet.collect.facets import iam_actions
from eksnet.engine.check import TOPICS, Check
from eksnet.engine.profile import Profile
from eksnet.engine.select import of_profile, select
from eksnet.model.snapshot import Facet

if TYPE_CHECKING:
    from rich.console import Console

PIPED_WIDTH = 160  # a pipe has no width; no title wraps at this one


@app.command()
def checks(
    *,
    profile: options.Profiles = Profile.ALL,
    as_json: bool = typer.Option(False, "--json", help="Print JSON instead of a table."),
) -> None:
    """List every check of the catalogue.

    Examples: `eksnet checks`, `eksnet checks --profile cost --json | jq -r '.[].id'`
    """
    found = of_profile(catalogue(), profile)
    if as_json:
        typer.echo(json.dumps([row(check) for check in found], indent=2))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("ID", "SEVERITY", "TITLE"):
        table.add_column(column, no_wrap=column != "TITLE")
    for check in found:
        table.add_row(check.id, check.severity, check.title)
    _console().print(table)


@app.command()
def explain(
    check_id: str = typer.Argument(metavar="ID", help="A check's id, such as XEN002."),
) -> None:
    """Show one check's page: what it judges, why, what it reads, and what to do.

    Example: `eksnet explain XEN002`
    """
    console = _console()
    for check in select(catalogue(), [check_id]):
        text = page(check)
        if console.is_terminal:
            from rich.markdown import Markdown

            console.print(Markdown(text))
        else:
            typer.echo(text, nl=False)


def row(check: Check) -> dict[str, object]:
    """Return a check as a row of the catalogue: plain data with a fixed order."""
    return {
        "id": check.id,
        "title": check.title,
        "severity": check.severity.value,
        "topic": check.topic,
        "needs": sorted(check.needs),
        "source": check.source,
        "rules": sorted(check.rules),
        "frameworks": sorted(check.frameworks),
        "profiles": sorted(check.profiles),
    }


def page(check: Check) -> str:
    """Return a check's page in Markdown, made of its declaration alone."""
    facts = [
        ("Severity", f"{check.severity}, at worst"),
        ("Topic", f"{check.topic}: {TOPICS[check.topic]}"),
        ("Profiles", _codes(sorted(check.profiles))),
        ("Reads", _facets(check.needs)),
        ("Reads where it matters", _facets(check.wants)),
        ("IAM actions", _codes(iam_actions(check.facets))),
        ("Source", f"<{check.source}>"),
        ("Rules", ", ".join(str(rule) for rule in sorted(check.rules))),
        ("Related controls", _controls(check.frameworks)),
        ("Remedies", _codes(check.remedies)),
        ("Since", check.since),
    ]
    lines = [f"- **{name}:** {value}" for name, value in facts if value]
    return "\n".join([f"# {check.id}: {check.title}", "", *lines, "", check.doc, ""])


def _facets(facets: Iterable[Facet]) -> str:
    return _codes(sorted(facets))


def _controls(ids: Iterable[str]) -> str:
    names = (each if each.startswith("CIS-") else f"Security Hub {each}" for each in sorted(ids))
    return ", ".join(names)


def _codes(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _console() -> "Console":
    from rich.console import Console

    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PIPED_WIDTH)
