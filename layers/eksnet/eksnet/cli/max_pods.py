"""`eksnet max-pods`: how many pods a node of a type can hold."""

import dataclasses
import enum
import json
from collections.abc import Iterable
from typing import Annotated

import typer

from eksnet.cli import options
from eksnet.cli.app import app
from eksnet.cni.limits import limits
from eksnet.cni.max_pods import MaxPods, Mode, ipv6_node, limit_of, max_pods, windows_max_pods
from eksnet.model.errors import InputError

PIPED_WIDTH = 160  # a pipe has no width; no note wraps before this one


class Format(enum.StrEnum):
    """How the answer is printed."""

    TABLE = "table"
    JSON = "json"


@app.command("max-pods")
def command(
    types: Annotated[
        list[str] | None, typer.Argument(metavar="[TYPE]...", help="Instance types.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every type that is known.")] = False,
    mode: Annotated[
        Mode, typer.Option(help="How the VPC CNI gives addresses.")
    ] = Mode.SECONDARY_IP,
    custom_networking: Annotated[
        bool, typer.Option("--custom-networking", help="Pods do not use the primary interface.")
    ] = False,
    max_eni: Annotated[int | None, typer.Option(metavar="N", help="The CNI's MAX_ENI.")] = None,
    windows: Annotated[bool, typer.Option("--windows", help="Of Windows nodes.")] = False,
    ipv6: Annotated[bool, typer.Option("--ipv6", help="Of nodes of an IPv6 cluster.")] = False,
    format_: Annotated[Format, typer.Option("--format", "-f", help="How to print it.")] = (
        Format.TABLE
    ),
    as_json: options.Json = False,
) -> None:
    """Tell how many pods a node can hold: by its interfaces, and as recommended.

    Examples:
        eksnet max-pods m5.large c7g.4xlarge --mode prefix

        eksnet max-pods p5.48xlarge --custom-networking --max-eni 2

        eksnet max-pods --all --json
    """
    names = sorted(limits()) if every else list(types or ())
    if not names:
        msg = "max-pods: name an instance type, or --all"
        raise InputError(msg)
    if windows and (custom_networking or max_eni is not None):
        msg = (
            "--windows: Windows nodes use their primary interface only, whatever the CNI's settings"
        )
        raise InputError(msg)
    if ipv6 and (windows or custom_networking or max_eni is not None):
        msg = "--ipv6: one prefix holds all pods, and Windows nodes have no IPv6 pods"
        raise InputError(msg)

    def answer(name: str) -> MaxPods:
        limit = limit_of(name)
        if ipv6:
            return ipv6_node(limit)
        if windows:
            return windows_max_pods(limit, mode)
        return max_pods(limit, mode, custom_networking=custom_networking, max_eni=max_eni)

    answers = [answer(name) for name in names]
    if as_json or format_ is Format.JSON:
        typer.echo(json.dumps([dataclasses.asdict(each) for each in answers], indent=2))
    else:
        _print_table(answers)


def _print_table(answers: Iterable[MaxPods]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PIPED_WIDTH)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("TYPE", no_wrap=True)
    for column in ("ENIS", "IPV4/ENI", "VCPUS", "UNCAPPED", "RECOMMENDED"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("MODE", no_wrap=True)
    table.add_column("NOTES")
    for each in answers:
        numbers = (each.max_enis, each.ipv4_per_eni, each.vcpus, each.uncapped, each.recommended)
        cells = ["?" if number is None else str(number) for number in numbers]
        cells[3] = "any" if each.uncapped is None else cells[3]
        table.add_row(each.instance_type, *cells, each.mode, "; ".join(each.notes))
    console.print(table)
