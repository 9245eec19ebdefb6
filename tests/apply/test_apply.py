"""Applying a plan: each step seen, announced, made once, and seen again."""

import dataclasses
from collections.abc import Callable

import pytest

from eksnet.apply.interface import WriteError
from eksnet.model.journal import PlanState, StepState
from eksnet.model.snapshot import Blind, Facet
from eksnet.plan.progress import looks_at
from eksnet.settings.terms import Terms
from eksnet.store.interface import StoreError
from sandbox.world.state import Habits, State
from tests.apply.ground import APPLY, approved, failing, lost
from tests.apply.plans import LOGS, PLANS, PODS

DONE = StepState.DONE
CALLS = [(name, step.number) for name in (PODS, LOGS) for step in PLANS[name].steps]
API = "ec2:Call"


def updating(status: str) -> Callable[[State], tuple[State, None]]:
    """Return the edit by which the add-on gets a status."""

    def edit(state: State) -> tuple[State, None]:
        addons = tuple(dataclasses.replace(each, status=status) for each in state.shown.addons)
        return state.show(addons=addons), None

    return edit


@pytest.mark.parametrize("name", [PODS, LOGS])
def test_every_step_is_called_once_and_seen(name: str) -> None:
    ground = approved(name)
    progress = ground.run()
    assert (progress.state, progress.text) == (PlanState.SUCCEEDED, "closed: XXX000")
    assert ground.states == [DONE] * len(ground.plan.steps)
    assert ground.hands.done == [step.action.kind for step in ground.plan.steps]


@pytest.mark.parametrize("name", [PODS, LOGS])
def test_every_call_was_announced_before(name: str) -> None:
    ground = approved(name)
    stood: list[StepState] = []
    ground.hands.before = lambda _: stood.append(ground.states[len(stood)])
    ground.run()
    assert stood == [StepState.INTENT] * len(ground.plan.steps)


def test_one_call_of_advance_writes_at_most_once() -> None:
    ground = approved()
    attempt = ground.begun()
    while ground.advance(attempt).again:
        assert len(ground.hands.done) <= len([s for s in ground.states if s is not s.PENDING])
        before = len(ground.hands.done)
        ground.advance(attempt)
        assert len(ground.hands.done) - before <= 1


def test_the_look_that_shows_a_step_done_lets_the_next_one_be_called() -> None:
    ground = approved()
    looks: list[int] = []
    ground.eyes.before = lambda: looks.append(1)
    attempt = ground.upto(2, StepState.MADE)
    before = len(looks)
    ground.advance(attempt)
    assert ground.states[1:3] == [DONE, StepState.MADE]
    assert len(looks) - before == 1


def test_what_a_look_says_against_the_next_step_is_looked_for_anew() -> None:
    """The reservation is seen, and by the same look that another updates the add-on."""
    ground = approved()
    attempt = ground.upto(6, StepState.MADE)
    ground.world.edit(updating("UPDATING"))
    assert ground.advance(attempt).again
    assert ground.states[5:7] == [DONE, StepState.PENDING]
    assert ground.advance(attempt).again
    assert "something else has to end first" in ground.told
    assert len(ground.hands.done) == 6
    ground.world.edit(updating("ACTIVE"))
    assert ground.run(attempt=attempt).state is PlanState.SUCCEEDED


def test_an_apply_looks_once_a_step_where_nothing_takes_long() -> None:
    ground = approved(habits=Habits(associating=0, updating=0))
    looks: list[int] = []
    ground.eyes.before = lambda: looks.append(1)
    assert ground.run().state is PlanState.SUCCEEDED
    assert len(looks) == len(ground.plan.steps) + 2  # the last step's, and the end's


@pytest.mark.parametrize("name,number", CALLS)
def test_a_call_that_is_lost_is_made_again(name: str, number: int) -> None:
    ground = approved(name)
    failing(ground, WriteError(API, "RequestLimitExceeded", sure=False), number)
    assert ground.run().state is PlanState.SUCCEEDED
    assert len(ground.hands.done) == len(ground.plan.steps)


