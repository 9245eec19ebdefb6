"""What a taking back leaves: what is not ours, was changed, or is in use, and why."""

import dataclasses

from eksnet.apply.interface import WriteError
from eksnet.apply.progress import NotBegun
from eksnet.model.journal import PlanState, StepState
from sandbox.world.ground import shown
from sandbox.world.plans import planned
from sandbox.world.state import State
from tests.apply.ground import ROLLBACK, approved, failing, other_block
from tests.apply.plans import LOGS, PLANS, PODS, settings

KEPT, UNDONE = StepState.KEPT, StepState.UNDONE
LOST = WriteError("ec2:Call", "Timeout", sure=False)


def unused(state: State) -> tuple[State, None]:
    """Take the interface away that stands in a subnet of the plan."""
    *left, last = state.shown.enis
    subnets = tuple(
        dataclasses.replace(each, free_ips=each.free_ips + (each.id == last.subnet_id))
        for each in state.shown.subnets
    )
    return state.show(enis=tuple(left), subnets=subnets), None


def whole_again(state: State) -> tuple[State, None]:
    """Give the VPC the blocks it had at first."""
    return state.show(vpcs=shown().vpcs), None


def test_a_block_that_may_be_somebody_elses_is_kept_and_named() -> None:
    ground = approved()
    failing(ground, LOST, 1, lands=True)
    assert ground.run().state is PlanState.SUCCEEDED
    progress = ground.run(ROLLBACK)
    assert progress.state is PlanState.NEEDS_HUMAN
    assert ground.states == [KEPT] + [UNDONE] * 8
    block = ground.row.steps[0].resource_id
    assert progress.text.splitlines() == [
        "left, in the order to take it back:",
        (
            f"- step 1: associate 100.64.0.0/16 with vpc-0a ({block}): it may be another's: "
            "the call that may have made it never returned. To take it back:"
        ),
        (f"aws ec2 disassociate-vpc-cidr-block --association-id {block} --region eu-west-1"),
    ]


def test_a_subnet_in_use_is_kept_with_all_that_serves_it() -> None:
    ground = approved()
    ground.run()
    ground.happens("use-subnet")
    progress = ground.run(ROLLBACK)
    assert progress.state is PlanState.NEEDS_HUMAN
    #                        block subnet route  subnet  route   reserve addon   tag   tag
    assert ground.states == [KEPT, KEPT, KEPT, UNDONE, UNDONE, UNDONE, UNDONE, KEPT, UNDONE]
    assert len(ground.ours) == 1
    assert "it is in use: 1 addresses of subnet-" in progress.text
    assert progress.text.index("step 8") < progress.text.index("- step 2:")
    (subnet,) = ground.ours
    assert f"\naws ec2 delete-tags --resources {subnet} --tags " in progress.text


def test_a_subnet_that_somebody_changed_is_kept() -> None:
    ground = approved()
    ground.run()
    ground.happens("claim-tag")
    assert ground.run(ROLLBACK).state is PlanState.NEEDS_HUMAN
    assert ground.row.steps[7].problem == "it was changed since"
    assert len(ground.ours) == 1


def test_a_subnet_that_lost_the_plans_tag_is_kept() -> None:
    ground = approved()
    ground.halt(ground.upto(2))
    ground.happens("disown-subnet")
    assert ground.run(ROLLBACK).state is PlanState.NEEDS_HUMAN
    assert ground.row.steps[1].problem == "it does not have the plan's tag any more"
    assert len(ground.world.now().shown.subnets) == 3


def test_another_in_the_place_of_ours_is_kept() -> None:
    ground = approved()
    ground.halt(ground.upto(2))
    ground.happens("delete-subnet")
    ground.happens("claim-subnet")
    assert ground.run(ROLLBACK).state is PlanState.NEEDS_HUMAN
    problem = ground.row.steps[1].problem or ""
    assert problem.startswith("there is another in its place, subnet-")


def test_what_a_person_took_away_already_is_taken_back() -> None:
    ground = approved()
    ground.run()
    ground.happens("delete-subnet")
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert ground.restored


def test_a_subnet_led_elsewhere_keeps_what_leads_it() -> None:
    ground = approved()
    ground.halt(ground.upto(3))
    ground.happens("relink-subnet")
    assert ground.run(ROLLBACK).state is PlanState.NEEDS_HUMAN
    assert ground.row.steps[2].problem == "what it changed was changed again"


def test_what_others_added_beside_it_does_not_hold_ours_back() -> None:
    ground = approved()
    ground.run()
    ground.world.edit(other_block)
    ground.happens("add-route")
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert [each.cidr for each in ground.world.now().shown.vpcs[0].cidrs] == [
        "10.0.0.0/16",
        "10.200.0.0/16",
    ]


