"""A store in memory, with the laws of the real one: for tests, and where nothing is to be kept."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence

from eksnet.model.finding import Suppression
from eksnet.model.history import CapacityRow, Judgement, Latest, Letter, RunKind, RunRecord
from eksnet.model.snapshot import Target
from eksnet.model.tracked import Known, State, Tracked
from eksnet.store.bodies import kept, oldest_first, stamp
from eksnet.store.interface import StoreError, SupersededError

_Place = tuple[str, str]
_MARK = "memory:mark_reported"


class MemoryStore:
    """A Store whose contents end with the process."""

    def __init__(self) -> None:
        self._runs: dict[str, RunRecord] = {}
        self._judgements: dict[tuple[str, _Place], Judgement] = {}
        self._letters: dict[str, Letter] = {}
        self._latest: dict[_Place, Latest] = {}
        self._tracked: dict[_Place, dict[str, Tracked]] = {}
        self._capacity: dict[str, dict[_Place, CapacityRow]] = {}
        self._suppressions: dict[Suppression, tuple[dt.datetime, dt.datetime]] = {}

    def begin(self, run: RunRecord) -> RunRecord:
        """Keep a run unless its id is taken; return the one that now has the id."""
        return self._runs.setdefault(run.id, run)

    def run(self, run_id: str) -> RunRecord | None:
        """Return a run."""
        return self._runs.get(run_id)

    def latest_run(self, kind: RunKind, *, before: str | None = None) -> RunRecord | None:
        """Return the newest run of a kind, or the newest with an id below ``before``."""
        found = [
            run
            for run in self._runs.values()
            if run.kind is kind and (before is None or run.id < before)
        ]
        return max(found, key=lambda run: run.id, default=None)

    def put_letter(self, letter: Letter) -> Letter:
        """Keep what people are told of a run unless it has a letter; return the one it has."""
        return self._letters.setdefault(letter.run_id, letter)

    def letter(self, run_id: str) -> Letter | None:
        """Return what people were told of a run."""
        return self._letters.get(run_id)

    def mark_reported(self, run_id: str, at: dt.datetime) -> bool:
        """Note that people were told of a run; False when that was noted already."""
        run = self._runs.get(run_id)
        if run is None:
            raise StoreError(_MARK, "NoSuchRun")
        if run.reported_at is not None:
            return False
        self._runs[run_id] = dataclasses.replace(run, reported_at=at)
        return True

    def put_judgement(self, judgement: Judgement) -> Judgement:
        """Keep a judgement unless its run and target have one; return what is then kept."""
        key = (judgement.run_id, _place(judgement.target))
        return self._judgements.setdefault(key, kept(judgement))

    def judgement(self, run_id: str, target: Target) -> Judgement | None:
        """Return what a run judged of a target."""
        return self._judgements.get((run_id, _place(target)))

    def judgements(self, run: RunRecord) -> Iterator[Judgement]:
        """Yield what was judged of the run's targets, in their order."""
        for target in run.targets:
            found = self.judgement(run.id, target)
            if found is not None:
                yield found

    def latest(self, target: Target) -> Latest | None:
        """Return the newest run that claimed a target."""
        return self._latest.get(_place(target))

    def claim(self, target: Target, latest: Latest) -> bool:
        """Become the newest run of a target; False when one that looked later already is."""
        now = self.latest(target)
        if now and now.captured_at > latest.captured_at:
            return False
        self._latest[_place(target)] = latest
        return True

    def tracked(self, target: Target) -> tuple[Tracked, ...]:
        """Return every finding of a target, resolved ones included, by id."""
        return tuple(each for _, each in sorted(self._tracked.get(_place(target), {}).items()))

    def track(self, target: Target, latest: Latest, changed: Sequence[Tracked]) -> int:
        """Keep findings as they now are; return how many of them the store then holds so.

        Raises:
            SupersededError: ``latest`` is not the target's newest run.
        """
        now = self.latest(target)
        if changed and (now is None or not _same_look(now, latest)):
            raise SupersededError(latest.run_id)
        found = self._tracked.setdefault(_place(target), {})
        as_kept = [kept(each) for each in changed]
        found.update({each.finding.finding_id: each for each in as_kept})
        return sum(found[each.finding.finding_id] == each for each in as_kept)

    def mark_told(self, target: Target, known: Mapping[str, Known]) -> None:
        """Note what people were told of findings, by id; those that are gone are left out."""
        found = self._tracked.get(_place(target), {})
        for name in known.keys() & found.keys():
            found[name] = dataclasses.replace(found[name], told=known[name])

    def mark_announced(self, target: Target, states: Mapping[str, State]) -> None:
        """Note what the event bus was told of findings, by id; those gone are left out."""
        found = self._tracked.get(_place(target), {})
        for name in states.keys() & found.keys():
            found[name] = dataclasses.replace(found[name], announced=states[name])

    def put_capacity(self, rows: Iterable[CapacityRow]) -> int:
        """Keep capacity rows, one a subnet and look; return how many of them are there."""
        given = list(rows)
        for row in given:
            self._capacity.setdefault(row.subnet_id, {})[_look(row)] = row
        return sum(self._capacity[row.subnet_id][_look(row)] == row for row in given)

    def capacity(
        self, subnet_id: str, *, since: dt.datetime | None = None
    ) -> tuple[CapacityRow, ...]:
        """Return a subnet's rows, oldest first."""
        rows = sorted(self._capacity.get(subnet_id, {}).items())
        return tuple(row for _, row in rows if since is None or row.seen_at >= since)

    def saw_suppressions(self, seen: Iterable[Suppression], at: dt.datetime) -> None:
        """Note that suppressions were in force; first and last time are kept."""
        for each in seen:
            first, last = self._suppressions.get(each, (at, at))
            self._suppressions[each] = (min(first, at), max(last, at))

    def suppressions(self) -> tuple[tuple[Suppression, dt.datetime, dt.datetime], ...]:
        """Return every suppression ever seen, with the first and the last time, oldest first."""
        found = ((each, first, last) for each, (first, last) in self._suppressions.items())
        return tuple(sorted(found, key=oldest_first))


def _place(target: Target) -> _Place:
    return target.account_id, target.region


def _look(row: CapacityRow) -> _Place:
    return stamp(row.seen_at), row.target.account_id


def _same_look(one: Latest, other: Latest) -> bool:
    return (one.run_id, one.captured_at) == (other.run_id, other.captured_at)
