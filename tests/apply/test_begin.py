"""Beginning an execution: who may, and that only one does."""

import datetime as dt

import pytest

from eksnet.apply.progress import Begun, NotBegun
from eksnet.model.errors import InputError
from eksnet.model.journal import PlanState, Purpose, Say, Switch
from eksnet.settings.terms import Terms, Window
from tests.apply.ground import APPLY, ASKER, CAROL, DAVE, NOW, ROLLBACK, Ground, approved
from tests.apply.plans import LOGS


def refused(ground: Ground, purpose: object = APPLY) -> str:
    found = ground.begin(purpose)  # type: ignore[arg-type]
    assert isinstance(found, NotBegun), found
    assert found.state is ground.state
    return found.reason


def test_an_approved_plan_begins() -> None:
    ground = approved()
    begun = Begun(attempt=1, execution=f"{ground.id}-apply-1", version=ground.row.version + 1)
    assert ground.begin() == begun
    assert ground.state is PlanState.APPROVED
    assert ground.row.approvers == (CAROL.id,)


@pytest.mark.parametrize("purpose", Purpose)
def test_the_journal_says_who_asked_for_an_execution(purpose: Purpose) -> None:
    ground = approved()
    if purpose is ROLLBACK:
        ground.run()
    assert isinstance(ground.begin(purpose, DAVE), Begun)
    name = f"{ground.id}-{purpose}-{ground.row.attempt}"
    assert ground.store.entries(ground.id)[-1].text == f"{name} begins, asked for by {DAVE.arn}"


def test_a_plan_that_expires_before_the_window_opens_does_not_begin() -> None:
    """NOW is a Sunday, 8:00, and the plan lasts a day."""
    office = Window(days=frozenset(range(5)), start=dt.time(8), end=dt.time(17))
    ground = approved(terms=Terms(window=office))
    assert refused(ground) == (
        "changes may be made again from Mon 2026-03-02 08:00 UTC, "
        "and the plan lasts till 2026-03-02 08:00 UTC"
    )
    assert ground.state is PlanState.AWAITING_APPROVAL


def test_a_plan_that_lasts_till_the_window_opens_begins() -> None:
    office = Window(days=frozenset(range(5)), start=dt.time(7, 59), end=dt.time(17))
    assert isinstance(approved(terms=Terms(window=office)).begin(), Begun)


def test_the_window_does_not_keep_a_plan_from_being_looked_at_once_more() -> None:
    """All its steps are done: nothing is left that would need the window."""
    ground = approved()
    attempt = ground.upto(9)
    ground.halt(attempt)
    ground.terms = Terms(window=Window(days=frozenset(), start=dt.time(0), end=dt.time(1)))
    assert ground.run().state is PlanState.SUCCEEDED


def test_an_execution_that_could_not_be_started_can_be_asked_for_again_at_once() -> None:
    ground = approved()
    begun = ground.begin()
    assert isinstance(begun, Begun)
    ground.worker().not_started(ground.id, begun, "states:StartExecution answered Throttled")
    assert ground.state is PlanState.INTERRUPTED
    assert (
        ground.told
        == f"{begun.execution} could not be started: states:StartExecution answered Throttled"
    )
    assert ground.begun() == 2
    assert not ground.advance(1).again
    assert ground.run(attempt=2).state is PlanState.SUCCEEDED


def test_a_taking_back_that_could_not_be_started_can_be_asked_for_again_at_once() -> None:
    ground = approved()
    ground.run()
    begun = ground.begin(ROLLBACK)
    assert isinstance(begun, Begun)
    ground.worker().not_started(ground.id, begun, "lost")
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK


def test_an_execution_whose_start_only_seemed_to_fail_goes_on() -> None:
    ground = approved()
    begun = ground.begin()
    assert isinstance(begun, Begun)
    ground.advance(begun.attempt)
    before = ground.row
    ground.worker().not_started(ground.id, begun, "the answer was lost")
    assert ground.row == before
    assert ground.run(attempt=begun.attempt).state is PlanState.SUCCEEDED


def test_a_lost_start_that_is_given_up_writes_nothing_when_it_comes_after_all() -> None:
    ground = approved()
    begun = ground.begin()
    assert isinstance(begun, Begun)

    def given_up() -> None:
        ground.eyes.before = lambda: None
        ground.worker().not_started(ground.id, begun, "the answer was lost")

    ground.eyes.before = given_up
    assert ground.advance(begun.attempt).again
    assert not ground.advance(begun.attempt).again
    assert not ground.hands.done


def test_of_two_that_begin_one_does() -> None:
    ground = approved()
    ground.begun()
    assert "under way" in refused(ground)
    assert ground.row.attempt == 1


