from typing import Any

import pytest

from eksnet.collect.parse_eks import node_group

RAW: dict[str, Any] = {"clusterName": "payments", "nodegroupName": "workers", "nodegroupArn": "arn"}


@pytest.mark.parametrize(
    ("update", "strategy"),
    [
        ({}, None),
        ({"maxUnavailable": 1}, None),
        ({"maxUnavailable": 1, "updateStrategy": "MINIMAL"}, "MINIMAL"),
    ],
)
def test_the_update_strategy_is_read_where_it_is_told(
    update: dict[str, Any], strategy: str | None
) -> None:
    assert node_group({**RAW, "updateConfig": update}).update_strategy == strategy
