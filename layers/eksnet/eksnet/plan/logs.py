"""What a flow log says, apart from its id: two of one VPC that say the same can't be."""

from collections.abc import Mapping

from eksnet.model.action import CreateFlowLog
from eksnet.model.network import FlowLog
from eksnet.model.snapshot import Snapshot, Target
from eksnet.network.flow_logs import ACTIVE, SUCCESS

CLOUD_WATCH = "cloud-watch-logs"
_PLAIN = "plain-text"  # EC2 API reference, DestinationOptionsRequest: the default FileFormat
_EVERY_STREAM = ":*"  # how some APIs end a log group's ARN: CloudWatch Logs API reference, LogGroup
Said = Mapping[str, object]


def said(target: Target, log: FlowLog) -> Said:
    """Return what a flow log says. Neither its delivery nor its tags are part of that."""
    return {
        "traffic_type": log.traffic_type,
        "destination_type": log.destination_type,
        "destination": _destination(target, log),
        "log_format": " ".join((log.log_format or "").split()),
        "aggregation_seconds": log.aggregation_seconds,
        **options(log),
    }


def options(log: FlowLog) -> Said:
    """Return what a flow log says that no plan can ask for, but for what is the default."""
    told = {
        "cross_account_role": log.cross_account_role,
        "file_format": None if log.file_format == _PLAIN else log.file_format,
        "hive_partitions": log.hive_partitions,
        "hourly_partitions": log.hourly_partitions,
        "tag_fields": log.tag_fields,
    }
    return {name: value for name, value in told.items() if value}


def logs_of(snapshot: Snapshot, vpc_id: str) -> tuple[FlowLog, ...]:
    """Return the flow logs of a VPC itself, by id."""
    own = (log for log in snapshot.flow_logs if log.resource_id == vpc_id)
    return tuple(sorted(own, key=lambda log: log.id))


def matching(snapshot: Snapshot, action: CreateFlowLog) -> tuple[FlowLog, ...]:
    """Return the logs of the VPC that say what ``action`` makes a log say, by id."""
    wanted = said(snapshot.target, log_of(action, ""))
    logs = logs_of(snapshot, action.vpc_id)
    return tuple(log for log in logs if said(snapshot.target, log) == wanted)


def log_of(action: CreateFlowLog, log_id: str) -> FlowLog:
    """Return the flow log that ``action`` makes, once it delivers."""
    return FlowLog(
        id=log_id,
        resource_id=action.vpc_id,
        traffic_type=action.traffic_type,
        status=ACTIVE,
        deliver_status=SUCCESS,
        log_format=action.log_format,
        destination_type=action.destination_type,
        destination=action.destination,
        aggregation_seconds=action.aggregation_seconds,
        role_arn=action.role_arn,
        tags={},
    )


def _destination(target: Target, log: FlowLog) -> str | None:
    """Return an ARN: EC2 shows a log group by its name alone where it was given so."""
    name = log.destination
    if name is None or log.destination_type != CLOUD_WATCH:
        return name
    if not name.startswith("arn:"):
        return target.arn("logs", f"log-group:{name}")
    return name.removesuffix(_EVERY_STREAM)
