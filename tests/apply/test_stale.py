"""What somebody else changed is found before anything is written, and named."""

import dataclasses
from typing import Any

import pytest

from eksnet.apply.interface import WriteError
from eksnet.apply.progress import NotBegun
from eksnet.model.journal import PlanState, StepState
from eksnet.model.network import CidrAssociation, Route
from sandbox.world.plans import plans
from sandbox.world.state import Habits, State
from tests.apply.ground import ROLLBACK, Ground, approved, failing, other_block

API = "ec2:Call"
EDITS = ["add-peering", "add-cluster", "add-route"]


def changed(ground: Ground, field: str, **parts: Any) -> None:
    """Let a person change the first thing of a kind."""

    def edit(state: State) -> tuple[State, None]:
        first, *rest = getattr(state.shown, field)
        return state.show(**{field: (dataclasses.replace(first, **parts), *rest)}), None

    ground.world.edit(edit)


FACTS = {
    "vpc of vpc-0a": lambda g: changed(g, "vpcs", tags={}),
    "vpc-blocks of vpc-0a": lambda g: g.world.edit(other_block),
    "destinations of vpc-0a|100.64.0.0/16": lambda g: g.world.edit(_route_into_the_block),
    "peerings of vpc-0a": lambda g: g.happens("add-peering"),
    "clusters of vpc-0a": lambda g: changed(g, "clusters", created_at=None),
    "route-table of rtb-b": lambda g: g.happens("add-route"),
    "addon of payments|vpc-cni": lambda g: g.happens("edit-addon"),
}


REMEDIED = plans()["secondary-cidr"]
CHECKED = {
    "default-network-acl of vpc-0a": "close-acl",
    "effective-routes of vpc-0a|10.0.1.0/24": "reroute-nodes",
}


@pytest.mark.parametrize(("named", "edit"), CHECKED.items())
@pytest.mark.parametrize("number", [0, 1, 3])
def test_whatever_the_planner_checked_is_checked_again(named: str, edit: str, number: int) -> None:
    ground = approved(REMEDIED)
    attempt = ground.upto(number)
    ground.happens(edit)
    progress = ground.run(attempt=attempt)
    assert progress.state is (PlanState.STEP_FAILED if number else PlanState.STALE)
    assert f"{named} is" in progress.text
    assert len(ground.hands.done) == number


def test_the_cnis_minor_release_is_rested_on_and_no_smaller_one() -> None:
    ground = approved(REMEDIED)
    changed(ground, "addons", version="v1.20.5-eksbuild.1")
    attempt = ground.upto(1)
    changed(ground, "addons", version="v1.21.0-eksbuild.1")
    progress = ground.run(attempt=attempt)
    assert progress.state is PlanState.STEP_FAILED
    assert "addon-version of payments|vpc-cni is [1,21], not [1,20]" in progress.text


@pytest.mark.parametrize("state", ["failed", "disassociated"])
def test_a_dead_association_of_the_same_block_stops_nothing(state: str) -> None:
    ground = approved()
    dead = CidrAssociation(cidr="100.64.0.0/16", state=state, association_id="assoc-old")
    [vpc] = ground.world.now().shown.vpcs
    changed(ground, "vpcs", cidrs=(*vpc.cidrs, dead))
    assert ground.run().state is PlanState.SUCCEEDED


def test_a_dead_association_that_is_ours_fails_the_step() -> None:
    ground = approved(habits=Habits(association_fails=True))
    progress = ground.run()
    assert progress.state is PlanState.STEP_FAILED
    assert "the association of 100.64.0.0/16 is failed" in progress.text
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK


def _route_into_the_block(state: State) -> tuple[State, None]:
    table, *rest = state.shown.route_tables
    route = Route(destination="100.64.9.0/24", target="tgw-1", origin="CreateRoute")
    other = dataclasses.replace(table, routes=(*table.routes, route))
    return state.show(route_tables=(other, *rest)), None


@pytest.mark.parametrize("fact", sorted(FACTS))
def test_a_fact_that_changed_since_the_plan_makes_it_stale(fact: str) -> None:
    ground = approved()
    FACTS[fact](ground)
    progress = ground.run()
    assert progress.state is PlanState.STALE
    own = fact == "vpc-blocks of vpc-0a"
    assert ("what it changes was changed" if own else fact) in progress.text
    assert not ground.hands.done
    assert isinstance(ground.begin(ROLLBACK), NotBegun)
    assert ground.state is PlanState.STALE


