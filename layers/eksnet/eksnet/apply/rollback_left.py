"""What is left of a plan that could not be taken back: what it is, why, and what to run."""

import shlex

from eksnet.apply.progress import PUT_AWAY
from eksnet.model import action as act
from eksnet.model.action import Action
from eksnet.model.journal import PlanRow, StepRow, StepState
from eksnet.model.plan import Plan
from eksnet.plan.kinds import kind_of

_LEFT = frozenset(StepState) - PUT_AWAY | {StepState.KEPT}
_UNKNOWN = "ID"  # what a person has to look up

_BY_ID = {
    "associate-cidr": ("disassociate-vpc-cidr-block", "--association-id"),
    "create-subnet": ("delete-subnet", "--subnet-id"),
    "associate-route-table": ("disassociate-route-table", "--association-id"),
    "reserve-prefixes": ("delete-subnet-cidr-reservation", "--subnet-cidr-reservation-id"),
    "create-flow-log": ("delete-flow-logs", "--flow-log-ids"),
}


def left_behind(plan: Plan, row: PlanRow) -> str:
    """Return a list of what exists and is, or may be, the plan's; each command is a line."""
    left = [_told(plan, row, step) for step in reversed(row.steps) if step.state in _LEFT]
    return "\n".join(["left, in the order to take it back:", *left])


def _told(plan: Plan, row: PlanRow, step: StepRow) -> str:
    action = _action(plan, step)
    named = f" ({step.resource_id})" if step.resource_id else ""
    why = " ".join((step.problem or f"it stands at {step.state}").split())
    run = shlex.join([*_command(plan, row, step), "--region", plan.target.region])
    does = kind_of(action).tells(action)
    return f"- step {step.number}: {does}{named}: {why}. To take it back:\n{run}"


def _action(plan: Plan, row: StepRow) -> Action:
    return next(step.action for step in plan.steps if step.number == row.number)


def _subnet(plan: Plan, row: PlanRow, cidr: str) -> str:
    """Return the id of the subnet that the plan made for a block."""
    for each in row.steps:
        action = _action(plan, each)
        if isinstance(action, act.CreateSubnet) and action.cidr == cidr:
            return each.resource_id or _UNKNOWN
    return _UNKNOWN


def _command(plan: Plan, row: PlanRow, step: StepRow) -> list[str]:
    """Return the words of the AWS CLI; `ID` stands for what the journal does not know."""
    action = _action(plan, step)
    match action:
        case act.TagSubnet():
            subnet = _subnet(plan, row, action.subnet_cidr)
            tag = f"Key={action.key},Value={action.value}"
            return ["aws", "ec2", "delete-tags", "--resources", subnet, "--tags", tag]
        case act.DeleteFlowLog():
            return _create_log(action.log)
        case act.UpdateAddon():
            return _update(action)
    return ["aws", "ec2", *_BY_ID[action.kind], step.resource_id or _UNKNOWN]


def _create_log(log: act.CreateFlowLog) -> list[str]:
    words = ["aws", "ec2", "create-flow-logs", "--resource-type", "VPC"]
    words += ["--resource-ids", log.vpc_id, "--traffic-type", log.traffic_type]
    words += ["--log-destination-type", log.destination_type]
    words += ["--log-destination", log.destination, "--log-format", log.log_format]
    words += ["--max-aggregation-interval", str(log.aggregation_seconds)]
    return words + (["--deliver-logs-permission-arn", log.role_arn] if log.role_arn else [])


def _update(action: act.UpdateAddon) -> list[str]:
    before = "{}" if action.before == "null" else action.before  # resets all: EKS user guide
    words = ["aws", "eks", "update-addon", "--cluster-name", action.cluster]
    words += ["--addon-name", action.addon, "--resolve-conflicts", "PRESERVE"]
    return [*words, "--configuration-values", before]
