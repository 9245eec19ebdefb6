"""Logging the traffic of a VPC."""

import dataclasses
import hashlib

from eksnet.model.action import CreateFlowLog
from eksnet.model.network import FlowLog
from eksnet.model.plan import PLAN_TAG, About
from eksnet.model.snapshot import Facet, Snapshot
from eksnet.network.flow_logs import ACTIVE, delivering
from eksnet.plan.kind import Key, Kind, Standing, There
from eksnet.plan.logs import log_of, matching, said
from eksnet.plan.natural import planned_id, the_vpc, written

_FAILED = "FAILED"  # EC2 API reference, FlowLog: DeliverLogsStatus
_ID_LENGTH = 17  # hex digits, as in EC2's own ids
_BEST_FIRST = (There.THERE, There.UNREADY, There.COMING, There.BROKEN)


def facts(action: CreateFlowLog) -> tuple[Key, ...]:
    """Return the facts of making a log, and of deleting one that says the same."""
    return ((About.VPC, action.vpc_id), (About.FLOW_LOGS, action.vpc_id))


def standing(snapshot: Snapshot, action: CreateFlowLog) -> Standing:
    """Return how a log stands: it is there once EC2 says that it delivers."""
    found = [_of(log) for log in matching(snapshot, action)]
    absent = Standing(there=There.ABSENT)
    return min(found, key=lambda each: _BEST_FIRST.index(each.there), default=absent)


def _of(log: FlowLog) -> Standing:
    there, problem = There.COMING, ""
    if log.deliver_status == _FAILED:
        there = There.BROKEN
        problem = f"{log.id} does not deliver: {log.deliver_error or 'no reason is given'}"
    elif delivering(log):
        there = There.THERE
    elif log.status == ACTIVE:
        there, problem = There.UNREADY, f"EC2 has not said yet whether {log.id} delivers"
    return Standing(
        there=there, resource_id=log.id, made_by=log.tags.get(PLAN_TAG, ""), problem=problem
    )


def made(snapshot: Snapshot, action: CreateFlowLog) -> Snapshot:
    """Return the snapshot with the log that ``action`` makes.

    Raises:
        ValueError: there is no such VPC, or it has such a log: EC2's FlowLogAlreadyExists.
    """
    the_vpc(snapshot, action.vpc_id)
    for log in matching(snapshot, action):
        msg = f"{log.id} is such a flow log already"
        raise ValueError(msg)
    text = written([action.vpc_id, said(snapshot.target, log_of(action, ""))])
    name = planned_id("fl", hashlib.sha256(text.encode()).hexdigest()[:_ID_LENGTH])
    new = dataclasses.replace(log_of(action, name), created_at=snapshot.captured_at)
    return dataclasses.replace(snapshot, flow_logs=(*snapshot.flow_logs, new))


def _undone(snapshot: Snapshot, action: CreateFlowLog) -> Snapshot:
    gone = {log.id for log in matching(snapshot, action)}
    left = tuple(log for log in snapshot.flow_logs if log.id not in gone)
    return dataclasses.replace(snapshot, flow_logs=left)


def _tells(action: CreateFlowLog) -> str:
    return (
        f"log {action.traffic_type} traffic of {action.vpc_id} to {action.destination} "
        f"every {action.aggregation_seconds} s"
    )


DOES = (
    "ec2:CreateFlowLogs",
    "ec2:CreateTags",
    "iam:PassRole",  # the role that delivers to CloudWatch Logs: VPC user guide, flow-logs-iam-role
    "logs:CreateLogDelivery",  # to S3 and Firehose: CloudWatch Logs user guide, AWS-logs-and-...
    "firehose:TagDeliveryStream",  # ... -resource-policy and AWS-logs-infrastructure-Firehose
)
UNDOES = ("ec2:DeleteFlowLogs", "logs:DeleteLogDelivery")  # VPC user guide, flow-logs-s3

KIND = Kind(
    action=CreateFlowLog,
    facets=frozenset({Facet.VPCS, Facet.FLOW_LOGS}),
    facts=facts,
    standing=standing,
    done=made,
    undone=_undone,
    does=DOES,
    undoes=UNDOES,
    rehearsed=True,
    reversible=True,
    counts="creates",
    tells=_tells,
    tells_undo=lambda action: f"delete the flow log of {action.vpc_id} to {action.destination}",
)
