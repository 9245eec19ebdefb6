"""The laws of the role that may change an account: what the kinds of step do, and nothing else."""

import re
from typing import Any

import pytest

from eksnet.cni.membership import ROLE_CNI_TAG
from eksnet.model.plan import OPT_IN_TAG, OPTED_IN, PLAN_TAG
from eksnet.plan.kinds import KINDS
from eksnet.remedies import flow_logs
from tests.deployed.reading import APPLICATION, REPAIRER, ROOT, resources
from tools import template, template_text, template_writes

ROLE = REPAIRER["Resources"]["Role"]["Properties"]
DELIVERY = REPAIRER["Resources"]["FlowLogsRole"]["Properties"]
MAY = f"aws:ResourceTag/{OPT_IN_TAG}"
MADE, MAKING = f"aws:ResourceTag/{PLAN_TAG}", f"aws:RequestTag/{PLAN_TAG}"
ON_CREATION = "ec2:CreateAction"


def policy(name: str) -> list[Any]:
    (found,) = (each for each in ROLE["Policies"] if each["PolicyName"] == name)
    given = found["PolicyDocument"]["Statement"]
    return [each["Fn::If"][1] if "Fn::If" in each else each for each in given]


def allowed() -> list[Any]:
    return [*policy("read"), *policy("write")]


def conditions(statement: Any) -> dict[str, Any]:
    return {key: value for each in statement["Condition"].values() for key, value in each.items()}


def on(statement: Any) -> str:
    """Return what a statement's resources are, such as ``ec2:subnet``."""
    arns = statement["Resource"]
    texts = [each["Fn::Sub"] for each in arns] if isinstance(arns, list) else [arns]
    return " ".join(
        re.sub(r".*?Partition}:(\w+):.*}:([\w-]+)/.*", r"\1:\2", text) for text in texts
    )


def of(action: str) -> dict[str, Any]:
    """Return an action's statements by what they are about."""
    return {on(each): each for each in policy("write") if action in template.actions(each)}


def passing() -> list[Any]:
    return [each for each in policy("write") if "iam:PassRole" in template.actions(each)]


def hub_path(name: str) -> str:
    """Return the roles that a path of the hub means, as a member writes it."""
    path: str = resources()[name]["Properties"]["Path"]["Fn::Sub"]
    whole = f"arn:${{AWS::Partition}}:iam::${{HubAccount}}:role{path}*"
    return whole.replace("${AWS::StackName}", "${HubStack}")


def test_what_is_granted_is_what_the_kinds_of_step_do_and_what_an_audit_reads() -> None:
    does = {each for kind in KINDS.values() for each in (*kind.does, *kind.undoes)}
    granted = {action for each in allowed() for action in template.actions(each)}
    assert granted == does | set(template_text.read_actions())


def test_everything_else_is_denied_whatever_policy_is_added() -> None:
    nothing, other_roles = policy("nothing-else")
    granted = {action for each in allowed() for action in template.actions(each)}
    assert (nothing["Effect"], nothing["Resource"]) == ("Deny", "*")
    assert set(nothing["NotAction"]) == granted
    assert {each for each in granted if each.startswith("iam:")} == {
        "iam:ListAttachedRolePolicies",
        "iam:PassRole",
    }
    for never in ("ec2:DeleteRoute", "ec2:ReplaceRoute", "ec2:AuthorizeSecurityGroupIngress"):
        assert never not in nothing["NotAction"]
    assert (other_roles["Effect"], other_roles["Action"]) == ("Deny", "iam:PassRole")
    delivery, addon = passing()
    own, addons = other_roles["NotResource"]
    assert own == {"Fn::GetAtt": ["FlowLogsRole", "Arn"]}
    assert delivery["Resource"][0]["Fn::Sub"].endswith(f":role/{DELIVERY['RoleName']}")
    assert addon["Resource"] == [addons["Fn::If"][1]]


def test_no_write_has_a_wildcard_and_each_has_a_condition_or_a_reason() -> None:
    text = (ROOT / "organization/remediation-role.yaml").read_text("utf-8")
    for statement in policy("write"):
        assert not any("*" in action for action in template.actions(statement))
        after = text.split(f"Sid: {statement['Sid']}\n")[1].lstrip()
        assert ("Condition" in statement) is not after.startswith("# "), statement["Sid"]
        if statement["Resource"] == "*":
            assert after.startswith("# "), statement["Sid"]


@pytest.mark.parametrize(
    "action",
    [
        "ec2:AssociateVpcCidrBlock",
        "ec2:CreateFlowLogs",
        "ec2:CreateSubnet",
        "ec2:DisassociateVpcCidrBlock",
    ],
)
def test_a_vpc_is_changed_only_if_it_may_be(action: str) -> None:
    assert conditions(of(action)["ec2:vpc"]) == {MAY: OPTED_IN}


