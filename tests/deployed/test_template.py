"""The laws that the deployment's templates keep, read from what CloudFormation would see."""

import pathlib
import re
from typing import Any

import pytest

from eksnet.pipeline.change import WATCHED
from eksnet.settings.repair import read_window
from tests.deployed.reading import APPLICATION, MEMBER, REPAIRER, ROOT, of, resources
from tools import template, template_text

NAMES = re.compile(r"(Alarm|Bucket|Dashboard|Function|LogGroup|Queue|Role|Rule|Table|Topic)?Name")
EACH = pytest.mark.parametrize(
    "source", [APPLICATION, MEMBER, REPAIRER], ids=["application", "member", "repairer"]
)


@EACH
def test_every_parameter_says_what_it_is_and_what_it_admits(source: dict[str, Any]) -> None:
    for name, parameter in source["Parameters"].items():
        assert parameter["Description"], name
        assert len(parameter["Description"]) <= 4000, name
        if parameter["Type"] == "Number":
            assert "MinValue" in parameter or "AllowedValues" in parameter, name
        elif "AllowedValues" not in parameter:
            assert parameter["ConstraintDescription"], name
            default = str(parameter.get("Default", "111122223333"))
            assert re.fullmatch(parameter["AllowedPattern"], default), name


@EACH
def test_every_parameter_is_in_one_group_and_is_used(source: dict[str, Any]) -> None:
    groups = source["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(
        source["Parameters"]
    )
    used = str({key: source[key] for key in source if key not in {"Parameters", "Metadata"}})
    for name in source["Parameters"]:
        assert f"'Ref': '{name}'" in used or f"${{{name}}}" in used, name


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        ("Accounts", ["", "organization", "111122223333,222233334444"], ["all", "1111", "x,"]),
        ("Regions", ["", "all", "eu-west-1, us-gov-west-1"], ["eu", "eu-west-1,", "EU-WEST-1"]),
        ("ExternalId", ["", "ab", "a:b/c=d@e-f"], ["a", "a b", "a" * 1225]),
        ("Email", ["", "a@b.example"], ["a", "a@b", "a b@c.example"]),
        ("SuppressionsKey", ["", "config/a.yaml"], ["a.yaml", "config/", "runs/a.yaml"]),
        ("MemberRoleName", ["eksnet-audit"], ["", "path/eksnet-audit", "*"]),
        ("KmsKeyArn", ["", "arn:aws:kms:eu-west-1:111122223333:key/a-1"], ["alias/a", "a-1"]),
        ("ReportBucketName", ["", "a-bucket.b"], ["ab", "A-bucket", "a_bucket"]),
        ("RemediationRoleName", ["eksnet-remediation"], ["", "path/eksnet-remediation", "*"]),
        (
            "ChangeWindow",
            ["", "mon 00:00-23:59", "mon-fri 08:00-16:00"],
            ["always", "fri-xxx 08:00-16:00", "mon-fri 8-16", "mon-fri 30:00-31:00 UTC"],
        ),
        ("ScheduleTimezone", ["UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+1"], ["", "a b"]),
    ],
)
def test_a_parameter_admits_what_it_means(parameter: str, good: list[str], bad: list[str]) -> None:
    pattern = APPLICATION["Parameters"][parameter]["AllowedPattern"]
    assert all(re.fullmatch(pattern, each) for each in good)
    assert not any(re.fullmatch(pattern, each) for each in bad)


def test_members_are_audited_with_an_external_id_only() -> None:
    rule = APPLICATION["Rules"]["MembersAskForTheExternalId"]
    assert rule["RuleCondition"] == APPLICATION["Conditions"]["HasMembers"]
    empty = {"Fn::Equals": [{"Ref": "ExternalId"}, ""]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Not": [empty]}
    assert "ExternalId" in MEMBER["Parameters"]
    assert "Default" not in MEMBER["Parameters"]["ExternalId"]


def test_plans_are_carried_out_with_an_external_id_only() -> None:
    rule = APPLICATION["Rules"]["RepairsAskForTheExternalId"]
    assert rule["RuleCondition"] == APPLICATION["Conditions"]["Repairs"]
    assert rule["Assertions"][0]["Assert"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "ExternalId"}, ""]}]
    }
    assert "Default" not in REPAIRER["Parameters"]["ExternalId"]


def test_whatever_window_the_parameter_admits_is_one() -> None:
    pattern = APPLICATION["Parameters"]["ChangeWindow"]["AllowedPattern"]
    for text in ("mon 00:00-23:59", "mon-fri 08:00-16:00", "sat-sun 10:00-11:00"):
        assert re.fullmatch(pattern, text)
        assert read_window(text)


def test_no_function_is_in_a_vpc_or_traced() -> None:
    for function in of("AWS::Lambda::Function").values():
        assert not {"VpcConfig", "TracingConfig"} & function["Properties"].keys()


