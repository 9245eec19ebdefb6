"""The end of a plan: its facts and its causes, looked at anew."""

import dataclasses

from eksnet.apply.interface import LostError
from eksnet.model.journal import PlanState
from eksnet.model.plan import ManualStep
from eksnet.model.snapshot import Blind, Facet
from eksnet.settings.terms import Terms
from tests.apply.ground import approved, lost
from tests.apply.plans import LOGS


def test_causes_that_stay_open_fail_the_plan() -> None:
    ground = approved()
    ground.closed = False
    progress = ground.run()
    assert (progress.state, progress.text) == (PlanState.VERIFY_FAILED, "not closed: XXX000")


def test_causes_that_a_person_closes_are_left_to_the_person() -> None:
    manual = ManualStep(after=9, text="apply the ENIConfigs")
    ground = approved(manual=(manual,))
    ground.closed = False
    progress = ground.run()
    assert progress.state is PlanState.SUCCEEDED
    assert progress.text == "all steps are done; by hand is left: apply the ENIConfigs"


def test_causes_that_can_not_be_told_are_asked_again_and_bounded() -> None:
    ground = approved(terms=Terms(most_looks=9))
    ground.closed = None
    progress = ground.run()
    assert progress.state is PlanState.INTERRUPTED
    assert progress.text == "could not tell whether it is closed: XXX000; gave up after 9 looks"
    ground.closed = True
    ground.clock.move(24 * 3600)
    assert ground.run().state is PlanState.SUCCEEDED
    assert len(ground.hands.done) == 9


def test_the_end_is_not_told_from_a_look_that_is_blind() -> None:
    ground = approved()
    ground.run(until=lambda row: row.state is PlanState.VERIFYING)
    ground.eyes.before = lost
    assert ground.advance(1).again
    blind = Blind(facet=Facet.PEERINGS, api="ec2:X", error="Throttled")
    ground.eyes.before = lambda: None
    ground.eyes.shown = lambda seen: dataclasses.replace(seen, blinds=(blind,))
    assert ground.advance(1).text == "could not look: ec2:X answered Throttled"
    ground.eyes.shown = lambda seen: seen
    ground.closed = LostError("no endpoint answered")
    assert ground.advance(1).again
    ground.closed = True
    assert ground.run(attempt=1).state is PlanState.SUCCEEDED


def test_an_end_that_is_shown_late_is_looked_at_again() -> None:
    ground = approved(LOGS)
    ground.run(until=lambda row: row.state is PlanState.VERIFYING)
    ground.eyes = type(ground.eyes)(ground.world, behind=lambda: 1)
    assert ground.advance(1).text.startswith("not seen yet: flow-logs of vpc-0a")
    assert ground.run(attempt=1).state is PlanState.SUCCEEDED


def test_the_end_is_looked_at_as_a_whole() -> None:
    ground = approved()
    ground.run(until=lambda row: row.state is PlanState.VERIFYING)
    ground.happens("add-route")
    progress = ground.run(attempt=1)
    assert progress.state is PlanState.VERIFY_FAILED
    assert "203.0.113.0/24" in progress.text
