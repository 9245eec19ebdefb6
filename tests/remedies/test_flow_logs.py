import dataclasses
import pathlib
import re
from collections.abc import Callable
from typing import Any

import pytest

from eksnet import remedies
from eksnet.checks.flo_content import PLACE_FIELDS, POD_FIELDS
from eksnet.model.action import CreateFlowLog, DeleteFlowLog
from eksnet.model.errors import InputError
from eksnet.model.finding import Finding
from eksnet.model.network import FlowLog
from eksnet.model.plan import About
from eksnet.model.snapshot import Blind, Facet, Snapshot
from eksnet.network.flow_logs import fields
from eksnet.plan.draft import Draft
from eksnet.plan.logs import log_of
from eksnet.remedies.flow_logs import ROLE
from eksnet.remedies.remedy import Choices
from tests.build import ACCOUNT, REGION, TARGET, VPC, flow_log, vpc
from tests.remedies.world import failing, full, planned, proposed, refused

NAME = "flow-logs"
GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/eksnet/flow-logs/{VPC}"
BUCKET = "arn:aws:s3:::logs-of-all/flow"
STREAM = f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/flow"
POOR = "${version} ${srcaddr} ${dstaddr} ${action}"


def seen_with(*logs: FlowLog, **parts: Any) -> Snapshot:
    return full(flow_logs=list(logs), **parts)


def poor(log_id: str = "fl-poor", **parts: Any) -> FlowLog:
    return flow_log(log_id, log_format=POOR, **parts)


def broken(log_id: str = "fl-broken", **parts: Any) -> FlowLog:
    return flow_log(log_id, deliver_status="FAILED", deliver_error="Access error", **parts)


def uncovered() -> Finding:
    return failing(seen_with(), "FLO001", VPC)


def undelivered(log: FlowLog) -> Finding:
    return failing(seen_with(log), "FLO002", log.id)


def shows_no_pods(seen: Snapshot) -> Finding:
    return failing(seen, "FLO004", VPC)


def actions(one: Draft) -> list[object]:
    return [each.action for each in one.steps]


def created(one: Draft) -> CreateFlowLog:
    (found,) = (each for each in actions(one) if isinstance(each, CreateFlowLog))
    return found


def deleted(one: Draft) -> list[str]:
    return [each.flow_log_id for each in actions(one) if isinstance(each, DeleteFlowLog)]


def test_a_vpc_without_logs_gets_one_that_shows_pods_and_places() -> None:
    seen = seen_with()
    one = proposed(NAME, seen, uncovered())
    new = created(one)
    assert (new.traffic_type, new.aggregation_seconds) == ("ALL", 60)
    assert (new.destination_type, new.destination) == ("cloud-watch-logs", GROUP)
    assert new.role_arn == f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
    assert (fields(log_of(new, "")) or frozenset()) >= POD_FIELDS | PLACE_FIELDS
    assert not deleted(one)
    assert (About.FLOW_LOGS, VPC) in one.rests_on


@pytest.mark.parametrize(
    ("check", "logs"),
    [
        ("FLO001", ()),
        ("FLO003", (flow_log("fl-1", traffic_type="REJECT"),)),
        ("FLO004", (poor(),)),
        ("FLO005", (poor(),)),
        ("FLO006", (flow_log("fl-1", aggregation_seconds=600),)),
    ],
)
def test_the_plan_closes_its_finding(check: str, logs: tuple[FlowLog, ...]) -> None:
    nodes = tuple(dataclasses.replace(each, type="m4.large") for each in full().instances)
    seen = seen_with(*logs, instances=nodes)
    finding = failing(seen, check, VPC)
    one = proposed(NAME, seen, finding)
    assert finding.finding_id in planned(seen, one, finding).proof.closes
    assert deleted(one) == [each.id for each in logs]


def test_a_log_that_does_not_deliver_is_replaced_wherever_it_goes() -> None:
    log = broken(destination_type="s3", destination="arn:aws:s3:::gone")
    seen = seen_with(log)
    one = proposed(NAME, seen, undelivered(log))
    assert deleted(one) == ["fl-broken"]
    assert undelivered(log).finding_id in planned(seen, one, undelivered(log)).proof.closes


def test_the_new_log_is_there_before_any_is_deleted() -> None:
    seen = seen_with(poor(), poor("fl-more", traffic_type="REJECT"))
    kinds = [type(each) for each in actions(proposed(NAME, seen, shows_no_pods(seen)))]
    assert kinds == [CreateFlowLog, DeleteFlowLog, DeleteFlowLog]


def test_a_deletion_says_how_to_make_the_log_again() -> None:
    seen = seen_with(poor(destination="flow"))
    action = actions(proposed(NAME, seen, shows_no_pods(seen)))[1]
    assert isinstance(action, DeleteFlowLog)
    assert action.log.log_format == POOR
    assert action.log.destination == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:flow"


