"""`eksnet report`: a run of the deployed audit, as the store remembers it."""

import enum
from typing import Annotated

import typer

from eksnet.cli import options
from eksnet.cli.app import app
from eksnet.cli.audit import chosen_statuses, render_to
from eksnet.model.errors import InputError
from eksnet.store.interface import StoreError

NO_TABLE = "ResourceNotFoundException"


class Format(enum.StrEnum):
    """What a run can be written as."""

    MAIL = "mail"
    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


@app.command()
def report(
    run: Annotated[
        str | None, typer.Option(help="The run to tell of; else the newest of all targets.")
    ] = None,
    table: Annotated[
        str | None, typer.Option(help="The deployment's table.", envvar="EKSNET_TABLE")
    ] = None,
    format_: Annotated[
        Format, typer.Option("--format", "-f", help="How to write the report.")
    ] = Format.MAIL,
    as_json: options.Json = False,
    output: options.Output = None,
    status: Annotated[
        str | None,
        typer.Option(help="Only these statuses, such as fail,unknown.", metavar="S,..."),
    ] = None,
) -> None:
    """Print a run of the deployed audit: the mail that was sent, or any other report of it.

    Exit codes: 0 it is printed; 2 bad input, or no such run; 4 no credentials, or the table
    could not be read.

    Examples:
        eksnet report --table eksnet

        eksnet report --run ID --format html --output report.html

        EKSNET_TABLE=eksnet eksnet report --json
    """
    from eksnet.pipeline.recall import open_store, recall

    chosen = Format.JSON if as_json else format_
    if chosen is Format.MAIL and status is not None:
        msg = "--status goes with --format table, json, csv and html"
        raise InputError(msg)
    other = None if chosen is Format.MAIL else options.Format(chosen.value)
    statuses = chosen_statuses(status, other) if other else frozenset()
    if not table:
        msg = "no table: give --table, or set EKSNET_TABLE"
        raise InputError(msg)
    store = open_store(table)
    try:
        recalled = recall(store, run)
        letter = None if other else store.letter(recalled.run.id)
    except StoreError as problem:
        if problem.code == NO_TABLE:
            msg = f"no table {table!r} in this Region: give --table, or set AWS_REGION"
            raise InputError(msg) from problem
        raise
    if other:
        render_to(recalled.audit, other, statuses, output)
        return
    from eksnet.pipeline.tell import compose

    said = letter or compose(recalled, table=table)
    options.write(f"Subject: {said.subject}\n\n{said.body}", output)
