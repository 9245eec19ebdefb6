"""Runs of the deployed handlers: delivered twice, dying midway, refused, overtaken."""

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from eksnet.cni.eni import INSTANCE_TAG
from eksnet.model.snapshot import Target
from eksnet.model.tracked import State
from eksnet.pipeline.services import services
from eksnet.store.aws import EventBus
from eksnet.store.dynamodb import DynamoStore
from eksnet.store.interface import StoreError
from sandbox import denials
from sandbox.deployed import HOME, NAME, REGION, Application
from sandbox.organization import ACCOUNTS
from tests.functions.deployment import EVENTS, SCHEDULED, load, noted_calls, running

OWN = Target(account_id=HOME, region=REGION)
DAY = dt.timedelta(days=1)
SMALL = {"EKSNET_ACCOUNTS": "", "EKSNET_REGIONS": ""}
CHANGE = next(load(path) for path in EVENTS if path.stem == "changes-node-group")


@pytest.fixture
def small() -> Iterator[Application]:
    """A deployment that audits its own account and Region only."""
    with running(whole=False, **SMALL) as application:
        yield application


def change(at: dt.datetime) -> Any:
    """Return a batch of one change that happened at a time, with an id of its own."""
    event = json.loads(CHANGE["Records"][0]["body"])
    body = {**event, "time": at.isoformat(), "id": str(uuid.uuid4())}
    return {"Records": [{**CHANGE["Records"][0], "body": json.dumps(body)}]}


def failing(*_: object) -> None:
    """Fail as a table that has trouble."""
    api, code = "dynamodb:PutItem", "InternalServerError"
    raise StoreError(api, code)


def test_a_schedule_delivered_ten_times_is_one_run(small: Application) -> None:
    runs = [small.run(SCHEDULED, execution=f"delivery-{number}") for number in range(10)]
    assert [run.begun["duplicate"] for run in runs] == [False] + [True] * 9
    assert len(small.mails()) == 1
    store = services().store
    assert {each.seen.run_id for each in store.tracked(OWN)} == {runs[0].begun["run_id"]}


def test_a_replayed_step_looks_at_nothing_and_says_the_same(small: Application) -> None:
    run = small.run(SCHEDULED)
    step = {"run_id": run.begun["run_id"], "target": {"account_id": HOME, "region": REGION}}
    with noted_calls() as calls:
        again = small.invoke("audit", step)
        small.invoke("report", {"run_id": run.begun["run_id"]})
    assert again == run.audited[0]
    assert {each.partition(":")[0] for each in calls} == {"dynamodb"}
    assert len(small.mails()) == 1


