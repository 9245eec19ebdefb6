import json

import pytest

from eksnet.checks.cni_warm_pool import (
    TARGETS,
    minimum_with_warm,
    no_dead_target,
    warm_with_minimum,
)
from eksnet.cni.branch import UNNAMED
from eksnet.engine.check import Check
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.snapshot import Snapshot
from tests.build import Example, addon, cluster, snapshot

CHECKS = (warm_with_minimum, minimum_with_warm, no_dead_target)


def with_env(family: str = "ipv4", **env: str) -> Snapshot:
    return snapshot(
        clusters=[cluster(ip_family=family)], addons=[addon("payments", json.dumps({"env": env}))]
    )


def ask(check: Check, seen: Snapshot) -> Finding:
    (finding,) = run(seen, [check], Limits())
    return finding


UNKNOWN = (
    snapshot(clusters=[cluster()]),
    snapshot(clusters=[cluster()], addons=[addon("payments", "- not\n- a mapping")]),
)
DEFAULTS = snapshot(clusters=[cluster()], addons=[addon()])

EXAMPLES = {
    "CNI003": Example(
        good=(DEFAULTS, with_env(WARM_IP_TARGET="2", MINIMUM_IP_TARGET="10")),
        bad=(with_env(WARM_IP_TARGET="2"), with_env(WARM_IP_TARGET="2", MINIMUM_IP_TARGET="0")),
        unknown=UNKNOWN,
    ),
    "CNI004": Example(
        good=(DEFAULTS, with_env(WARM_IP_TARGET="1", MINIMUM_IP_TARGET="10")),
        bad=(
            with_env(MINIMUM_IP_TARGET="10"),
            with_env(MINIMUM_IP_TARGET="10", WARM_IP_TARGET="0"),
            with_env(MINIMUM_IP_TARGET="10", WARM_IP_TARGET="two"),
        ),
        unknown=UNKNOWN,
    ),
    "CNI005": Example(
        good=(
            DEFAULTS,
            with_env(WARM_ENI_TARGET="2"),
            with_env(WARM_ENI_TARGET="1", WARM_PREFIX_TARGET="1", WARM_IP_TARGET="2"),
        ),
        bad=(
            with_env(WARM_ENI_TARGET="0", WARM_IP_TARGET="2"),
            with_env(WARM_PREFIX_TARGET="2", MINIMUM_IP_TARGET="8"),
            with_env("ipv6", WARM_IP_TARGET="2"),
        ),
        unknown=UNKNOWN,
    ),
}


def test_an_unset_variable_is_shown_as_default() -> None:
    assert ask(warm_with_minimum, DEFAULTS).evidence["WARM_IP_TARGET"] == "default"


def test_no_managed_addon_names_what_would_tell() -> None:
    for check in CHECKS:
        finding = ask(check, snapshot(clusters=[cluster()]))
        assert finding.unknown
        assert (finding.unknown.api, finding.unknown.error) == ("kubernetes:aws-node", "NotRead")


def test_unreadable_settings_are_unknown() -> None:
    for check in CHECKS:
        finding = ask(check, UNKNOWN[1])
        assert finding.unknown
        assert finding.unknown.error == "UnreadableConfiguration"


def test_auto_mode_is_judged_only_with_the_addon() -> None:
    auto = [cluster(auto_mode=True)]
    assert run(snapshot(clusters=auto), CHECKS, Limits()) == ()
    assert len(run(snapshot(clusters=auto, addons=[addon()]), CHECKS, Limits())) == len(CHECKS)


def test_a_verdict_on_a_default_says_so_and_one_on_named_settings_does_not() -> None:
    for check in CHECKS:
        assert UNNAMED in ask(check, DEFAULTS).message
    for check in (warm_with_minimum, no_dead_target):
        assert UNNAMED in ask(check, with_env(WARM_IP_TARGET="2")).message
    assert UNNAMED in ask(minimum_with_warm, with_env(MINIMUM_IP_TARGET="9")).message
    named = with_env(**dict.fromkeys(TARGETS, "1"))
    for check in CHECKS:
        assert UNNAMED not in ask(check, named).message


@pytest.mark.parametrize("env", [{"MINIMUM_IP_TARGET": "9"}, {"WARM_IP_TARGET": "9"}])
def test_ip_targets_starve_nobody_on_ipv6(env: dict[str, str]) -> None:
    for check in (warm_with_minimum, minimum_with_warm):
        assert ask(check, with_env("ipv6", **env)).status is Status.PASS


def test_prefixes_make_the_calls_few() -> None:
    prefixes = with_env(WARM_IP_TARGET="2", ENABLE_PREFIX_DELEGATION="true")
    assert ask(warm_with_minimum, prefixes).severity is Severity.LOW
    assert ask(warm_with_minimum, with_env(WARM_IP_TARGET="2")).severity is Severity.MEDIUM


def test_a_node_that_can_never_grow_is_critical() -> None:
    assert ask(minimum_with_warm, with_env(MINIMUM_IP_TARGET="9")).severity is Severity.CRITICAL
