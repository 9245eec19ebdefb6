"""The `eksnet` command."""

import sys

from eksnet.model.errors import InputError, NoAccessError

BAD_INPUT = 2
NO_ACCESS = 4


def main() -> None:
    """Run the command; bad input and missing access end in one line, never in a traceback."""
    from eksnet.cli import commands  # noqa: F401 - importing registers them
    from eksnet.cli.app import app

    try:
        app()
    except InputError as problem:
        _stop(problem, BAD_INPUT)
    except NoAccessError as problem:
        _stop(problem, NO_ACCESS)


def _stop(problem: Exception, code: int) -> None:
    text = " ".join(str(problem).split())
    sys.stderr.write(f"eksnet: {text}\n")
    sys.exit(code)
