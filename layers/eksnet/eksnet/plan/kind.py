"""What a kind of step is: one declaration from which simulation, observation and IAM derive."""

import dataclasses
import enum
from collections.abc import Callable
from typing import Any

from eksnet.model.plan import About
from eksnet.model.record import record
from eksnet.model.snapshot import Facet, Snapshot

Key = tuple[About, str]


class There(enum.StrEnum):
    """Whether what a step makes is there; ``coming`` is on its way, ``broken`` never will be.

    ``unready`` is waited for as well, and may be taken back as it is.
    """

    ABSENT = "absent"
    COMING = "coming"
    UNREADY = "unready"
    THERE = "there"
    BROKEN = "broken"


@record
class Standing:
    """What was seen of what a step makes.

    ``made_by`` is the plan named by its tag, "" where it has none, None where AWS keeps no tags on
    such a thing or it is a setting. ``in_use`` says why it can't be taken away, "" when it can.
    ``problem`` is what else to tell. ``dead`` are the ids of those that failed or are gone and are
    shown for a while: one of them may be what the step made, and none holds anything.
    """

    there: There
    resource_id: str | None = None
    made_by: str | None = None
    in_use: str = ""
    problem: str = ""
    dead: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Kind[A]:
    """A kind of step, for actions of type ``A``.

    - ``facets``: what to look at to know how it stands.
    - ``facts``: what it depends on and what it changes, as the keys of facts.
    - ``standing``: how it stands in a snapshot in which no such facet is blind.
    - ``done`` / ``undone``: the snapshot as it will be after the step, or after its undoing; tags
      that name the plan are left out, as no plan is known yet.
    - ``does`` / ``undoes``: the write actions it takes, as IAM spells them.
    - ``rehearsed``: its call has a DryRun. ``reversible``: its undoing leaves nothing behind.
    - ``tells`` / ``tells_undo``: one line each for who approves.
    - ``counts``: ``creates``, ``changes`` or ``deletes``.
    """

    action: type[A]
    facets: frozenset[Facet]
    facts: Callable[[A], tuple[Key, ...]]
    standing: Callable[[Snapshot, A], Standing]
    done: Callable[[Snapshot, A], Snapshot]
    undone: Callable[[Snapshot, A], Snapshot]
    does: tuple[str, ...]
    undoes: tuple[str, ...]
    rehearsed: bool
    reversible: bool
    counts: str
    tells: Callable[[A], str]
    tells_undo: Callable[[A], str]


AnyKind = Kind[Any]