USUAL = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
THEIRS = f"arn:aws:iam::{ACCOUNT}:role/their-flow"


def test_a_log_that_another_role_delivers_could_not_be_made_again_and_stays() -> None:
    seen = seen_with(poor("fl-kept", role_arn=THEIRS), poor())
    one = proposed(NAME, seen, shows_no_pods(seen))
    assert deleted(one) == ["fl-poor"]
    why = f"it could not be made again, its role {THEIRS} is not ours to pass"
    assert f"fl-kept stays: {why}" in one.notes


@pytest.mark.parametrize(("role", "chosen"), [(USUAL, None), (USUAL, THEIRS), (THEIRS, THEIRS)])
def test_a_log_whose_role_is_ours_to_pass_is_made_again_with_it(
    role: str, chosen: str | None
) -> None:
    seen = seen_with(poor(role_arn=role))
    one = proposed(NAME, seen, shows_no_pods(seen), role_arn=chosen)
    assert isinstance(one.steps[1].action, DeleteFlowLog)
    assert one.steps[1].action.log.role_arn == role
    assert not any("is not told" in note for note in one.notes)


def test_a_log_without_a_role_is_made_again_with_ours_wherever_the_new_one_goes() -> None:
    log = broken()
    one = proposed(NAME, seen_with(log), undelivered(log), destination=BUCKET)
    assert isinstance(one.steps[1].action, DeleteFlowLog)
    assert one.steps[1].action.log.role_arn == USUAL
    assert f"who delivers fl-broken is not told: made again, it has {USUAL}" in one.notes


@pytest.mark.parametrize(
    ("destination", "asked"),
    [(BUCKET, "delivery.logs.amazonaws.com"), (STREAM, "AWSServiceRoleForLogDelivery")],
)
def test_a_note_says_what_lets_the_new_log_be_written(destination: str, asked: str) -> None:
    one = proposed(NAME, seen_with(), uncovered(), destination=destination)
    assert [note for note in one.notes if destination in note and asked in note]
    assert len([note for note in one.notes if "elivery" in note]) == 1


def test_a_log_to_s3_with_a_role_could_not_be_made_again_and_stays() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/their-flow"
    kept = poor("fl-kept", destination_type="s3", destination="arn:aws:s3:::old", role_arn=role)
    seen = seen_with(kept, poor())
    one = proposed(NAME, seen, shows_no_pods(seen_with(poor())), destination=BUCKET)
    assert deleted(one) == []
    assert any(note.startswith("fl-kept stays") and role in note for note in one.notes)


def test_a_deletion_names_the_log_that_takes_over() -> None:
    seen = seen_with(poor(), poor("fl-more", traffic_type="REJECT"))
    one = proposed(NAME, seen, shows_no_pods(seen))
    gone = [each for each in actions(one) if isinstance(each, DeleteFlowLog)]
    assert [each.replaced_by for each in gone] == [created(one)] * 2


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"tags": {"aws:cloudformation:stack-name": "net"}}, "stack-name=net"),
        ({"tags": {"ManagedBy": "terraform"}}, "ManagedBy=terraform"),
        ({"tags": {"pulumi:project": "net"}}, "pulumi:project=net"),
        ({"destination_type": "s3", "destination": "arn:aws:s3:::archive"}, "it goes to s3"),
        ({"log_format": POOR + " ${ecs-cluster-name}"}, "ecs-cluster-name"),
        ({"aggregation_seconds": None}, "EC2 does not tell all"),
        ({"deliver_status": None}, "has not said yet"),
        ({"file_format": "parquet"}, "file_format parquet"),
        ({"hive_partitions": True}, "hive_partitions"),
        ({"hourly_partitions": True}, "hourly_partitions"),
        ({"cross_account_role": "arn:aws:iam::2:role/flow"}, "cross_account_role arn"),
        ({"tag_fields": True}, "tag_fields"),
    ],
)
def test_what_somebody_may_need_stays_with_the_reason(parts: dict[str, Any], why: str) -> None:
    kept = dataclasses.replace(poor("fl-kept"), **parts)
    seen = seen_with(kept, poor())
    one = proposed(NAME, seen, shows_no_pods(seen_with(poor())))
    assert deleted(one) == ["fl-poor"]
    assert any(note.startswith("fl-kept stays") and why in note for note in one.notes)


def test_what_eksnet_itself_made_may_be_replaced() -> None:
    seen = seen_with(poor(tags={"ManagedBy": "eksnet"}))
    assert deleted(proposed(NAME, seen, shows_no_pods(seen))) == ["fl-poor"]


