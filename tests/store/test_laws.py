"""What every store does, whatever it keeps things in."""

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator

import pytest

import sandbox
from eksnet.model.finding import Severity
from eksnet.model.history import Letter, RunKind
from eksnet.model.tracked import Known, State
from eksnet.store.bodies import written
from eksnet.store.dynamodb import DynamoStore
from eksnet.store.interface import Store, StoreError, SupersededError
from eksnet.store.memory import MemoryStore
from tests.build import NOW, TARGET
from tests.store import records, tables
from tests.store.records import OTHER, judgement, later, latest, row, run, suppression, tracked


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    with sandbox.offline():
        client = tables.client()
        yield DynamoStore(client, tables.make(client), history_days=90)


def test_the_first_beginning_of_a_run_stays(store: Store) -> None:
    assert store.begin(run()) == run()
    assert store.begin(run(execution="second")) == run()
    assert store.run(run().id) == run()
    assert store.run("2026-03-02") is None


def test_an_id_is_taken_whatever_kind_of_run_has_it(store: Store) -> None:
    store.begin(run(kind=RunKind.CHANGE))
    assert store.begin(run()).kind is RunKind.CHANGE
    assert store.latest_run(RunKind.FULL) is None


def test_the_latest_run_is_the_newest_of_its_kind(store: Store) -> None:
    for name in ("2026-03-02", "2026-03-01", "2026-03-03"):
        store.begin(run(name))
    store.begin(run("2026-03-04", RunKind.CHANGE))
    assert store.latest_run(RunKind.FULL) == run("2026-03-03")
    assert store.latest_run(RunKind.FULL, before="2026-03-03") == run("2026-03-02")
    assert store.latest_run(RunKind.FULL, before="2026-03-01") is None


def test_people_are_told_of_a_run_once(store: Store) -> None:
    store.begin(run())
    assert store.mark_reported(run().id, later(60))
    assert not store.mark_reported(run().id, later(99))
    assert store.run(run().id) == run(reported_at=later(60))
    assert store.latest_run(RunKind.FULL) == run(reported_at=later(60))


def test_a_run_that_never_was_cannot_be_marked(store: Store) -> None:
    with pytest.raises(StoreError, match="NoSuchRun"):
        store.mark_reported("2026-03-01", NOW)


def test_the_first_judgement_of_a_target_stays(store: Store) -> None:
    assert store.judgement(run().id, TARGET) is None
    first = store.put_judgement(judgement())
    assert store.put_judgement(judgement(findings=())) == first
    assert store.judgement(run().id, TARGET) == first
    assert len(first.findings) == 1


def test_evidence_comes_back_as_its_json(store: Store) -> None:
    found = store.put_judgement(judgement())
    assert json.loads(written(found)) == json.loads(written(judgement()))
    assert found.findings[0].evidence["zones"] == ["euw1-az1", "euw1-az2"]


def test_judgements_come_in_the_runs_order_without_those_that_failed(store: Store) -> None:
    regions = [dataclasses.replace(TARGET, region=f"region-{number}") for number in range(20)]
    failed = regions.pop(7)
    for each in regions:
        store.put_judgement(judgement(target=each))
    targets = (*reversed(regions), failed)
    found = [each.target for each in store.judgements(run(targets=targets))]
    assert found == [*reversed(regions)]


def test_no_earlier_look_claims_a_target(store: Store) -> None:
    assert store.latest(TARGET) is None
    assert store.claim(TARGET, latest(seconds=10))
    assert not store.claim(TARGET, latest("2026-02-28", 9))
    assert store.claim(TARGET, latest("2026-03-02", 10))
    assert store.claim(TARGET, latest(seconds=10))
    assert store.claim(TARGET, latest(seconds=11))
    assert store.latest(TARGET) == latest(seconds=11)
    assert store.latest(OTHER) is None


def test_findings_are_kept_and_counted_as_read_back(store: Store) -> None:
    store.claim(TARGET, latest())
    changed = [tracked(number) for number in range(120)]
    assert store.track(TARGET, latest(), changed) == 120
    names = [each.finding.finding_id for each in store.tracked(TARGET)]
    assert names == sorted(each.finding.finding_id for each in changed)
    assert store.tracked(OTHER) == ()


def test_an_older_run_changes_no_finding(store: Store) -> None:
    store.claim(TARGET, latest("2026-03-02", 10))
    store.track(TARGET, latest("2026-03-02", 10), [tracked()])
    before = store.tracked(TARGET)
    with pytest.raises(SupersededError):
        store.track(TARGET, latest(), [tracked(state=State.RESOLVED), tracked(2)])
    assert store.tracked(TARGET) == before


