"""The laws of who may do what, read from what CloudFormation would see."""

import datetime as dt
import fnmatch
import re
from typing import Any

import pytest

from eksnet.store import plan_layout
from tests.deployed.reading import (
    APPLICATION,
    MEMBER,
    REPAIRER,
    ROOT,
    actions,
    denied,
    granted,
    of,
    parts,
    resources,
    there,
)
from tools import template, template_text

AUDITING = ("Targets", "Audit", "Report", "Changes")
REPAIRING = ("Plan", "Decide", "Step")
FUNCTIONS = (*AUDITING, *REPAIRING)
# Actions that know no resource: service authorization reference, EC2, Organizations and Logs.
ANYWHERE = {
    *template_text.read_actions(),
    "ec2:DescribeRegions",
    "organizations:ListAccounts",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
}
LOOKS = re.compile(r"(ec2|eks|iam|organizations|servicequotas|sts):(Describe|Get|List)[A-Za-z]+")
LEADING = "dynamodb:LeadingKeys"
WRITES = {
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
}


def test_every_function_has_its_own_role_and_log_group() -> None:
    functions = of("AWS::Lambda::Function")
    assert set(functions) == {f"{name}Function" for name in FUNCTIONS}
    for name in FUNCTIONS:
        properties = functions[f"{name}Function"]["Properties"]
        assert properties["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}
        assert properties["LoggingConfig"] == {"LogGroup": {"Ref": f"{name}LogGroup"}}
        (logs,) = (each for each in granted(f"{name}Role") if each.get("Sid") == "Logs")
        assert logs["Resource"] == {"Fn::GetAtt": [f"{name}LogGroup", "Arn"]}
        assert properties["Runtime"] == "python3.13"
        assert (ROOT / "functions" / name.lower() / "app.py").exists()


def test_no_policy_is_one_that_aws_keeps() -> None:
    for source in (resources(), MEMBER["Resources"], REPAIRER["Resources"]):
        for role in (each for each in source.values() if each["Type"] == "AWS::IAM::Role"):
            for policy in role["Properties"].get("ManagedPolicyArns", ()):
                assert source[policy["Ref"]]["Type"] == "AWS::IAM::ManagedPolicy"


def test_only_what_knows_no_resource_is_allowed_on_every_resource() -> None:
    for role in of("AWS::IAM::Role"):
        for statement in granted(role):
            assert not any("*" in action for action in template.actions(statement)), role
            if statement["Resource"] == "*":
                assert set(template.actions(statement)) <= ANYWHERE, role


def test_what_is_allowed_everywhere_only_looks() -> None:
    for action in template_text.read_actions():
        assert LOOKS.fullmatch(action), action


def members(role: str) -> list[Any]:
    policy = APPLICATION["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"]
    conditional = [each["Fn::If"] for each in policy["Statement"] if "Fn::If" in each]
    return [each for each in conditional if each[1]["Sid"] == "Members"]


def test_only_what_looks_into_members_assumes_their_roles() -> None:
    may = {role for role in of("AWS::IAM::Role") if "sts:AssumeRole" in actions(role)}
    assert may == {"AuditRole", "PlanRole", "StepRole"}
    for role in may:
        (given,) = members(role)
        assert given[0] == "HasMembers"
        assert given[1]["Action"] == "sts:AssumeRole"
        member = "arn:${AWS::Partition}:iam::*:role/${MemberRoleName}"
        assert given[1]["Resource"] == {"Fn::Sub": member}


def test_only_what_carries_out_plans_assumes_the_role_that_may_change_an_account() -> None:
    changing = "arn:${AWS::Partition}:iam::*:role/${RemediationRoleName}"
    for role in of("AWS::IAM::Role"):
        named = [each for each in granted(role) if {"Fn::Sub": changing} in list(parts(each))]
        assert [each["Action"] for each in named] == (
            [["sts:AssumeRole", "sts:SetSourceIdentity"]] if role == "StepRole" else []
        ), role
        assert ("sts:SetSourceIdentity" in actions(role)) is (role == "StepRole")


def test_no_role_of_the_stack_changes_a_network_a_cluster_or_a_right() -> None:
    kinds = {"AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"}
    found = 0
    for name, resource in resources().items():
        if resource["Type"] in kinds:
            for part in parts(resource["Properties"]):
                if isinstance(part, dict) and part.get("Effect") == "Allow" and "Action" in part:
                    foreign = re.compile(r"(ec2|eks|iam|organizations|servicequotas):")
                    named = [each for each in template.actions(part) if foreign.match(each)]
                    found += len(named)
                    assert [each for each in named if not LOOKS.fullmatch(each)] == [], name
    assert found


def test_by_default_nothing_of_repair_is_there() -> None:
    whole, plain = there(Remediation="on"), there()
    assert plain == there(Remediation="off")
    repair = {name for name, each in resources().items() if each.get("Condition") == "Repairs"}
    assert whole.keys() - plain.keys() == repair
    functions = {f"{name}Function" for name in FUNCTIONS}
    assert plain.keys() & functions == {f"{name}Function" for name in AUDITING}
    assert whole.keys() & functions == functions
    assert [each for each in plain.values() if each["Type"] == "AWS::Lambda::Url"] == []
    for name, resource in plain.items():
        text = str(resource)
        assert [each for each in repair if f"'{each}'" in text or f"${{{each}}}" in text] == [], (
            name
        )
    outputs = APPLICATION["Outputs"].values()
    for output in outputs:
        of_repair = any(each in str(output["Value"]) for each in repair)
        assert of_repair is (output.get("Condition") == "Repairs")


def written_keys(role: str) -> set[str] | None:
    """Return the patterns of the partitions that a role writes; None: any."""
    found: set[str] = set()
    for statement in granted(role):
        if any(each in WRITES for each in template.actions(statement)):
            keys = [
                each for each in parts(statement.get("Condition", {})) if isinstance(each, dict)
            ]
            patterns = [each["dynamodb:LeadingKeys"] for each in keys if LEADING in each]
            if not patterns:
                return None
            found.update(*patterns)
    return found


def test_only_who_keeps_decisions_writes_one() -> None:
    place = plan_layout.decision_key("pl-0", "AIDA")[0]
    may = set()
    for role in of("AWS::IAM::Role"):
        patterns = written_keys(role)
        if patterns is None:
            refused = {each for statement in denied(role) for each in leading(statement)}
            assert any(fnmatch.fnmatchcase(place, each) for each in refused), role
        elif any(fnmatch.fnmatchcase(place, each) for each in patterns):
            may.add(role)
    assert may == {"DecideRole"}


@pytest.mark.parametrize("name", AUDITING)
def test_who_audits_may_write_nothing_that_repairs_rest_on(name: str) -> None:
    (statement,) = denied(f"{name}Role")
    assert statement["Resource"] == {"Fn::GetAtt": ["Table", "Arn"]}
    assert set(template.actions(statement)) == WRITES
    refused = leading(statement)
    day = plan_layout.budget_key("111122223333", dt.date(2026, 3, 1))
    places = (plan_layout.meta_key("pl-0"), plan_layout.decision_key("pl-0", "AIDA"), day)
    places = (*places, plan_layout.lease_key("vpc-1"), plan_layout.CONTROL, (plan_layout.PLANS, ""))
    for pk, _ in places:
        assert any(fnmatch.fnmatchcase(pk, each) for each in refused), pk
    for own in ("RUN#FULL", "TARGET#1#2", "LETTER", "JUDGEMENT#1"):
        assert not any(fnmatch.fnmatchcase(own, each) for each in refused), own


def leading(statement: Any) -> set[str]:
    (given,) = statement["Condition"].values()
    return set(given[LEADING])


@pytest.mark.parametrize(
    ("policy", "function"), [("RequesterPolicy", "Plan"), ("ApproverPolicy", "Decide")]
)
def test_people_reach_the_functions_by_their_urls_only(policy: str, function: str) -> None:
    document = resources()[policy]["Properties"]["PolicyDocument"]["Statement"]
    said = {each["Action"]: each for each in document if isinstance(each["Action"], str)}
    arn = {"Fn::GetAtt": [f"{function}Function", "Arn"]}
    signed, by_url = said["lambda:InvokeFunctionUrl"], said["lambda:InvokeFunction"]
    assert signed["Resource"] == by_url["Resource"] == arn
    assert signed["Condition"] == {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}
    assert by_url["Condition"] == {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
    urls = of("AWS::Lambda::Url")
    assert {each["Properties"]["AuthType"] for each in urls.values()} == {"AWS_IAM"}
    assert of("AWS::Lambda::Permission") == {}


def test_nobody_approves_by_writing_to_the_table() -> None:
    for policy in ("RequesterPolicy", "ApproverPolicy"):
        document = resources()[policy]["Properties"]["PolicyDocument"]["Statement"]
        written = [each for each in document if WRITES & set(template.actions(each))]
        assert {key for each in written for key in leading(each)} <= {plan_layout.CONTROL[0]}


def test_a_member_reads_what_the_audit_reads_and_nothing_more() -> None:
    (statement,) = template.statements(MEMBER["Resources"]["Role"], MEMBER["Resources"])
    assert template.actions(statement) == template_text.read_actions()
    policy = resources()["ReadPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert [template.actions(each) for each in policy] == [template_text.read_actions()]


def test_a_member_trusts_the_audits_path_with_an_external_id() -> None:
    properties = MEMBER["Resources"]["Role"]["Properties"]
    (trust,) = properties["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"]["StringEquals"]["sts:ExternalId"] == {"Ref": "ExternalId"}
    trusted = trust["Condition"]["ArnLike"]["aws:PrincipalArn"]["Fn::Sub"]
    path = resources()["AuditRole"]["Properties"]["Path"]["Fn::Sub"]
    hub = f"arn:${{AWS::Partition}}:iam::${{HubAccount}}:role{path}*"
    assert trusted == hub.replace("${AWS::StackName}", "${HubStack}")
    assert {"HubAccount", "HubStack"} <= APPLICATION["Outputs"].keys()


def test_the_changes_function_may_do_what_the_audit_and_the_report_may() -> None:
    extra = {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
    both = actions("AuditRole") | actions("ReportRole")
    assert actions("ChangesRole") == both - {"sts:AssumeRole"} | extra


def test_every_service_that_assumes_a_role_is_held_to_the_own_account() -> None:
    for name, role in of("AWS::IAM::Role").items():
        (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        if trust["Principal"] != {"Service": "lambda.amazonaws.com"}:
            account = {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
            assert trust["Condition"] == {"StringEquals": account}, name


def test_the_key_is_used_by_all_that_is_kept_and_allowed_to_all_that_use_it() -> None:
    for name in ("Table", "Bucket", "Topic", *of("AWS::Logs::LogGroup")):
        assert {"Ref": "KmsKeyArn"} in list(parts(resources()[name])), name
    without = {"ScheduleRole", "RepairStateMachineRole"}  # they touch nothing that is encrypted
    for role in of("AWS::IAM::Role").keys() - without:
        (key,) = (each for each in granted(role) if each["Sid"] == "Key")
        assert key["Resource"] == {"Ref": "KmsKeyArn"}
