"""Whatever is done to them in whatever order, the stores answer the same."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sandbox
from eksnet.model.history import RunKind
from eksnet.model.tracked import State
from eksnet.store.dynamodb import DynamoStore
from eksnet.store.interface import Store, StoreError, SupersededError
from eksnet.store.memory import MemoryStore
from tests.build import TARGET
from tests.store import tables
from tests.store.records import OTHER, judgement, later, latest, row, run, suppression, tracked

Step = Callable[[Store], object]
RUNS = st.sampled_from(["2026-03-01", "2026-03-02", "2026-03-03"])
TARGETS = st.sampled_from([TARGET, OTHER, dataclasses.replace(TARGET, region="eu-west-10")])
KINDS = st.sampled_from(RunKind)
SECONDS = st.integers(0, 3)
LOOKS = st.builds(latest, RUNS, SECONDS)
FINDINGS = st.lists(st.builds(tracked, st.integers(0, 4), st.sampled_from(State)), max_size=3)
ROWS = st.lists(st.builds(row, SECONDS, target=TARGETS, free_ips=st.integers(0, 2)), max_size=3)
SUPPRESSIONS = st.lists(st.builds(suppression, st.sampled_from("abc")), max_size=2)
JUDGEMENTS = st.builds(judgement, RUNS, TARGETS, notes=st.sampled_from([(), ("a",)]))
RECORDS = st.builds(run, RUNS, KINDS, execution=st.sampled_from("abc"))


def step(name: str, *arguments: st.SearchStrategy[Any], **named: st.SearchStrategy[Any]) -> Any:
    """Return the strategy of calling a method and seeing what comes of it."""
    return st.builds(
        lambda given, more: (name, given, more), st.tuples(*arguments), st.fixed_dictionaries(named)
    )


STEPS = st.one_of(
    step("begin", RECORDS),
    step("run", RUNS),
    step("latest_run", KINDS, before=st.none() | RUNS),
    step("mark_reported", RUNS, SECONDS.map(later)),
    step("put_judgement", JUDGEMENTS),
    step("judgement", RUNS, TARGETS),
    step("judgements", RECORDS),
    step("latest", TARGETS),
    step("claim", TARGETS, LOOKS),
    step("claim", TARGETS, LOOKS),
    step("tracked", TARGETS),
    step("track", TARGETS, LOOKS, FINDINGS),
    step("track", TARGETS, LOOKS, FINDINGS),
    step("put_capacity", ROWS),
    step("capacity", st.just("subnet-a"), since=st.none() | SECONDS.map(later)),
    step("saw_suppressions", SUPPRESSIONS, SECONDS.map(later)),
    step("suppressions"),
)


def outcome(store: Store, name: str, given: Any, more: Any) -> object:
    try:
        found = getattr(store, name)(*given, **more)
    except SupersededError as problem:
        return str(problem)
    except StoreError as problem:
        return problem.code
    return tuple(found) if isinstance(found, Iterator) else found


@pytest.fixture(scope="module")
def aws() -> Iterator[tuple[Any, Iterator[int]]]:
    with sandbox.offline():
        yield tables.client(), itertools.count()


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(STEPS, max_size=30))
def test_both_stores_answer_the_same(aws: tuple[Any, Iterator[int]], steps: list[Any]) -> None:
    client, numbers = aws
    memory = MemoryStore()
    dynamo = DynamoStore(client, tables.make(client, f"table-{next(numbers)}"), history_days=90)
    for each in steps:
        assert outcome(memory, *each) == outcome(dynamo, *each), each