def test_settings_that_somebody_changed_are_kept() -> None:
    ground = approved()
    ground.run()
    ground.happens("edit-addon")
    progress = ground.run(ROLLBACK)
    assert progress.state is PlanState.NEEDS_HUMAN
    assert [n for n, state in enumerate(ground.states, 1) if state is KEPT] == [7]
    assert "aws eks update-addon --cluster-name payments" in progress.text
    assert "--resolve-conflicts PRESERVE" in progress.text


def test_a_subnet_that_kept_settings_name_is_kept_with_all_that_serves_it() -> None:
    steps = [step.action for step in PLANS[PODS].steps]
    named = '{"eniConfig":{"subnets":{"euw1-az1":{"id":"${subnet:100.64.0.0/18}"}}}}'
    ground = approved(planned(shown(), PODS, [*steps[:5], settings(named)]))
    ground.run()
    ground.happens("edit-addon")
    assert ground.run(ROLLBACK).state is PlanState.NEEDS_HUMAN
    #                        block subnet route subnet  route   addon
    assert ground.states == [KEPT, KEPT, KEPT, UNDONE, UNDONE, KEPT]
    assert ground.row.steps[2].problem == "step 6 rests on it, and was kept"


def test_a_log_that_does_not_deliver_is_taken_back_all_the_same() -> None:
    ground = approved(LOGS)
    attempt = ground.upto(1, StepState.MADE)
    ground.happens("break-delivery")
    assert ground.run(attempt=attempt).state is PlanState.STEP_FAILED
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert ground.restored


def test_what_looks_will_never_tell_is_kept() -> None:
    """A subnet without the plan's tag: whether it has reservations is not read any more."""
    ground = approved()
    ground.run()
    attempt = ground.begun(ROLLBACK)
    while len(ground.hands.undone) < 4:
        ground.advance(attempt, ROLLBACK)
    assert ground.hands.undone[-1] == "reserve-prefixes"
    ground.happens("disown-subnet")
    assert ground.run(ROLLBACK, attempt=attempt).state is PlanState.NEEDS_HUMAN
    problem = ground.row.steps[5].problem or ""
    assert problem.startswith("could not look: ec2:GetSubnetCidrReservations")


def test_what_was_in_use_is_taken_back_when_asked_again() -> None:
    ground = approved()
    ground.run()
    ground.happens("use-subnet")
    assert ground.run(ROLLBACK).state is PlanState.NEEDS_HUMAN
    assert ground.run(ROLLBACK).state is PlanState.NEEDS_HUMAN
    ground.world.edit(unused)
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert ground.restored
    assert ground.states == [UNDONE] * 9


def test_what_was_refused_is_taken_back_when_asked_again() -> None:
    ground = approved()
    ground.run()
    failing(ground, WriteError("ec2:Call", "AccessDenied", sure=True), 2, times=99)
    assert ground.run(ROLLBACK).state is PlanState.NEEDS_HUMAN
    failing(ground, LOST, 2, times=0)
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert ground.restored


def test_what_was_kept_for_somebody_elses_sake_is_not_claimed_later() -> None:
    """Its call never returned; asked again, it is still not proven ours."""
    ground = approved()
    failing(ground, LOST, 1, lands=True)
    ground.halt(ground.upto(1, StepState.INTENT))
    for _ in range(3):
        assert ground.run(ROLLBACK).state is PlanState.NEEDS_HUMAN
    assert not ground.hands.undone
    assert "it may be another's" in (ground.row.steps[0].problem or "")


def test_what_may_be_somebody_elses_and_is_gone_needs_nobody_any_more() -> None:
    ground = approved()
    failing(ground, LOST, 1, lands=True)
    ground.run()
    assert ground.run(ROLLBACK).state is PlanState.NEEDS_HUMAN
    ground.world.edit(whole_again)
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert len(ground.hands.undone) == 8


def test_a_block_that_was_made_is_proven_however_often_it_is_asked_for() -> None:
    """It carries no tag: what was written down when it was made is all there is."""
    ground = approved()
    ground.halt(ground.upto(1))
    failing(ground, WriteError("ec2:Call", "AccessDenied", sure=True), 1, times=99)
    assert ground.run(ROLLBACK).state is PlanState.NEEDS_HUMAN
    ground.hands.before = lambda _: None
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert ground.restored


def test_after_a_week_what_was_kept_stays_kept() -> None:
    ground = approved()
    ground.run()
    ground.happens("use-subnet")
    ground.run(ROLLBACK)
    ground.clock.move(7 * 24 * 3600)
    found = ground.begin(ROLLBACK)
    assert isinstance(found, NotBegun)
    assert found.state is PlanState.NEEDS_HUMAN
    assert "the approval covered taking it back until" in found.reason
