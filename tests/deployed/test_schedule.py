import json
import pathlib
import re

import pytest

from tools import schedule, template

ROOT = pathlib.Path(__file__).parents[2]
APPLICATION = template.load(ROOT / "template.yaml")
PARAMETER = APPLICATION["Parameters"]["ScheduleExpression"]
GOOD = (
    "rate(1 hour)",
    "rate(12 hours)",
    "rate(5 minutes)",
    "rate(1 day)",
    "cron(0 6 * * ? *)",
    "cron(0/15 8-17 ? * MON-FRI *)",
    "cron(0 6 L * ? 2027)",
    "cron(30 6,18 15W JAN,JUL ? *)",
    "cron(0 10 ? * 6L 2026-2030)",
    "cron(0 10 ? * 2#1 *)",
)
MISSHAPEN = (  # what the parameter itself refuses
    "rate(1 hours)",
    "rate(2 hour)",
    "rate(0 hours)",
    "rate(1 week)",
    "cron(0 6 * * ?)",
    "cron(0  6 * * ? *)",
    "at(2027-01-01T00:00:00)",
    "0 6 * * ? *",
    "",
)
MEANINGLESS = (  # what only its fields show
    "cron(60 6 * * ? *)",
    "cron(0 24 * * ? *)",
    "cron(0 6 0 * ? *)",
    "cron(0 6 * 13 ? *)",
    "cron(0 6 ? * 8 *)",
    "cron(0 6 * * ? 1969)",
    "cron(0 6 * * * *)",
    "cron(0 6 ? * ? *)",
    "cron(0 6 * * ? ?)",
    "cron(30-10 6 * * ? *)",
    "cron(0/0 6 * * ? *)",
    "cron(0 6 ? * FUN *)",
)


@pytest.mark.parametrize("expression", GOOD)
def test_a_valid_schedule_is_admitted(expression: str) -> None:
    assert list(schedule.problems(expression)) == []
    assert re.fullmatch(PARAMETER["AllowedPattern"], expression)


@pytest.mark.parametrize("expression", MISSHAPEN)
def test_a_misshapen_schedule_is_refused_by_the_parameter(expression: str) -> None:
    assert list(schedule.problems(expression))
    assert not re.fullmatch(PARAMETER["AllowedPattern"], expression)


@pytest.mark.parametrize("expression", MEANINGLESS)
def test_a_schedule_that_never_comes_is_found(expression: str) -> None:
    assert list(schedule.problems(expression))


def test_the_schedule_that_the_template_proposes_is_valid() -> None:
    assert list(template.schedule_problems()) == []


def test_the_schedule_tells_the_machine_its_own_time() -> None:
    properties = APPLICATION["Resources"]["Schedule"]["Properties"]
    given = json.loads(properties["Target"]["Input"])
    assert given == {"scheduled_at": "<aws.scheduler.scheduled-time>"}
    assert properties["Target"]["Arn"] == {"Ref": "AuditStateMachine"}
    assert "DeadLetterConfig" in properties["Target"]
