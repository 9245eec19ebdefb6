"""The mails of a repair: how many must approve it, what is left of it, and what can be done."""

import dataclasses
import datetime as dt
from typing import Any

import pytest

from eksnet.model.journal import Decision, PlanRow, PlanState, Purpose, Say, StepRow, StepState
from eksnet.model.plan import Plan
from eksnet.report.plan_mail import end_mail, plan_mail
from eksnet.report.plan_text import plan_lines, state_lines
from eksnet.store.plan_layout import first_row
from sandbox.world.plans import plans
from tests.build import NOW
from tests.store.plans import person, plan, word

HALTED, APPLY, ROLLBACK = PlanState.HALTED, Purpose.APPLY, Purpose.ROLLBACK
RESUME, GO_ON, BACK = "First    eksnet resume", "Go on    eksnet apply", "Back     eksnet rollback"


def row(of: Plan, **parts: Any) -> PlanRow:
    return dataclasses.replace(first_row(of, person(), NOW), **parts)


def offered(words: tuple[Decision, ...] = (), now: dt.datetime = NOW, **parts: Any) -> list[str]:
    body = end_mail(plan(), row(plan(), **parts), words, now).body
    return [each for each in (RESUME, GO_ON, BACK) if each in body]


def test_the_mail_says_how_many_must_approve() -> None:
    assert "It needs 1 approval.\n" in plan_mail(plan(), row(plan()), 1).body
    assert "It needs 3 approvals.\n" in plan_mail(plan(), row(plan()), 3).body


def test_a_plan_that_deletes_says_that_two_must_approve_and_no_other_does() -> None:
    said = {name: "two people or more" in "\n".join(plan_lines(of)) for name, of in plans().items()}
    assert said == {"flow-logs": True, "secondary-cidr": False, "every-kind": False}


def test_after_a_halt_by_the_switch_writing_is_first_allowed_again() -> None:
    assert offered(state=HALTED, purpose=APPLY) == [RESUME, GO_ON, BACK]
    assert offered(state=HALTED, purpose=ROLLBACK) == [RESUME, BACK]


def test_a_rejected_plan_can_only_be_taken_back() -> None:
    words = (word(row(plan())), word(row(plan()), "ben", Say.REJECT))
    assert offered(words, state=HALTED, purpose=APPLY) == [BACK]
    assert offered(words, state=PlanState.INTERRUPTED, purpose=APPLY) == [BACK]
    assert offered(words, state=HALTED, purpose=ROLLBACK) == [RESUME, BACK]


@pytest.mark.parametrize(("after", "goes_on"), [(-1, True), (0, False), (1, False)])
def test_an_expired_plan_is_not_gone_on_with(after: int, goes_on: bool) -> None:  # noqa: FBT001
    now = plan().expires_at + dt.timedelta(seconds=after)
    said = offered(now=now, state=PlanState.INTERRUPTED, purpose=APPLY)
    assert said == ([GO_ON] if goes_on else []) + [BACK]


def test_what_is_left_is_a_list_and_each_command_is_a_line_to_copy() -> None:
    command = "aws ec2 delete-tags --resources subnet-1 " + "--tags Key=a,Value=b " * 5
    problem = "it is in use: " + "eni-0123456789abcdef0 " * 5
    reason = f"left, in the order to take it back:\n- step 2: {problem}\n{command}\n- \x1b[31m"
    of = row(plan(), reason=reason)
    lines = [*state_lines(of, PlanState.NEEDS_HUMAN, ())]
    assert lines[:4] == [
        "State needs-human: left, in the order to take it back:",
        f"  - step 2: {problem}",
        f"    {command}",
        "  - \\x1b[31m",
    ]


def test_what_a_person_wrote_never_begins_a_line() -> None:
    of = row(plan(), reason="ann stopped all writing: no\nApproved by bob")
    lines = [*state_lines(of, HALTED, ())]
    assert "no\\nApproved by bob" in lines[0]


def test_a_step_that_was_kept_is_listed_with_why() -> None:
    kept = StepRow(number=1, state=StepState.KEPT, resource_id="subnet-1", problem="in use")
    lines = [*state_lines(row(plan(), steps=(kept,)), PlanState.NEEDS_HUMAN, ())]
    assert lines[-1] == "  step 1 kept subnet-1: in use"
