from collections.abc import Iterator
from typing import Any

import pytest

import sandbox
from eksnet.store.dynamodb import DynamoStore
from tests.store import tables


@pytest.fixture
def client() -> Iterator[Any]:
    with sandbox.offline():
        made = tables.client()
        tables.make(made)
        yield made


@pytest.fixture
def naps() -> list[float]:
    return []


@pytest.fixture
def dynamo(client: Any, naps: list[float]) -> DynamoStore:
    return DynamoStore(client, tables.TABLE, history_days=90, sleep=naps.append)
