"""What the measured networks share: their sizes, kinds, names and tags."""

import datetime as dt
import enum
from typing import Any

Raw = dict[str, Any]
REGION, ACCOUNT = "us-east-1", "111122223333"
MOMENT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ZONES = ("a", "b", "c")
ZONE_IDS = ("use1-az1", "use1-az2", "use1-az4")
NODES, ROLES = 12, 5
TYPES = {"m5.large": (3, 10, 2), "m5.xlarge": (4, 15, 4), "c5.2xlarge": (4, 15, 8)}
"""Each type's interfaces, addresses an interface, and vCPUs."""
QUOTAS = {
    "L-DF5E4CA3": 500_000,
    "L-83CA0A9D": 5,
    "L-407747CB": 200,
    "L-93826ACB": 500,
    "L-7E9ECCDB": 50,
    "L-0EA8095F": 60,
    "L-2AFB9258": 5,
}
"""Applied quotas of Amazon VPC: the defaults, but for a large account's interfaces."""


class Kind(enum.Enum):
    """What is special about some clusters: every so many-th, counted from where."""

    PREFIXES = (25, 0)
    IPV6 = (20, 1)
    CUSTOM = (10, 2)
    PRIVATE = (10, 3)
    TRANSIT = (10, 4)
    PLAIN_LOGS = (10, 5)

    def holds(self, cluster: int) -> bool:
        """Tell whether the cluster is of this kind."""
        period, first = self.value
        return cluster % period == first


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
