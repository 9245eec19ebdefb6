"""`eksnet ips`: who holds every address, what is broken up, what can be given back."""

import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

import typer

from eksnet.capacity.drain import NearlyFree
from eksnet.capacity.giveback import GiveBack, give_back
from eksnet.capacity.ledger import (
    NEEDS,
    Share,
    SubnetLedger,
    clusters_by_subnet,
    drain_list,
    every_subnet,
    ledger,
)
from eksnet.cli import options
from eksnet.cli.app import app
from eksnet.model.errors import InputError
from eksnet.model.record import record
from eksnet.model.snapshot import Blind, Facet, Snapshot, Target, subnet_by_id

UNSEEN = 3


@record
class _Answer:
    """One target's accounts, each with its drain list, and what can be given back.

    ``missing`` are subnets that a cluster uses and EC2 does not list.
    """

    target: Target
    ledgers: tuple[tuple[SubnetLedger, tuple[NearlyFree, ...]], ...]
    given: tuple[GiveBack, ...]
    missing: tuple[str, ...]
    blinds: tuple[Blind, ...]
    partial: bool


@app.command()
def ips(
    subnet: Annotated[
        list[str] | None,
        typer.Option("--subnet", "-s", help="Only this subnet; repeat for more.", metavar="ID"),
    ] = None,
    all_subnets: Annotated[
        bool, typer.Option("--all-subnets", help="Every subnet of the clusters' VPCs.")
    ] = False,
    region: options.Region = None,
    all_regions: options.AllRegions = False,
    cluster: options.Clusters = None,
    recorded: options.From = None,
    account: options.Account = None,
    partial: options.Partial = False,
    earlier: options.Earlier = None,
    as_json: options.Json = False,
) -> None:
    """Tell who holds every address of the clusters' subnets, the tightest subnet first.

    Shows what EC2 counts as free, the addresses by owner, whole free /28 blocks, what stands in
    their way, and which changes give addresses back.

    Exit codes: 0 all was seen; 2 bad input; 3 something could not be seen; 4 no credentials, or
    nobody answered.

    Examples:
        eksnet ips --region eu-west-1 --cluster payments

        eksnet ips --from snapshot.json --subnet subnet-0a1b2c3d --json
    """
    if subnet and all_subnets:
        msg = "--subnet and --all-subnets exclude each other"
        raise InputError(msg)
    snapshots = options.snapshots(
        NEEDS,
        region=region,
        all_regions=all_regions,
        cluster=cluster,
        recorded=recorded,
        account=account,
        partial=partial,
        earlier=earlier,
    )
    _require(snapshots, subnet or ())
    answers = [_answer(each, subnet, every=all_subnets) for each in snapshots]
    if as_json:
        typer.echo(json.dumps(_plain(answers), indent=2))
    else:
        typer.echo("\n".join(_lines(answers)))
    unseen = any(each.blinds or each.partial or each.missing for each in answers)
    raise typer.Exit(UNSEEN if unseen else 0)


def _require(snapshots: Sequence[Snapshot], asked: Iterable[str]) -> None:
    """Refuse subnets that no target has, where every target's list was seen whole."""
    listed = not any(each.partial or each.blind([Facet.SUBNETS]) for each in snapshots)
    known = {subnet_id for each in snapshots for subnet_id in subnet_by_id(each)}
    for subnet_id in asked:
        if listed and subnet_id not in known:
            msg = f"no subnet {subnet_id!r} was listed"
            raise InputError(msg)


def _answer(snapshot: Snapshot, asked: Sequence[str] | None, *, every: bool) -> _Answer:
    wanted = asked or (every_subnet(snapshot) if every else tuple(clusters_by_subnet(snapshot)))
    whole = not asked and not snapshot.partial and not snapshot.blind([Facet.SUBNETS])
    missing = set(clusters_by_subnet(snapshot)) - set(subnet_by_id(snapshot)) if whole else set()
    ledgers = ledger(snapshot, dict.fromkeys(wanted))
    shown = NEEDS | {Facet.REGIONS}
    regions = tuple(each for each in snapshot.blinds if each.facet is Facet.REGIONS)
    return _Answer(
        target=snapshot.target,
        ledgers=tuple((each, drain_list(snapshot, each)) for each in ledgers),
        given=give_back(snapshot, ledgers),
        missing=tuple(sorted(missing)),
        blinds=(*snapshot.blind(shown - {Facet.REGIONS}), *regions),
        partial=snapshot.partial,
    )


def _plain(answers: Iterable[_Answer]) -> dict[str, object]:
    """Return what --json prints; its keys are a contract."""
    subnets: list[object] = []
    given: list[object] = []
    blind: list[object] = []
    missing: list[object] = []
    for one in answers:
        target = {"account_id": one.target.account_id, "region": one.target.region}
        subnets.extend({**target, **_account(*each)} for each in one.ledgers)
        given.extend({**target, **dataclasses.asdict(each)} for each in one.given)
        missing.extend({**target, "subnet_id": each} for each in one.missing)
        blind.extend({**target, **dataclasses.asdict(each)} for each in one.blinds)
    return {
        "schema_version": 1,
        "subnets": subnets,
        "missing": missing,
        "give_back": given,
        "blind": blind,
    }


def _account(one: SubnetLedger, drain: Iterable[NearlyFree]) -> dict[str, object]:
    blocks, subnet = one.blocks, one.subnet
    free = one.free_blocks
    return {
        "subnet_id": subnet.id,
        "vpc_id": subnet.vpc_id,
        "az_id": subnet.az_id,
        "cidr": subnet.cidr,
        "clusters": list(one.clusters),
        "usable": one.usable,
        "free_ips": subnet.free_ips,
        "seen_ips": one.seen_ips,
        "not_seen": one.not_seen,
        "owners": None if one.owners is None else dict(one.owners),
        "shares": None if one.shares is None else [_share(each) for each in one.shares],
        "free_28": blocks.free if blocks else None,
        "free_28_at_least": free.least if free else None,
        "free_28_at_most": free.most if free else None,
        "largest_free_prefix": blocks.largest_free_prefix if blocks else None,
        "fragmentation": blocks.score if blocks else None,
        "band": blocks.band if blocks else None,
        "blocks": dataclasses.asdict(blocks) if blocks else None,
        "reservations": _asdicts(one.reservations),
        "drain": [dataclasses.asdict(each) for each in drain],
        "unseen": dataclasses.asdict(one.blocks_unseen) if one.blocks_unseen else None,
    }


def _share(one: Share) -> dict[str, object]:
    owners = {owner: count for owner, count in one.owners.items() if count}
    return {"cluster": one.cluster, "node_group": one.node_group, "owners": owners}


def _asdicts(found: Iterable[Any] | None) -> list[dict[str, object]] | None:
    return None if found is None else [dataclasses.asdict(each) for each in found]


def _lines(answers: Sequence[_Answer]) -> Iterator[str]:
    from eksnet.report.escape import visible
    from eksnet.report.ips_table import account_lines, blind_lines, give_back_lines

    if not any(each.ledgers for each in answers):
        yield "no subnet of a cluster was seen"
    for one in answers:
        for account, drain in one.ledgers:
            yield from account_lines(one.target, account, drain)
            yield ""
        yield from (visible(f"{each} is used by a cluster but not listed") for each in one.missing)
        yield from give_back_lines(one.given)
        yield from blind_lines(one.blinds)
        if one.partial:
            yield "the lists were filtered (--partial): nothing can be said of who holds what"
