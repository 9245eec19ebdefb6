"""What the deployed functions accept, read strictly; everything else is rejected with a reason."""

import datetime as dt
import json
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from eksnet.model.snapshot import Target

Account = Annotated[str, Field(pattern=r"^[0-9]{12}$")]
Region = Annotated[str, Field(pattern=r"^[a-z]{2,4}(-[a-z]+)+-[0-9]$")]
RunId = Annotated[str, Field(pattern=r"^[0-9]{8}T[0-9]{6}Z-[a-z]+(-[0-9a-f]{8})?$")]
SHOWN = 300  # characters of a reason: enough for what is wrong, too few to flood a log

# A function starts with all these models and uses one or two: each is built when first used.
_LATE = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)


class RejectedError(Exception):
    """An event that means nothing here; the message is the reason."""


class _Strict(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True
    )


class BeginRequest(_Strict):
    """Begin a run. Without ``scheduled_at`` it was started by hand."""

    scheduled_at: AwareDatetime | None = None
    execution: Annotated[str, Field(pattern="^[!-~]{1,2048}$")]
    started_at: AwareDatetime


class TargetOf(_Strict):
    """An account and Region of a run."""

    account_id: Account
    region: Region
    partition: Annotated[str, Field(pattern=r"^aws(-[a-z]+)*$")] = "aws"

    def target(self) -> Target:
        """Return the target that is meant."""
        return Target(account_id=self.account_id, region=self.region, partition=self.partition)


class AuditRequest(_Strict):
    """Audit one target of a run."""

    run_id: RunId
    target: TargetOf


class ReportRequest(_Strict):
    """Tell people of a run."""

    run_id: RunId


class _Open(BaseModel):
    """Part of an event that AWS writes: it may say more than is read here."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True
    )


class ApiCall(_Open):
    """What CloudTrail says of a call."""

    event_source: Annotated[str, Field(alias="eventSource")]
    event_name: Annotated[str, Field(alias="eventName")]
    error_code: Annotated[str | None, Field(alias="errorCode")] = None


class ChangeEvent(_Open):
    """An EventBridge event of a CloudTrail management event."""

    id: Annotated[str, Field(min_length=1, max_length=256)]
    source: str
    detail_type: Annotated[str, Field(alias="detail-type")]
    account: Account
    region: Region
    time: AwareDatetime
    detail: ApiCall

    @property
    def at(self) -> dt.datetime:
        """Return when it happened, in UTC."""
        return self.time.astimezone(dt.UTC)


class SqsMessage(_Open):
    """A message of a queue; what it says is read apart, so that one that says nothing is alone."""

    message_id: Annotated[str, Field(alias="messageId", min_length=1)]
    body: str


class SqsBatch(_Open):
    """What SQS hands to a function."""

    records: Annotated[tuple[SqsMessage, ...], Field(alias="Records", min_length=1)]


def parsed[T: BaseModel](model: type[T], event: object) -> T:
    """Return ``event``, an object or its JSON text, as ``model``; no value is bent to fit.

    Raises:
        RejectedError: it is not one; the message says where.
    """
    try:
        text = event if isinstance(event, str) else json.dumps(event)
        return model.model_validate_json(text, strict=True)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        reason = f"{place}: {first['msg']}" if place else first["msg"]
        raise RejectedError(reason[:SHOWN]) from problem
    except (TypeError, ValueError, RecursionError) as problem:
        reason = "not JSON"
        raise RejectedError(reason) from problem
