"""Whatever is done to them in whatever order, the stores of plans answer the same."""

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sandbox
from eksnet.model.journal import Lease, PlanRow, PlanState, Say, StepRow, StepState, Switch
from eksnet.store.plans import Commit, PlanStore
from eksnet.store.plans_dynamodb import DynamoPlanStore
from eksnet.store.plans_memory import MemoryPlanStore
from tests.build import ACCOUNT
from tests.store import tables
from tests.store.plans import DAY, begun, budget, change, person, plan, word
from tests.store.records import later

PLANS = {name: plan(name, expires_at=later(6)) for name in ("vpc-a", "vpc-b")}
ROWS = {name: begun(MemoryPlanStore(), vpc_id=name, expires_at=later(6)) for name in PLANS}
NAMES = st.sampled_from([*(row.plan_id for row in ROWS.values()), "pl-0"])
SECONDS = st.integers(0, 9)
TIMES = SECONDS.map(later)
OWNERS = st.sampled_from(["worker-1", "worker-2"])
TARGETS = st.sampled_from(["here", "here", "there"])
LEASES = st.builds(Lease, key=TARGETS, owner=OWNERS, epoch=st.sampled_from([1, 1, 2]), until=TIMES)
DIGESTS = st.sampled_from([*(row.digest for row in ROWS.values())])
SAYS = st.sampled_from([Say.APPROVE, Say.APPROVE, Say.APPROVE, Say.REJECT])
PEOPLE = st.sampled_from(["ann", "ben", "asks"])
OFTEN_FIRST = st.sampled_from([*[ROWS["vpc-a"]] * 3, ROWS["vpc-b"]])
WORDS = st.builds(word, OFTEN_FIRST, PEOPLE, SAYS, at=TIMES) | st.builds(
    word, OFTEN_FIRST, PEOPLE, SAYS, at=TIMES, digest=DIGESTS
)


@st.composite
def changed(draw: st.DrawFn) -> PlanRow:
    """Return a row whose version says how far it is from the one that is kept."""
    row = draw(OFTEN_FIRST)
    states = [PlanState.AWAITING_APPROVAL, PlanState.AWAITING_APPROVAL, PlanState.APPLYING]
    step = st.builds(StepRow, number=st.just(1), state=st.sampled_from(StepState))
    return dataclasses.replace(
        row,
        version=draw(st.sampled_from([1, 1, 1, 2])),
        state=draw(st.sampled_from(states)),
        steps=(draw(step), *row.steps[1:]),
    )


COMMITS = st.builds(
    change,
    changed(),
    at=TIMES,
    number=st.none() | st.integers(1, 2),
    lease=st.none() | st.none() | LEASES,
    budget=st.none() | st.builds(budget, st.integers(0, 3)),
    running=st.booleans(),
    agreed=st.none() | st.just(()) | st.lists(WORDS, max_size=1).map(tuple),
)


def step(name: str, *arguments: st.SearchStrategy[Any]) -> Any:
    """Return the strategy of calling a method and seeing what comes of it."""
    return st.tuples(st.just(name), st.tuples(*arguments))


STEPS = st.one_of(
    step("put_plan", st.sampled_from(list(PLANS.values())), st.just(person()), TIMES),
    step("commit", COMMITS),
    step("commit", COMMITS),
    step("decide", WORDS),
    step("decide", WORDS),
    step("take_lease", TARGETS, NAMES, OWNERS, TIMES, TIMES),
    step("take_lease", TARGETS, NAMES, OWNERS, TIMES, TIMES),
    step("drop_lease", LEASES),
    step("put_switch", st.builds(Switch, stopped=st.booleans(), at=st.none() | TIMES)),
)
LOOKS: list[tuple[str, tuple[Any, ...]]] = [
    ("rows", ()),
    ("switch", ()),
    ("spent", (ACCOUNT, DAY)),
    *(
        (name, (row.plan_id,))
        for row in ROWS.values()
        for name in ("plan", "row", "entries", "decisions")
    ),
]


def outcome(store: PlanStore, name: str, given: Any) -> object:
    return store.commit(follow(store, *given)) if name == "commit" else getattr(store, name)(*given)


def follow(store: PlanStore, wanted: Commit) -> Commit:
    """Return a change that follows what the store has: row and, where any agree, decisions."""
    was = store.row(wanted.row.plan_id)
    if was is None:
        return dataclasses.replace(wanted, row=dataclasses.replace(wanted.row, version=2))
    version = was.version + wanted.row.version
    row = dataclasses.replace(wanted.row, version=version, created_at=was.created_at)
    agreed = store.decisions(row.plan_id) if wanted.agreed == () else wanted.agreed
    return dataclasses.replace(wanted, row=row, agreed=agreed)


@pytest.fixture(scope="module")
def aws() -> Iterator[tuple[Any, Iterator[int]]]:
    with sandbox.offline():
        yield tables.client(), itertools.count()


@settings(max_examples=30, deadline=None)
@given(steps=st.lists(STEPS, max_size=20))
def test_both_stores_of_plans_answer_the_same(
    aws: tuple[Any, Iterator[int]], steps: list[Any]
) -> None:
    client, numbers = aws
    memory = MemoryPlanStore()
    dynamo = DynamoPlanStore(client, tables.make(client, f"table-{next(numbers)}"))
    begin = "put_plan", (PLANS["vpc-a"], person(), later(0))
    for each in [begin, *steps, *LOOKS]:
        assert outcome(memory, *each) == outcome(dynamo, *each), each
