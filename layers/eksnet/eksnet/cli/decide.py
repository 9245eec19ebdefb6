"""`eksnet approve`, `reject`, `apply` and `rollback`: signed requests to the deployment."""

from typing import Annotated

import typer

from eksnet.cli import options
from eksnet.cli.app import app
from eksnet.cli.deployment import DecisionsUrl, PlanId, RequestsUrl, ask

Reason = Annotated[str, typer.Option(help="Why, in the words that the journal keeps.")]


@app.command()
def approve(
    plan: PlanId, url: DecisionsUrl = None, reason: Reason = "", as_json: options.Json = False
) -> None:
    """Approve a plan, as whoever signs the request; never one's own.

    The plan's id is the beginning of its digest: another plan has another id.

    Exit codes: 0 it counts; 1 it does not, and why; 2 bad input; 4 no credentials, or not allowed.

    Example:
        eksnet approve pl-0123456789abcdef0123 --reason "seen with the network team"
    """
    ask(url, {"do": "approve", "plan_id": plan, "reason": reason}, as_json=as_json)


@app.command()
def reject(
    plan: PlanId, url: DecisionsUrl = None, reason: Reason = "", as_json: options.Json = False
) -> None:
    """Reject a plan: before its first write nothing is done, afterwards it stops where it is.

    Exit codes: 0 it counts; 2 bad input; 4 no credentials, or not allowed.

    Example:
        eksnet reject pl-0123456789abcdef0123 --reason "the block is promised to the data centre"
    """
    ask(url, {"do": "reject", "plan_id": plan, "reason": reason}, as_json=as_json)


@app.command("apply")
def apply_(plan: PlanId, url: RequestsUrl = None, as_json: options.Json = False) -> None:
    """Carry out an approved plan, or go on with one that was interrupted.

    Exit codes: 0 it began; 1 it can't, and why; 2 bad input; 4 no credentials, or not allowed.

    Example:
        eksnet apply pl-0123456789abcdef0123
    """
    ask(url, {"do": "apply", "plan_id": plan}, as_json=as_json)


@app.command()
def rollback(plan: PlanId, url: RequestsUrl = None, as_json: options.Json = False) -> None:
    """Take a plan back: only what is proven to be its own, unchanged and unused.

    Exit codes: 0 it began; 1 it can't, and why; 2 bad input; 4 no credentials, or not allowed.

    Example:
        eksnet rollback pl-0123456789abcdef0123
    """
    ask(url, {"do": "rollback", "plan_id": plan}, as_json=as_json)