def test_a_runs_own_earlier_look_changes_no_finding(store: Store) -> None:
    store.claim(TARGET, latest())
    store.claim(TARGET, latest(seconds=10))
    with pytest.raises(SupersededError):
        store.track(TARGET, latest(), [tracked()])
    assert store.track(TARGET, latest(seconds=10), [tracked()]) == 1


def test_nobody_changes_findings_without_a_claim(store: Store) -> None:
    with pytest.raises(SupersededError):
        store.track(TARGET, latest(), [tracked()])
    assert store.track(TARGET, latest(), []) == 0


def test_a_run_replayed_changes_nothing(store: Store) -> None:
    def replay() -> tuple[object, ...]:
        store.begin(run())
        store.put_judgement(judgement())
        store.claim(TARGET, latest())
        store.track(TARGET, latest(), [tracked(), tracked(2, State.RESOLVED)])
        store.put_capacity([row()])
        store.saw_suppressions([suppression()], NOW)
        return (
            store.run(run().id),
            store.judgement(run().id, TARGET),
            store.latest(TARGET),
            store.tracked(TARGET),
            store.capacity("subnet-a"),
            store.suppressions(),
        )

    assert replay() == replay()


def test_an_open_finding_that_is_unknown_now_stays_open(store: Store) -> None:
    store.claim(TARGET, latest())
    unknown = tracked(status=records.Status.UNKNOWN)
    store.track(TARGET, latest(), [unknown])
    (found,) = store.tracked(TARGET)
    assert found.state is State.OPEN
    assert found.finding.unknown == records.DENIED


def test_the_last_of_one_finding_twice_counts(store: Store) -> None:
    store.claim(TARGET, latest())
    assert store.track(TARGET, latest(), [tracked(), tracked(state=State.RESOLVED)]) == 1
    assert [each.state for each in store.tracked(TARGET)] == [State.RESOLVED]


def test_capacity_is_one_row_a_look_oldest_first(store: Store) -> None:
    rows = [row(seconds, free_ips=seconds) for seconds in (7200, 0, 3600)]
    shared = row(0, target=OTHER)
    assert store.put_capacity(iter([*rows, shared, row(subnet="subnet-b")])) == 5
    assert store.put_capacity(rows) == 3
    assert store.capacity("subnet-a") == (rows[1], shared, rows[2], rows[0])
    assert store.capacity("subnet-a", since=later(3600)) == (rows[2], rows[0])
    assert store.capacity("subnet-c") == ()
    assert store.put_capacity([]) == 0


def test_a_suppression_is_kept_with_its_first_and_last_time(store: Store) -> None:
    other = suppression("known")
    store.saw_suppressions([suppression(), other], later(60))
    store.saw_suppressions([suppression()], later(120))
    store.saw_suppressions([suppression()], later(30))
    store.saw_suppressions([suppression()], later(90))
    assert store.suppressions() == (
        (suppression(), later(30), later(120)),
        (other, later(60), later(60)),
    )


def test_times_of_other_zones_are_the_same_times(store: Store) -> None:
    east = dt.timezone(dt.timedelta(hours=9))
    look = dataclasses.replace(latest(), captured_at=NOW.astimezone(east))
    assert store.claim(TARGET, look)
    assert store.claim(TARGET, latest(seconds=1))
    assert store.put_capacity([row(), row(60, seen_at=later(60).astimezone(east))]) == 2
    assert [each.seen_at for each in store.capacity("subnet-a")] == [NOW, later(60)]


def test_what_was_told_and_announced_stands_beside_the_finding(store: Store) -> None:
    store.claim(TARGET, latest())
    store.track(TARGET, latest(), [tracked(1), tracked(2)])
    one, two = (each.finding.finding_id for each in store.tracked(TARGET))
    high = Known(state=State.OPEN, severity=Severity.HIGH)
    store.mark_told(TARGET, {one: high, two: Known(state=State.RESOLVED), "gone": high})
    store.mark_announced(TARGET, {two: State.OPEN, "gone": State.OPEN})
    first, second = store.tracked(TARGET)
    assert (first.told, first.announced) == (high, None)
    assert (second.told, second.announced) == (Known(state=State.RESOLVED), State.OPEN)
    assert store.track(TARGET, latest(), [first, second]) == 2
    assert store.tracked(TARGET) == (first, second)


def test_a_run_has_one_letter(store: Store) -> None:
    first = Letter(
        run_id="r", subject="s", body="b\n", report="s3://b/k", due=True, figures={"A": 1}
    )
    assert store.letter("r") is None
    assert store.put_letter(first) == first
    assert store.put_letter(dataclasses.replace(first, body="other")) == first
    assert store.letter("r") == first
