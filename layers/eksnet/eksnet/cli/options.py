"""The options that several commands share, and what they mean."""

import enum
import pathlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from eksnet.engine.limits import Limits
from eksnet.engine.profile import Profile
from eksnet.model.errors import InputError
from eksnet.model.snapshot import Facet, Snapshot
from eksnet.pipeline import source
from eksnet.pipeline.source import Progress
from eksnet.report.escape import visible

Region = Annotated[
    list[str] | None,
    typer.Option("--region", "-r", help="A region to look at; repeat for more.", metavar="REGION"),
]
AllRegions = Annotated[
    bool, typer.Option("--all-regions", help="Look at every region the account has enabled.")
]
Clusters = Annotated[
    list[str] | None,
    typer.Option("--cluster", "-c", help="Only this cluster; repeat for more.", metavar="NAME"),
]
Checks = Annotated[
    list[str] | None,
    typer.Option("--check", help="Only this check, or XEN*; repeat for more.", metavar="ID"),
]
Profiles = Annotated[
    Profile, typer.Option("--profile", help="Only the checks that are about this.")
]
From = Annotated[
    pathlib.Path | None,
    typer.Option("--from", help="Judge a saved snapshot, or a folder of `aws` output."),
]
Account = Annotated[
    str | None, typer.Option(help="The account of a recorded folder that does not tell it.")
]
Partial = Annotated[
    bool,
    typer.Option("--partial", help="The recorded lists were filtered: call nothing absent."),
]
Earlier = Annotated[
    pathlib.Path | None,
    typer.Option(help="An earlier snapshot of the same target: tells how long things have been."),
]
Config = Annotated[pathlib.Path | None, typer.Option(help="A YAML file of thresholds.")]
Output = Annotated[
    pathlib.Path | None, typer.Option("--output", "-o", help="Write there instead of to stdout.")
]
Json = Annotated[bool, typer.Option("--json", help="The same as --format json.")]


STDOUT = pathlib.Path("-")


class Format(enum.StrEnum):
    """What a report can be written as."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


def snapshots(
    facets: frozenset[Facet],
    *,
    region: Sequence[str] | None,
    all_regions: bool = False,
    cluster: Sequence[str] | None = None,
    recorded: pathlib.Path | None = None,
    account: str | None = None,
    partial: bool = False,
    earlier: pathlib.Path | None = None,
) -> tuple[Snapshot, ...]:
    """Return what the source options name, narrowed to the clusters asked for.

    Raises:
        InputError: options that exclude each other, or input that can't be read.
        NoAccessError: nothing could be asked.
    """
    before = None
    if earlier is not None:
        if all_regions or len(region or ()) > 1:
            msg = "--earlier is one region's snapshot: give one --region at most"
            raise InputError(msg)
        before = source.load_snapshot(earlier)
    if recorded is None:
        if account or partial:
            msg = "--account and --partial go with --from"
            raise InputError(msg)
        with progress() as say:
            found = source.look(
                region or (), facets, all_regions=all_regions, clusters=cluster, progress=say
            )
    else:
        if all_regions or len(region or ()) > 1:
            msg = "--from is one region's record: give one --region at most"
            raise InputError(msg)
        only = region[0] if region else None
        whole = source.load_snapshot(recorded, account, only, partial=partial)
        source.require_clusters([whole], cluster)
        found = (source.narrow(whole, cluster),)
    return found if before is None else (source.with_history(found[0], before),)


def limits(config: pathlib.Path | None) -> Limits:
    """Return the thresholds of a configuration file, or the defaults.

    Raises:
        InputError: the file is wrong.
    """
    if config is None:
        return Limits()
    from eksnet.settings.files import read_limits

    return read_limits(config)


@contextmanager
def progress() -> Iterator[Progress]:
    """Show what is being read on stderr, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status("looking") as status:
        yield lambda text: status.update(escape(f"looking: {visible(text)}"))


def write(text: str, output: pathlib.Path | None) -> None:
    """Write ``text`` to ``output``; to stdout where there is none, or ``-``.

    Raises:
        InputError: the file can't be written.
    """
    if output is None or output == STDOUT:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8", newline="\n")
    except OSError as problem:
        msg = f"{output}: {problem.strerror}"
        raise InputError(msg) from problem
