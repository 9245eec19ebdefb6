"""Where results go out: objects in the bucket, the mail's topic, events on the bus."""

import datetime as dt
from collections.abc import Iterable
from typing import Protocol

from eksnet.model.record import record


@record
class Event:
    """An event for the bus: ``detail`` is a JSON text of at most 256 KB."""

    detail_type: str
    detail: str
    resources: tuple[str, ...]
    time: dt.datetime


class Bucket(Protocol):
    """The report bucket. Every method raises StoreError."""

    def put(self, key: str, body: bytes, content_type: str) -> str:
        """Write an object, encrypted; return its ``s3://`` address."""

    def get(self, key: str) -> bytes:
        """Return an object's bytes."""


class Topic(Protocol):
    """The topic that mails are sent through. Every method raises StoreError."""

    def publish(self, subject: str, message: str) -> None:
        """Send a message: ``subject`` at most 100 ASCII characters, ``message`` within 256 KB."""


class Bus(Protocol):
    """The event bus. Every method raises StoreError."""

    def put(self, events: Iterable[Event]) -> int:
        """Put events, ten a call; those the bus refused are tried again. Return how many it took.

        Raises:
            StoreError: it would not take one of them.
        """


class Machine(Protocol):
    """A state machine. Every method raises StoreError."""

    def start(self, name: str, given: str) -> bool:
        """Start an execution of that name with a JSON text; False when there is one already."""
