"""The store in one DynamoDB table; ``layout`` says what is kept under which key."""

import collections
import concurrent.futures
import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from eksnet.model.finding import Suppression
from eksnet.model.history import CapacityRow, Judgement, Latest, Letter, RunKind, RunRecord
from eksnet.model.snapshot import Target
from eksnet.model.tracked import Known, State, Tracked
from eksnet.store import layout
from eksnet.store.bodies import body, oldest_first, stamp, written
from eksnet.store.calls import Sleep
from eksnet.store.interface import StoreError, SupersededError
from eksnet.store.items import SCHEMA, Item, Key, Value
from eksnet.store.table import ABSENT, PRESENT, Table

READERS = 8  # judgements read at once; as many are held, of some megabytes each
_READ_BACK, _UPDATE = "dynamodb:GetItem", "dynamodb:UpdateItem"
_NEWEST = {"ScanIndexForward": False, "Limit": 1}
_NOT_OLDER = f"{ABSENT} OR captured_at <= :captured_at"
_SAME_LOOK = "captured_at = :captured_at AND run_id = :run_id"
_UNTOLD = f"{PRESENT} AND attribute_not_exists(reported_at)"
_SAW = (
    "SET body = :body, schema_version = :schema, last_seen = :at,"
    " first_seen = if_not_exists(first_seen, :at)"
)