def test_of_two_that_begin_at_once_one_does() -> None:
    ground = approved()

    def first(_: object) -> None:
        ground.store.before = lambda _: None
        assert isinstance(ground.begin(), Begun)

    ground.store.before = first
    found = ground.begin()
    assert isinstance(found, NotBegun)
    assert "just changed" in found.reason
    assert ground.row.attempt == 1


def test_a_plan_that_is_not_there_does_not_begin() -> None:
    with pytest.raises(InputError, match="no plan pl-0"):
        Ground().worker().begin("pl-0", APPLY)


def test_without_an_approval_nothing_begins() -> None:
    ground = Ground()
    assert refused(ground) == "approvals still needed: 1"
    assert ground.state is PlanState.AWAITING_APPROVAL


def test_who_asked_for_a_plan_does_not_approve_it() -> None:
    ground = Ground()
    ground.say(ASKER)
    assert refused(ground) == "approvals still needed: 1"


def test_what_cannot_be_undone_takes_two() -> None:
    ground = approved(LOGS, terms=Terms())
    assert refused(ground) == "approvals still needed: 1"
    ground.say(DAVE)
    assert isinstance(ground.begin(), Begun)


def test_no_terms_let_a_plan_begin_that_nobody_approved() -> None:
    assert "needed" in refused(Ground(terms=Terms(approvers=0)))


def test_a_rejected_plan_is_rejected_for_good() -> None:
    ground = approved()
    ground.say(DAVE, Say.REJECT, "not today")
    assert refused(ground) == f"{DAVE.arn} rejected the plan: not today"
    assert ground.state is PlanState.REJECTED


def test_an_expired_plan_is_expired_for_good() -> None:
    ground = approved()
    ground.clock.move(dt.timedelta(hours=24).total_seconds())
    assert refused(ground) == "the plan expired at 2026-03-02 08:00 UTC"
    assert ground.state is PlanState.EXPIRED


@pytest.mark.parametrize("terms", [Terms(most_steps=8), Terms(most_changes_a_day=8)])
def test_a_plan_that_is_too_large_is_refused_as_a_whole(terms: Terms) -> None:
    ground = approved(terms=terms)
    assert refused(ground) == "the plan has 9 steps: it may have 1 to 8"
    assert ground.state is PlanState.REFUSED


def test_a_plan_that_does_nothing_is_refused() -> None:
    ground = approved(steps=())
    assert refused(ground) == "the plan has 0 steps: it may have 1 to 40"


def test_while_all_writing_is_stopped_nothing_begins() -> None:
    ground = approved()
    ground.store.put_switch(Switch(stopped=True, reason="a freeze", by="ops", at=NOW))
    assert refused(ground) == "ops stopped all writing: a freeze"
    assert refused(ground, ROLLBACK).startswith("the plan is awaiting-approval")


def test_what_was_never_begun_is_not_taken_back() -> None:
    assert refused(approved(), ROLLBACK) == "the plan is awaiting-approval"


def test_a_lost_execution_is_followed_by_another_once_its_lease_is_over() -> None:
    ground = approved()
    first = ground.upto(2)
    ground.clock.move(301)
    second = ground.begun()
    assert (first, second) == (1, 2)
    progress = ground.advance(first)
    assert not progress.again
    assert progress.text == f"{ground.id}-apply-2 has taken over"
    ground.run(attempt=second)
    assert ground.state is PlanState.SUCCEEDED
    assert len(ground.hands.done) == 9


def test_a_lost_execution_can_be_taken_back() -> None:
    ground = approved()
    ground.upto(4)
    assert "under way" in refused(ground, ROLLBACK)
    ground.clock.move(301)
    ground.run(ROLLBACK)
    assert ground.state is PlanState.ROLLED_BACK
    assert ground.restored


def test_what_is_being_taken_back_is_not_applied_again() -> None:
    ground = approved()
    ground.run()
    attempt = ground.begun(ROLLBACK)
    ground.advance(attempt, ROLLBACK)
    ground.store.put_switch(Switch(stopped=True, reason="a freeze", by="ops", at=NOW))
    ground.advance(attempt, ROLLBACK)
    ground.store.put_switch(Switch())
    assert ground.state is PlanState.HALTED
    assert refused(ground) == "the plan is being taken back"


def test_the_approval_of_a_plan_covers_its_undoing_for_a_week() -> None:
    ground = approved()
    ground.run()
    ground.clock.move(dt.timedelta(days=7).total_seconds())
    assert refused(ground, ROLLBACK).endswith("until 2026-03-08 08:00 UTC")
    assert ground.state is PlanState.SUCCEEDED
