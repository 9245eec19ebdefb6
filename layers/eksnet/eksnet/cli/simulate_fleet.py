"""`eksnet simulate fleet`: the clusters that exist, under other settings, beside today."""

import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated

import typer

from eksnet.capacity.comparison import Comparison, SubnetChange, compare
from eksnet.capacity.ledger import NEEDS
from eksnet.capacity.options import Option
from eksnet.capacity.options import options as ways
from eksnet.capacity.usage import Use
from eksnet.capacity.whatif import Scenario, changed, require_groups, unchanged_clusters
from eksnet.checks import catalogue
from eksnet.cli import options
from eksnet.cli.simulate import read_variables, simulate, variables
from eksnet.cni.max_pods import Mode
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.errors import InputError
from eksnet.model.finding import Finding, Status
from eksnet.model.record import record
from eksnet.model.snapshot import Blind, Facet, Snapshot, Target

UNSEEN = 3


@record
class FindingChange:
    """A finding that the scenario closes, opens or changes; None where there would be none."""

    today: Finding | None
    then: Finding | None

    @property
    def finding(self) -> Finding:
        """Return the one that there is, the later first."""
        found = self.then or self.today
        assert found is not None  # noqa: S101 - one of them is there: see finding_changes
        return found


@record
class Simulated:
    """One target's answer."""

    target: Target
    comparison: Comparison
    findings: tuple[FindingChange, ...]
    options: tuple[Option, ...]
    unchanged: tuple[str, ...]
    blinds: tuple[Blind, ...]
    partial: bool