def test_the_table_and_the_bucket_outlive_the_stack() -> None:
    for name in ("Table", "Bucket"):
        assert resources()[name]["DeletionPolicy"] == "Retain"
        assert resources()[name]["UpdateReplacePolicy"] == "Retain"
    table = resources()["Table"]["Properties"]
    assert table["DeletionProtectionEnabled"] is True
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_the_bucket_is_private_versioned_and_only_spoken_to_with_tls() -> None:
    properties = resources()["Bucket"]["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    (tls,) = resources()["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (tls["Effect"], tls["Principal"], tls["Action"]) == ("Deny", "*", "s3:*")
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_nothing_has_a_name_or_an_account_written_in_stone() -> None:
    for name, resource in resources().items():
        for key, value in resource["Properties"].items():
            if NAMES.fullmatch(key):
                assert not isinstance(value, str), (name, key)
    text = re.sub(r"Description: .*", "", (ROOT / "template.yaml").read_text("utf-8"))
    for line in text.splitlines():
        assert "arn:aws:" not in line
        assert ":111122223333" not in line


@pytest.mark.parametrize(("rule", "source"), [("Eks", "aws.eks"), ("Vpc", "aws.ec2")])
def test_the_rules_watch_what_the_changes_function_watches(rule: str, source: str) -> None:
    pattern = resources()[f"{rule}ChangesRule"]["Properties"]["EventPattern"]
    assert pattern["source"] == [source]
    assert tuple(pattern["detail"]["eventName"]) == WATCHED[source]
    assert pattern["detail"]["eventSource"] == [source.removeprefix("aws.") + ".amazonaws.com"]
    assert pattern["detail"]["errorCode"] == [{"exists": False}]
    assert pattern["account"] == [{"Ref": "AWS::AccountId"}]
    assert pattern["region"] == [{"Ref": "AWS::Region"}]


def test_every_watched_source_has_its_rule() -> None:
    rules = of("AWS::Events::Rule").values()
    sources = {each["Properties"]["EventPattern"]["source"][0] for each in rules}
    assert sources == set(WATCHED)


def test_what_follows_changes_is_there_only_if_wanted() -> None:
    wanted = {name for name, each in resources().items() if each.get("Condition") == "OnChange"}
    named = {name for name in resources() if "Changes" in name}
    assert wanted == named


def test_the_queue_hides_a_message_for_longer_than_its_work_can_take() -> None:
    queue = resources()["ChangesQueue"]["Properties"]
    mapping = resources()["ChangesMapping"]["Properties"]
    timeout = resources()["ChangesFunction"]["Properties"]["Timeout"]
    window = mapping["MaximumBatchingWindowInSeconds"]
    assert queue["VisibilityTimeout"] >= 6 * timeout + window
    assert (queue["DelaySeconds"], window) == (60, 60)
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 3


def test_the_queue_takes_messages_from_the_rules_only() -> None:
    (statement,) = resources()["ChangesQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    rules = [{"Fn::GetAtt": [name, "Arn"]} for name in ("EksChangesRule", "VpcChangesRule")]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": rules}}


def test_every_queue_is_encrypted_and_every_dead_letter_rings_an_alarm() -> None:
    alarms = of("AWS::CloudWatch::Alarm").values()
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in alarms
        for dimension in alarm["Properties"]["Dimensions"]
        if dimension["Name"] == "QueueName"
    }
    assert watched == {name for name in of("AWS::SQS::Queue") if "DeadLetter" in name}
    for queue in of("AWS::SQS::Queue").values():
        assert queue["Properties"]["SqsManagedSseEnabled"] is True


def test_every_alarm_tells_the_topic_what_it_means() -> None:
    for alarm in of("AWS::CloudWatch::Alarm").values():
        assert alarm["Properties"]["AlarmActions"] == [{"Ref": "Topic"}]
        assert alarm["Properties"]["AlarmDescription"]
        assert alarm["Properties"]["TreatMissingData"]


def test_every_bad_end_of_a_repair_rings_an_alarm() -> None:
    machine = {"Name": "StateMachineArn", "Value": {"Ref": "RepairStateMachine"}}
    alarms = [each["Properties"] for each in of("AWS::CloudWatch::Alarm").values()]
    repairs = [each for each in alarms if each["Dimensions"] == [machine]]
    # The ends of an execution but success: Step Functions guide, "Execution metrics".
    ends = {"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"}
    assert {each["MetricName"] for each in repairs} == ends
    for alarm in repairs:
        assert (alarm["Namespace"], alarm["Statistic"], alarm["Threshold"]) == (
            "AWS/States",
            "Sum",
            1,
        )


def test_no_look_of_an_alarm_is_longer_than_cloudwatch_allows() -> None:
    hours = APPLICATION["Parameters"]["MissedAfterHours"]
    missed = resources()["AuditMissedAlarm"]["Properties"]
    assert missed["TreatMissingData"] == "breaching"
    assert missed["EvaluationPeriods"] == {"Ref": "MissedAfterHours"}
    assert hours["MaxValue"] * missed["Period"] <= 604_800  # seven days: PutMetricAlarm, Period


def test_no_generated_block_is_stale() -> None:
    for name, text in template_text.templates(ROOT).items():
        assert (ROOT / name).read_text("utf-8") == text, f"{name}: run `make generate`"


def test_a_template_without_its_markers_is_refused(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text("Parameters:\n  # limits: generated\n")
    with pytest.raises(ValueError, match="lacks the markers # limits"):
        template_text.filled(path, {"limits": []})


def test_the_linter_sees_a_reference_to_what_is_not_there(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "template.yaml"
    text = (ROOT / "organization/audit-role.yaml").read_text("utf-8")
    path.write_text(text.replace("!GetAtt Role.Arn", "!GetAtt Rule.Arn"))
    assert "Rule" in "".join(template.lint(path))


def test_the_expanded_template_is_valid() -> None:
    assert not list(template.lint_expanded())
