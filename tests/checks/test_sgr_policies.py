import json
from typing import Any

import pytest

from eksnet.checks.sgr_policies import no_bandwidth_plugin, policies_logged, strict_with_agent
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.snapshot import Snapshot
from tests.build import Example, addon, cluster, snapshot

CHECKS = (no_bandwidth_plugin, strict_with_agent, policies_logged)
PLUGIN = {"ENABLE_BANDWIDTH_PLUGIN": "true"}
STRICT = {"NETWORK_POLICY_ENFORCING_MODE": "strict"}
ON: dict[str, Any] = {"enableNetworkPolicy": "true"}
AGENT: dict[str, Any] = {
    "nodeAgent": {"enablePolicyEventLogs": "true", "enableCloudWatchLogs": "true"}
}
ON_NODE: dict[str, Any] = {"nodeAgent": {"enablePolicyEventLogs": "true"}}
LOGS = ("api", "controllerManager")


def net(
    env: dict[str, str] | None = None, *, logs: tuple[str, ...] | None = LOGS, **values: object
) -> Snapshot:
    text = json.dumps({"env": env or {}, **values})
    return snapshot(clusters=[cluster(log_types=logs)], addons=[addon(configuration=text)])


UNSEEN = (
    snapshot(clusters=[cluster()]),
    snapshot(clusters=[cluster()], addons=[addon(configuration="- none")]),
)

EXAMPLES = {
    "SGR009": Example(
        good=(net(PLUGIN), net(**ON)),
        bad=(net(PLUGIN, **ON),),
        unknown=UNSEEN,
    ),
    "SGR010": Example(
        good=(net(STRICT, **ON),),
        bad=(net(STRICT), net(STRICT, enableNetworkPolicy="false")),
        unknown=UNSEEN,
    ),
    "SGR011": Example(
        good=(net(**ON, **AGENT),),
        bad=(
            net(**ON),
            net(**ON, **ON_NODE),
            net(**ON, **AGENT, logs=()),
            net(**ON, logs=None),
        ),
        unknown=(net(**ON, **AGENT, logs=None), *UNSEEN),
    ),
}


@pytest.mark.parametrize("seen", [net(), snapshot(clusters=[cluster(auto_mode=True)])])
def test_where_nothing_of_it_is_set_nothing_is_judged(seen: Snapshot) -> None:
    assert run(seen, CHECKS, Limits()) == ()


def test_everything_that_writes_no_log_is_named() -> None:
    (finding,) = run(net(**ON, **ON_NODE, logs=("api",)), [policies_logged], Limits())
    text = "not on: nodeAgent.enableCloudWatchLogs, the log type controllerManager"
    assert finding.message == text
