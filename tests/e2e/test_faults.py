"""Bad weather between the functions and AWS: late but whole, or in part and saying so."""

import pytest

from tests.e2e.inbox import Events, Mails
from tests.e2e.runs import Run, audit, changed, failing, statuses
from tests.e2e.stack import Stack
from tests.e2e.weather import Weather

LONG = 240  # seconds: a run through bad weather ends, late
THROTTLED: dict[str, dict[str, object]] = {
    "ec2": {"error": {"code": "RequestLimitExceeded", "status": 503}},
    "eks": {"error": {"code": "ThrottlingException", "status": 429}},
    "iam": {"error": {"code": "Throttling", "status": 400}},
    "sts": {"error": {"code": "Throttling", "status": 400}},
}
BROKEN: dict[str, dict[str, object]] = {
    "ec2": {"error": {"code": "InternalError", "status": 500}},
    "eks": {"error": {"code": "ServerException", "status": 500}},
    "iam": {"error": {"code": "ServiceFailure", "status": 500}},
    "sts": {"error": {"code": "InternalFailure", "status": 500}},
}
RESET: dict[str, object] = {"reset": True}
# The demo organization has no Fargate profile, and the deployment is told its Regions.
NOT_NEEDED = {("eks", "DescribeFargateProfile"), ("ec2", "DescribeRegions")}
TIMES = 2  # in a row at most: fewer than the attempts that each call has


def resolved(events: Events, run: Run) -> list[str]:
    found = events.of(run.run_id)
    return [each["detail-type"] for each in found if each["detail-type"] != "Finding Opened"]


def test_a_denied_account_leaves_the_run_partial_and_the_mail_says_so(
    stack: Stack, scheduled: Run, weather: Weather, mails: Mails, events: Events
) -> None:
    weather.bring(
        {
            "service": "sts",
            "operation": "AssumeRole",
            "body": "contains(RoleArn, '333344445555')",
            "error": {"code": "AccessDenied", "status": 403},
        }
    )
    run = audit(stack)
    mail = mails.one(run.run_id)
    told = " ".join(mail["Message"].split())
    assert "2 of 6 targets not seen" in mail["Subject"]
    assert "333344445555 us-east-1 was not seen: sts:AssumeRole answered AccessDenied" in told
    assert "333344445555 eu-west-1 was not seen: sts:AssumeRole answered AccessDenied" in told
    assert resolved(events, run) == []
    assert changed(statuses(stack, scheduled.run_id), statuses(stack, run.run_id)) == {}


@pytest.mark.parametrize("fault", [THROTTLED, BROKEN, {}], ids=["throttled", "broken", "reset"])
def test_a_run_whose_every_read_fails_at_first_is_whole(
    stack: Stack, scheduled: Run, weather: Weather, fault: dict[str, dict[str, object]]
) -> None:
    reads = {*stack.reads(), ("sts", "AssumeRole"), ("sts", "GetCallerIdentity")}
    weather.bring(
        *(
            {"service": service, "operation": name, "times": TIMES, **fault.get(service, RESET)}
            for service, name in reads
        )
    )
    run = audit(stack, LONG)
    spoilt = {(each["service"], each["operation"]) for each in weather.spoilt()}
    assert spoilt == reads - NOT_NEEDED
    assert failing(stack, run.run_id) == failing(stack, scheduled.run_id)
    assert changed(statuses(stack, scheduled.run_id), statuses(stack, run.run_id)) == {}


def test_a_run_whose_every_read_takes_three_seconds_is_late_but_whole(
    stack: Stack, scheduled: Run, weather: Weather
) -> None:
    slow = {"latency": {"min": 3000, "max": 3000}}
    weather.bring({"service": "ec2", **slow}, {"service": "eks", **slow})
    run = audit(stack, LONG)
    assert {each["service"] for each in weather.spoilt()} == {"ec2", "eks"}
    assert failing(stack, run.run_id) == failing(stack, scheduled.run_id)
    assert changed(statuses(stack, scheduled.run_id), statuses(stack, run.run_id)) == {}


def test_reads_that_fail_for_good_are_named_and_nothing_passes_or_resolves_for_it(
    stack: Stack, scheduled: Run, weather: Weather, mails: Mails, events: Events
) -> None:
    ireland, virginia = {"region": "eu-west-1"}, {"region": "us-east-1"}
    weather.bring(
        {"service": "ec2", "operation": "DescribeSubnets", **ireland, **THROTTLED["ec2"]},
        {"service": "ec2", "operation": "DescribeVpcs", **virginia, **BROKEN["ec2"]},
        {"service": "eks", "operation": "ListNodegroups", **virginia, **RESET},
    )
    run = audit(stack, LONG)
    mail = mails.one(run.run_id)
    told = " ".join(mail["Message"].split())
    assert "6 of 6 targets seen in part" in mail["Subject"]
    for read in (
        "ec2:DescribeSubnets answered RequestLimitExceeded in 111122223333 eu-west-1",
        "ec2:DescribeVpcs answered InternalError in 111122223333 us-east-1",
        "eks:ListNodegroups answered ConnectionClosedError in 111122223333 us-east-1",
    ):
        assert read in told
    assert resolved(events, run) == []
    assert changed(statuses(stack, scheduled.run_id), statuses(stack, run.run_id)) == {}


def test_when_nothing_answers_the_mail_says_that_nothing_was_seen(
    stack: Stack, scheduled: Run, weather: Weather, mails: Mails, events: Events
) -> None:
    weather.bring(*({"service": service, **RESET} for service in THROTTLED))
    run = audit(stack, LONG)
    mail = mails.one(run.run_id)
    assert "6 of 6 targets not seen" in mail["Subject"]
    assert resolved(events, run) == []
    assert "pass" not in statuses(stack, run.run_id).values()
    assert scheduled.run_id != run.run_id
