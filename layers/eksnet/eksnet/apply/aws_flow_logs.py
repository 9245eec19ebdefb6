"""Flow logs as calls of EC2, which may answer 200 and have made or deleted nothing."""

from eksnet.apply.aws_errors import write_error
from eksnet.apply.aws_request import Hand, Mark, NotSeenError, Raw, Request, tagged
from eksnet.apply.interface import WriteError
from eksnet.model.action import CreateFlowLog, DeleteFlowLog
from eksnet.model.snapshot import Snapshot

_CREATE, _DELETE = "ec2:CreateFlowLogs", "ec2:DeleteFlowLogs"
_OK = 200


def _create(log: CreateFlowLog, mark: Mark) -> Request:
    role = {"DeliverLogsPermissionArn": log.role_arn} if log.role_arn else {}
    return Request(
        api=_CREATE,
        parameters={
            "ResourceType": "VPC",
            "ResourceIds": [log.vpc_id],
            "TrafficType": log.traffic_type,
            "LogDestinationType": log.destination_type,
            "LogDestination": log.destination,
            "LogFormat": log.log_format,
            "MaxAggregationInterval": log.aggregation_seconds,
            "ClientToken": mark.token,
            "TagSpecifications": tagged("vpc-flow-log", mark, {}),
            **role,
        },
        made=_made,
    )


def _delete(flow_log_id: str) -> Request:
    return Request(api=_DELETE, parameters={"FlowLogIds": [flow_log_id]}, made=_deleted)


def _made(answer: Raw) -> str:
    _unless_failed(_CREATE, answer)
    ids = answer.get("FlowLogIds")
    if not ids:
        raise WriteError(_CREATE, "NoFlowLogId", sure=False)
    return str(ids[0])


def _deleted(answer: Raw) -> None:
    _unless_failed(_DELETE, answer)


def _unless_failed(api: str, answer: Raw) -> None:
    for each in answer.get("Unsuccessful") or ():
        raise write_error(api, str(each.get("Error", {}).get("Code", "Unsuccessful")), _OK)


def _do_create(action: CreateFlowLog, mark: Mark, _seen: Snapshot) -> Request:
    return _create(action, mark)


def _undo_create(
    _action: CreateFlowLog, resource_id: str | None, _mark: Mark, _seen: Snapshot
) -> Request:
    """Delete by id alone: another log may be alike, and is somebody's."""
    if resource_id is None:
        raise NotSeenError(_DELETE)
    return _delete(resource_id)


def _do_delete(action: DeleteFlowLog, _mark: Mark, _seen: Snapshot) -> Request:
    return _delete(action.flow_log_id)


def _undo_delete(action: DeleteFlowLog, _id: str | None, mark: Mark, _seen: Snapshot) -> Request:
    return _create(action.log, mark)


HANDS = (
    Hand(action=CreateFlowLog, do=_do_create, undo=_undo_create),
    Hand(action=DeleteFlowLog, do=_do_delete, undo=_undo_delete),
)
