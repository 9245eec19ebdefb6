"""Flow logs that show pods: a new one for the VPC, and then without the poor ones it replaces."""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping

from eksnet.model.action import CreateFlowLog, DeleteFlowLog
from eksnet.model.errors import InputError
from eksnet.model.finding import Finding
from eksnet.model.network import FlowLog, Vpc
from eksnet.model.plan import About
from eksnet.model.record import Tags
from eksnet.model.snapshot import Facet, Snapshot, Target, subnet_by_id, vpc_by_id
from eksnet.network.flow_logs import delivering, fields
from eksnet.network.proposal import owned_elsewhere
from eksnet.plan.draft import Draft, DraftStep
from eksnet.plan.logs import CLOUD_WATCH, log_of, logs_of, matching, options, said
from eksnet.remedies.remedy import Choices, Remedy, refuse, refusing

NAME = "flow-logs"
CHECKS = ("FLO001", "FLO002", "FLO003", "FLO004", "FLO005", "FLO006")
DELIVERY = "FLO002"
SEEN = frozenset({Facet.CLUSTERS, Facet.VPCS, Facet.SUBNETS, Facet.FLOW_LOGS})
ROLE = "eksnet-flow-logs"  # the role that the deployment makes in each account
GROUP = "/eksnet/flow-logs/{vpc}"  # a log group for each VPC, so that each has its own retention
ALL = "ALL"
SECONDS = 60  # VPC user guide, flow logs: the shorter aggregation interval, Nitro's own
S3, FIREHOSE = "s3", "kinesis-data-firehose"  # EC2 API reference, CreateFlowLogs
FIREHOSE_ROLE = "AWSServiceRoleForLogDelivery"  # CloudWatch Logs guide, "Logs sent to Firehose"
FORMAT = " ".join(  # the default format, version 2, then versions 3 and 5: flow log records
    f"${{{name}}}"
    for name in (
        *("version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport"),
        *("protocol", "packets", "bytes", "start", "end", "action", "log-status"),
        *("vpc-id", "subnet-id", "instance-id", "az-id", "tcp-flags"),
        *("pkt-srcaddr", "pkt-dstaddr", "flow-direction"),
    )
)
# CreateFlowLogs: what LogDestination is for each type; but for S3 another account's would take a
# DeliverCrossAccountRole, which plans don't have
_ARNS: Mapping[str, str] = {
    CLOUD_WATCH: r"arn:{partition}:logs:{region}:{account}:log-group:[\w./#-]+",
    S3: r"arn:{partition}:s3:::[a-z0-9][a-z0-9.-]{{1,61}}[a-z0-9](/(?!AWSLogs(/|$))[^*?\s]*)?",
    FIREHOSE: r"arn:{partition}:firehose:[a-z0-9-]+:{account}:deliverystream/[\w.-]+",
}
_ROLE_ARN = r"arn:{partition}:iam::{account}:role/[\w+=,.@/-]+"  # none of another can be passed
# Tags by which other tools know what is theirs: CloudFormation user guide; the tools' own manuals
_OWNERS = re.compile(
    r"aws:cloudformation:.*|(app\.)?terraform.*|pulumi.*|crossplane.*|"
    r"services\.k8s\.aws/.*|managed[-_ ]?by",
    re.IGNORECASE,
)
_OURS = "eksnet"
SETTLES = "the new log has to deliver for ten minutes"


@refusing
def propose_log(snapshot: Snapshot, finding: Finding, choices: Choices) -> Draft:
    """A VPC gets one flow log that shows its pods, and loses those that it makes needless.

    The new log covers the VPC and records all traffic, by the minute, with the fields that name
    pods and places. It goes to the CloudWatch Logs group /eksnet/flow-logs/ with the VPC's id,
    delivered by the role eksnet-flow-logs, or to the log group, bucket or Firehose stream given.

    Only once that one has delivered for ten minutes are poor logs deleted: those of the VPC itself
    that go to the same kind of place and record nothing beside it, and one that does not deliver. A
    log with the tags of CloudFormation, Terraform or another tool stays, as do those of single
    subnets and interfaces, those that go to another kind of place, to another account, or as other
    than plain text: somebody may read them. So does a log that another role delivers: plans may
    pass eksnet-flow-logs or the role given, and could not make it again. A log that is made again
    gets another id.

    **Refuses**, by the name of the rule: ``shared-vpc`` and ``unseen``; ``subnet-log`` and
    ``managed-elsewhere`` for a log that does not deliver and can't be replaced here;
    ``same-destination`` where the new log would fail as the old one does, or is there already.

    **Afterwards.** EC2 reports after some minutes whether the log delivers. All traffic by the
    minute is paid for by volume: give the log group a retention.
    """
    vpc = _vpc(snapshot, finding)
    new = _new(snapshot.target, vpc.id, choices)
    failing = _failing(snapshot, finding, new)
    if matching(snapshot, new):
        reason = f"{vpc.id} has such a log: {matching(snapshot, new)[0].id}"
        refuse("same-destination", reason, "see to its delivery, or choose another destination")
    deleted: list[FlowLog] = []
    steps, notes = [DraftStep(action=new, waits="EC2 reports that the log delivers")], []
    for log in logs_of(snapshot, vpc.id):
        why = _kept(log, new, failing) or _foreign(snapshot.target, log, new)
        step = None if why else _deletion(snapshot.target, log, new)
        if step:
            deleted.append(log)
            steps.append(DraftStep(action=step, waits=SETTLES))
        else:
            notes.append(f"{log.id} stays: {why or 'EC2 does not tell all of it'}")
    return Draft(
        remedy=NAME,
        vpc_id=vpc.id,
        steps=tuple(steps),
        rests_on=((About.VPC, vpc.id), (About.FLOW_LOGS, vpc.id)),
        notes=(*notes, *_notes(snapshot.target, new, deleted)),
    )


