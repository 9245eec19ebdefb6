"""What each write of the kinds of step is allowed on: the scopes of the remediation role.

Which resources and condition keys an action knows is told by the service authorization reference:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html, and those of
EKS, IAM, CloudWatch Logs and Firehose. A resource that an action knows must be allowed as well as
each other one of the same call, so a condition on one of them narrows the call.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

import yaml

from eksnet.cni.membership import ROLE_CNI_TAG
from eksnet.model.plan import OPT_IN_TAG, OPTED_IN, PLAN_TAG
from eksnet.model.record import record
from eksnet.plan.kinds import KINDS
from eksnet.remedies.flow_logs import ROLE

READS = re.compile(r"[a-z0-9]+:(Describe|Get|List)[A-Za-z]+")
PLANS = "pl-*"  # every plan's id: model/plan.py
ANY = "*"
Condition = Mapping[str, Mapping[str, tuple[str, ...]]]


@record
class Scope:
    """Actions on the same resources under the same condition.

    Where there is no condition, ``reason`` says why not. ``resources`` are ARNs without their
    beginning, of any Region and the account itself; ``ANY`` for what knows no resource. ``only_if``
    names the template's condition under which the statement is there.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Condition | None = None
    reason: str = ""
    only_if: str = ""


_SUBNETS, _LOGS = "ec2:*:{account}:subnet/*", "ec2:*:{account}:vpc-flow-log/*"
_RESERVATIONS = "ec2:*:{account}:subnet-cidr-reservation/*"
_PLANNED: Condition = {"StringLike": {f"aws:ResourceTag/{PLAN_TAG}": (PLANS,)}}
_PLANNING: Condition = {"StringLike": {f"aws:RequestTag/{PLAN_TAG}": (PLANS,)}}

SCOPES = (
    Scope(
        sid="VpcsThatMayBeChanged",
        actions=(
            "ec2:AssociateVpcCidrBlock",
            "ec2:CreateFlowLogs",
            "ec2:CreateSubnet",
            "ec2:DisassociateVpcCidrBlock",
        ),
        resources=("ec2:*:{account}:vpc/*",),
        condition={"StringEquals": {f"aws:ResourceTag/{OPT_IN_TAG}": (OPTED_IN,)}},
    ),
    Scope(
        sid="MakeSubnetsUnderThePlansName",
        actions=("ec2:CreateSubnet",),
        resources=(_SUBNETS,),
        condition=_PLANNING,
    ),
    Scope(  # not on subnets: the plan's name in a request would be enough to log any of them
        sid="MakeFlowLogsUnderThePlansName",
        actions=("ec2:CreateFlowLogs",),
        resources=(_LOGS,),
        condition=_PLANNING,
    ),
    Scope(
        sid="WhatPlansMade",
        actions=("ec2:AssociateRouteTable", "ec2:DeleteSubnet", "ec2:DisassociateRouteTable"),
        resources=(_SUBNETS,),
        condition=_PLANNED,
    ),
    Scope(
        sid="RouteTables",
        actions=("ec2:AssociateRouteTable", "ec2:DisassociateRouteTable"),
        resources=("ec2:*:{account}:route-table/*",),
        reason="Route tables are the VPC's own, without a tag of ours. The subnet must have it.",
    ),
    Scope(
        sid="Reservations",
        actions=("ec2:CreateSubnetCidrReservation", "ec2:DeleteSubnetCidrReservation"),
        resources=(ANY,),
        reason="These know neither a resource nor a tag.",
    ),
    Scope(
        sid="TagWhatIsMade",
        actions=("ec2:CreateTags",),
        resources=(_SUBNETS, _LOGS, _RESERVATIONS),
        condition={
            "StringEquals": {
                "ec2:CreateAction": (
                    "CreateFlowLogs",
                    "CreateSubnet",
                    "CreateSubnetCidrReservation",
                )
            }
        },
    ),
    Scope(
        sid="OfferAndHideSubnets",
        actions=("ec2:CreateTags", "ec2:DeleteTags"),
        resources=(_SUBNETS,),
        condition={
            **_PLANNED,
            "ForAllValues:StringEquals": {"aws:TagKeys": (ROLE_CNI_TAG,)},
            "Null": {"aws:TagKeys": ("false",)},  # DeleteTags without a key deletes all of them
        },
    ),
    Scope(
        sid="DeleteFlowLogs",
        actions=("ec2:DeleteFlowLogs",),
        resources=(_LOGS,),
        reason="A log that a plan replaces is somebody's, and EC2 compares nothing of its VPC.",
    ),
    Scope(
        sid="LogDelivery",
        actions=("logs:CreateLogDelivery", "logs:DeleteLogDelivery"),
        resources=(ANY,),
        reason="To S3 and Firehose. These know neither a resource nor a tag.",
    ),
    Scope(
        sid="DeliveryStreams",
        actions=("firehose:TagDeliveryStream",),
        resources=("firehose:*:{account}:deliverystream/*",),
        # CloudWatch Logs user guide, "Logs sent to Firehose": AWS adds this very tag
        condition={"StringEquals": {"aws:RequestTag/LogDeliveryEnabled": ("true",)}},
    ),
    Scope(
        sid="VpcCni",
        actions=("eks:UpdateAddon",),
        resources=("eks:*:{account}:addon/*/vpc-cni/*",),
        reason="EKS compares no tag of the VPC, and an add-on seldom has one. No other is meant.",
    ),
    Scope(
        sid="PassDeliveryRole",
        actions=("iam:PassRole",),
        resources=(f"iam::{{account}}:role/{ROLE}",),
        condition={"StringEquals": {"iam:PassedToService": ("vpc-flow-logs.amazonaws.com",)}},
    ),
    Scope(
        sid="PassAddonRole",
        actions=("iam:PassRole",),
        resources=("iam::{account}:role/${{AddonRoleName}}",),
        reason="As which service EKS takes an add-on's role is not documented; the role is named.",
        only_if="HasAddonRole",
    ),
)


