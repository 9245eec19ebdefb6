"""An add-on that pods live by: what an update leaves, and what may be taken from under them."""

import dataclasses
from typing import Any

import pytest

from eksnet.model import action as act
from eksnet.model.cluster import HealthIssue
from eksnet.model.journal import PlanState, StepState
from sandbox.world.ground import CLUSTER, VPC, shown
from sandbox.world.plans import planned
from sandbox.world.state import Habits, State
from tests.apply.ground import ROLLBACK, Ground, approved
from tests.apply.plans import BEFORE

CIDR = "100.64.0.0/18"
AFTER = (
    '{"eniConfig":{"create":true,"subnets":{"eu-west-1a":{"id":"${subnet:100.64.0.0/18}"}}},'
    '"env":{"WARM_ENI_TARGET":"1"}}'
)
PLAN = planned(
    shown(),
    "pods",
    (
        act.AssociateCidr(vpc_id=VPC, cidr="100.64.0.0/16"),
        act.CreateSubnet(vpc_id=VPC, cidr=CIDR, az_id="euw1-az1", tags={}),
        act.AssociateRouteTable(vpc_id=VPC, subnet_cidr=CIDR, route_table_id="rtb-a"),
        act.UpdateAddon(cluster=CLUSTER, vpc_id=VPC, addon="vpc-cni", before=BEFORE, after=AFTER),
    ),
)
ILL = HealthIssue(code="InsufficientNumberOfReplicas", message="no address is free")


def addon(ground: Ground) -> Any:
    [found] = ground.world.now().shown.addons
    return found


def edited(ground: Ground, **parts: Any) -> None:
    def edit(state: State) -> tuple[State, None]:
        return state.show(addons=(dataclasses.replace(state.shown.addons[0], **parts),)), None

    ground.world.edit(edit)


def pods(ground: Ground, number: int) -> None:
    """Let pods take addresses of the plan's subnet."""

    def edit(state: State) -> tuple[State, None]:
        subnets = tuple(
            dataclasses.replace(each, free_ips=each.free_ips - number)
            if each.cidr == CIDR
            else each
            for each in state.shown.subnets
        )
        return state.show(subnets=subnets), None

    ground.world.edit(edit)


def test_the_settings_stay_as_long_as_pods_live_by_them() -> None:
    ground = approved(PLAN)
    assert ground.run().state is PlanState.SUCCEEDED
    pods(ground, 200)
    progress = ground.run(ROLLBACK)
    assert progress.state is PlanState.NEEDS_HUMAN
    assert ground.states == [StepState.KEPT] * 4
    assert "200 addresses of subnet-" in progress.text
    assert "eniConfig" in addon(ground).configuration


def test_the_settings_are_taken_back_when_the_last_pod_is_gone() -> None:
    ground = approved(PLAN)
    ground.run()
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert addon(ground).configuration == BEFORE


def test_an_update_that_failed_is_kept_and_named_and_never_said_to_be_gone() -> None:
    ground = approved(PLAN, habits=Habits(update_fails=True))
    assert ground.run().state is PlanState.STEP_FAILED
    progress = ground.run(ROLLBACK)
    assert progress.state is PlanState.NEEDS_HUMAN
    assert ground.states == [StepState.KEPT] * 4
    assert "aws eks update-addon" in progress.text


def test_an_addon_that_is_degraded_is_updated_and_its_problem_told() -> None:
    ground = approved(PLAN)
    edited(ground, status="DEGRADED", health=(ILL,))
    attempt = ground.upto(4, StepState.MADE)
    ground.clock.move(60)
    assert addon(ground).status == "ACTIVE"
    edited(ground, status="DEGRADED")
    ground.run(attempt=attempt, until=lambda row: row.steps[3].state is StepState.DONE)
    told = [each.text for each in ground.store.entries(ground.id)]
    assert any("done; vpc-cni of payments is DEGRADED; Insufficient" in text for text in told)
    assert ground.run(attempt=attempt).state is PlanState.SUCCEEDED


@pytest.mark.parametrize("version", ["v1.20.5-eksbuild.1", "v1.21.0-eksbuild.1"])
def test_an_upgrade_of_the_addon_is_no_reason_to_leave_settings_behind(version: str) -> None:
    ground = approved(PLAN)
    ground.run()
    edited(ground, version=version)
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert (addon(ground).configuration, addon(ground).version) == (BEFORE, version)


def test_an_addon_that_fails_before_the_first_write_makes_the_plan_stale() -> None:
    ground = approved(PLAN)
    edited(ground, status="UPDATE_FAILED")
    assert ground.run().state is PlanState.STALE
    assert ground.hands.done == []
