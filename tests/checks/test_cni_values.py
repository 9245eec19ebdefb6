import json

import pytest

from eksnet.checks.cni_values import cleanup_on, cooldown, heeded, metrics_on, mtu_in_range
from eksnet.cni.branch import UNNAMED
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Status
from eksnet.model.snapshot import Snapshot
from tests.build import Example, addon, cluster, snapshot

MTU, POD_MTU = "AWS_VPC_ENI_MTU", "POD_MTU"
METRICS, CLEANUP = "DISABLE_METRICS", "DISABLE_LEAKED_ENI_CLEANUP"
COOLDOWN, NFTABLES = "IP_COOLDOWN_PERIOD", "ENABLE_NFTABLES"


def net(
    env: dict[str, object], family: str = "ipv4", version: str = "v1.20.4-eksbuild.1"
) -> Snapshot:
    setting = addon(configuration=json.dumps({"env": env}), version=version)
    return snapshot(clusters=[cluster(ip_family=family)], addons=[setting])


def self_managed(family: str = "ipv4") -> Snapshot:
    return snapshot(clusters=[cluster(ip_family=family)])


UNREADABLE = snapshot(clusters=[cluster()], addons=[addon(configuration="- none")])
UNSEEN = (self_managed(), UNREADABLE)
NO_VERSION = net({MTU: "1500"}, version="")

EXAMPLES = {
    "CNI012": Example(
        good=(net({}), net({METRICS: "false"}), net({METRICS: "off"})),
        bad=(net({METRICS: "true"}), net({METRICS: True}), net({METRICS: "1"})),
        unknown=UNSEEN,
    ),
    "CNI013": Example(
        good=(net({}), net({CLEANUP: "false"})),
        bad=(net({CLEANUP: "true"}),),
        unknown=UNSEEN,
    ),
    "CNI014": Example(
        good=(net({}), net({MTU: "576"}), net({POD_MTU: "9001"}), net({MTU: "1280"}, "ipv6")),
        bad=(net({MTU: "575"}), net({POD_MTU: "9002"}), net({MTU: "1279"}, "ipv6"), net({MTU: ""})),
        unknown=UNSEEN,
    ),
    "CNI015": Example(
        good=(net({}), net({COOLDOWN: "1"}), net({COOLDOWN: "none"}), net({COOLDOWN: "-5"})),
        bad=(net({COOLDOWN: "0"}), net({COOLDOWN: 0})),
        unknown=UNSEEN,
    ),
    "CNI016": Example(
        good=(net({}), net({COOLDOWN: "30"}), net({"ENABLE_PREFIX_DELEGATION": "true"})),
        bad=(
            net({NFTABLES: "true"}),
            net({COOLDOWN: "30"}, version="v1.14.1-eksbuild.1"),
            net({NFTABLES: "true"}, version="v1.12.0-eksbuild.1"),
        ),
        unknown=(*UNSEEN, NO_VERSION, net({NFTABLES: "true"}, version="v1.13.0-eksbuild.1")),
    ),
}


def test_a_default_is_named_as_one_and_a_value_is_not() -> None:
    (assumed,) = run(net({}), [metrics_on], Limits())
    (named,) = run(net({METRICS: "false"}), [metrics_on], Limits())
    assert UNNAMED in assumed.message
    assert UNNAMED not in named.message


def test_ipv6_has_no_leaked_interfaces_to_clean_up() -> None:
    seen = (net({CLEANUP: "true"}, "ipv6"), self_managed("ipv6"))
    assert [run(each, [cleanup_on], Limits()) for each in seen] == [(), ()]


def test_every_wrong_mtu_is_named_with_the_range_that_holds() -> None:
    (finding,) = run(net({MTU: "1200", POD_MTU: "x"}, "ipv6"), [mtu_in_range], Limits())
    text = "AWS_VPC_ENI_MTU='1200', POD_MTU='x': 1280 to 9001 is allowed"
    assert (finding.status, finding.message) == (Status.FAIL, text)


@pytest.mark.parametrize(("given", "seconds"), [("45", "45"), ("soon", "30"), ("-1", "30")])
def test_a_cooldown_that_can_not_be_read_is_the_default(given: str, seconds: str) -> None:
    (finding,) = run(net({COOLDOWN: given}), [cooldown], Limits())
    assert f"rests {seconds} seconds" in finding.message


def test_what_a_version_does_not_heed_is_said_with_the_reason() -> None:
    env: dict[str, object] = {NFTABLES: "true", POD_MTU: "1500", "NO_SUCH_NAME": "x"}
    (finding,) = run(net(env, version="v1.15.0"), [heeded], Limits())
    assert "ENABLE_NFTABLES: it does nothing since v1.13.2" in finding.message
    assert "POD_MTU: it came with v1.16.4" in finding.message


def test_auto_mode_alone_is_not_judged() -> None:
    seen = snapshot(clusters=[cluster(auto_mode=True)])
    assert run(seen, [metrics_on, cleanup_on, mtu_in_range, cooldown, heeded], Limits()) == ()
