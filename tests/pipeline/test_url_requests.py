"""A request to a function URL means what it says, signed by whom AWS says, or it is rejected."""

import base64
import json
from typing import Any

import pytest

from eksnet.model.journal import Purpose, Say
from eksnet.pipeline.requests import RejectedError
from eksnet.pipeline.url_requests import PlanRequest, StartRequest, asked, decided

PLAN = "pl-0123456789abcdef0123"
ADA = {"userArn": "arn:aws:iam::111122223333:user/ada", "callerId": "AIDAEXAMPLEEXAMPLE111"}


def event(body: object, **changes: Any) -> dict[str, Any]:
    """Return what Lambda makes of a signed POST; see the developer guide's payload format 2.0."""
    said: dict[str, Any] = {
        "version": "2.0",
        "requestContext": {
            "authorizer": {"iam": {**ADA, "accountId": "111122223333"}},
            "http": {"method": "POST", "path": "/"},
        },
        "body": body if isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    }
    said.update(changes)
    return said


def test_a_decision_is_read_with_the_identity_that_lambda_vouches_for() -> None:
    request, principal = decided(event({"do": "approve", "plan_id": PLAN}))
    assert (request.do, request.plan_id, principal.arn) == (Say.APPROVE, PLAN, ADA["userArn"])


def test_a_body_in_base64_says_the_same() -> None:
    body = base64.b64encode(json.dumps({"do": "reject", "plan_id": PLAN}).encode()).decode()
    assert decided(event(body, isBase64Encoded=True))[0].do is Say.REJECT


def test_what_is_asked_for_is_told_by_its_name() -> None:
    assert isinstance(asked(event({"do": "plan", "remedy": "flow-logs"}))[0], PlanRequest)
    started = asked(event({"do": "rollback", "plan_id": PLAN}))[0]
    assert isinstance(started, StartRequest)
    assert started.do is Purpose.ROLLBACK


def test_a_caller_who_names_himself_is_rejected() -> None:
    for extra in ("principal", "approver", "userArn", "digest"):
        with pytest.raises(RejectedError, match=extra):
            decided(event({"do": "approve", "plan_id": PLAN, extra: "arn:aws:iam::1:user/bob"}))


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "post"])
def test_only_a_post_changes_anything(method: str) -> None:
    said = event({"do": "approve", "plan_id": PLAN})
    said["requestContext"]["http"]["method"] = method
    with pytest.raises(RejectedError, match="POST"):
        decided(said)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "{",
        "\x00",
        '{"do":"approve"}',
        '{"do":"APPROVE","plan_id":"pl-0123456789abcdef0123"}',
        '{"do":"approve","plan_id":"pl-0123456789ABCDEF0123"}',
        '{"do":"approve","plan_id":"pl-0123456789abcdef0123\\n"}',
        '{"do":"approve","plan_id":"pl-0123456789abcdef01234"}',
        '{"do":"approve","plan_id":["pl-0123456789abcdef0123"]}',
        '{"do":"approve","plan_id":"pl-0123456789abcdef0123","reason":' + '"x"' * 200 + "}",
        '{"do":"apply","plan_id":"pl-0123456789abcdef0123"}',
    ],
)
def test_what_is_no_decision_is_rejected(body: str) -> None:
    with pytest.raises(RejectedError):
        decided(event(body))


@pytest.mark.parametrize(
    "context",
    [
        None,
        {},
        {"http": {"method": "POST"}},
        {"authorizer": {}, "http": {"method": "POST"}},
        {"authorizer": {"iam": None}, "http": {"method": "POST"}},
        {"authorizer": {"iam": {"userArn": ADA["userArn"]}}, "http": {"method": "POST"}},
        {"authorizer": {"iam": {**ADA, "callerId": 1}}, "http": {"method": "POST"}},
        {"authorizer": {"jwt": ADA}, "http": {"method": "POST"}},
    ],
)
def test_an_unsigned_request_is_rejected(context: object) -> None:
    with pytest.raises(RejectedError):
        decided(event({"do": "approve", "plan_id": PLAN}, requestContext=context))


def test_bad_base64_is_rejected() -> None:
    with pytest.raises(RejectedError, match="Base64"):
        decided(event("%%%", isBase64Encoded=True))


def test_an_unknown_choice_is_rejected_by_its_name() -> None:
    with pytest.raises(RejectedError, match="sudo"):
        asked(event({"do": "plan", "remedy": "flow-logs", "choices": {"sudo": True}}))
