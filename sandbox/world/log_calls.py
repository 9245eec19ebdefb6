"""CreateFlowLogs and DeleteFlowLogs."""

import dataclasses

from eksnet.model.network import FlowLog
from sandbox.world.state import RefusedError, State, swapped

PERIODS = frozenset({60, 600})  # seconds: EC2 API reference, CreateFlowLogs.MaxAggregationInterval
WITH_ROLE = "cloud-watch-logs"  # the one destination that takes a role: CreateFlowLogs


class UnsuccessfulError(RefusedError):
    """The call was answered with HTTP 200, and names what it did not do in ``Unsuccessful``."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LogRequest:
    """What CreateFlowLogs is asked for, for one VPC."""

    vpc_id: str
    traffic_type: str
    destination_type: str
    destination: str
    role_arn: str | None
    log_format: str
    aggregation_seconds: int


def create_flow_logs(
    state: State, *, asked: LogRequest, tags: dict[str, str], token: str
) -> tuple[State, str]:
    """Log a VPC's traffic. The same token and the same request is the same log.

    EC2 API reference, CreateFlowLogs; IdempotentParameterMismatch, FlowLogAlreadyExists: its error
    codes; a destination that is not there comes in ``Unsuccessful``.
    """
    state.vpc(asked.vpc_id)
    if token in state.tokens:
        before, log_id = state.tokens[token]
        if before != asked:
            code = "IdempotentParameterMismatch"
            raise RefusedError(code, "the token was used for another request")
        return state, log_id
    _valid(asked)
    if any(_request(each) == _request_of(asked) for each in state.shown.flow_logs):
        code = "FlowLogAlreadyExists"
        message = "There is an existing Flow Log with the same configuration and log destination."
        raise RefusedError(code, message)
    there = state.habits.destinations
    if there is not None and asked.destination not in there:
        code = "400"
        raise UnsuccessfulError(code, f"LogDestination: {asked.destination} does not exist.")
    state, log_id = state.name("fl")
    state = dataclasses.replace(state, tokens={**state.tokens, token: (asked, log_id)})
    new = dataclasses.replace(_made(log_id, asked, tags), created_at=state.now)
    state = state.show(flow_logs=(*state.shown.flow_logs, new))
    return state.later(state.habits.delivering, "log delivers", log_id), log_id


def delete_flow_logs(state: State, *, log_id: str) -> tuple[State, None]:
    """Stop a log; InvalidFlowLogId.NotFound: EC2 API reference, error codes."""
    for each in state.shown.flow_logs:
        if each.id == log_id:
            return state.show(flow_logs=swapped(state.shown.flow_logs, each)), None
    code = "InvalidFlowLogId.NotFound"
    raise RefusedError(code, f"The specified flow log '{log_id}' does not exist.")


def _valid(asked: LogRequest) -> None:
    """EC2 API reference, CreateFlowLogs: what each parameter may be."""
    code = "InvalidParameter"  # EC2 API reference, error codes
    if asked.aggregation_seconds not in PERIODS:
        raise RefusedError(code, f"Invalid Flow Log Max Aggregation Interval {asked}")
    if asked.destination_type == WITH_ROLE and not asked.role_arn:
        raise RefusedError(code, "DeliverLogsPermissionArn can't be empty")
    if asked.destination_type != WITH_ROLE and asked.role_arn:
        message = f"DeliverLogsPermissionArn is not applicable for {asked.destination_type}"
        raise RefusedError(code, message)


def _request_of(asked: LogRequest) -> tuple[object, ...]:
    return (
        asked.vpc_id,
        asked.traffic_type,
        asked.destination_type,
        asked.destination,
        asked.log_format,
        asked.aggregation_seconds,
    )


def _request(log: FlowLog) -> tuple[object, ...]:
    return (
        log.resource_id,
        log.traffic_type,
        log.destination_type,
        log.destination,
        log.log_format,
        log.aggregation_seconds,
    )


def _made(log_id: str, asked: LogRequest, tags: dict[str, str]) -> FlowLog:
    """Return a log whose delivery is not told yet: FlowLog.DeliverLogsStatus comes later."""
    return FlowLog(
        id=log_id,
        resource_id=asked.vpc_id,
        traffic_type=asked.traffic_type,
        status="ACTIVE",
        log_format=asked.log_format,
        destination_type=asked.destination_type,
        destination=asked.destination,
        aggregation_seconds=asked.aggregation_seconds,
        role_arn=asked.role_arn,
        tags=tags,
    )
