"""`eksnet audit`, `snapshot`, `iam-policy`: look, judge, tell."""

import datetime as dt
import json
import pathlib
import shutil
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from eksnet.checks import catalogue
from eksnet.cli import options
from eksnet.cli.app import app
from eksnet.engine.check import Check
from eksnet.engine.profile import Profile
from eksnet.engine.select import of_profile, select
from eksnet.engine.suppress import SuppressionRule
from eksnet.model.audit import Audit
from eksnet.model.errors import InputError
from eksnet.model.finding import Severity, Status
from eksnet.model.snapshot import Facet
from eksnet.pipeline.audit import MAPPED, exit_code, judge

NARROWEST, WIDEST = 80, 140


@app.command()
def audit(
    region: options.Region = None,
    all_regions: options.AllRegions = False,
    cluster: options.Clusters = None,
    check: options.Checks = None,
    profile: options.Profiles = Profile.ALL,
    recorded: options.From = None,
    account: options.Account = None,
    partial: options.Partial = False,
    earlier: options.Earlier = None,
    format_: Annotated[
        options.Format, typer.Option("--format", "-f", help="How to write the report.")
    ] = options.Format.TABLE,
    as_json: options.Json = False,
    output: options.Output = None,
    status: Annotated[
        str | None,
        typer.Option(help="Only these statuses, such as fail,unknown.", metavar="S,..."),
    ] = None,
    fail_on: Annotated[
        Severity, typer.Option(help="The exit code is 1 for a fail of this severity or worse.")
    ] = Severity.HIGH,
    unknown_ok: Annotated[
        bool, typer.Option("--unknown-ok", help="Exit 0, not 3, when something is unknown.")
    ] = False,
    suppressions: Annotated[
        pathlib.Path | None, typer.Option(help="A YAML file of accepted findings.")
    ] = None,
    config: options.Config = None,
) -> None:
    """Audit the network of every EKS cluster that the source shows.

    Exit codes: 0 nothing at or above --fail-on; 1 something is; 2 bad input; 3 something could
    not be seen; 4 no credentials, or nobody answered.

    Examples:
        eksnet audit --region eu-west-1

        eksnet audit --all-regions --format html --output report.html

        eksnet audit --from snapshot.json --check 'XEN*' --json

        eksnet audit --region eu-west-1 --profile security
    """
    started = dt.datetime.now(dt.UTC)
    chosen = options.Format.JSON if as_json else format_
    statuses = chosen_statuses(status, chosen)
    rules = _rules(suppressions)
    thresholds = options.limits(config)
    checks = _asked(check, profile)
    facets = frozenset(facet for each in checks for facet in each.facets) | MAPPED
    snapshots = options.snapshots(
        facets,
        region=region,
        all_regions=all_regions,
        cluster=cluster,
        recorded=recorded,
        account=account,
        partial=partial,
        earlier=earlier,
    )
    result = judge(snapshots, checks, thresholds, started_at=started, rules=rules)
    render_to(result, chosen, statuses, output)
    raise typer.Exit(exit_code(result, fail_on, unknown_ok=unknown_ok))


def _asked(patterns: Sequence[str] | None, profile: Profile) -> tuple[Check, ...]:
    """Return the checks that both options leave.

    Raises:
        InputError: a pattern matches no check, or none that is in the profile.
    """
    # Only a deployed audit has the history of each subnet: here a forecast would be unknown always.
    askable = [each for each in catalogue() if Facet.HISTORY not in each.needs]
    checks = of_profile(select(catalogue(), patterns) if patterns else askable, profile)
    if not checks:
        msg = f"no check that --check names is in the profile {profile}"
        raise InputError(msg)
    return checks


def render_to(
    result: Audit,
    format_: options.Format,
    statuses: frozenset[Status],
    output: pathlib.Path | None,
) -> None:
    """Write the report where it is asked for; colours and the width are a terminal's."""
    from eksnet.report import render

    terminal = output in (None, options.STDOUT) and sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else 100
    text = render(
        result,
        format_.value,
        statuses,
        width=min(max(width, NARROWEST), WIDEST),
        color=terminal,
    )
    options.write(text, output)


def chosen_statuses(text: str | None, format_: options.Format) -> frozenset[Status]:
    """Return what to show: a table shows what is to be done, all other formats everything.

    Raises:
        InputError: there is no such status.
    """
    if text is None:
        table = format_ is options.Format.TABLE
        return frozenset(Status) - ({Status.PASS} if table else frozenset())
    names = [name.strip() for name in text.split(",")]
    known = [status.value for status in Status]
    for name in names:
        if name not in known:
            msg = f"--status: unknown status {name!r}: {', '.join(known)}"
            raise InputError(msg)
    return frozenset(Status(name) for name in names)


def _rules(path: pathlib.Path | None) -> tuple[SuppressionRule, ...]:
    if path is None:
        return ()
    from eksnet.settings.files import read_suppressions, require_known

    rules = read_suppressions(path)
    require_known(rules, {each.id for each in catalogue()})
    return rules


@app.command()
def snapshot(
    output: Annotated[
        pathlib.Path, typer.Option("--output", "-o", help="The file to write; .gz compresses.")
    ],
    region: options.Region = None,
    cluster: options.Clusters = None,
    recorded: options.From = None,
    account: options.Account = None,
    partial: options.Partial = False,
) -> None:
    """Capture one region into a file that any eksnet judges without AWS.

    The exit code is 3 when something could not be seen.

    Example:
        eksnet snapshot --region eu-west-1 -o today.json
    """
    from eksnet.collect import facets, saved

    if len(region or ()) > 1:
        msg = "a snapshot is of one region: give one --region"
        raise InputError(msg)
    if output == options.STDOUT or not output.name:
        msg = "a snapshot is written to a file: give its name to --output"
        raise InputError(msg)
    (found,) = options.snapshots(
        facets.READABLE,
        region=region,
        cluster=cluster,
        recorded=recorded,
        account=account,
        partial=partial,
    )
    saved.write(found, output)
    clusters = f"{len(found.clusters)} of {len(found.cluster_names)} clusters"
    typer.echo(f"{output}: {clusters}, {len(found.blinds)} reads refused", err=True)
    raise typer.Exit(3 if found.blinds else 0)


@app.command("iam-policy")
def iam_policy(check: options.Checks = None) -> None:
    """Print the read policy that the audit needs, as JSON.

    Example:
        eksnet iam-policy --check 'XEN*'
    """
    from eksnet.collect import facets

    checks = select(catalogue(), check or ())
    wanted = frozenset(facet for each in checks for facet in each.facets) | MAPPED
    actions = sorted({*facets.iam_actions(wanted), *facets.ALWAYS})
    statement = {"Sid": "EksnetAudit", "Effect": "Allow", "Action": actions, "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    typer.echo(json.dumps(policy, indent=2))