@simulate.command("fleet")
def fleet(
    region: options.Region = None,
    all_regions: options.AllRegions = False,
    cluster: options.Clusters = None,
    recorded: options.From = None,
    account: options.Account = None,
    partial: options.Partial = False,
    env: Annotated[
        list[str] | None,
        typer.Option(metavar="K=V", help="A variable of the aws-node DaemonSet; repeat for more."),
    ] = None,
    mode: Annotated[
        Mode | None, typer.Option(help="How the VPC CNI gives addresses; else as today.")
    ] = None,
    custom_networking: Annotated[
        bool, typer.Option("--custom-networking", help="Pods have subnets of their own.")
    ] = False,
    pod_cidr: Annotated[
        list[str] | None,
        typer.Option(
            "--pod-cidr",
            metavar="CIDR",
            help="A block for pod subnets: one to be cut, or one for each zone.",
        ),
    ] = None,
    nodes: Annotated[
        list[str] | None,
        typer.Option("--nodes", metavar="GROUP=N", help="The nodes of a group; repeat for more."),
    ] = None,
    type_: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="GROUP=T", help="The type of a group's nodes."),
    ] = None,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Tell what the clusters' nodes would take under other settings, side by side with today.

    Shows the addresses and /28s of each subnet at least (no pods) and at most (full nodes),
    max-pods, the verdicts and findings that would change, and what else could be done. GROUP is a
    node group's name, or CLUSTER/GROUP.

    Exit codes: 0 all was seen; 2 bad input; 3 something could not be seen; 4 no credentials, or
    nobody answered.

    Examples:
        eksnet simulate fleet --from snapshot.json --mode prefix

        eksnet simulate fleet --region eu-west-1 --env WARM_IP_TARGET=2 --env MINIMUM_IP_TARGET=10

        eksnet simulate fleet --custom-networking --pod-cidr 100.64.0.0/16 --nodes general=12
    """
    scenario = _scenario(
        env or (), mode, pod_cidr or (), nodes or (), type_ or (), custom=custom_networking
    )
    thresholds = options.limits(config)
    snapshots = options.snapshots(
        NEEDS.union(*(each.facets for each in catalogue())),
        region=region,
        all_regions=all_regions,
        cluster=cluster,
        recorded=recorded,
        account=account,
        partial=partial,
    )
    require_groups(snapshots, scenario)
    answers = [_simulated(each, scenario, thresholds) for each in snapshots]
    if as_json:
        typer.echo(json.dumps(_contract(scenario, answers), indent=2))
    else:
        typer.echo("\n".join(_lines(scenario, answers)))
    unseen = any(
        each.blinds or each.partial or each.comparison.unknown or each.comparison.skipped
        for each in answers
    )
    raise typer.Exit(UNSEEN if unseen else 0)


def _scenario(
    env: Iterable[str],
    mode: Mode | None,
    pod_cidr: Sequence[str],
    nodes: Iterable[str],
    types: Iterable[str],
    *,
    custom: bool,
) -> Scenario:
    """Read the options.

    Raises:
        InputError: they are malformed, unknown, or contradict each other.
    """
    given = variables(env, mode, custom_networking=custom)
    read_variables(given)
    found = Scenario(
        env=given,
        pod_cidrs=tuple(pod_cidr),
        nodes={name: _number(name, text) for name, text in _pairs("--nodes", nodes).items()},
        types=_pairs("--type", types),
    )
    if pod_cidr and not found.custom_networking:
        msg = "--pod-cidr goes with --custom-networking"
        raise InputError(msg)
    return found


def _pairs(option: str, texts: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            msg = f"{option} {text!r}: GROUP=VALUE is needed"
            raise InputError(msg)
        if found.setdefault(name, value) != value:
            msg = f"{option}: {name} is given twice, as {found[name]!r} and as {value!r}"
            raise InputError(msg)
    return found


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > len("10000"):
        msg = f"--nodes {name}={text}: a number of nodes is needed"
        raise InputError(msg)
    return int(text)


def _simulated(snapshot: Snapshot, scenario: Scenario, limits: Limits) -> Simulated:
    shown = NEEDS | {Facet.REGIONS}
    return Simulated(
        target=snapshot.target,
        comparison=compare(snapshot, scenario, limits.cluster_subnet_critical),
        findings=finding_changes(snapshot, changed(snapshot, scenario), limits),
        options=tuple(each for one in snapshot.clusters for each in ways(snapshot, one)),
        unchanged=unchanged_clusters(snapshot),
        blinds=tuple(each for each in snapshot.blinds if each.facet in shown),
        partial=snapshot.partial,
    )


def finding_changes(before: Snapshot, after: Snapshot, limits: Limits) -> tuple[FindingChange, ...]:
    """Return the findings whose status or severity the change alters, worst first.

    What is new and passes is no news.
    """
    today, then = (
        {each.finding_id: each for each in run(snapshot, catalogue(), limits)}
        for snapshot in (before, after)
    )
    found = [
        FindingChange(today=today.get(each), then=then.get(each)) for each in {**then, **today}
    ]
    return tuple(
        each for each in found if _judged(each.today) != _judged(each.then) and not _silent(each)
    )


def _judged(one: Finding | None) -> tuple[object, ...] | None:
    return None if one is None else (one.status, one.severity)


def _silent(one: FindingChange) -> bool:
    ends = (one.today, one.then)
    return None in ends and all(each is None or each.status is Status.PASS for each in ends)


def _contract(scenario: Scenario, answers: Iterable[Simulated]) -> dict[str, object]:
    """Return what --json prints; its keys are a contract."""
    return {
        "schema_version": 1,
        "scenario": dataclasses.asdict(scenario),
        "targets": [_plain(each) for each in answers],
    }


def _plain(one: Simulated) -> dict[str, object]:
    compared = one.comparison
    return {
        "account_id": one.target.account_id,
        "region": one.target.region,
        "subnets": [_subnet(each) for each in compared.subnets],
        "max_pods": [dataclasses.asdict(each) for each in compared.pods],
        "verdicts": [dataclasses.asdict(each) for each in compared.answers],
        "findings": [_finding(each) for each in one.findings],
        "options": [dataclasses.asdict(each) for each in one.options],
        "unknown": {name: dataclasses.asdict(why) for name, why in compared.unknown.items()},
        "skipped": list(compared.skipped),
        "unchanged": list(one.unchanged),
        "blind": [dataclasses.asdict(each) for each in one.blinds],
    }


def _subnet(one: SubnetChange) -> dict[str, object]:
    return {
        **dataclasses.asdict(one),
        "today": _use(one.today),
        "then": _use(one.then),
        "free_then": list(one.free_then) if one.free_then else None,
    }


def _use(one: Use | None) -> dict[str, object] | None:
    if one is None:
        return None
    return {
        name: {"addresses": need.total, "free_28": need.blocks}
        for name, need in (("at_least", one.least), ("at_most", one.most))
    }


def _finding(one: FindingChange) -> dict[str, object]:
    about = one.finding
    return {
        "finding_id": about.finding_id,
        "check_id": about.check_id,
        "cluster": about.cluster,
        "resource": dataclasses.asdict(about.resource),
        "today": _side(one.today),
        "then": _side(one.then),
    }


def _side(one: Finding | None) -> dict[str, object] | None:
    if one is None:
        return None
    return {"status": one.status, "severity": one.severity, "message": one.message}


def _lines(scenario: Scenario, answers: Sequence[Simulated]) -> Iterator[str]:
    from eksnet.report import whatif_table as table

    yield from table.scenario_lines(scenario)
    for one in answers:
        yield from table.target_lines(one.target, one.comparison, one.unchanged)
        yield from table.finding_lines([(each.today, each.then) for each in one.findings])
        yield from table.option_lines(one.options)
        yield from table.blind_lines(one.blinds)