@pytest.mark.parametrize(
    ("action", "made"),
    [("ec2:CreateFlowLogs", "ec2:vpc-flow-log"), ("ec2:CreateSubnet", "ec2:subnet")],
)
def test_what_is_made_names_its_plan_and_is_of_a_vpc_that_may_be_changed(
    action: str, made: str
) -> None:
    assert of(action).keys() == {"ec2:vpc", made}  # so no log of a subnet or an interface
    assert conditions(of(action)[made]) == {MAKING: "pl-*"}


@pytest.mark.parametrize(
    "action", ["ec2:AssociateRouteTable", "ec2:DeleteSubnet", "ec2:DisassociateRouteTable"]
)
def test_only_subnets_of_plans_are_deleted_or_led_elsewhere(action: str) -> None:
    assert conditions(of(action)["ec2:subnet"]) == {MADE: "pl-*"}
    assert of(action).keys() <= {"ec2:subnet", "ec2:route-table"}


@pytest.mark.parametrize("action", ["ec2:CreateTags", "ec2:DeleteTags"])
def test_only_what_offers_a_subnet_of_a_plan_is_tagged_later(action: str) -> None:
    later = of(action)["ec2:subnet"]
    assert conditions(later)[MADE] == "pl-*"
    keys = later["Condition"]["ForAllValues:StringEquals"]["aws:TagKeys"]
    assert keys == ROLE_CNI_TAG
    # A request that names no key meets every ForAllValues, and deletes all tags.
    assert later["Condition"]["Null"] == {"aws:TagKeys": "false"}


def test_other_tags_are_set_only_by_what_makes_a_thing() -> None:
    (making,) = (each for each in of("ec2:CreateTags").values() if ON_CREATION in str(each))
    made = conditions(making)[ON_CREATION]
    assert {f"ec2:{each}" for each in made} <= set(template_writes.writes())
    assert all(each.startswith("Create") and each != "CreateTags" for each in made)


def test_the_delivery_role_is_the_one_that_plans_name_and_is_passed_to_flow_logs_only() -> None:
    assert DELIVERY["RoleName"] == flow_logs.ROLE
    passed = passing()[0]
    role = f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{flow_logs.ROLE}"
    assert passed["Resource"] == [{"Fn::Sub": role}]
    (trust,) = DELIVERY["AssumeRolePolicyDocument"]["Statement"]
    service = trust["Principal"]["Service"]
    assert conditions(passed) == {"iam:PassedToService": service}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    (deliver, look) = DELIVERY["Policies"][0]["PolicyDocument"]["Statement"]
    group = flow_logs.GROUP.format(vpc="*")
    assert deliver["Resource"]["Fn::Sub"].endswith(f":log-group:{group}")
    assert look["Action"] == "logs:DescribeLogGroups"


def test_an_addons_role_is_passed_only_if_it_is_named() -> None:
    assert REPAIRER["Parameters"]["AddonRoleName"]["Default"] == ""
    given = next(each for each in ROLE["Policies"] if each["PolicyName"] == "write")
    conditional = [each for each in given["PolicyDocument"]["Statement"] if "Fn::If" in each]
    assert [each["Fn::If"][0] for each in conditional] == ["HasAddonRole"]
    pattern = REPAIRER["Parameters"]["AddonRoleName"]["AllowedPattern"]
    assert all(re.fullmatch(pattern, each) for each in ("", "cni", "eks/cni-*", "a-*-vpc-cni-*"))
    assert not any(
        re.fullmatch(pattern, each) for each in ("*", "**", "a*", "arn:aws:iam::1:role/a")
    )


def test_it_trusts_only_what_carries_out_plans_under_a_plans_name() -> None:
    (trust,) = ROLE["AssumeRolePolicyDocument"]["Statement"]
    assert set(trust["Action"]) == {"sts:AssumeRole", "sts:SetSourceIdentity"}
    assert trust["Condition"]["StringEquals"]["sts:ExternalId"] == {"Ref": "ExternalId"}
    assert trust["Condition"]["StringLike"] == {"sts:SourceIdentity": "pl-*"}
    trusted = trust["Condition"]["ArnLike"]["aws:PrincipalArn"]["Fn::Sub"]
    assert trusted == hub_path("StepRole")
    others = (hub_path(name) for name in ("AuditRole", "PlanRole"))
    assert not any(each.startswith(trusted.removesuffix("*")) for each in others)
    assert ROLE["MaxSessionDuration"] == 3600
    names = (REPAIRER["Parameters"]["RoleName"], APPLICATION["Parameters"]["RemediationRoleName"])
    assert len({each["Default"] for each in names}) == 1


def test_a_write_without_a_scope_and_a_scope_without_a_write_are_refused() -> None:
    with pytest.raises(ValueError, match=r"same actions: ec2:DeleteSubnet\b"):
        template_writes.write_statements(
            [each for each in template_writes.SCOPES if "ec2:DeleteSubnet" not in each.actions]
        )
    more = template_writes.Scope(sid="More", actions=("ec2:DeleteRoute",), resources=("*",))
    with pytest.raises(ValueError, match="ec2:DeleteRoute"):
        template_writes.write_statements([*template_writes.SCOPES, more])