@pytest.mark.parametrize(
    ("choices", "type_", "destination"),
    [
        ({"destination": BUCKET}, "s3", BUCKET),
        ({"destination": STREAM}, "kinesis-data-firehose", STREAM),
        ({"destination_type": "s3", "destination": BUCKET}, "s3", BUCKET),
        ({"destination_type": "cloud-watch-logs"}, "cloud-watch-logs", GROUP),
    ],
)
def test_the_destination_can_be_chosen(
    choices: dict[str, Any], type_: str, destination: str
) -> None:
    new = created(proposed(NAME, seen_with(), uncovered(), **choices))
    assert (new.destination_type, new.destination) == (type_, destination)
    assert (new.role_arn is None) == (type_ != "cloud-watch-logs")


def test_the_role_can_be_chosen() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/logs/flow"
    assert created(proposed(NAME, seen_with(), uncovered(), role_arn=role)).role_arn == role


def test_arns_follow_the_partition() -> None:
    target = dataclasses.replace(TARGET, partition="aws-cn", region="cn-north-1")
    new = created(proposed(NAME, dataclasses.replace(seen_with(), target=target), uncovered()))
    assert new.destination.startswith("arn:aws-cn:logs:cn-north-1:")
    assert new.role_arn
    assert new.role_arn.startswith("arn:aws-cn:iam::")


@pytest.mark.parametrize(
    ("choices", "named"),
    [
        ({"destination_type": "kafka"}, "destination_type"),
        ({"destination_type": "s3"}, "destination"),
        ({"destination_type": "s3", "destination": GROUP}, "destination"),
        ({"destination": "my-bucket"}, "destination"),
        ({"destination": BUCKET.replace("aws", "aws-cn", 1)}, "destination"),
        ({"destination": GROUP.replace(REGION, "us-east-1")}, "destination"),
        ({"destination": f"{GROUP}:*"}, "destination"),
        ({"destination": BUCKET, "role_arn": "arn:aws:iam::444455556666:role/x"}, "role_arn"),
        ({"destination": "arn:aws:s3:::logs-of-all/AWSLogs/"}, "destination"),
        ({"role_arn": "flow"}, "role_arn"),
        ({"role_arn": "arn:aws:iam::444455556666:role/x"}, "role_arn"),
        ({"destination": GROUP.replace(ACCOUNT, "444455556666")}, "destination"),
        ({"destination": STREAM.replace(ACCOUNT, "444455556666")}, "destination"),
    ],
)
def test_a_wrong_choice_is_bad_input_and_named(choices: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=rf"^{named}:"):
        remedies.remedy(NAME).propose(seen_with(), uncovered(), Choices(**choices))


def unread() -> Snapshot:
    blind = Blind(facet=Facet.FLOW_LOGS, api="ec2:DescribeFlowLogs", error="UnauthorizedOperation")
    return dataclasses.replace(seen_with(), blinds=(blind,))


def same_as_new() -> Snapshot:
    new = created(proposed(NAME, seen_with(), uncovered()))
    return seen_with(dataclasses.replace(log_of(new, "fl-1"), deliver_status=None))


NOBODY = dataclasses.replace(TARGET, account_id="unknown")
OF_SUBNET = broken(resource_id="subnet-a")
OWNED = broken(tags={"aws:cloudformation:stack-id": "arn"})
FOREIGN = broken(role_arn=THEIRS)
THERE = broken(destination=GROUP)
CASES: list[tuple[str, Callable[[], Snapshot], Callable[[], Finding]]] = [
    ("unseen", unread, uncovered),
    ("unseen", lambda: full(vpcs=[]), uncovered),
    ("unseen", lambda: dataclasses.replace(seen_with(), partial=True), uncovered),
    ("unseen", lambda: dataclasses.replace(seen_with(), target=NOBODY), uncovered),
    ("shared-vpc", lambda: full(vpcs=[vpc(owner_id="444455556666")]), uncovered),
    ("subnet-log", lambda: seen_with(OF_SUBNET), lambda: undelivered(OF_SUBNET)),
    ("managed-elsewhere", lambda: seen_with(OWNED), lambda: undelivered(OWNED)),
    ("managed-elsewhere", lambda: seen_with(FOREIGN), lambda: undelivered(FOREIGN)),
    ("same-destination", lambda: seen_with(THERE), lambda: undelivered(THERE)),
    ("same-destination", same_as_new, uncovered),
]


@pytest.mark.parametrize(("rule", "seen", "finding"), CASES)
def test_every_rule_that_refuses_has_a_case(
    rule: str, seen: Callable[[], Snapshot], finding: Callable[[], Finding]
) -> None:
    assert refused(NAME, seen(), finding()).rule == rule


def test_no_rule_is_without_a_case_and_a_line_in_the_page() -> None:
    path = pathlib.Path(remedies.__file__).parent / "flow_logs.py"
    rules = set(re.findall(r"refuse\(\s*\"([a-z0-9-]+)\"", path.read_text()))
    assert rules == {rule for rule, _, _ in CASES}
    assert {rule for rule in rules if f"``{rule}``" not in remedies.remedy(NAME).doc} == set()