class DynamoStore:
    """A Store in the table of a botocore client.

    Judgements, runs, capacity rows and resolved findings may be deleted after ``history_days``.
    """

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - botocore makes its classes at run time
        table: str,
        *,
        history_days: int,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._table = Table(client, table, sleep)
        self._days = history_days

    def begin(self, run: RunRecord) -> RunRecord:
        """Keep a run unless its id is taken; return the one that now has the id."""
        item = layout.run_item(run, self._days)
        others = [key for key in layout.run_keys(run.id) if key[0] != item["pk"]]
        self._table.transact(
            [
                {"Put": self._table.put_if(item, ABSENT)},
                *({"ConditionCheck": self._table.check(key, ABSENT)} for key in others),
            ]
        )
        return _there(self.run(run.id), "RunRecord")

    def run(self, run_id: str) -> RunRecord | None:
        """Return a run."""
        found = self._table.get_all(layout.run_keys(run_id))
        return next(map(layout.run_of, found.values()), None)

    def latest_run(self, kind: RunKind, *, before: str | None = None) -> RunRecord | None:
        """Return the newest run of a kind, or the newest with an id below ``before``."""
        condition, values = "pk = :pk", {":pk": layout.run_partition(kind)}
        if before is not None:
            condition, values = f"{condition} AND sk < :before", {**values, ":before": before}
        return next(map(layout.run_of, self._table.query(condition, values, **_NEWEST)), None)

    def put_letter(self, letter: Letter) -> Letter:
        """Keep what people are told of a run unless it has a letter; return the one it has."""
        now = dt.datetime.now(dt.UTC)
        self._table.put(layout.letter_item(letter, self._days, now), ABSENT)
        return _there(self.letter(letter.run_id), "Letter")

    def letter(self, run_id: str) -> Letter | None:
        """Return what people were told of a run."""
        found = self._table.get(layout.letter_key(run_id))
        return found.record(Letter) if found else None

    def mark_reported(self, run_id: str, at: dt.datetime) -> bool:
        """Note that people were told of a run; False when that was noted already."""
        run = self.run(run_id)
        if run is None:
            raise StoreError(_UPDATE, "NoSuchRun")
        key = layout.run_partition(run.kind), run_id
        given = {":at": stamp(at)}
        return self._table.update(key, "SET reported_at = :at", _UNTOLD, given)

    def put_judgement(self, judgement: Judgement) -> Judgement:
        """Keep a judgement unless its run and target have one; return what is then kept."""
        first, *rest = layout.judgement_items(judgement, self._days)
        self._table.put_all(rest)
        self._table.put(first, ABSENT)
        return _there(self.judgement(judgement.run_id, judgement.target), "Judgement")

    def judgement(self, run_id: str, target: Target) -> Judgement | None:
        """Return what a run judged of a target, None unless it was kept whole."""
        pk, sk = layout.judgement_key(run_id, target)
        first = self._table.get((pk, sk))
        if first is None:
            return None
        prefix = f"{sk}#{first.field('digest', str)}#"
        rest = self._beginning(pk, prefix) if first.field("parts", int) > 1 else ()
        return layout.judgement_of(first, rest)

    def judgements(self, run: RunRecord) -> Iterator[Judgement]:
        """Yield what was judged of the run's targets, in their order."""
        return filter(None, _in_order(lambda target: self.judgement(run.id, target), run.targets))

    def latest(self, target: Target) -> Latest | None:
        """Return the newest run that claimed a target."""
        found = self._table.get(layout.latest_key(target))
        return found.record(Latest) if found else None

    def claim(self, target: Target, latest: Latest) -> bool:
        """Become the newest run of a target; False when one that looked later already is."""
        given = {":captured_at": stamp(latest.captured_at)}
        return self._table.put(layout.latest_item(target, latest), _NOT_OLDER, given)

    def tracked(self, target: Target) -> tuple[Tracked, ...]:
        """Return every finding of a target, resolved ones included, by id."""
        items = self._beginning(layout.target_partition(target), layout.FINDING)
        return tuple(map(layout.tracked_of, items))

    def track(self, target: Target, latest: Latest, changed: Sequence[Tracked]) -> int:
        """Keep findings as they now are; return how many of them the store then holds so.

        Raises:
            SupersededError: ``latest`` is not the target's newest run.
        """
        check = self._table.check(layout.latest_key(target), _SAME_LOOK, _look(latest))
        items = (layout.finding_item(target, each, self._days) for each in changed)
        if not self._table.put_guarded(check, items):
            raise SupersededError(latest.run_id)
        return self._held(
            (layout.finding_key(target, each.finding.finding_id), layout.untold(each))
            for each in changed
        )

    def mark_told(self, target: Target, known: Mapping[str, Known]) -> None:
        """Note what people were told of findings, by id; those that are gone are left out."""
        self._note(target, "told", {name: layout.told_text(each) for name, each in known.items()})

    def mark_announced(self, target: Target, states: Mapping[str, State]) -> None:
        """Note what the event bus was told of findings, by id; those gone are left out."""
        self._note(target, "announced", {name: each.value for name, each in states.items()})

    def _note(self, target: Target, attribute: str, values: Mapping[str, str]) -> None:
        """Set one attribute of findings, side by side."""

        def note(name: str) -> None:
            key, given = layout.finding_key(target, name), {":value": values[name]}
            self._table.update(key, f"SET {attribute} = :value", PRESENT, given)

        with concurrent.futures.ThreadPoolExecutor(READERS) as pool:
            collections.deque(pool.map(note, values), maxlen=0)

    def put_capacity(self, rows: Iterable[CapacityRow]) -> int:
        """Keep capacity rows, one a subnet and look; return how many of them are there."""
        given = list(rows)
        self._table.put_all(layout.capacity_item(row, self._days) for row in given)
        return self._held((layout.capacity_key(row), row) for row in given)

    def capacity(
        self, subnet_id: str, *, since: dt.datetime | None = None
    ) -> tuple[CapacityRow, ...]:
        """Return a subnet's rows, oldest first."""
        condition, values = "pk = :pk", {":pk": layout.capacity_partition(subnet_id)}
        if since is not None:
            condition, values = f"{condition} AND sk >= :since", {**values, ":since": stamp(since)}
        return tuple(item.record(CapacityRow) for item in self._table.query(condition, values))

    def saw_suppressions(self, seen: Iterable[Suppression], at: dt.datetime) -> None:
        """Note that suppressions were in force; first and last time are kept."""
        for each in seen:
            key, now = layout.suppression_key(each), {":at": stamp(at)}
            given = {**now, ":body": body(each), ":schema": SCHEMA}
            if not self._table.update(key, _SAW, f"{ABSENT} OR last_seen < :at", given):
                self._table.update(key, "SET first_seen = :at", "first_seen > :at", now)

    def suppressions(self) -> tuple[tuple[Suppression, dt.datetime, dt.datetime], ...]:
        """Return every suppression ever seen, with the first and the last time, oldest first."""
        items = self._table.query("pk = :pk", {":pk": layout.SUPPRESSIONS})
        found = (
            (item.record(Suppression), item.time("first_seen"), item.time("last_seen"))
            for item in items
        )
        return tuple(sorted(found, key=oldest_first))

    def _beginning(self, pk: str, prefix: str) -> Iterator[Item]:
        given = {":pk": pk, ":prefix": prefix}
        return self._table.query("pk = :pk AND begins_with(sk, :prefix)", given)

    def _held(self, records: Iterable[tuple[Key, object]]) -> int:
        """Return how many records the table holds under their keys, by reading them back."""
        wanted = list(records)
        found = self._table.get_all(key for key, _ in wanted)
        return sum(key in found and found[key].text() == written(each) for key, each in wanted)


def _look(latest: Latest) -> dict[str, Value]:
    return {":captured_at": stamp(latest.captured_at), ":run_id": latest.run_id}


def _there[T](found: T | None, kind: str) -> T:
    """Return what must be there after it was written.

    Raises:
        StoreError: it is not.
    """
    if found is None:
        raise StoreError(_READ_BACK, f"Lost{kind}")
    return found


def _in_order[A, B](call: Callable[[A], B], things: Iterable[A]) -> Iterator[B]:
    """Yield what ``call`` makes of each thing, in order; some are made ahead, side by side."""
    ahead: collections.deque[concurrent.futures.Future[B]] = collections.deque()
    with concurrent.futures.ThreadPoolExecutor(READERS) as pool:
        for thing in things:
            ahead.append(pool.submit(call, thing))
            if len(ahead) == READERS:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
