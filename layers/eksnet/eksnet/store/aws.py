"""The outlets in AWS: an S3 bucket, an SNS topic, an EventBridge bus."""

import re
import time
from collections.abc import Iterable, Sequence
from typing import Any

from eksnet.store.calls import Sleep, batches, refusals, tries
from eksnet.store.interface import StoreError
from eksnet.store.outlets import Event

MESSAGE_BYTES = 262_144  # of a message: Publish, SNS API Reference
ENTRIES = 10  # a call: PutEvents, EventBridge API Reference
ENTRY_BYTES = 262_144  # "must be less than 256KB", a call: PutEvents, EventBridge User Guide
_TIME_BYTES = 14  # that an entry's time counts for: ibid.
_SUBJECT = re.compile(r"[!-~][ -~]{0,99}")  # Publish, SNS API Reference
_START, _STARTED = "states:StartExecution", "ExecutionAlreadyExists"
_PUBLISH, _PUT_EVENTS = "sns:Publish", "events:PutEvents"


class S3Bucket:
    """A bucket of a botocore client. Objects are encrypted as the bucket's default says."""

    def __init__(self, client: Any, name: str) -> None:  # noqa: ANN401 - botocore makes its classes at run time
        self._client, self._name = client, name

    def put(self, key: str, body: bytes, content_type: str) -> str:
        """Write an object; return its ``s3://`` address."""
        with refusals("s3:PutObject"):
            self._client.put_object(Bucket=self._name, Key=key, Body=body, ContentType=content_type)
        return f"s3://{self._name}/{key}"

    def get(self, key: str) -> bytes:
        """Return an object's bytes."""
        with refusals("s3:GetObject"):
            data: bytes = self._client.get_object(Bucket=self._name, Key=key)["Body"].read()
        return data


class SnsTopic:
    """A topic of a botocore client."""

    def __init__(self, client: Any, arn: str) -> None:  # noqa: ANN401 - botocore makes its classes at run time
        self._client, self._arn = client, arn

    def publish(self, subject: str, message: str) -> None:
        """Send a message.

        Raises:
            StoreError: SNS refused it, or would: ``InvalidSubject``, ``MessageTooLarge``.
        """
        if not _SUBJECT.fullmatch(subject):
            raise StoreError(_PUBLISH, "InvalidSubject")
        if len(message.encode()) > MESSAGE_BYTES:
            raise StoreError(_PUBLISH, "MessageTooLarge")
        with refusals(_PUBLISH):
            self._client.publish(TopicArn=self._arn, Subject=subject, Message=message)


class StateMachine:
    """A state machine of a botocore client."""

    def __init__(self, client: Any, arn: str) -> None:  # noqa: ANN401 - botocore makes its classes at run time
        self._client, self._arn = client, arn

    def start(self, name: str, given: str) -> bool:
        """Start an execution; False when there is, or was, one of that name."""
        try:
            with refusals(_START):
                self._client.start_execution(stateMachineArn=self._arn, name=name, input=given)
        except StoreError as problem:
            if problem.code != _STARTED:
                raise
            return False
        return True


class EventBus:
    """A bus of a botocore client; every event is from ``source``."""

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - botocore makes its classes at run time
        name: str,
        source: str = "eksnet",
        *,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._client, self._name, self._source, self._sleep = client, name, source, sleep

    def put(self, events: Iterable[Event]) -> int:
        """Put events; return how many the bus took.

        Raises:
            StoreError: it would not take one of them; ``EntryTooLarge`` before any was put.
        """
        given = list(events)
        if any(self._size(each) >= ENTRY_BYTES for each in given):
            raise StoreError(_PUT_EVENTS, "EntryTooLarge")
        for batch in batches(given, count=ENTRIES, size=ENTRY_BYTES - 1, weigh=self._size):
            self._put([self._entry(each) for each in batch])
        return len(given)

    def _put(self, entries: Sequence[Any]) -> None:
        """Put entries, again those that were refused."""
        code = ""
        for _ in tries(self._sleep):
            with refusals(_PUT_EVENTS):
                answers = self._client.put_events(Entries=entries)["Entries"]
            refused = [
                (entry, answer["ErrorCode"])
                for entry, answer in zip(entries, answers, strict=True)
                if "ErrorCode" in answer
            ]
            if not refused:
                return
            entries, code = [entry for entry, _ in refused], refused[0][1]
        raise StoreError(_PUT_EVENTS, code)

    def _entry(self, event: Event) -> dict[str, object]:
        return {
            "EventBusName": self._name,
            "Source": self._source,
            "DetailType": event.detail_type,
            "Detail": event.detail,
            "Resources": event.resources,
            "Time": event.time,
        }

    def _size(self, event: Event) -> int:
        texts = (self._source, event.detail_type, event.detail, *event.resources)
        return _TIME_BYTES + sum(len(text.encode()) for text in texts)
