"""A short slice of `make deep`: what is tried there thousands of times is tried here at all."""

import itertools
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eksnet.model.journal import PlanState, Purpose
from sandbox.world.people import EDITS
from sandbox.world.points import AFTER, FAULTS
from sandbox.world.schedules import (
    DONE,
    Case,
    case_of,
    chance,
    crashes,
    faults,
    names,
    people,
    workers,
)
from sandbox.world.trial import EDIT, OTHER, REJECT, STOP

PLANS = ("secondary-cidr", "flow-logs", "every-kind")


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("plan", PLANS)
def test_without_faults_every_plan_converges(plan: str, purpose: Purpose) -> None:
    outcome = Case(plan=plan, purpose=purpose, schedule={}).run()
    assert (outcome.state, outcome.broken) == (DONE[purpose], ())


def _few(cases: Callable[[], Iterable[Case]], start: int, step: int) -> list[Case]:
    return list(itertools.islice(cases(), start, None, step))


@pytest.mark.parametrize(("kind", "step"), [(faults, 151), (workers, 67), (people, 487)])
def test_no_law_is_broken(kind: Callable[[], Iterable[Case]], step: int) -> None:
    for case in _few(kind, 3, step):
        assert not case.run().broken, case


def test_no_law_is_broken_by_two_crashes() -> None:
    few = itertools.islice(crashes("flow-logs"), 0, 160, 8)
    for case in (next(crashes("every-kind")), *few):
        outcome = case.run()
        assert (outcome.broken, outcome.state) == ((), DONE[case.purpose]), case


@pytest.mark.parametrize("seed", range(24))
def test_no_law_is_broken_by_chance(seed: int) -> None:
    case = chance(seed)
    assert not case.run().broken, case


def test_a_trial_is_the_same_each_time() -> None:
    case = chance(5)
    assert case.run() == case.run()


_EVENTS = st.sampled_from(
    [*FAULTS, OTHER, OTHER + AFTER, STOP, REJECT, *(EDIT + name for name in EDITS)]
)
_CASES = st.builds(
    Case,
    plan=st.sampled_from(PLANS),
    purpose=st.sampled_from(Purpose),
    schedule=st.dictionaries(
        st.integers(0, 400), st.lists(_EVENTS, min_size=1, max_size=3).map(tuple), max_size=5
    ),
    lag=st.integers(0, 99),
)


@given(_CASES)
def test_a_case_is_replayed_by_its_text(case: Case) -> None:
    assert case_of(str(case)) == case


def test_every_kind_of_call_is_a_point() -> None:
    kinds = {
        name.partition(" ")[0].partition(":")[0] for name in names("every-kind", Purpose.APPLY)
    }
    assert kinds == {"store", "look", "rehearse", "ec2", "eks", "closed"}


def test_a_stopped_plan_goes_on_when_the_stop_is_lifted() -> None:
    outcome = case_of("flow-logs apply 14:stop").run()
    assert (outcome.state, outcome.broken) == (PlanState.SUCCEEDED, ())


def test_a_log_is_not_deleted_while_no_other_delivers() -> None:
    outcome = case_of("flow-logs apply 29:edit/break-delivery").run()
    assert not outcome.broken
