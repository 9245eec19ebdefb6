"""The VPC CNI's network policies, as far as the EKS add-on shows them.

The keys are those of the add-on's configuration schema (eks:DescribeAddonConfiguration).
"""

from collections.abc import Mapping
from typing import Any

from eksnet.cni.env_vars import read_flag
from eksnet.cni.settings import ADDON, read_values, settings_of
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Unread
from eksnet.model.record import record
from eksnet.model.snapshot import Snapshot, addon_by_cluster_and_name

SWITCH = "enableNetworkPolicy"
AGENT = "nodeAgent"
EVENT_LOGS, CLOUDWATCH = "enablePolicyEventLogs", "enableCloudWatchLogs"


@record
class Policies:
    """Whether the add-on enforces network policies, and whether their agent writes logs.

    ``named`` tells that the add-on's configuration says so; otherwise it is the add-on's default.
    """

    on: bool
    named: bool
    event_logs: bool
    cloudwatch: bool


def policies(snapshot: Snapshot, cluster: Cluster) -> Policies | Unread:
    """Return what a cluster's add-on says of network policies, or what would have told it."""
    settings = settings_of(snapshot, cluster)
    if isinstance(settings, Unread):
        return settings
    values = read_values(addon_by_cluster_and_name(snapshot)[cluster.name, ADDON].configuration)
    section = values.get(AGENT)
    agent: Mapping[str, Any] = section if isinstance(section, dict) else {}
    on = _flag(values.get(SWITCH))
    return Policies(
        on=on is True,
        named=on is not None,
        event_logs=_flag(agent.get(EVENT_LOGS)) is True,
        cloudwatch=_flag(agent.get(CLOUDWATCH)) is True,
    )


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else read_flag(str(value))