@pytest.mark.parametrize("name,number", CALLS)
def test_a_call_whose_answer_is_lost_is_not_made_again(name: str, number: int) -> None:
    ground = approved(name)
    failing(ground, WriteError(API, "Timeout", sure=False), number, lands=True)
    assert ground.run().state is PlanState.SUCCEEDED
    assert len(ground.hands.done) == len(ground.plan.steps)
    unproven = ground.plan.steps[number - 1].action.kind == "associate-cidr"
    assert ground.states[number - 1] is (StepState.UNPROVEN if unproven else StepState.ADOPTED)


@pytest.mark.parametrize("name,number", CALLS)
def test_a_refused_call_fails_the_step_and_leaves_nothing(name: str, number: int) -> None:
    ground = approved(name)
    failing(ground, WriteError(API, "AccessDenied", sure=True), number, times=9)
    progress = ground.run()
    assert progress.state is PlanState.STEP_FAILED
    assert progress.text.endswith("ec2:Call answered AccessDenied; nothing was made")
    assert ground.states[number - 1] is StepState.PENDING
    assert ground.row.steps[number - 1].problem is not None
    assert len(ground.hands.done) == number - 1


@pytest.mark.parametrize("name,number", CALLS)
def test_a_call_that_has_to_wait_is_made_when_it_may_and_takes_no_try(
    name: str, number: int
) -> None:
    ground = approved(name)
    busy = WriteError(API, "ResourceInUseException", sure=True, wait=True)
    failing(ground, busy, number, times=20)
    assert ground.run().state is PlanState.SUCCEEDED
    assert ground.row.steps[number - 1].tries == 1


def test_a_call_that_never_may_ends_the_execution() -> None:
    ground = approved()
    busy = WriteError(API, "ResourceInUseException", sure=True, wait=True)
    failing(ground, busy, 7, times=1000)
    assert ground.run().state is PlanState.INTERRUPTED
    failing(ground, busy, 7, times=0)
    assert ground.run().state is PlanState.SUCCEEDED


@pytest.mark.parametrize("name,number", CALLS)
def test_what_exists_after_a_lost_answer_is_adopted(name: str, number: int) -> None:
    """The look is late, so that the call is made a second time, and AWS says that it exists."""
    ground = approved(name)
    exists = WriteError(API, "Exists", sure=True, exists=True)
    failing(ground, exists, number, lands=True)
    assert ground.run().state is PlanState.SUCCEEDED
    assert ground.states[number - 1] in {StepState.ADOPTED, StepState.UNPROVEN}


def test_a_call_that_never_returns_is_given_up_and_may_be_taken_up_again() -> None:
    ground = approved()
    failing(ground, WriteError(API, "InternalError", sure=False), 2, times=6)
    progress = ground.run()
    assert progress.state is PlanState.INTERRUPTED
    assert "gave up after 6 calls" in progress.text
    assert ground.run().state is PlanState.SUCCEEDED


@pytest.mark.parametrize("hand", ["before", "asked"])
def test_what_can_not_be_called_at_all_is_waited_for(hand: str) -> None:
    ground = approved()
    setattr(ground.hands, hand, lost)
    attempt = ground.begun()
    assert ground.advance(attempt).again
    assert "no endpoint answered" in ground.told
    setattr(ground.hands, hand, lambda _: None)
    assert ground.run(attempt=attempt).state is PlanState.SUCCEEDED


def test_blindness_is_waited_for_and_bounded() -> None:
    ground = approved(terms=Terms(most_looks=9))
    ground.eyes.before = lost
    progress = ground.run()
    assert progress.state is PlanState.INTERRUPTED
    assert progress.text.endswith("no endpoint answered; gave up after 9 looks")
    assert not ground.hands.done
    ground.eyes.before = lambda: None
    assert ground.run().state is PlanState.SUCCEEDED


def test_a_list_that_somebody_filtered_is_no_look() -> None:
    ground = approved()
    ground.eyes.shown = lambda seen: dataclasses.replace(seen, partial=True)
    assert ground.advance(ground.begun()).again
    assert "the lists were filtered by somebody else" in ground.told
    assert not ground.hands.done


