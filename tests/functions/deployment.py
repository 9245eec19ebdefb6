"""What the tests of handlers share: a deployment that ran once, and what was asked of AWS."""

import contextlib
import datetime as dt
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import botocore.client
import pytest

from sandbox import offline, organization
from sandbox.deployed import Application, deployed

SCHEDULED = dt.datetime(2026, 11, 23, 6, 0, tzinfo=dt.UTC)
RUN = "20261123T060000Z-full"
EVENTS = sorted((pathlib.Path(__file__).parents[2] / "events").glob("*.json"))
URLS = ("plan", "decide")  # functions that people reach by a URL
READING = ("Get", "List", "Describe", "Query", "BatchGet", "AssumeRole", "Head", "Receive")


@contextlib.contextmanager
def running(*, whole: bool = True, **settings: str) -> Iterator[Application]:
    """Deploy over the demo organization, or over its first account's first Region only."""
    with offline():
        if whole:
            organization.seed()
        else:
            organization.seed_home()
        with deployed(**settings) as application:
            yield application


@contextlib.contextmanager
def noted_calls() -> Iterator[list[str]]:
    """Note every call to AWS as ``service:Operation``."""
    made: list[str] = []
    original = botocore.client.BaseClient._make_api_call

    def noting(client: Any, operation: str, parameters: Any) -> Any:
        made.append(f"{client.meta.service_model.service_name}:{operation}")
        return original(client, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", noting)
        yield made


def writes(calls: list[str]) -> list[str]:
    """Return the calls that change something."""
    return [each for each in calls if not each.partition(":")[2].startswith(READING)]


def function(path: pathlib.Path) -> str:
    """Return the function that an event file is for: its name begins with it."""
    return path.stem.partition("-")[0]


def load(path: pathlib.Path) -> Any:
    """Return an event."""
    return json.loads(path.read_text(encoding="utf-8"))
