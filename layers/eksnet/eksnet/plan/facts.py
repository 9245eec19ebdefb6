"""What a plan rests on, read from a snapshot in one canonical form: the same before and after."""

from collections.abc import Iterable

from eksnet.model.plan import Fact
from eksnet.model.snapshot import Blind, Facet, Snapshot
from eksnet.plan.kind import Key


def read(snapshot: Snapshot, key: Key) -> str | Blind:
    """Return a fact's value as canonical JSON, or what hides it."""
    raise NotImplementedError


def facets_of(keys: Iterable[Key]) -> frozenset[Facet]:
    """Return what to look at to know the facts of ``keys``."""
    raise NotImplementedError


def differing(snapshot: Snapshot, expected: Iterable[Fact]) -> tuple[tuple[Fact, str], ...] | Blind:
    """Return the facts that are otherwise now, each with its value now, or what hides one."""
    raise NotImplementedError
