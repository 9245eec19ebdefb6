"""Signed requests to the deployment's own function URLs, whose identity AWS vouches for."""

import json
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.httpsession
import botocore.session

from eksnet.store.calls import refusals
from eksnet.store.interface import StoreError

SERVICE = (
    "lambda"  # what a function URL's signature is made for: Lambda developer guide, "IAM auth"
)
SECONDS = 310  # to connect and to answer: a function may take 300 to make a plan
_API = "lambda:InvokeFunctionUrl"
_DONE, _LATER = 200, 503
_ANSWERS = frozenset(
    {_DONE, 400, 409, _LATER}
)  # our functions' own; others are Lambda's or a network's


class SignedUrl:
    """A function URL; credentials by the SDK's own conventions, the Region by the URL's host."""

    def __init__(self, url: str, region: str) -> None:
        self._url, self._region = url, region
        with refusals(_API):
            self._session = botocore.session.get_session()
            self._http = botocore.httpsession.URLLib3Session(timeout=SECONDS)

    def post(self, said: dict[str, Any]) -> tuple[bool, dict[str, Any]]:
        """Return whether what was asked for is done, and the answer.

        Raises:
            StoreError: no credentials, not allowed, or no answer of the function's own.
        """
        with refusals(_API):
            credentials = self._session.get_credentials()
            if credentials is None:
                raise StoreError(_API, "NoCredentialsError")
            request = botocore.awsrequest.AWSRequest(
                method="POST",
                url=self._url,
                data=json.dumps(said).encode(),
                headers={"content-type": "application/json"},
            )
            frozen = credentials.get_frozen_credentials()
            botocore.auth.SigV4Auth(frozen, SERVICE, self._region).add_auth(request)
            answer = self._http.send(request.prepare())
        if answer.status_code not in _ANSWERS:
            raise StoreError(_API, f"HTTP{answer.status_code}")
        told = _read(answer.content)
        if answer.status_code == _LATER:
            raise StoreError(_API, str(told.get("rejected", f"HTTP{_LATER}")))
        return answer.status_code == _DONE, told


def _read(content: bytes) -> dict[str, Any]:
    try:
        said = json.loads(content)
    except ValueError as problem:
        raise StoreError(_API, "MalformedAnswer") from problem
    if not isinstance(said, dict):
        raise StoreError(_API, "MalformedAnswer")
    return said
