"""Findings become what people and programs read. Pure."""

from eksnet.model.audit import Audit
from eksnet.model.errors import InputError
from eksnet.model.finding import Status

FORMATS = ("table", "json", "csv", "html")
COLUMNS = 100  # readable beside an editor, and in a mail


def render(
    audit: Audit,
    format: str,  # noqa: A002 - the option's own word
    statuses: frozenset[Status],
    *,
    width: int = COLUMNS,
    color: bool = False,
) -> str:
    """Return the report of ``audit`` that shows the findings with one of ``statuses``.

    Counts are always of the whole audit. ``width`` (columns) and ``color`` concern the table only.

    Raises:
        InputError: there is no such format.
    """
    # Each writer is imported when it is asked for: rich and Jinja2 are slow to start.
    match format:
        case "table":
            from eksnet.report.advice import advice
            from eksnet.report.table import to_table

            return to_table(audit, statuses, advice=advice, width=width, color=color)
        case "json":
            from eksnet.report.json_report import to_json

            return to_json(audit, statuses)
        case "csv":
            from eksnet.report.csv_report import to_csv

            return to_csv(audit, statuses)
        case "html":
            from eksnet.report.advice import advice
            from eksnet.report.html import to_html

            return to_html(audit, statuses, advice=advice)
    msg = f"there is no report format {format!r}; there are {', '.join(FORMATS)}"
    raise InputError(msg)
