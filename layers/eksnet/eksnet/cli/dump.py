"""`eksnet dump-commands`: what somebody else can run for us."""

import typer

from eksnet.checks import catalogue
from eksnet.cli import options
from eksnet.cli.app import app
from eksnet.engine.select import select
from eksnet.pipeline.audit import MAPPED


@app.command("dump-commands")
def dump_commands(check: options.Checks = None) -> None:
    """Print a shell script of read-only `aws` commands that record what the audit reads.

    Where no role may be had, the account's owner runs it and sends the folder it fills.

    Examples:
        eksnet dump-commands > record.sh

        sh record.sh recorded eu-west-1

        eksnet audit --from recorded
    """
    from eksnet.collect.dump_commands import commands

    checks = select(catalogue(), check or ())
    wanted = frozenset(facet for each in checks for facet in each.facets) | MAPPED
    typer.echo(commands(wanted), nl=False)
