"""The `eksnet` command."""

import io
import logging
import os
import sys

from eksnet.model.errors import InputError, NoAccessError
from eksnet.report.escape import visible
from eksnet.store.interface import StoreError

BAD_INPUT = 2
NO_ACCESS = 4


def main() -> None:
    """Run the command; bad input and missing access end in one line, never in a traceback."""
    from eksnet.cli import commands  # noqa: F401 - importing registers them
    from eksnet.cli.app import app

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    _show_warnings()
    try:
        app()
    except InputError as problem:
        _stop(problem, BAD_INPUT)
    except (NoAccessError, StoreError) as problem:
        _stop(problem, NO_ACCESS)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader had enough
        sys.exit(0)
    except OSError as problem:
        _stop(problem, BAD_INPUT)


def _stop(problem: Exception, code: int) -> None:
    text = visible(" ".join(str(problem).split()))
    sys.stderr.write(f"eksnet: {text}\n")
    sys.exit(code)


class _Visible(logging.Formatter):
    """Warnings name what others wrote: nothing in them may steer a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return f"eksnet: {visible(record.getMessage())}"


def _show_warnings() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_Visible())
    handler.setLevel(logging.WARNING)
    logger = logging.getLogger("eksnet")
    logger.handlers = [handler]
    logger.propagate = False
