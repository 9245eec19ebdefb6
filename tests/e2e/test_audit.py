import json
import re

from tests.e2e.inbox import Events, Mails
from tests.e2e.runs import TARGETS, Run, failing, next_moment, run_id
from tests.e2e.stack import ACCOUNTS, REGIONS, Stack

DEMO_CLUSTERS = ("payments", "storefront", "checkout-legacy", "ml-training", "batch")


def test_the_schedule_starts_one_execution_whose_run_has_its_time(
    stack: Stack, scheduled: Run
) -> None:
    listed = json.loads(stack.object(f"runs/{scheduled.run_id}/targets.json"))
    assert scheduled.output["run_id"] == scheduled.run_id
    assert {(each["account_id"], each["region"]) for each in listed} == {
        (account, region) for account in ACCOUNTS for region in REGIONS
    }


def test_every_target_has_a_judgement_findings_and_a_snapshot(stack: Stack, scheduled: Run) -> None:
    items = stack.items()
    judged = {each["sk"]["S"] for each in items if each["pk"]["S"].endswith(scheduled.run_id)}
    tracked = {each["pk"]["S"] for each in items if each["sk"]["S"].startswith("FINDING#")}
    targets = {(account, region) for account in ACCOUNTS for region in REGIONS}
    assert judged == {f"{account}#{region}" for account, region in targets}
    assert tracked == {f"TARGET#{account}#{region}" for account, region in targets}
    for account, region in targets:
        key = f"snapshots/{account}/{region}/{scheduled.run_id}.json.gz"
        assert stack.object(key)[:2] == b"\x1f\x8b", key


def test_the_mail_says_the_worst_first_and_what_was_not_seen(scheduled: Run, mails: Mails) -> None:
    mail = mails.one(scheduled.run_id)
    subject, body = mail["Subject"], mail["Message"]
    assert subject == scheduled.output["subject"]
    assert subject.startswith("eksnet: 1 cluster cannot upgrade, 3 critical findings")
    assert subject.isascii()
    assert len(subject) <= 100
    assert "6 targets in 3 accounts and 2 Regions: 5 seen whole, 1 in part" in body
    assert "eks:DescribeAddon answered AccessDeniedException in 333344445555" in body
    assert body.index("CRITICAL XEN002") < body.index("HIGH IPH001")
    assert scheduled.output["report"] in body


def test_the_page_that_the_mail_names_is_in_the_bucket(stack: Stack, scheduled: Run) -> None:
    bucket, key = scheduled.output["report"].removeprefix("s3://").split("/", 1)
    assert bucket == stack.outputs["BucketName"]
    answer = stack.client("s3").get_object(Bucket=bucket, Key=key)
    assert answer["ContentType"] == "text/html; charset=utf-8"
    page = answer["Body"].read().decode()
    assert page.lower().startswith("<!doctype html")
    assert [each for each in DEMO_CLUSTERS if each not in page] == []


def test_every_failing_finding_is_announced_once(
    scheduled: Run, mails: Mails, events: Events
) -> None:
    found = events.of(scheduled.run_id)
    ids = [each["detail"]["finding"]["finding_id"] for each in found]
    counted = re.search(r"^(\d+) fails", mails.one(scheduled.run_id)["Message"], re.MULTILINE)
    assert counted
    assert len(ids) == len(set(ids)) == int(counted[1])
    assert {each["detail-type"] for each in found} == {"Finding Opened"}
    assert {each["detail"]["finding"]["status"] for each in found} == {"fail"}


def test_the_figures_of_a_run_are_logged_as_metrics(stack: Stack, scheduled: Run) -> None:
    lines = [json.loads(line) for line in stack.logs(0) if '"RunsReported":[' in line]
    figures = min(lines, key=lambda each: each["_aws"]["Timestamp"])
    assert figures["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "eksnet"
    assert figures["TargetsExpected"] == figures["TargetsAssessed"] == [TARGETS]
    assert figures["TargetsFailed"] == [0]
    assert figures["FindingsOpened"] == figures["FindingsOpen"]
    assert scheduled.output["run_id"]


def test_one_schedule_event_delivered_ten_times_is_one_run(
    stack: Stack, scheduled: Run, mails: Mails, events: Events
) -> None:
    moment = next_moment()
    executions = [stack.start(moment) for _ in range(10)]
    outputs = [stack.succeeded(each) for each in executions]
    late = stack.succeeded(stack.start(moment))
    name = run_id(moment)
    assert sum("report" in each for each in outputs) == 1
    assert sum(bool(each.get("duplicate")) for each in outputs) == 9
    assert late["duplicate"] is True
    assert len(mails.of(name)) == 1
    items = stack.items()
    kept = [each["pk"]["S"] for each in items if each["sk"]["S"] == name]
    assert sorted(kept) == ["LETTER", "RUN#FULL"]
    assert sum(each["pk"]["S"] == f"JUDGEMENT#{name}" for each in items) == TARGETS
    assert len([each for each in stack.keys("snapshots/") if name in each]) == TARGETS
    assert [each for each in events.of(name) if each["detail-type"] == "Finding Resolved"] == []
    assert failing(stack, name) == failing(stack, scheduled.run_id)