@pytest.mark.parametrize("number", range(9))
def test_any_blind_of_what_the_plan_rests_on_stops_the_next_call(number: int) -> None:
    ground = approved()
    attempt = ground.upto(number)
    hidden: set[str] = set()
    for facet in sorted(looks_at(ground.plan)):
        blind = Blind(facet=facet, api=f"ec2:{facet}", error="Throttled")
        ground.eyes.shown = lambda seen, blind=blind: dataclasses.replace(seen, blinds=(blind,))  # type: ignore[misc]
        assert ground.worker().advance(ground.id, APPLY, attempt).again
        if "Throttled" in ground.told:
            hidden.add(facet)
    assert hidden == looks_at(ground.plan)
    assert len(ground.hands.done) == number


def test_what_another_cluster_hides_stops_nothing() -> None:
    ground = approved()
    blind = Blind(facet=Facet.ADDON_VPC_CNI, api="eks:X", error="Throttled", cluster="other")
    ground.eyes.shown = lambda seen: dataclasses.replace(seen, blinds=(blind,))
    assert ground.run().state is PlanState.SUCCEEDED


def test_what_never_comes_ends_the_execution_and_may_be_taken_back() -> None:
    ground = approved(habits=Habits(associating=10_000))
    progress = ground.run()
    assert progress.state is PlanState.INTERRUPTED
    assert "it is on its way; gave up after 60 looks" in progress.text
    assert ground.states[0] is StepState.MADE


def test_what_breaks_fails_the_step() -> None:
    ground = approved(habits=Habits(association_fails=True))
    progress = ground.run()
    assert progress.state is PlanState.STEP_FAILED
    assert progress.text.endswith("it is broken: the association of 100.64.0.0/16 is failed")


def test_a_journal_that_can_not_be_written_stops_before_the_call() -> None:
    ground = approved()
    attempt = ground.begun()

    def fail(_: object) -> None:
        api, code = "dynamodb:TransactWriteItems", "Unavailable"
        raise StoreError(api, code)

    ground.store.before = fail
    with pytest.raises(StoreError):
        ground.advance(attempt)
    assert not ground.hands.done
    ground.store.before = lambda _: None
    assert ground.run(attempt=attempt).state is PlanState.SUCCEEDED


def test_of_two_workers_of_one_execution_one_writes() -> None:
    ground = approved()
    attempt = ground.begun()

    def interleaved() -> None:
        ground.eyes.before = lambda: None
        ground.worker("worker-2").advance(ground.id, APPLY, attempt)

    for _ in range(200):
        ground.eyes.before = interleaved
        if not ground.advance(attempt).again:
            break
    ground.eyes.before = lambda: None
    assert ground.state is PlanState.SUCCEEDED
    assert len(ground.hands.done) == 9
    assert len({s.id for s in ground.world.now().shown.subnets}) == 4


def test_a_worker_that_is_overtaken_writes_nothing() -> None:
    ground = approved()
    first = ground.upto(1)

    def overtaken() -> None:
        ground.eyes.before = lambda: None
        ground.clock.move(301)
        ground.run(attempt=ground.begun())

    ground.eyes.before = overtaken
    progress = ground.advance(first)
    assert progress.again
    assert not ground.advance(first).again
    assert ground.state is PlanState.SUCCEEDED
    assert len(ground.hands.done) == 9


def test_a_lease_that_ends_too_soon_makes_no_call() -> None:
    ground = approved()
    attempt = ground.begun()
    ground.store.before = lambda _: ground.clock.move(241)
    progress = ground.advance(attempt)
    assert progress.text.endswith("not called, as the lease ends too soon")
    assert (ground.states[0], ground.hands.done) == (StepState.INTENT, [])
    ground.store.before = lambda _: None
    assert ground.run(attempt=attempt).state is PlanState.SUCCEEDED
    assert len(ground.hands.done) == 9


def test_a_plan_whose_row_tells_of_another_is_not_carried_on() -> None:
    ground = approved()
    ground.store._rows[ground.id] = dataclasses.replace(ground.row, digest="0" * 64)
    with pytest.raises(StoreError, match="CorruptPlan"):
        ground.begin()
