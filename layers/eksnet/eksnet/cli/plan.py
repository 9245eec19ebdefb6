"""`eksnet plan`: a proven repair of a finding, or why there is none."""

import dataclasses
import json
import pathlib
from typing import TYPE_CHECKING, Annotated

import typer

from eksnet.cli import options
from eksnet.cli.app import app
from eksnet.cli.deployment import REFUSED, UNSEEN, UNSEEN_RULE, RequestsUrl, ask
from eksnet.engine.limits import Limits
from eksnet.model.errors import InputError
from eksnet.model.plan import CannotFix, Plan, canonical

if TYPE_CHECKING:
    from eksnet.pipeline.planning import Wanted

ONE_REGION = "a plan is of one Region: give one --region"


@app.command()
def plan(
    finding: Annotated[
        str | None, typer.Argument(metavar="[FINDING_ID]", help="The finding to repair.")
    ] = None,
    remedy: Annotated[
        str | None,
        typer.Option(metavar="ID", help="The kind of repair: secondary-cidr or flow-logs."),
    ] = None,
    cluster: Annotated[
        str | None, typer.Option("--cluster", "-c", metavar="NAME", help="Only this cluster's.")
    ] = None,
    region: options.Region = None,
    recorded: options.From = None,
    account: options.Account = None,
    config: options.Config = None,
    pool: Annotated[
        str | None, typer.Option(metavar="CIDR", help="Where a new VPC block comes from.")
    ] = None,
    avoid: Annotated[
        list[str] | None,
        typer.Option(metavar="CIDR", help="A block that is allocated elsewhere; repeat for more."),
    ] = None,
    prefix: Annotated[
        int | None, typer.Option(metavar="N", help="The new VPC block's length, 16 to 28.")
    ] = None,
    growth: Annotated[
        int | None, typer.Option(metavar="PERCENT", help="Room to leave beyond today's maximum.")
    ] = None,
    reserve_prefixes: Annotated[
        bool, typer.Option("--reserve-prefixes", help="Reserve the pod subnets for /28 prefixes.")
    ] = False,
    destination: Annotated[
        str | None, typer.Option(metavar="ARN", help="Where flow logs go.")
    ] = None,
    destination_type: Annotated[
        str | None,
        typer.Option(help="cloud-watch-logs, s3 or kinesis-data-firehose.", metavar="TYPE"),
    ] = None,
    delivery_role: Annotated[
        str | None, typer.Option(metavar="ARN", help="The role that delivers to a log group.")
    ] = None,
    url: RequestsUrl = None,
    as_json: options.Json = False,
) -> None:
    """Plan a repair: every write, its way back, and the proof on a copy of what was seen.

    By itself this only prints, and takes it that the VPC may be changed. With the deployment's URL
    the plan is made there, kept, mailed, and can be approved; there the VPC must be tagged
    eksnet:remediate=allowed.

    Exit codes: 0 a plan; 1 there is none, and why; 2 bad input; 3 not all that decides was seen;
    4 no credentials, or the deployment gave no answer.

    Examples:
        eksnet plan --from snapshot.json --remedy secondary-cidr --cluster payments

        eksnet plan 0f3c9a... --region eu-west-1 --url https://...lambda-url.eu-west-1.on.aws/
    """
    from eksnet.pipeline.planning import Wanted
    from eksnet.remedies.remedy import Choices

    if (finding is None) == (remedy is None):
        msg = "give a finding's id, or --remedy"
        raise InputError(msg)
    choices = Choices(
        pool=pool,
        avoid=tuple(avoid or ()),
        prefix=prefix,
        growth_percent=growth,
        reserve_prefixes=reserve_prefixes,
        destination=destination,
        destination_type=destination_type,
        role_arn=delivery_role,
    )
    wanted = Wanted(finding_id=finding, remedy=remedy, cluster=cluster, choices=choices)
    if url and not recorded:
        if config:
            msg = "--config: the deployment has its own thresholds; leave --url out to plan here"
            raise InputError(msg)
        ask(url, _request(wanted, region, account), as_json=as_json)
    thresholds = options.limits(config)
    _print(_here(wanted, thresholds, region, recorded, account), as_json=as_json)


def _request(wanted: "Wanted", region: list[str] | None, account: str | None) -> dict[str, object]:
    """Return what to ask the deployment for; it looks at its own account and Region by itself."""
    asked = dataclasses.asdict(wanted)
    if len(region or ()) > 1:
        raise InputError(ONE_REGION)
    place = {"region": region[0] if region else None, "account_id": account}
    return {"do": "plan", **place, **asked}


def _here(
    wanted: "Wanted",
    limits: Limits,
    region: list[str] | None,
    recorded: pathlib.Path | None,
    account: str | None,
) -> Plan | CannotFix:
    from eksnet.checks import catalogue
    from eksnet.pipeline.planning import facets, opted_in, planned

    checks = catalogue()
    seen = options.snapshots(facets(checks), region=region, recorded=recorded, account=account)
    if len(seen) > 1:
        raise InputError(ONE_REGION)
    return planned(opted_in(seen[0]), wanted, checks, limits)


def _print(found: Plan | CannotFix, *, as_json: bool) -> None:
    """Print a plan, canonical where it is JSON, or why there is none."""
    from eksnet.report.escape import inert
    from eksnet.report.plan_text import plan_lines, refusal_lines

    if isinstance(found, Plan):
        text = inert(canonical(found).decode()) if as_json else "\n".join(plan_lines(found))
        typer.echo(text)
        return
    why = json.dumps(dataclasses.asdict(found), indent=2)
    typer.echo(why if as_json else "\n".join(refusal_lines(found)))
    raise typer.Exit(UNSEEN if found.rule == UNSEEN_RULE else REFUSED)
