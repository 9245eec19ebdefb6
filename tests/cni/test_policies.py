import json

import pytest

from eksnet.cni.policies import Policies, policies
from eksnet.model.finding import Unread
from tests.build import addon, cluster, snapshot

OFF = Policies(on=False, named=False, event_logs=False, cloudwatch=False)


def told(configuration: str | None) -> Policies | Unread:
    seen = snapshot(clusters=[cluster()], addons=[addon(configuration=configuration)])
    return policies(seen, seen.clusters[0])


@pytest.mark.parametrize(
    ("values", "on", "named"),
    [
        ({}, False, False),
        ({"enableNetworkPolicy": "true"}, True, True),
        ({"enableNetworkPolicy": True}, True, True),
        ({"enableNetworkPolicy": "false"}, False, True),
        ({"enableNetworkPolicy": "perhaps"}, False, False),
    ],
)
def test_the_switch_is_on_where_the_configuration_says_so(
    values: dict[str, object], *, on: bool, named: bool
) -> None:
    found = told(json.dumps(values))
    assert isinstance(found, Policies)
    assert (found.on, found.named) == (on, named)


def test_the_agents_logs_are_read_from_its_own_section() -> None:
    text = "nodeAgent:\n  enablePolicyEventLogs: 'true'\n  enableCloudWatchLogs: false\n"
    assert told(text) == Policies(on=False, named=False, event_logs=True, cloudwatch=False)
    assert told("nodeAgent: none") == OFF
    assert told(None) == OFF


def test_what_can_not_be_read_is_unread() -> None:
    assert told("- a list") == Unread(api="eks:DescribeAddon", error="UnreadableConfiguration")
    seen = snapshot(clusters=[cluster()])
    assert policies(seen, seen.clusters[0]) == Unread(api="kubernetes:aws-node", error="NotRead")
