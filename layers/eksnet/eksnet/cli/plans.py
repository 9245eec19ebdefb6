"""`eksnet plans`, `show` and `journal`: the plans of a deployment, as its table has them."""

import datetime as dt
import json

import typer

from eksnet.cli import options
from eksnet.cli.app import app
from eksnet.cli.deployment import PlanId, TableName, open_plans
from eksnet.model.errors import InputError
from eksnet.model.plan import canonical


@app.command()
def plans(table: TableName = None, as_json: options.Json = False) -> None:
    """List every plan with where it stands, newest first.

    Exit codes: 0 they are listed; 2 bad input; 4 no credentials, or the table can't be read.

    Example:
        eksnet plans --table eksnet
    """
    from eksnet.pipeline.standing import effective
    from eksnet.report.plan_json import row_json
    from eksnet.report.plan_text import row_line

    store, now = open_plans(table), dt.datetime.now(dt.UTC)
    rows = [(row, effective(row, store.decisions(row.plan_id), now)) for row in store.rows()]
    if as_json:
        typer.echo(json.dumps([row_json(*each) for each in rows], indent=2))
        return
    for row, state in rows:
        typer.echo(row_line(row, state))
    if not rows:
        typer.echo("no plan was made yet")


@app.command()
def show(plan: PlanId, table: TableName = None, as_json: options.Json = False) -> None:
    """Print a plan and how far it has come.

    Exit codes: 0 it is printed; 2 no such plan; 4 no credentials, or the table can't be read.

    Example:
        eksnet show pl-0123456789abcdef0123
    """
    from eksnet.pipeline.standing import effective
    from eksnet.report.plan_json import row_json
    from eksnet.report.plan_text import plan_lines, state_lines

    store, now = open_plans(table), dt.datetime.now(dt.UTC)
    kept, row = store.plan(plan), store.row(plan)
    if kept is None or row is None:
        raise InputError(_no(plan))
    said = store.decisions(plan)
    state = effective(row, said, now)
    if as_json:
        document = {"plan": json.loads(canonical(kept)), "row": row_json(row, state)}
        typer.echo(json.dumps(document, indent=2))
        return
    typer.echo("\n".join((*plan_lines(kept), "", *state_lines(row, state, said))))


@app.command()
def journal(plan: PlanId, table: TableName = None, as_json: options.Json = False) -> None:
    """Print all that was done about a plan, line by line.

    Exit codes: 0 it is printed; 2 no such plan; 4 no credentials, or the table can't be read.

    Example:
        eksnet journal pl-0123456789abcdef0123
    """
    from eksnet.report.plan_json import entry_json
    from eksnet.report.plan_text import entry_line

    entries = open_plans(table).entries(plan)
    if not entries:
        raise InputError(_no(plan))
    if as_json:
        typer.echo(json.dumps([entry_json(each) for each in entries], indent=2))
        return
    for each in entries:
        typer.echo(entry_line(each))


def _no(plan: str) -> str:
    return f"no plan {plan!r} in this table"
