"""What people send to the function URLs, read strictly; the identity is what Lambda says of it."""

import base64
import binascii
import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from eksnet.model.journal import Principal, Purpose, Say
from eksnet.pipeline.principal import principal_of
from eksnet.pipeline.requests import Account, Region, RejectedError, parsed

MOST_BYTES = 65_536  # ours: no request of ours comes near; Lambda takes 6 MB
PLAN = "plan"
BAD_REQUEST, REFUSED, UNAVAILABLE, OK = 400, 409, 503, 200

PlanId = Annotated[str, Field(pattern=r"^pl-[0-9a-f]{20}$")]
Block = Annotated[str, Field(pattern=r"^[0-9.]{7,15}/[0-9]{1,2}$")]
Text = Annotated[str, Field(max_length=500)]

_STRICT = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)
_OPEN = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True)


class _Choices(BaseModel):
    """What may be chosen of a plan; see ``eksnet.remedies.remedy.Choices``."""

    model_config = _STRICT
    pool: Block | None = None
    avoid: Annotated[tuple[Block, ...], Field(max_length=1000)] = ()
    prefix: Annotated[int, Field(ge=16, le=28)] | None = None
    growth_percent: Annotated[int, Field(ge=0, le=1000)] | None = None
    reserve_prefixes: bool = False
    destination_type: Text | None = None
    destination: Text | None = None
    role_arn: Text | None = None


class PlanRequest(BaseModel):
    """Make a plan for a finding, or for the worst one that a remedy can close.

    Without an account or a Region it is the installation's own.
    """

    model_config = _STRICT
    do: Literal["plan"]
    account_id: Account | None = None
    region: Region | None = None
    finding_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = None
    remedy: Annotated[str, Field(pattern=r"^[a-z-]{1,40}$")] | None = None
    cluster: Annotated[str, Field(max_length=100)] | None = None
    choices: _Choices = _Choices()


class StartRequest(BaseModel):
    """Carry out a plan, or take it back."""

    model_config = _STRICT
    do: Purpose
    plan_id: PlanId


class DecideRequest(BaseModel):
    """Approve or reject a plan. The plan's id is the beginning of its digest."""

    model_config = _STRICT
    do: Say
    plan_id: PlanId
    reason: Text = ""


class _Named(BaseModel):
    """What names the kind of a request; the rest is read by its own model."""

    model_config = _OPEN
    do: str


class StepRequest(BaseModel):
    """Do the next step of an execution."""

    model_config = _STRICT
    plan_id: PlanId
    purpose: Purpose
    attempt: Annotated[int, Field(ge=1)]


class _Iam(BaseModel):
    model_config = _OPEN
    user_arn: Annotated[str, Field(alias="userArn")]
    caller_id: Annotated[str, Field(alias="callerId")]


class _Authorizer(BaseModel):
    model_config = _OPEN
    iam: _Iam


class _Http(BaseModel):
    model_config = _OPEN
    method: str


class _Context(BaseModel):
    model_config = _OPEN
    authorizer: _Authorizer
    http: _Http


class UrlEvent(BaseModel):
    """What Lambda makes of a signed request to a function URL."""

    model_config = _OPEN
    context: Annotated[_Context, Field(alias="requestContext")]
    body: Annotated[str, Field(max_length=2 * MOST_BYTES)] = ""
    is_base64: Annotated[bool, Field(alias="isBase64Encoded")] = False


def asked(event: object) -> tuple[PlanRequest | StartRequest, Principal]:
    """Return what is asked for, and by whom.

    Raises:
        RejectedError: it is not signed, no POST, or asks for nothing there is.
    """
    body, principal = _opened(event)
    if parsed(_Named, body).do == PLAN:
        return parsed(PlanRequest, body), principal
    return parsed(StartRequest, body), principal


def decided(event: object) -> tuple[DecideRequest, Principal]:
    """Return what is decided, and by whom.

    Raises:
        RejectedError: it is not signed, no POST, or no decision.
    """
    body, principal = _opened(event)
    return parsed(DecideRequest, body), principal


def _opened(event: object) -> tuple[str, Principal]:
    read = parsed(UrlEvent, event)
    if read.context.http.method != "POST":
        reason = f"{read.context.http.method} changes nothing: send a POST"
        raise RejectedError(reason)
    iam = read.context.authorizer.iam
    return _body(read), principal_of(iam.user_arn, iam.caller_id)


def _body(event: UrlEvent) -> str:
    if not event.is_base64:
        return event.body
    try:
        return base64.b64decode(event.body, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as problem:
        reason = "body: not Base64 of UTF-8"
        raise RejectedError(reason) from problem


def answer(code: int, said: dict[str, object]) -> dict[str, object]:
    """Return the HTTP answer of a function URL."""
    return {
        "statusCode": code,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": json.dumps(said),
    }
