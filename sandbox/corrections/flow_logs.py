"""Flow logs as CreateFlowLogs and DeleteFlowLogs answer (EC2 API reference).

- A ClientToken makes the call once: the same request answers with the same ids, another one is an
  IdempotentParameterMismatch ("Ensuring idempotency in Amazon EC2 API requests"). Moto makes a
  second log of it, or says that it exists.
- An S3 destination may end in a prefix, as ``arn:aws:s3:::bucket/folder/``; moto takes it all for
  the bucket's name.
- A log group may be given as LogDestination, by its ARN; moto then finds none.
- DeleteFlowLogs answers 200 with what it could not delete in ``Unsuccessful``; moto fails and says
  nothing of those that it did delete.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.flow_logs import FlowLogsBackend
from moto.ec2.responses import EC2Response
from moto.logs.models import logs_backends

from sandbox.corrections.lack import lacks, put

_REQUEST = (
    "ResourceType",
    "ResourceIds",
    "TrafficType",
    "DeliverLogsPermissionArn",
    "LogDestinationType",
    "LogDestination",
    "LogGroupName",
    "LogFormat",
    "MaxAggregationInterval",
    "TagSpecifications",
)
_GROUP = ":log-group:"


class _Bucket(str):
    """The ARN of a place in a bucket; split, as moto does to find the bucket, it has no prefix."""

    __slots__ = ()

    def split(self, *how: Any) -> list[str]:
        return str.split(super().partition("/")[0], *how)


def _create(original: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(original)

    @functools.wraps(original)
    def create_flow_logs(*args: Any, **named: Any) -> Any:
        call = signature.bind(*args, **named)
        asked, backend = call.arguments, args[0]
        destination = asked["log_destination"]
        if asked["log_destination_type"] == "s3" and destination:
            asked["log_destination"] = _Bucket(destination)
        made, failed = original(*call.args, **call.kwargs)
        if destination and _GROUP in destination:
            for log in made:
                _deliver(backend, log, destination)
        return made, failed

    return create_flow_logs


def _deliver(backend: Any, log: Any, destination: str) -> None:
    """Say whether the log group that an ARN names is there to deliver to."""
    group = destination.partition(_GROUP)[2].removesuffix(":*")
    there = group in logs_backends[backend.account_id][backend.region_name].groups
    log.deliver_logs_status = "SUCCESS" if there else "FAILED"
    log.deliver_logs_error_message = None if there else "Access error"


def _once(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def create_flow_logs(response: Any) -> ActionResult:
        token = response._get_param("ClientToken")
        response.error_on_dryrun()
        if not token:
            plain: ActionResult = original(response)
            return plain
        request = repr([response._get_param(each) for each in _REQUEST])
        kept = response.ec2_backend.__dict__.setdefault("flow_log_tokens", {})
        if token not in kept:
            answer: ActionResult = original(response)
            result: Any = answer.result
            if not result["FlowLogIds"]:
                return answer
            kept[token] = (request, {**result, "ClientToken": token})
        first, result = kept[token]
        if first != request:
            code = "IdempotentParameterMismatch"
            raise EC2ClientError(code, "The request uses the same client token as another one.")
        return ActionResult(result)

    return create_flow_logs


def _delete(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def delete_flow_logs(response: Any) -> ActionResult:
        response.error_on_dryrun()
        known = response.ec2_backend.flow_logs
        failed = [
            {
                "ResourceId": each,
                "Error": {"Code": "InvalidFlowLogId.NotFound", "Message": f"{each} is not found"},
            }
            for each in response._get_param("FlowLogIds", [])
            if known.pop(each, None) is None
        ]
        return ActionResult({"Unsuccessful": failed})

    return delete_flow_logs


def install() -> None:
    """Answer as EC2 does."""
    lacks(EC2Response.create_flow_logs, "ClientToken")
    lacks(EC2Response.delete_flow_logs, "Unsuccessful")
    lacks(FlowLogsBackend.create_flow_logs, 'partition("/")')
    lacks(FlowLogsBackend.create_flow_logs, "log-group")
    put(FlowLogsBackend, create_flow_logs=_create(FlowLogsBackend.create_flow_logs))
    for name, correct in (("create_flow_logs", _once), ("delete_flow_logs", _delete)):
        setattr(EC2Response, name, correct(getattr(EC2Response, name)))
