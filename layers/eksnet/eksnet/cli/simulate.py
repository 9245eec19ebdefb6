"""`eksnet simulate node`: what the VPC CNI takes for one node under given settings."""

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

import typer

from eksnet.cli import options
from eksnet.cli.app import app
from eksnet.cni import precedence
from eksnet.cni.effective import Effective, Setting, effective, pool_targets, without_nitro
from eksnet.cni.env_vars import env_vars
from eksnet.cni.max_pods import CLOSE, Mode, limit_of, max_pods
from eksnet.cni.podsubnets import CUSTOM_NETWORKING, DISCOVERY
from eksnet.cni.pool import NodeShape, Pool, PoolTargets, pool, shape_of
from eksnet.model.errors import InputError

PIPED_WIDTH = 160  # a pipe has no width; no line wraps before this one
SIZING = (  # what the pool depends on: shown also where nobody set it
    *precedence.TARGETS,
    precedence.MAX_ENI,
    precedence.PREFIX_DELEGATION,
    precedence.IPV6,
    "ENABLE_POD_ENI",
    CUSTOM_NETWORKING,
    DISCOVERY,
)

simulate = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="What the VPC CNI would take under other settings.",
)
app.add_typer(simulate, name="simulate")


@simulate.command("node")
def node(
    type_: Annotated[str, typer.Option("--type", metavar="T", help="The instance type.")],
    pods: Annotated[int, typer.Option(metavar="N", help="Pods without the host's network.")],
    mode: Annotated[
        Mode | None, typer.Option(help="How the VPC CNI gives addresses; else as --env says.")
    ] = None,
    custom_networking: Annotated[
        bool, typer.Option("--custom-networking", help="Pods do not use the primary interface.")
    ] = False,
    env: Annotated[
        list[str] | None,
        typer.Option(metavar="K=V", help="A variable of the aws-node DaemonSet; repeat for more."),
    ] = None,
    most: Annotated[
        int | None, typer.Option("--max-pods", metavar="N", help="The kubelet's max-pods.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Tell what one node holds once its pods have come: interfaces, addresses, prefixes.

    Variables that are not given have the defaults of the VPC CNI's manifest.

    Examples:
        eksnet simulate node --type m5.large --pods 20

        eksnet simulate node --type m5.large --pods 20 --env WARM_IP_TARGET=2

        eksnet simulate node --type c7g.4xlarge --pods 110 --mode prefix --max-pods 110 --json
    """
    if most is not None and most < 1:
        msg = f"max-pods {most}: at least 1 is needed"
        raise InputError(msg)
    shape = shape_of(limit_of(type_), max_pods=most)
    settings = read_variables(variables(env or (), mode, custom_networking=custom_networking))
    _refuse_unmodelled(settings, shape)
    targets = pool_targets(settings)
    found = pool(shape, targets, pods)
    shown = _shown(settings)
    warnings = tuple(_warnings(settings, shape, targets, found))
    if as_json:
        typer.echo(json.dumps(_contract(shape, found, shown, warnings), indent=2))
        return
    _print_tables(shape, found, shown)
    for warning in warnings:
        typer.echo(f"warning: {warning}", err=True)


def variables(
    pairs: Iterable[str], mode: Mode | None, *, custom_networking: bool
) -> dict[str, str]:
    """Return the variables as given, and as the options say them in other words.

    Raises:
        InputError: one is unknown, given twice, or contradicts an option.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            msg = f"--env {pair!r}: NAME=VALUE is needed"
            raise InputError(msg)
        if name not in env_vars():
            close = difflib.get_close_matches(name.upper(), env_vars(), CLOSE)
            hint = f"; did you mean {', '.join(close)}?" if close else ""
            msg = f"--env: the VPC CNI has no variable {name!r}{hint}"
            raise InputError(msg)
        if found.setdefault(name, value) != value:
            msg = f"--env: {name} is given twice, as {found[name]!r} and as {value!r}"
            raise InputError(msg)
    asked = {} if mode is None else {precedence.PREFIX_DELEGATION: mode is Mode.PREFIX}
    if custom_networking:
        asked[CUSTOM_NETWORKING] = True
    for name, wanted in asked.items():
        if effective(found).flag(name) is not wanted and name in found:
            msg = f"--env {name}={found[name]} contradicts the option that says the opposite"
            raise InputError(msg)
        found[name] = str(wanted).lower()
    return found


def read_variables(given: Mapping[str, str]) -> Effective:
    """Return what variables amount to, with the manifest's defaults for the others.

    Raises:
        InputError: a value can't be read.
    """
    known = env_vars()
    settings = effective(
        {name: value for name, value in given.items() if known[name].container != "init"},
        init_env={name: value for name, value in given.items() if known[name].container != "main"},
    )
    for each in settings.settings.values():
        if each.problem:
            msg = f"--env {each.name}={each.given!r} {each.problem.partition(';')[0]}"
            raise InputError(msg)
    return settings


def _refuse_unmodelled(settings: Effective, shape: NodeShape) -> None:
    """Stop where there would be no pool: ipamd does not start, or leaves the pool to others."""
    found = settings.contradictions
    if shape.nitro is False:
        found = (*found, *without_nitro(settings))
    for each in found:
        if each.rule in precedence.REFUSED:
            raise InputError(each.statement)
    if not settings.provisions:
        off = next(name for name in precedence.PROVISIONING_OFF if settings.flag(name))
        msg = f"{off}=true: ipamd adds and frees nothing, there is no pool to tell of"
        raise InputError(msg)


def _shown(settings: Effective) -> tuple[Setting, ...]:
    return tuple(
        each
        for name, each in sorted(settings.settings.items())
        if name in SIZING or each.given is not None
    )


def _warnings(
    settings: Effective, shape: NodeShape, targets: PoolTargets, found: Pool
) -> Iterator[str]:
    for each in settings.contradictions:
        yield each.statement
    if shape.nitro is False:
        for each in without_nitro(settings):
            yield each.statement
    yield from found.assumed
    if found.pending:
        yield f"{found.pending} of {found.pods + found.pending} pods get no address"
    if found.stopped_by_max_pods:
        yield (
            f"the pool stops short of its targets: it holds as many as max-pods {shape.max_pods}"
        )
    if targets.ipv6:
        yield "with IPv6 one /80 prefix serves all pods: no IPv4 address is taken for them"
    recommended = _recommended(shape, targets, found)
    if recommended is not None:
        yield (
            f"max-pods is not given; ipamd stops adding once the pool holds that many, "
            f"{recommended} is the recommended one"
        )


def _recommended(shape: NodeShape, targets: PoolTargets, found: Pool) -> int | None:
    """Return the recommended max-pods where it would make a difference and none was given."""
    if shape.max_pods is not None or targets.ipv6:
        return None
    answer = max_pods(
        limit_of(shape.instance_type),
        found.mode,
        custom_networking=targets.custom_networking,
        max_eni=targets.max_eni,
    )
    return answer.recommended if found.ips > (answer.recommended or found.ips) else None


def _contract(
    shape: NodeShape, found: Pool, shown: Iterable[Setting], warnings: Iterable[str]
) -> dict[str, object]:
    return {
        "instance_type": shape.instance_type,
        "mode": found.mode,
        "pods": found.pods,
        "pending_pods": found.pending,
        "enis": found.enis,
        "ips": found.ips,
        "prefixes": found.prefixes,
        "unused_ips": found.unused_ips,
        "per_eni": list(found.per_eni),
        "subnet_addresses": found.subnet_addresses,
        "node_subnet_addresses": found.node_subnet_addresses,
        "pod_subnet_addresses": found.pod_subnet_addresses,
        "stopped_by_max_pods": found.stopped_by_max_pods,
        "effective_settings": {
            each.name: {"value": each.value, "origin": each.origin, "ignored": each.ignored}
            for each in shown
        },
        "warnings": list(warnings),
    }


def _print_tables(shape: NodeShape, found: Pool, shown: Iterable[Setting]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PIPED_WIDTH)
    figures = Table(box=None, pad_edge=False, show_header=False)
    figures.add_column(no_wrap=True, style="bold")
    figures.add_column()
    for name, figure in _figures(shape, found):
        figures.add_row(name, figure)
    console.print(figures)
    console.print()
    settings = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("SETTING", "VALUE", "FROM", "IGNORED"):
        settings.add_column(column)
    for each in shown:
        settings.add_row(each.name, each.value or "unset", each.origin, each.ignored or "")
    console.print(settings)


def _figures(shape: NodeShape, found: Pool) -> Iterator[tuple[str, str]]:
    yield "Node", f"{shape.instance_type}, {found.mode}"
    yield "Pods", f"{found.pods} with an address, {found.pending} without"
    each = "prefixes" if found.prefixes else "addresses"
    layout = ", ".join(str(slots) for slots in found.per_eni)
    yield "Interfaces", f"{found.enis}, with {layout} {each}"
    yield "Addresses", f"{found.ips} for pods, {found.unused_ips} of them unused"
    if found.prefixes:
        yield "Prefixes", f"{found.prefixes} of 16 addresses"
    taken = f"{found.subnet_addresses}, the interfaces' own included"
    if found.pod_subnet_addresses:
        taken = (
            f"{found.subnet_addresses}: {found.node_subnet_addresses} of the node's subnet, "
            f"{found.pod_subnet_addresses} of the pods'"
        )
    yield "Taken from subnets", taken
