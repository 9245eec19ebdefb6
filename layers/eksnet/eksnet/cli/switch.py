"""`eksnet halt` and `eksnet resume`: stop every write of a deployment, or allow them again."""

import datetime as dt
from typing import Annotated

import typer

from eksnet.cli.app import app
from eksnet.cli.deployment import TableName, open_plans
from eksnet.model.journal import Switch

Reason = Annotated[str, typer.Option(help="Why, in the words that others will read.")]


@app.command()
def halt(reason: Reason = "", table: TableName = None) -> None:
    """Stop all plans: no write begins after this, whatever was approved.

    It is written to the table itself, so that it works even when no function does.

    Exit codes: 0 writing is stopped; 2 bad input; 4 no credentials, or the table refused.

    Example:
        eksnet halt --reason "change freeze"
    """
    _put(Switch(stopped=True, reason=reason, by=_me(), at=_now()), table)
    typer.echo("stopped: no write begins until `eksnet resume`")


@app.command()
def resume(reason: Reason = "", table: TableName = None) -> None:
    """Allow plans to be carried out again; those that were halted go on by `eksnet apply`.

    Exit codes: 0 writing is allowed; 2 bad input; 4 no credentials, or the table refused.

    Example:
        eksnet resume --reason "freeze is over"
    """
    _put(Switch(stopped=False, reason=reason, by=_me(), at=_now()), table)
    typer.echo("allowed: plans may be carried out")


def _put(switch: Switch, table: str | None) -> None:
    open_plans(table).put_switch(switch)


def _me() -> str:
    from eksnet.store.clients import Clients, caller_arn

    return caller_arn(Clients())


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)
