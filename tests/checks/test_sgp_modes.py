import json

import pytest

from eksnet.checks.sgp_modes import (
    ipvs_fits,
    mode_known,
    own_groups_outside,
    policies_fit,
    probes_pass,
)
from eksnet.cni.branch import UNNAMED
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.cluster import Addon
from eksnet.model.finding import Severity, Status
from eksnet.model.snapshot import Snapshot
from tests.build import Example, addon, cluster, snapshot

CHECKS = (mode_known, policies_fit, ipvs_fits, probes_pass, own_groups_outside)
ON = {"ENABLE_POD_ENI": "true"}
MODE, SNAT = "POD_SECURITY_GROUP_ENFORCING_MODE", {"AWS_VPC_K8S_CNI_EXTERNALSNAT": "true"}
STRICT, STANDARD = ON | {MODE: "strict"}, ON | {MODE: "standard"}
DEMUX = {"DISABLE_TCP_EARLY_DEMUX": "true"}
POLICIES = {"enableNetworkPolicy": "true"}


def cni(env: dict[str, str], version: str = "v1.20.4-eksbuild.1", **values: object) -> Addon:
    return addon(configuration=json.dumps({"env": env, **values}), version=version)


def proxy(configuration: str | None) -> Addon:
    return addon(name="kube-proxy", configuration=configuration)


def net(*addons: Addon, family: str = "ipv4") -> Snapshot:
    return snapshot(clusters=[cluster(ip_family=family)], addons=addons)


IPTABLES, IPVS = proxy(None), proxy("mode: ipvs")
UNSEEN = (net(), net(addon(configuration="{")))

EXAMPLES = {
    "SGP009": Example(
        good=(net(cni(ON)), net(cni(STRICT)), net(cni(ON | {MODE: "Standard"}))),
        bad=(net(cni(ON | {MODE: "lax"})), net(cni(STANDARD, "v1.10.4-eksbuild.1"))),
        unknown=(*UNSEEN, net(cni(STANDARD, "latest"))),
    ),
    "SGP010": Example(
        good=(net(cni(STANDARD, **POLICIES)),),
        bad=(net(cni(ON, **POLICIES)), net(cni(STRICT, **POLICIES))),
        unknown=UNSEEN,
    ),
    "SGP011": Example(
        good=(net(cni(STANDARD), IPVS), net(cni(ON), IPTABLES), net(cni(STANDARD))),
        bad=(net(cni(ON), IPVS), net(cni(STRICT), IPVS)),
        unknown=(*UNSEEN, net(cni(ON)), net(cni(ON), proxy("- ipvs"))),
    ),
    "SGP012": Example(
        good=(net(cni(ON, init={"env": DEMUX})), net(cni(STANDARD))),
        bad=(net(cni(ON)), net(cni(STRICT)), net(cni(ON | DEMUX))),
        unknown=UNSEEN,
    ),
    "SGP013": Example(
        good=(net(cni(ON)), net(cni(STANDARD | SNAT)), net(cni(STRICT))),
        bad=(net(cni(STANDARD)),),
        unknown=UNSEEN,
    ),
}


@pytest.mark.parametrize("env", [{}, {"ENABLE_POD_ENI": "false", MODE: "lax"}])
def test_without_pod_interfaces_no_mode_matters(env: dict[str, str]) -> None:
    assert run(net(cni(env, **POLICIES), IPVS), CHECKS, Limits()) == ()


def test_auto_mode_alone_is_not_judged() -> None:
    assert run(snapshot(clusters=[cluster(auto_mode=True)]), CHECKS, Limits()) == ()


def test_policies_that_the_add_on_does_not_enforce_are_nobodys_business_here() -> None:
    assert run(net(cni(STRICT)), [policies_fit], Limits()) == ()


def test_a_mode_that_nobody_set_is_named_as_a_default() -> None:
    (assumed,) = run(net(cni(ON), IPVS), [ipvs_fits], Limits())
    (named,) = run(net(cni(STRICT), IPVS), [ipvs_fits], Limits())
    assert UNNAMED in assumed.message
    assert UNNAMED not in named.message


def test_early_demux_in_the_wrong_place_is_worse_than_nowhere() -> None:
    (nowhere,) = run(net(cni(ON)), [probes_pass], Limits())
    (misplaced,) = run(net(cni(ON | DEMUX)), [probes_pass], Limits())
    assert nowhere.severity is Severity.LOW
    assert misplaced.severity is Severity.MEDIUM


def test_before_the_modes_everything_is_strict() -> None:
    (finding,) = run(net(cni(STANDARD, "v1.10.4"), IPVS), [ipvs_fits], Limits())
    assert finding.status is Status.FAIL


@pytest.mark.parametrize("addons", [(), (cni(STANDARD),)])
def test_nothing_is_translated_in_an_ipv6_cluster(addons: tuple[Addon, ...]) -> None:
    assert run(net(*addons, family="ipv6"), [own_groups_outside], Limits()) == ()
