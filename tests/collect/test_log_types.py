from typing import Any

import pytest

from eksnet.collect.parse_eks import cluster
from tests.collect import recorded

ON: dict[str, Any] = {"types": ["scheduler", "api"], "enabled": True}
OFF: dict[str, Any] = {"types": ["controllerManager"], "enabled": False}


@pytest.mark.parametrize(
    ("logging", "types"),
    [
        (None, None),
        ({}, None),
        ({"clusterLogging": []}, ()),
        ({"clusterLogging": [ON, OFF]}, ("api", "scheduler")),
    ],
)
def test_only_the_log_types_that_are_on_are_told(
    logging: dict[str, Any] | None, types: tuple[str, ...] | None
) -> None:
    raw = {**recorded.cluster()["cluster"], "logging": logging}
    assert cluster(raw).log_types == types
