"""What a store does, whatever it keeps things in. Times are aware and exact to the second."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from eksnet.model.finding import Suppression
from eksnet.model.history import CapacityRow, Judgement, Latest, Letter, RunKind, RunRecord
from eksnet.model.snapshot import Target
from eksnet.model.tracked import Known, State, Tracked


class SupersededError(Exception):
    """A newer run has claimed the target: this one is history and must change no finding."""


class StoreError(Exception):
    """The store refused or lost a call: ``api`` and the error ``code``. Nothing was assumed."""

    def __init__(self, api: str, code: str) -> None:
        super().__init__(f"{api} answered {code}")
        self.api, self.code = api, code


class Store(Protocol):
    """Runs, judgements, findings over time, capacity history and suppressions.

    Every method raises StoreError when the store can't be read or written.
    """

    def begin(self, run: RunRecord) -> RunRecord:
        """Keep a run unless its id is taken; return the one that now has the id."""

    def run(self, run_id: str) -> RunRecord | None:
        """Return a run."""

    def latest_run(self, kind: RunKind, *, before: str | None = None) -> RunRecord | None:
        """Return the newest run of a kind, or the newest with an id below ``before``."""

    def put_letter(self, letter: Letter) -> Letter:
        """Keep what people are told of a run unless it has a letter; return the one it has."""

    def letter(self, run_id: str) -> Letter | None:
        """Return what people were told of a run."""

    def mark_reported(self, run_id: str, at: dt.datetime) -> bool:
        """Note up to when people were told by a run; False when that was noted already."""

    def put_judgement(self, judgement: Judgement) -> Judgement:
        """Keep a judgement unless its run and target have one; return what is then kept.

        What is returned was read back from the store.
        """

    def judgement(self, run_id: str, target: Target) -> Judgement | None:
        """Return what a run judged of a target, None unless it was kept whole."""

    def judgements(self, run: RunRecord) -> Iterator[Judgement]:
        """Yield what was judged of the run's targets, in their order, those without left out."""

    def latest(self, target: Target) -> Latest | None:
        """Return the newest run that claimed a target."""

    def claim(self, target: Target, latest: Latest) -> bool:
        """Become the newest run of a target; False when one that looked later already is.

        The same run may claim again with a later look. Of two that began to look in the same
        second, the one that claims last counts as the newer.
        """

    def tracked(self, target: Target) -> tuple[Tracked, ...]:
        """Return every finding of a target, resolved ones included, by id."""

    def track(self, target: Target, latest: Latest, changed: Sequence[Tracked]) -> int:
        """Keep findings as they now are; return how many of them the store then holds so.

        The number is read back, not counted on the way in. Each batch is written only while
        ``latest`` is still the target's newest run.

        Raises:
            SupersededError: it is not.
        """

    def mark_told(self, target: Target, known: Mapping[str, Known]) -> None:
        """Note what people were told of findings, by id; those that are gone are left out."""

    def mark_announced(self, target: Target, states: Mapping[str, State]) -> None:
        """Note what the event bus was told of findings, by id; those gone are left out."""

    def put_capacity(self, rows: Iterable[CapacityRow]) -> int:
        """Keep capacity rows, one a subnet and look; return how many of them are there."""

    def capacity(
        self, subnet_id: str, *, since: dt.datetime | None = None
    ) -> tuple[CapacityRow, ...]:
        """Return a subnet's rows, oldest first."""

    def saw_suppressions(self, seen: Iterable[Suppression], at: dt.datetime) -> None:
        """Note that suppressions were in force; first and last time are kept."""

    def suppressions(self) -> tuple[tuple[Suppression, dt.datetime, dt.datetime], ...]:
        """Return every suppression ever seen, with the first and the last time."""
