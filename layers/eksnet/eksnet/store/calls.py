"""Calling AWS for the store: one kind of error for all that can go wrong, and patient retries."""

import contextlib
import random
import time
from collections.abc import Callable, Iterable, Iterator

import botocore.exceptions

from eksnet.store.interface import StoreError

TRIES = 8  # beyond botocore's own, which know nothing of an answer that took only a part
_FIRST_SECONDS = 0.05  # then twice as long each time, with full jitter:
_LONGEST_SECONDS = (
    5.0  # https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
)

Sleep = Callable[[float], None]


@contextlib.contextmanager
def refusals(api: str) -> Iterator[None]:
    """Turn whatever botocore raises in the block into the StoreError of ``api``."""
    try:
        yield
    except botocore.exceptions.ClientError as problem:
        code = problem.response.get("Error", {}).get("Code", "Unknown")
        raise StoreError(api, code) from problem
    except (botocore.exceptions.BotoCoreError, OSError) as problem:
        raise StoreError(api, type(problem).__name__) from problem


def tries(sleep: Sleep = time.sleep) -> Iterator[int]:
    """Count the tries of one thing, waiting longer before each."""
    for number in range(TRIES):
        if number:
            longest = min(_LONGEST_SECONDS, _FIRST_SECONDS * 2 ** (number - 1))
            sleep(random.uniform(0, longest))  # noqa: S311 - spreads retries, guards nothing
        yield number


def batches[T](
    things: Iterable[T], *, count: int, size: int, weigh: Callable[[T], int]
) -> Iterator[list[T]]:
    """Yield things in lists of at most ``count``, each within ``size`` where one thing is.

    The lists follow the things' order.
    """
    batch: list[T] = []
    weight = 0
    for thing in things:
        one = weigh(thing)
        if batch and (len(batch) == count or weight + one > size):
            yield batch
            batch, weight = [], 0
        batch.append(thing)
        weight += one
    if batch:
        yield batch
