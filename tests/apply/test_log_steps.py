"""Make before break: a poor log goes only when the one that replaces it is sure to deliver."""

import dataclasses
import datetime as dt
from typing import Any

import pytest

from eksnet.model.action import Action
from eksnet.model.journal import PlanState, StepState
from eksnet.model.network import FlowLog
from eksnet.plan.kinds.delete_flow_log import SETTLED_AFTER
from sandbox.world.state import Habits, State
from tests.apply.ground import ROLLBACK, Ground, approved
from tests.apply.plans import LOGS, POOR

NEVER = Habits(delivering=10**7)  # EC2 does not say whether the new log delivers


def logs(ground: Ground) -> dict[str, FlowLog]:
    return {each.id: each for each in ground.world.now().shown.flow_logs}


def edited(ground: Ground, **parts: Any) -> None:
    """Change what EC2 shows of the new log."""

    def edit(state: State) -> tuple[State, None]:
        shown = tuple(
            each if each.id == POOR.id else dataclasses.replace(each, **parts)
            for each in state.shown.flow_logs
        )
        return state.show(flow_logs=shown), None

    ground.world.edit(edit)


def test_the_poor_log_goes_once_the_new_one_has_delivered_for_ten_minutes() -> None:
    ground, seen = approved(LOGS), list[tuple[str | None, dt.timedelta]]()

    def before(action: Action) -> None:
        if action.kind == "delete-flow-log":
            [new] = (each for each in logs(ground).values() if each.id != POOR.id)
            assert new.created_at
            seen.append((new.deliver_status, ground.clock.now() - new.created_at))

    ground.hands.before = before
    assert ground.run().state is PlanState.SUCCEEDED
    assert POOR.id not in logs(ground)
    [(status, age)] = seen
    assert status == "SUCCESS"
    assert SETTLED_AFTER <= age < 2 * SETTLED_AFTER


def test_a_log_whose_delivery_is_not_told_is_waited_for_and_taken_back() -> None:
    ground = approved(LOGS, habits=NEVER)
    progress = ground.run()
    assert progress.state is PlanState.INTERRUPTED
    assert "EC2 has not said yet whether" in progress.text
    assert ground.hands.done == ["create-flow-log"]
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert ground.restored


@pytest.mark.parametrize("state", [StepState.MADE, StepState.DONE])
def test_a_new_log_that_fails_costs_no_other_log(state: StepState) -> None:
    """EC2 API reference, FlowLog.DeliverLogsStatus: it may fail after it was told to deliver."""
    ground = approved(LOGS)
    attempt = ground.upto(1, state)
    edited(ground, deliver_status="FAILED", deliver_error="Access error")
    progress = ground.run(attempt=attempt)
    assert progress.state is PlanState.STEP_FAILED
    assert "Access error" in progress.text
    assert POOR.id in logs(ground)
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert set(logs(ground)) == {POOR.id}


def test_a_log_of_unknown_age_is_too_new() -> None:
    ground = approved(LOGS)
    attempt = ground.upto(1)
    edited(ground, created_at=None)
    progress = ground.run(attempt=attempt)
    assert progress.state is PlanState.INTERRUPTED
    assert "nobody knows when" in progress.text
    assert POOR.id in logs(ground)


def test_a_log_that_is_made_again_needs_no_age_and_no_delivery() -> None:
    ground = approved(LOGS)
    assert ground.run().state is PlanState.SUCCEEDED
    ground.world.edit(lambda s: (dataclasses.replace(s, habits=NEVER), None))
    start = ground.clock.now()
    assert ground.run(ROLLBACK).state is PlanState.ROLLED_BACK
    assert ground.clock.now() - start < SETTLED_AFTER
    [log] = logs(ground).values()
    assert (log.log_format, log.deliver_status) == (POOR.log_format, None)
