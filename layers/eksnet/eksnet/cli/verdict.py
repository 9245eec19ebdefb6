"""`eksnet verdict`: can this cluster upgrade now, can its node groups roll, surge and grow?"""

import dataclasses
import json
from collections.abc import Iterable, Iterator

import typer

from eksnet.capacity.ledger import NEEDS
from eksnet.capacity.verdict import Answer, ClusterVerdict, GroupVerdict
from eksnet.capacity.verdict import verdict as judge
from eksnet.cli import options
from eksnet.cli.app import app
from eksnet.model.snapshot import Blind, Facet, Snapshot

EXIT = {Answer.YES: 0, Answer.AT_RISK: 1, Answer.NO: 1, Answer.UNKNOWN: 3}
SCHEMA_VERSION = 2  # 2 has the node groups


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
    """Tell whether each cluster can upgrade now, and its node groups roll, surge and grow.

    A node group's answer rests on what the VPC CNI takes for one new node under the add-on's
    settings: at least (no pods) and at most (as many pods as the node can have). It rolls when
    every zone with nodes holds one more, surges when the zones hold all that an update adds.

    Exit codes: 0 yes; 1 no or at-risk for any of it; 3 when something could not be seen.

    Example:
        eksnet verdict --region eu-west-1 --cluster payments
    """
    thresholds = options.limits(config)
    snapshots = options.snapshots(
        NEEDS | {Facet.QUOTAS},  # without the quota the other answers stand, and say so
        region=region,
        all_regions=all_regions,
        cluster=cluster,
        recorded=recorded,
        account=account,
        partial=partial,
    )
    answers = [
        (each, judge(each, one, thresholds.cluster_subnet_critical))
        for each in snapshots
        for one in each.clusters
    ]
    shown = NEEDS | {Facet.REGIONS}
    blinds = [blind for each in snapshots for blind in each.blinds if blind.facet in shown]
    if as_json:
        typer.echo(json.dumps(_contract(answers, blinds), indent=2))
    else:
        typer.echo("\n".join(_lines(answers, blinds)))
    codes = {EXIT[each] for _, one in answers for each in one.answers} | (
        {3} if blinds or any(each.partial for each in snapshots) else {0}
    )
    raise typer.Exit(1 if 1 in codes else max(codes))


def _contract(
    answers: Iterable[tuple[Snapshot, ClusterVerdict]], blinds: Iterable[Blind]
) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "verdicts": [_plain(snapshot, one) for snapshot, one in answers],
        "blind": [dataclasses.asdict(blind) for blind in blinds],
    }


def _plain(snapshot: Snapshot, one: ClusterVerdict) -> dict[str, object]:
    return {
        "account_id": snapshot.target.account_id,
        "region": snapshot.target.region,
        **dataclasses.asdict(one.upgrade),
        "node_groups": [group_contract(each) for each in one.groups],
        "other_nodes": one.other_nodes,
        "quota_unseen": dataclasses.asdict(one.quota_unseen) if one.quota_unseen else None,
        "node_groups_unseen": dataclasses.asdict(one.unseen) if one.unseen else None,
    }


def group_contract(one: GroupVerdict) -> dict[str, object]:
    """Return what --json prints of a node group; its keys are a contract."""
    judged = {str(each.question): dataclasses.asdict(each) for each in one.judgements}
    for each in judged.values():
        del each["question"]
    return {
        "node_group": one.node_group,
        "instance_types": list(one.instance_types),
        "need": dataclasses.asdict(one.need) if one.need else None,
        **judged,
        "reasons": list(one.reasons),
    }


def _lines(
    answers: Iterable[tuple[Snapshot, ClusterVerdict]], blinds: Iterable[Blind]
) -> Iterator[str]:
    from eksnet.report.verdict_table import blind_line, verdict_lines

    nothing = True
    for snapshot, one in answers:
        nothing = False
        yield from verdict_lines(snapshot.target, one)
    if nothing:
        yield "no cluster was seen"
    yield from map(blind_line, blinds)
