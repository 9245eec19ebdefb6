"""What the measured networks share: their sizes, names and tags."""

import datetime as dt
from typing import Any

Raw = dict[str, Any]
REGION, ACCOUNT = "us-east-1", "111122223333"
MOMENT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ZONES = ("a", "b", "c")
NODES, ROLES = 12, 5
TYPES = {"m5.large": (3, 10, 2), "m5.xlarge": (4, 15, 4), "c5.2xlarge": (4, 15, 8)}
"""Each type's interfaces, addresses an interface, and vCPUs."""


def name(cluster: int) -> str:
    """Return a cluster's name."""
    return f"cluster-{cluster:04}"


def hex_id(kind: str, *parts: int) -> str:
    """Return an id of AWS's length that the numbers make unique."""
    first, *others = parts
    tail = "".join(f"{part:03x}" for part in others)
    return f"{kind}-{first:06x}{tail:0>11}"


def tags(**values: str) -> list[Raw]:
    """Return EC2's list of tags."""
    return [{"Key": key, "Value": value} for key, value in values.items()]


def owned(cluster: int, label: str) -> list[Raw]:
    """Return the tags that a cluster's things usually carry."""
    return [
        *tags(Name=label, team="platform", environment="production"),
        {"Key": f"kubernetes.io/cluster/{name(cluster)}", "Value": "owned"},
    ]
