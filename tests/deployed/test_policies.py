"""The laws of who may do what, read from what CloudFormation would see."""

import re

from tests.deployed.reading import (
    APPLICATION,
    MEMBER,
    ROOT,
    actions,
    granted,
    of,
    parts,
    resources,
)
from tools import template, template_text

FUNCTIONS = ("Targets", "Audit", "Report", "Changes")
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
    for source in (resources(), MEMBER["Resources"]):
        for role in (each for each in source.values() if each["Type"] == "AWS::IAM::Role"):
            for policy in role["Properties"].get("ManagedPolicyArns", ()):
                assert source[policy["Ref"]]["Type"] == "AWS::IAM::ManagedPolicy"


def test_only_what_knows_no_resource_is_allowed_on_every_resource() -> None:
    for role in of("AWS::IAM::Role"):
        for statement in granted(role):
            assert statement["Effect"] == "Allow"
            assert not any("*" in action for action in template.actions(statement)), role
            if statement["Resource"] == "*":
                assert set(template.actions(statement)) <= ANYWHERE, role


def test_what_is_allowed_everywhere_only_looks() -> None:
    looks = re.compile(r"(ec2|eks|iam|servicequotas|sts):(Describe|Get|List)[A-Za-z]+")
    for action in template_text.read_actions():
        assert looks.fullmatch(action), action


def test_only_the_audit_assumes_a_role_and_only_the_members() -> None:
    may = {role for role in of("AWS::IAM::Role") if "sts:AssumeRole" in actions(role)}
    assert may == {"AuditRole"}
    policy = APPLICATION["Resources"]["AuditRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    (given,) = (
        each["Fn::If"]
        for each in policy["Statement"]
        if "Fn::If" in each and each["Fn::If"][1]["Sid"] == "Members"
    )
    assert given[0] == "HasMembers"
    role = "arn:${AWS::Partition}:iam::*:role/${MemberRoleName}"
    assert given[1]["Resource"] == {"Fn::Sub": role}


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
    for role in of("AWS::IAM::Role").keys() - {"ScheduleRole"}:
        (key,) = (each for each in granted(role) if each["Sid"] == "Key")
        assert key["Resource"] == {"Ref": "KmsKeyArn"}