def planned_actions() -> frozenset[str]:
    """Return every action that some kind of step takes, there or back."""
    return frozenset(each for kind in KINDS.values() for each in (*kind.does, *kind.undoes))


def writes() -> tuple[str, ...]:
    """Return every write of the kinds of step."""
    return tuple(sorted(each for each in planned_actions() if not READS.fullmatch(each)))


def write_statements(scopes: Sequence[Scope] = SCOPES) -> list[str]:
    """Return the lines of the statements that allow the writes of the kinds of step.

    Raises:
        ValueError: an action has no scope, or a scope has an action that no kind of step takes.
    """
    scoped = {action for scope in scopes for action in scope.actions}
    if scoped != set(writes()):
        names = ", ".join(sorted(scoped ^ set(writes())))
        msg = f"scopes and kinds of step do not tell of the same actions: {names}"
        raise ValueError(msg)
    return [line for scope in scopes for line in _statement(scope)]


def _statement(scope: Scope) -> Iterator[str]:
    lines = list(_lines(scope))
    if not scope.only_if:
        yield from (f"{'  ' if number else '- '}{line}" for number, line in enumerate(lines))
        return
    yield from ("- !If", f"  - {scope.only_if}")
    yield from (f"  {'  ' if number else '- '}{line}" for number, line in enumerate(lines))
    yield "  - !Ref AWS::NoValue"


def _lines(scope: Scope) -> Iterator[str]:
    yield f"Sid: {scope.sid}"
    if scope.reason:
        yield f"# {scope.reason}"
    yield from ("Effect: Allow", "Action:")
    yield from (f"  - {action}" for action in scope.actions)
    if scope.resources == (ANY,):
        yield 'Resource: "*"'
    else:
        yield "Resource:"
        yield from (f"  - !Sub {_arn(each)}" for each in scope.resources)
    yield from _condition(scope.condition or {})


def _arn(resource: str) -> str:
    return "arn:${AWS::Partition}:" + resource.format(account="${AWS::AccountId}")


def _condition(condition: Condition) -> Iterator[str]:
    if condition:
        yield "Condition:"
    for operator, keys in condition.items():
        yield f"  {_scalar(operator)}:"
        for key, values in keys.items():
            texts = [_scalar(each) for each in values]
            yield f"    {key}: {texts[0] if len(texts) == 1 else '[' + ', '.join(texts) + ']'}"


def _scalar(text: str) -> str:
    """Return a text so that YAML takes it for one."""
    return text if yaml.safe_load(text) == text else json.dumps(text)
