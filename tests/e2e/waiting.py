"""Waiting for what other processes do: always to a deadline, never for a fixed time."""

import time
from collections.abc import Callable

PAUSE = 0.2  # seconds between two looks


class NeverCameError(AssertionError):
    """What was waited for did not come in time."""


def eventually[T](
    what: str, look: Callable[[], T | None], seconds: float, instead: Callable[[], object] = str
) -> T:
    """Return the first answer of ``look`` that is neither None nor empty.

    ``instead`` says what there was instead when the deadline passes.
    """
    deadline = time.monotonic() + seconds
    while not (answer := look()):
        if time.monotonic() > deadline:
            message = f"not within {seconds:.0f} s: {what}. Instead: {instead() or 'nothing'}"
            raise NeverCameError(message)
        time.sleep(PAUSE)
    return answer
