"""What goes over a client's wire: calls noted, and answers put in AWS's place."""

import json
from collections.abc import Callable
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from tests.store.tables import TABLE

Answer = dict[str, Any]


class Calls:
    """The parameters of each call of one operation, as they were sent."""

    def __init__(self, client: Any, operation: str, service: str = "dynamodb") -> None:
        self.sent: list[Answer] = []
        client.meta.events.register(f"before-call.{service}.{operation}", self._note)

    def _note(self, params: Answer, **_: object) -> None:
        self.sent.append(json.loads(params["body"]))


class Instead:
    """Answers the first calls of an operation in AWS's place, which then never sees them."""

    def __init__(
        self, client: Any, operation: str, *answers: Answer, service: str = "dynamodb"
    ) -> None:
        self._answers = iter(answers)
        self.calls = 0
        client.meta.events.register(f"before-call.{service}.{operation}", self._answer)

    def _answer(self, **_: object) -> tuple[AWSResponse, Answer] | None:
        self.calls += 1
        answer = next(self._answers, None)
        if answer is None:
            return None
        status = 400 if "Error" in answer else 200
        return AWSResponse("", status, HTTPHeaders(), None), answer


def refusal(code: str, **more: object) -> Answer:
    """Return what botocore makes of a refusal."""
    return {"Error": {"Code": code, "Message": "refused"}, **more}


def cancelled(*codes: str) -> Answer:
    """Return the refusal of a transaction for these reasons, one an action."""
    return refusal("TransactionCanceledException", CancellationReasons=[{"Code": c} for c in codes])


def before(client: Any, operation: str, number: int, act: Callable[[], object]) -> None:
    """Do something just before the ``number``-th call of an operation is sent."""
    calls = iter(range(1, number + 1))

    def maybe(**_: object) -> None:
        if next(calls, None) == number:
            act()

    client.meta.events.register(f"before-send.dynamodb.{operation}", maybe)


def items(client: Any) -> list[Answer]:
    """Return every item of the table."""
    pages = client.get_paginator("scan").paginate(TableName=TABLE)
    return [item for page in pages for item in page["Items"]]