def _vpc(snapshot: Snapshot, finding: Finding) -> Vpc:
    """Return the VPC of the finding, or refuse what can't be changed from here."""
    blinds = [each for each in snapshot.blind(SEEN) if not each.cluster]
    if blinds:
        refuse("unseen", f"not all was seen: {blinds[0].api} answered {blinds[0].error}")
    if snapshot.partial or not snapshot.target.account_id.isdecimal():
        refuse("unseen", "not all was seen: the lists are partial, or the account is not known")
    covered = finding.resource.id
    if finding.check_id == DELIVERY:
        log = next((each for each in snapshot.flow_logs if each.id == covered), None)
        covered = log.resource_id if log else covered
    subnet = subnet_by_id(snapshot).get(covered)
    if subnet:
        reason = f"{finding.resource.id} logs {subnet.id} alone, and plans change logs of VPCs"
        refuse("subnet-log", reason, "repair or delete it by hand; log the VPC instead")
    vpc = vpc_by_id(snapshot).get(covered)
    if vpc is None:
        refuse("unseen", f"{covered} is not among what ec2:DescribeVpcs listed")
    if owned_elsewhere(snapshot, vpc.owner_id):
        refuse("shared-vpc", f"{vpc.id} is account {vpc.owner_id}'s, which alone sees its logs")
    return vpc


def _failing(snapshot: Snapshot, finding: Finding, new: CreateFlowLog) -> FlowLog | None:
    """Return the log that the finding says does not deliver, or refuse to replace it."""
    if finding.check_id != DELIVERY:
        return None
    log = next(each for each in snapshot.flow_logs if each.id == finding.resource.id)
    owner = _owner(log.tags)
    if owner:
        reason = f"{log.id} belongs to somebody: {owner}"
        refuse("managed-elsewhere", reason, "repair it where it is described")
    foreign = _foreign(snapshot.target, log, new)
    if foreign:
        refuse("managed-elsewhere", f"{log.id} stays: {foreign}", "repair or delete it by hand")
    told = said(snapshot.target, log)
    if told["destination"] == new.destination:
        reason = f"a new log to {new.destination} would fail as {log.id} does: {finding.message}"
        advice = "repair the role, the policy or the place itself, or choose another destination"
        refuse("same-destination", reason, advice)
    return log


def _new(target: Target, vpc_id: str, choices: Choices) -> CreateFlowLog:
    """Return the log to make.

    Raises:
        InputError: a choice is no such destination or role.
    """
    type_, destination = _destination(target, vpc_id, choices)
    role = choices.role_arn
    if role is not None and type_ != CLOUD_WATCH:
        msg = f"role_arn: {type_} takes no role"
        raise InputError(msg)
    if role is not None and not _is(target, _ROLE_ARN, role):
        msg = f"role_arn: {role!r} is no ARN of a role in account {target.account_id}"
        raise InputError(msg)
    return CreateFlowLog(
        vpc_id=vpc_id,
        traffic_type=ALL,
        destination_type=type_,
        destination=destination,
        role_arn=(role or _usual_role(target)) if type_ == CLOUD_WATCH else None,
        log_format=FORMAT,
        aggregation_seconds=SECONDS,
    )


