"""Refuse, throttle or break chosen AWS calls, with the error codes and status AWS uses.

A denial says what it meets: an operation such as ``ec2:DescribeSubnets``, and optionally an
account, a region and a resource, which is a name or id that stands in the request (a cluster's
name, an add-on's, a role's). As text, which SANDBOX_DENY takes, several split by commas::

    [ACCOUNT/][REGION/]SERVICE:OPERATION[@RESOURCE][=denied|throttled|broken|unsuccessful|CODE]

``unsuccessful`` is how EC2 fails at flow logs: it answers 200, and lists what it did not do.
"""

import contextlib
import dataclasses
import functools
import json
import os
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

from moto.core.responses import BaseResponse

from sandbox.corrections.lack import put

VARIABLE = "SANDBOX_DENY"
_TEXT = re.compile(
    r"(?:(?P<account>\d{12})/)?(?:(?P<region>[a-z]{2}-[a-z-]+-\d)/)?"
    r"(?P<operation>[a-z0-9]+:\w+)(?:@(?P<resource>[^=]+))?(?:=(?P<error>\w+))?"
)
_CODES: dict[str, dict[str, tuple[str, int]]] = {  # kind: service: (error code, HTTP status)
    "denied": {
        "ec2": ("UnauthorizedOperation", 403),
        "eks": ("AccessDeniedException", 403),
        "iam": ("AccessDenied", 403),
        "sts": ("AccessDenied", 403),
        "sns": ("AuthorizationError", 403),
        "": ("AccessDeniedException", 400),
    },
    "throttled": {
        "ec2": ("RequestLimitExceeded", 503),
        "eks": ("ThrottlingException", 429),
        "": ("Throttling", 400),
    },
    "broken": {
        "ec2": ("InternalError", 500),
        "eks": ("ServerException", 500),
        "iam": ("ServiceFailure", 500),
        "": ("InternalFailure", 500),
    },
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Denial:
    """Calls that are refused; None means any. ``error`` is a kind named above or an error code."""

    operation: str
    account: str | None = None
    region: str | None = None
    resource: str | None = None
    error: str = "denied"

    def meets(self, response: Any, operation: str) -> bool:
        """Tell whether the request that ``response`` is about to answer is refused."""
        return (
            self.operation == operation
            and self.account in (None, response.current_account)
            and self.region in (None, response.region)
            and (self.resource is None or self.resource in _words(response))
        )


_active: list[Denial] = []


def parse(text: str) -> Denial:
    """Return the denial that ``text`` describes; raise ValueError when it describes none."""
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        message = (
            f"not a denial: {text!r}; expected [ACCOUNT/][REGION/]SERVICE:OPERATION[@RESOURCE]"
        )
        raise ValueError(message)
    return Denial(**{name: value for name, value in match.groupdict().items() if value})


def add(*denials: Denial | str) -> None:
    """Refuse these calls from now on, until ``clear``."""
    _active.extend(parse(each) if isinstance(each, str) else each for each in denials)


def add_from_environment() -> None:
    """Refuse what SANDBOX_DENY names."""
    add(*(each for each in os.environ.get(VARIABLE, "").split(",") if each.strip()))


def active() -> tuple[Denial, ...]:
    """Return what is refused now."""
    return tuple(_active)


def clear() -> None:
    """Refuse nothing any more."""
    _active.clear()


@contextlib.contextmanager
def denied(*denials: Denial | str) -> Iterator[None]:
    """Refuse these calls within the block."""
    before = list(_active)
    add(*denials)
    try:
        yield
    finally:
        _active[:] = before


def _service(response: Any) -> str:
    """Return a service's name as IAM actions spell it: without hyphens."""
    return str(response.service_name).replace("-", "")


def _words(response: Any) -> set[str]:
    """Return what the request names: the parts of its path, and its parameters' values."""
    words = set(unquote(response.path).split("/"))
    for values in response.querystring.values():
        words.update(values if isinstance(values, list) else [values])
    return words


def _answer(service: str, operation: str, error: str) -> tuple[int, dict[str, str], str]:
    if error == "unsuccessful":
        return _unsuccessful(operation)
    codes = _CODES.get(error, {})
    code, status = codes.get(service) or codes.get("") or (error, 400)
    message = f"You are not authorized to perform this operation: {operation}"
    if error != "denied":
        message = f"{operation}: {code}"
    headers = {"status": str(status), "x-amzn-RequestId": "00000000-0000-4000-8000-000000000000"}
    if service == "ec2":
        fault = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        body = f"<Response><Errors>{fault}</Errors><RequestID>sandbox</RequestID></Response>"
    elif service in ("iam", "sts", "sns"):
        fault = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
        body = f"<ErrorResponse><Error><Type>Sender</Type>{fault}</Error></ErrorResponse>"
    else:
        headers["x-amzn-ErrorType"] = code
        body = json.dumps({"__type": code, "message": message})
    return status, headers, body


def _unsuccessful(operation: str) -> tuple[int, dict[str, str], str]:
    name = operation.partition(":")[2]
    fault = "<error><code>InternalError</code><message>An internal error.</message></error>"
    body = f"<unsuccessful><item>{fault}</item></unsuccessful>"
    return 200, {"status": "200"}, f"<{name}Response>{body}</{name}Response>"


def _refusing(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def call_action(response: Any) -> Any:
        if _active:
            operation = f"{_service(response)}:{response._get_action()}"
            for denial in _active:
                if denial.meets(response, operation):
                    return _answer(response.service_name, operation, denial.error)
        return original(response)

    put(call_action, refuses=True)
    return call_action


def install() -> None:
    """Ask the denials before moto answers; a second call does nothing."""
    if not hasattr(BaseResponse.call_action, "refuses"):
        put(BaseResponse, call_action=_refusing(BaseResponse.call_action))
