import json

import pytest

from eksnet.checks.pfx_targets import prefix_kept_warm, whole_prefixes
from eksnet.cni.branch import UNNAMED
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Status
from eksnet.model.snapshot import Snapshot
from tests.build import Example, addon, cluster, snapshot

ON = {"ENABLE_PREFIX_DELEGATION": "true"}


def with_env(family: str = "ipv4", **env: str) -> Snapshot:
    return snapshot(
        clusters=[cluster(ip_family=family)], addons=[addon("payments", json.dumps({"env": env}))]
    )


def prefixes(**env: str) -> Snapshot:
    return with_env(**ON, **env)


UNKNOWN = (
    snapshot(clusters=[cluster()]),
    snapshot(clusters=[cluster()], addons=[addon("payments", "- not\n- a mapping")]),
)
EXAMPLES = {
    "PFX005": Example(
        good=(
            with_env(WARM_PREFIX_TARGET="0"),
            with_env("ipv6", WARM_PREFIX_TARGET="0", **ON),
            prefixes(),
            prefixes(WARM_PREFIX_TARGET="0", WARM_IP_TARGET="5"),
            prefixes(WARM_PREFIX_TARGET="0", DISABLE_NETWORK_RESOURCE_PROVISIONING="true"),
        ),
        bad=(prefixes(WARM_PREFIX_TARGET="0"), prefixes(WARM_PREFIX_TARGET="none")),
        unknown=UNKNOWN,
    ),
    "PFX006": Example(
        good=(
            with_env(MINIMUM_IP_TARGET="20", WARM_IP_TARGET="16"),
            prefixes(),
            prefixes(WARM_IP_TARGET="15", MINIMUM_IP_TARGET="32"),
            prefixes(WARM_IP_TARGET="16", DISABLE_NETWORK_RESOURCE_PROVISIONING="true"),
        ),
        bad=(prefixes(WARM_IP_TARGET="16"), prefixes(MINIMUM_IP_TARGET="20")),
        unknown=UNKNOWN,
    ),
}


def test_the_message_tells_what_is_taken() -> None:
    (finding,) = run(prefixes(MINIMUM_IP_TARGET="20"), [whole_prefixes], Limits())
    assert "20 takes 32 addresses" in finding.message


@pytest.mark.parametrize("check", [prefix_kept_warm, whole_prefixes])
def test_a_pass_that_rests_on_defaults_says_so(check: object) -> None:
    (finding,) = run(prefixes(), [check], Limits())  # type: ignore[list-item]
    assert finding.status is Status.PASS
    assert UNNAMED in finding.message


def test_where_others_size_the_pool_no_target_is_judged() -> None:
    off = prefixes(WARM_PREFIX_TARGET="0", DISABLE_NETWORK_RESOURCE_PROVISIONING="true")
    (finding,) = run(off, [prefix_kept_warm], Limits())
    assert finding.message.startswith("no warm target counts")