@pytest.mark.parametrize("fact", sorted(FACTS))
@pytest.mark.parametrize("number", [1, 3, 6, 8])
def test_a_fact_that_changes_between_steps_stops_the_next_call(fact: str, number: int) -> None:
    ground = approved()
    attempt = ground.upto(number)
    FACTS[fact](ground)
    progress = ground.run(attempt=attempt)
    assert progress.state is PlanState.STEP_FAILED
    assert len(ground.hands.done) == number
    assert fact in progress.text or "what it changes was changed" in progress.text
    assert ground.row.steps[number].problem is not None


def test_a_subnet_that_somebody_else_made_is_not_taken_for_ours() -> None:
    ground = approved()
    attempt = ground.upto(1)
    ground.happens("claim-subnet")
    progress = ground.run(attempt=attempt)
    assert progress.state is PlanState.STEP_FAILED
    assert "somebody else made it as subnet-" in progress.text
    assert ground.hands.done == ["associate-cidr"]


def test_a_block_that_somebody_else_associated_is_not_taken_for_ours() -> None:
    ground = approved()
    ground.happens("claim-block")
    ground.clock.move(60)
    progress = ground.run()
    assert progress.state is PlanState.STALE
    assert "somebody else made it as vpc-cidr-assoc-" in progress.text


def test_what_somebody_else_made_where_our_call_was_lost_is_left_to_them() -> None:
    ground = approved()
    failing(ground, WriteError(API, "Timeout", sure=False), 2, times=9)
    attempt = ground.upto(2, StepState.INTENT)
    ground.happens("claim-subnet")
    progress = ground.run(attempt=attempt)
    assert progress.state is PlanState.STEP_FAILED
    assert "what is there is not ours" in progress.text
    progress = ground.run(ROLLBACK)
    assert progress.state is PlanState.NEEDS_HUMAN
    assert ground.states[:2] == [StepState.KEPT, StepState.UNDONE]
    assert "it is in use: subnet-" in progress.text
    assert any(each.tags == {"Name": "mine"} for each in ground.world.now().shown.subnets)


def test_a_subnet_edited_before_it_was_seen_fails_its_step() -> None:
    ground = approved()
    attempt = ground.upto(2, StepState.MADE)
    ground.happens("claim-tag")
    progress = ground.run(attempt=attempt)
    assert progress.state is PlanState.STEP_FAILED
    assert progress.text.endswith("it is otherwise than it was made")


@pytest.mark.parametrize(("number", "state"), [(2, StepState.MADE), (3, StepState.DONE)])
def test_a_tag_that_no_cluster_reads_is_nobodys_business(number: int, state: StepState) -> None:
    ground = approved()
    attempt = ground.upto(number, state)
    ground.happens("tag-subnet")
    assert ground.run(attempt=attempt).state is PlanState.SUCCEEDED
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert not ground.ours


def test_another_in_its_place_fails_the_step() -> None:
    ground = approved()
    attempt = ground.upto(2, StepState.MADE)
    ground.happens("delete-subnet")
    ground.happens("claim-subnet")
    progress = ground.run(attempt=attempt)
    assert progress.state is PlanState.STEP_FAILED
    assert "what is there is not ours as subnet-" in progress.text


def test_what_was_made_and_is_gone_again_ends_the_execution() -> None:
    ground = approved()
    attempt = ground.upto(2, StepState.MADE)
    ground.happens("delete-subnet")
    progress = ground.run(attempt=attempt)
    assert progress.state is PlanState.INTERRUPTED
    assert "it was made and is not seen yet" in progress.text


def test_a_look_that_is_late_is_no_change_of_anybody() -> None:
    ground = approved()
    attempt = ground.upto(2)
    ground.eyes = type(ground.eyes)(ground.world, behind=lambda: 1)
    assert ground.run(attempt=attempt).state is PlanState.SUCCEEDED


@pytest.mark.parametrize("number", range(1, 10))
def test_a_world_shown_late_is_repaired_all_the_same(number: int) -> None:
    ground = approved()
    ground.eyes = type(ground.eyes)(ground.world, behind=lambda: number)
    assert ground.run().state is PlanState.SUCCEEDED
    assert ground.states == [StepState.DONE] * 9
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert ground.restored
