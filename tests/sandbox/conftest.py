from collections.abc import Iterator

import pytest

from sandbox import offline
from tests.sandbox.clients import Aws


@pytest.fixture
def aws() -> Iterator[Aws]:
    with offline():
        yield Aws()