def _destination(target: Target, vpc_id: str, choices: Choices) -> tuple[str, str]:
    """Return the type and the ARN of where the log goes."""
    type_, given = choices.destination_type, choices.destination
    if type_ is not None and type_ not in _ARNS:
        msg = f"destination_type: {type_!r} is none of {', '.join(_ARNS)}"
        raise InputError(msg)
    if given is None:
        if type_ not in {None, CLOUD_WATCH}:
            msg = f"destination: {type_} needs the ARN of one"
            raise InputError(msg)
        return CLOUD_WATCH, target.arn("logs", f"log-group:{GROUP.format(vpc=vpc_id)}")
    asked = (type_,) if type_ else tuple(_ARNS)
    found = next((each for each in asked if _is(target, _ARNS[each], given)), None)
    if found is None:
        kinds = " or ".join(asked)
        msg = f"destination: {given!r} is no ARN of {kinds} that {target.region} can log to"
        raise InputError(msg)
    return found, given


def _is(target: Target, pattern: str, text: str) -> bool:
    known = {"partition": target.partition, "region": target.region, "account": target.account_id}
    return re.fullmatch(pattern.format(**known), text, re.ASCII) is not None


def _kept(log: FlowLog, new: CreateFlowLog, failing: FlowLog | None) -> str:
    """Return why a log of the VPC stays, "" where the new one replaces it."""
    owner = _owner(log.tags)
    if owner:
        return f"it belongs to somebody: {owner}"
    if log == failing or _special(log):
        return _special(log)
    if delivering(log) is None:
        return "EC2 has not said yet whether it delivers"
    if log.destination_type != new.destination_type:
        return f"it goes to {log.destination_type or 'a place that is not told'}"
    more = (fields(log) or frozenset()) - (fields(log_of(new, "")) or frozenset())
    return f"it records {', '.join(sorted(more))} as well" if more else ""


def _special(log: FlowLog) -> str:
    """Return what a log has that no plan could give it again, "" where it has no such thing."""
    told = [f"{name} {value}" for name, value in sorted(options(log).items())]
    if log.role_arn and log.destination_type != CLOUD_WATCH:
        told.append(f"the role {log.role_arn}")
    return f"it has {', '.join(told)}, and could not be made again" if told else ""


def _foreign(target: Target, log: FlowLog, new: CreateFlowLog) -> str:
    """Return by which role a log is delivered that plans may not pass, "" where they may."""
    if log.role_arn in {None, new.role_arn, _usual_role(target)}:
        return ""
    return f"it could not be made again, its role {log.role_arn} is not ours to pass"


def _owner(tags: Tags) -> str:
    """Return the tag by which another tool owns a thing, "" where none does."""
    owned = (key for key in sorted(tags) if _OWNERS.fullmatch(key))
    return next((f"{key}={tags[key]}" for key in owned if tags[key].lower() != _OURS), "")


def _deletion(target: Target, log: FlowLog, new: CreateFlowLog) -> DeleteFlowLog | None:
    """Return the step that deletes a log, None where it could not be made again as it was."""
    destination = said(target, log)["destination"]
    if not isinstance(destination, str) or not log.log_format or not log.aggregation_seconds:
        return None
    role = log.role_arn or new.role_arn or _usual_role(target)
    again = CreateFlowLog(
        vpc_id=log.resource_id,
        traffic_type=log.traffic_type,
        destination_type=log.destination_type,
        destination=destination,
        role_arn=role if log.destination_type == CLOUD_WATCH else None,
        log_format=log.log_format,
        aggregation_seconds=log.aggregation_seconds,
    )
    return DeleteFlowLog(flow_log_id=log.id, log=again, replaced_by=new)


def _usual_role(target: Target) -> str:
    return f"arn:{target.partition}:iam::{target.account_id}:role/{ROLE}"


def _notes(target: Target, new: CreateFlowLog, deleted: Iterable[FlowLog]) -> Iterator[str]:
    if new.destination_type == CLOUD_WATCH:
        yield f"{new.role_arn} must be there, and may make {new.destination}"
    elif new.destination_type == FIREHOSE:
        yield f"{FIREHOSE_ROLE} must be there: it alone writes to {new.destination}"
    else:
        yield f"the policy of {new.destination} must let delivery.logs.amazonaws.com write"
    yield "all traffic by the minute is paid for by volume: see that old records expire"
    for log in deleted:
        if log.destination_type == CLOUD_WATCH and not log.role_arn:
            role = new.role_arn or _usual_role(target)
            yield f"who delivers {log.id} is not told: made again, it has {role}"


REMEDY = Remedy(
    name=NAME,
    title="A flow log of the VPC that shows pods, in place of poorer ones",
    checks=CHECKS,
    needs=SEEN,
    source="https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html",
    propose=propose_log,
    doc=inspect.getdoc(propose_log) or "",
)