def test_an_audit_that_dies_midway_is_done_again_and_tells_what_it_opened(
    small: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.run(SCHEDULED)
    small.mails()
    unattached = services().store.judgement("20261123T060000Z-full", OWN)
    logs = boto3.client("ec2").describe_flow_logs()["FlowLogs"]
    boto3.client("ec2").delete_flow_logs(FlowLogIds=[each["FlowLogId"] for each in logs])

    with monkeypatch.context() as broken:
        broken.setattr(DynamoStore, "put_judgement", failing)
        with pytest.raises(StoreError):
            small.run(SCHEDULED + DAY)
    run = small.run(SCHEDULED + DAY)
    ((_, text),) = small.mails()
    assert "new:\n- MEDIUM FLO001" in text
    judged = services().store.judgement(run.begun["run_id"], OWN)
    assert unattached is not None
    assert judged is not None
    assert judged.unattached == unattached.unattached


def test_a_target_without_an_answer_is_named(small: Application) -> None:
    request = {
        "scheduled_at": SCHEDULED.isoformat(),
        "execution": "e",
        "started_at": "2026-11-23T06:00:01Z",
    }
    begun = small.invoke("targets", request)
    small.invoke("report", {"run_id": begun["run_id"]})
    ((subject, text),) = small.mails()
    assert "target not seen" in subject
    assert f"{HOME} {REGION}" in text
    assert "gave no answer" in text


def test_a_member_that_does_not_let_us_in_stays_as_it_was_and_is_named() -> None:
    with running(EKSNET_ACCOUNTS=",".join(ACCOUNTS[:2]), EKSNET_REGIONS="") as application:
        application.run(SCHEDULED)
        application.mails()
        member = Target(account_id=ACCOUNTS[1], region=REGION)
        before = {each.finding.finding_id for each in services().store.tracked(member)}
        with denials.denied("sts:AssumeRole"):
            run = application.run(SCHEDULED + DAY)
        ((subject, text),) = application.mails()
        after = services().store.tracked(member)
    assert [each["complete"] for each in run.audited] == [True, False]
    assert "1 of 2 targets not seen" in subject
    assert "sts:AssumeRole answered AccessDenied" in text
    still = {each.finding.finding_id for each in after if each.state is not State.RESOLVED}
    assert before <= still


def test_an_organization_that_can_not_be_listed_is_said_and_the_own_account_audited() -> None:
    with (
        running(whole=False, EKSNET_ACCOUNTS="organization", EKSNET_REGIONS="all") as application,
        denials.denied("organizations:ListAccounts", "ec2:DescribeRegions"),
    ):
        run = application.run(SCHEDULED)
        ((_, text),) = application.mails()
    assert run.begun["count"] == 1
    said = " ".join(text.split())
    assert "organizations:ListAccounts answered AccessDeniedException" in said
    assert "ec2:DescribeRegions answered UnauthorizedOperation" in said


def test_a_change_audits_the_own_target_and_is_mailed_only_if_something_is_bad(
    small: Application,
) -> None:
    small.run(SCHEDULED)
    small.mails()
    later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
    assert small.invoke("changes", change(later)) == {"batchItemFailures": []}
    assert small.mails() == []
    boto3.client("eks").update_cluster_config(
        name="payments",
        resourcesVpcConfig={"endpointPublicAccess": True, "publicAccessCidrs": ["0.0.0.0/0"]},
    )
    small.invoke("changes", change(later))
    ((subject, text),) = small.mails()
    assert f"changed in {HOME} {REGION}" in subject
    assert "EPA002 of payments" in text


def test_a_change_that_a_later_complete_look_covers_is_skipped(small: Application) -> None:
    small.run(SCHEDULED)
    with noted_calls() as calls:
        small.invoke("changes", change(dt.datetime(2026, 1, 1, tzinfo=dt.UTC)))
    assert {each.partition(":")[0] for each in calls} == {"dynamodb"}


def test_a_change_where_nothing_of_ours_is_audited_is_skipped() -> None:
    with (
        running(whole=False, EKSNET_ACCOUNTS=ACCOUNTS[1], EKSNET_REGIONS="") as application,
        noted_calls() as calls,
    ):
        application.invoke("changes", change(dt.datetime.now(dt.UTC)))
    assert calls == []


def test_a_change_that_was_judged_but_never_told_is_told_next_time(
    small: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = change(dt.datetime.now(dt.UTC))
    with monkeypatch.context() as broken:
        broken.setattr(DynamoStore, "judgements", failing)
        with pytest.raises(StoreError):
            small.invoke("changes", event)
    assert small.mails() == []
    small.invoke("changes", change(dt.datetime(2026, 1, 1, tzinfo=dt.UTC)))
    assert len(small.mails()) == 1


def test_suppressions_that_can_not_be_read_suppress_nothing_and_are_said() -> None:
    with running(whole=False, **SMALL, EKSNET_SUPPRESSIONS="config/rules.yaml") as application:
        application.run(SCHEDULED)
        ((_, missing),) = application.mails()
        boto3.client("s3").put_object(
            Bucket=NAME, Key="config/rules.yaml", Body=b"suppressions: [{colour: A}]"
        )
        application.run(SCHEDULED + DAY)
        ((_, wrong),) = application.mails()
    assert "s3:GetObject answered NoSuchKey" in " ".join(missing.split())
    assert "config/rules.yaml:1: unknown key 'colour'" in " ".join(wrong.split())


def test_what_a_dead_change_opened_is_told_and_announced_by_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running(whole=False, **SMALL, EKSNET_FAIL_SEVERITY="medium") as application:
        application.run(SCHEDULED)
        application.mails()
        logs = boto3.client("ec2").describe_flow_logs()["FlowLogs"]
        boto3.client("ec2").delete_flow_logs(FlowLogIds=[each["FlowLogId"] for each in logs])
        later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
        with monkeypatch.context() as broken:
            broken.setattr(EventBus, "put", failing)
            with pytest.raises(StoreError):
                application.invoke("changes", change(later))
        put: list[str] = []
        monkeypatch.setattr(EventBus, "put", lambda _, events: put.extend(e.detail for e in events))
        application.invoke("changes", change(later))
        ((subject, text),) = application.mails()
    assert "3 new" in subject
    assert text.count("FLO001 vpc-") == 3
    assert len(put) == 3


def test_what_can_not_be_seen_stays_in_the_figures(small: Application) -> None:
    small.run(SCHEDULED)
    before = services().store.letter("20261123T060000Z-full")
    with denials.denied("ec2:DescribeSubnets"):
        small.run(SCHEDULED + DAY)
    with denials.denied("eks:ListClusters"):
        small.run(SCHEDULED + 2 * DAY)
    part, dark = (services().store.letter(f"202611{day}T060000Z-full") for day in (24, 25))
    assert before is not None
    assert part is not None
    assert dark is not None
    for name in ("SubnetsAtRisk", "ClustersThatCannotUpgrade", "FindingsOpen"):
        assert part.figures[name] == dark.figures[name] == before.figures[name]
    assert before.figures["SubnetsAtRisk"] > 0
    assert (before.figures["TargetsFailed"], dark.figures["TargetsFailed"]) == (0, 1)


def test_an_interface_that_could_not_be_listed_keeps_its_age(small: Application) -> None:
    ec2 = boto3.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    node = "i-0a1b2c3d4e5f60718"
    ec2.create_network_interface(
        SubnetId=subnet,
        Description=f"aws-K8S-{node}",
        TagSpecifications=[
            {
                "ResourceType": "network-interface",
                "Tags": [{"Key": INSTANCE_TAG, "Value": node}],
            }
        ],
    )
    small.run(SCHEDULED)
    with denials.denied("ec2:DescribeNetworkInterfaces"):
        small.run(SCHEDULED + DAY)
    small.run(SCHEDULED + 2 * DAY)
    judged = [services().store.judgement(f"202611{day}T060000Z-full", OWN) for day in (23, 24, 25)]
    kept = {each.unattached for each in judged if each}
    assert len(kept) == 1
    assert kept.pop()


def test_an_earlier_mail_is_read_again_word_by_word(small: Application) -> None:
    first = small.run(SCHEDULED)
    ((subject, text),) = small.mails()
    small.run(SCHEDULED + DAY)
    letter = services().store.letter(first.begun["run_id"])
    assert letter is not None
    assert (letter.subject, letter.body) == (subject, text)
