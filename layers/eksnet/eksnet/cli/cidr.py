"""`eksnet cidr check` and `eksnet cidr propose`: may this block join the VPC, and which may."""

import json
from collections.abc import Iterable
from typing import Annotated

import typer

from eksnet.cli import options
from eksnet.cli.app import app
from eksnet.model.errors import InputError
from eksnet.model.snapshot import Snapshot, vpc_by_id
from eksnet.network.association import Decision, decide
from eksnet.network.proposal import READS, Proposal, propose

REFUSED = 1
UNKNOWN = 3

cidr = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Whether a block may be added to a VPC, and which one may.",
)
app.add_typer(cidr, name="cidr")


@cidr.command("check")
def check(
    existing: Annotated[
        list[str],
        typer.Option(metavar="CIDR", help="A block of the VPC, the primary first; repeat for all."),
    ],
    add: Annotated[str, typer.Option(metavar="CIDR", help="The block to add.")],
    route: Annotated[
        list[str] | None,
        typer.Option(metavar="CIDR", help="A destination in its route tables; repeat for all."),
    ] = None,
    peer: Annotated[
        list[str] | None,
        typer.Option(metavar="CIDR", help="A block of an active peer; repeat for all."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Tell whether EC2 would let a VPC have a block, and the rule that decides.

    Exit codes: 0 allowed; 1 refused; 2 malformed.

    Examples:
        eksnet cidr check --existing 10.0.0.0/16 --add 100.64.0.0/16

        eksnet cidr check --existing 10.0.0.0/16 --add 100.64.0.0/16 --route 100.64.9.0/24
    """
    decision = decide(existing, add, route or (), peer or ())
    if as_json:
        typer.echo(json.dumps(_contract(decision), indent=2))
    else:
        word = "allowed" if decision.allowed else "refused"
        typer.echo(f"{word} ({decision.rule}): {decision.reason}")
        _warn(decision.warnings)
    raise typer.Exit(0 if decision.allowed else REFUSED)


@cidr.command("propose")
def command(
    vpc: Annotated[str, typer.Option(metavar="V", help="The VPC's id.")],
    prefix: Annotated[int, typer.Option(metavar="N", help="The block's length, 16 to 28.")],
    region: options.Region = None,
    recorded: options.From = None,
    account: options.Account = None,
    partial: options.Partial = False,
    as_json: options.Json = False,
) -> None:
    """Propose the lowest block of 100.64.0.0/10 that a VPC may have and nobody uses.

    Exit codes: 0 proposed; 1 there is none; 2 bad input; 3 not all that decides was seen.

    Examples:
        eksnet cidr propose --from snapshot.json --vpc vpc-0a1b --prefix 16

        eksnet cidr propose --region eu-west-1 --vpc vpc-0a1b --prefix 18 --json
    """
    from eksnet.report.escape import visible

    snapshots = options.snapshots(
        READS, region=region, recorded=recorded, account=account, partial=partial
    )
    answer = propose(_holding(snapshots, vpc), vpc, prefix)
    if isinstance(answer, Proposal):
        if as_json:
            _echo_json(vpc, prefix, block=answer.cidr, warnings=answer.warnings)
        else:
            typer.echo(answer.cidr)
            _warn(visible(each) for each in answer.warnings)
        return
    if as_json:
        _echo_json(vpc, prefix, rule=answer.rule, reason=answer.reason)
    else:
        typer.echo(f"none ({answer.rule}): {visible(answer.reason)}")
    raise typer.Exit(UNKNOWN if answer.unseen else REFUSED)


def _holding(snapshots: tuple[Snapshot, ...], vpc: str) -> Snapshot:
    """Return the region that holds a VPC; one alone answers for itself, what it hides included."""
    if len(snapshots) == 1:
        return snapshots[0]
    for each in snapshots:
        if vpc in vpc_by_id(each):
            return each
    msg = f"no VPC {vpc} was seen in {', '.join(each.target.region for each in snapshots)}"
    raise InputError(msg)


def _contract(decision: Decision) -> dict[str, object]:
    return {
        "allowed": decision.allowed,
        "rule": decision.rule,
        "reason": decision.reason,
        "warnings": list(decision.warnings),
    }


def _echo_json(
    vpc: str,
    prefix: int,
    *,
    block: str | None = None,
    rule: str | None = None,
    reason: str | None = None,
    warnings: Iterable[str] = (),
) -> None:
    found = {"cidr": block, "rule": rule, "reason": reason, "warnings": list(warnings)}
    typer.echo(json.dumps({"vpc": vpc, "prefix": prefix, **found}, indent=2))


def _warn(warnings: Iterable[str]) -> None:
    for warning in warnings:
        typer.echo(f"warning: {warning}", err=True)
