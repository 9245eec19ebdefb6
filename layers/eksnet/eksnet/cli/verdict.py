"""`eksnet verdict`: can this cluster upgrade or scale its control plane now?"""

import dataclasses
import json
from collections.abc import Iterable

import typer

from eksnet.cli import options
from eksnet.cli.app import app
from eksnet.cni.upgrade import Upgrade, UpgradeVerdict, upgrade_verdict
from eksnet.engine.limits import Limits
from eksnet.model.snapshot import Blind, Facet, Snapshot

EXIT = {Upgrade.YES: 0, Upgrade.AT_RISK: 1, Upgrade.NO: 1, Upgrade.UNKNOWN: 3}
NEEDS = frozenset({Facet.CLUSTERS, Facet.SUBNETS})


@app.command()
def verdict(
    region: options.Region = None,
    all_regions: options.AllRegions = False,
    cluster: options.Clusters = None,
    recorded: options.From = None,
    account: options.Account = None,
    partial: options.Partial = False,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Tell whether each cluster can upgrade or scale now, zone by zone.

    Exit codes: 0 yes; 1 no or at-risk for any cluster; 3 when something could not be seen.

    Example:
        eksnet verdict --region eu-west-1 --cluster payments
    """
    thresholds = options.limits(config)
    snapshots = options.snapshots(
        NEEDS,
        region=region,
        all_regions=all_regions,
        cluster=cluster,
        recorded=recorded,
        account=account,
        partial=partial,
    )
    answers = [(each, answer) for each in snapshots for answer in _answers(each, thresholds)]
    shown = NEEDS | {Facet.REGIONS}
    blinds = [blind for each in snapshots for blind in each.blinds if blind.facet in shown]
    if as_json:
        found = [_plain(snapshot, answer) for snapshot, answer in answers]
        refused = [dataclasses.asdict(blind) for blind in blinds]
        typer.echo(json.dumps({"schema_version": 1, "verdicts": found, "blind": refused}, indent=2))
    else:
        typer.echo("\n".join(_lines(answers, blinds)))
    codes = {EXIT[answer.answer] for _, answer in answers} | (
        {3} if blinds or any(each.partial for each in snapshots) else {0}
    )
    raise typer.Exit(1 if 1 in codes else max(codes))


def _answers(snapshot: Snapshot, limits: Limits) -> Iterable[UpgradeVerdict]:
    for cluster in snapshot.clusters:
        yield upgrade_verdict(snapshot, cluster, limits.cluster_subnet_critical)


def _plain(snapshot: Snapshot, answer: UpgradeVerdict) -> dict[str, object]:
    target = {"account_id": snapshot.target.account_id, "region": snapshot.target.region}
    return {**target, **dataclasses.asdict(answer)}


def _lines(
    answers: Iterable[tuple[Snapshot, UpgradeVerdict]], blinds: Iterable[Blind]
) -> Iterable[str]:
    from eksnet.report.escape import visible

    nothing = True
    for snapshot, answer in answers:
        nothing = False
        place = f"{snapshot.target.account_id} {snapshot.target.region}"
        yield f"{answer.answer.upper():8} {visible(answer.cluster)}  ({place})"
        for room in answer.zones:
            yield f"         {room.az_id}: {room.free_ips} free in {visible(room.subnet_id)}"
        for reason in answer.reasons:
            yield f"         {visible(reason)}"
        if answer.answer in (Upgrade.NO, Upgrade.AT_RISK):
            yield f"         an update may be refused with {answer.avoided_error}"
    if nothing:
        yield "no cluster was seen"
    for blind in blinds:
        whose = f" for cluster {visible(blind.cluster)}" if blind.cluster else ""
        yield f"not seen: {blind.facet}{whose}: {blind.api} answered {visible(blind.error)}"
