import json

import pytest

from eksnet.checks.dns_settings import coredns_replicas, ipvs, lameduck
from eksnet.cni.branch import UNNAMED
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.cluster import Addon
from eksnet.model.finding import Severity, Status
from eksnet.model.snapshot import Snapshot
from tests.build import Example, addon, cluster, instance, instance_type, snapshot


def named(name: str, settings: object = None) -> Addon:
    text = settings if isinstance(settings, str) or settings is None else json.dumps(settings)
    return addon(name=name, configuration=text)


def dns(settings: object = None, nodes: int = 2, **parts: object) -> Snapshot:
    values: dict[str, object] = {
        "clusters": [cluster()],
        "addons": [named("coredns", settings)],
        "instances": [instance(f"i-{number}") for number in range(nodes)],
        "instance_types": [instance_type()],
    }
    return snapshot(**{**values, **parts})


def proxy(settings: object = None, version: str = "1.35", **parts: object) -> Snapshot:
    values: dict[str, object] = {
        "clusters": [cluster(version=version)],
        "addons": [named("kube-proxy", settings)],
    }
    return snapshot(**{**values, **parts})


def corefile(health: str) -> Snapshot:
    return dns({"corefile": f".:53 {{\n  errors\n  {health}\n  ready\n}}\n"})


GOOD = corefile("health {\n    lameduck 30s\n  }")
SELF_MANAGED = dns(addons=[])
UNREADABLE = dns("[")
BIG = [instance_type(vcpus=200)]
EXAMPLES = {
    "DNS001": Example(
        good=(
            dns(),
            dns(nodes=32),
            dns({"replicaCount": 3}, nodes=33),
            dns({"autoScaling": {"enabled": True}}, nodes=40),
            dns("autoScaling:\n  enabled: true\n  maxReplicas: 10\n", nodes=40),
        ),
        bad=(
            dns({"replicaCount": 2}, nodes=33),
            dns({"replicaCount": 1}),
            dns({"autoScaling": {"enabled": True, "maxReplicas": 2}}, nodes=33),
            dns({"autoScaling": {"enabled": False}, "replicaCount": 2}, nodes=33),
            dns({"replicaCount": 2}, nodes=3, instance_types=BIG),
        ),
        unknown=(
            SELF_MANAGED,
            UNREADABLE,
            dns(instance_types=[]),
            dns(nodes=33),
            dns(nodes=3, instance_types=BIG),
            dns({"replicaCount": "many"}),
        ),
    ),
    "DNS002": Example(
        good=(
            GOOD,
            corefile("health { lameduck 1m }"),
            corefile("health { lameduck 1m30s }"),
            corefile("health { lameduck 29.5s500ms }"),
        ),
        bad=(
            corefile("health"),
            corefile("health {\n    lameduck 5s\n  }"),
            corefile("health # lameduck 30s"),
            corefile("health { lameduck 30 }"),
        ),
        unknown=(SELF_MANAGED, UNREADABLE),
    ),
    "DNS003": Example(
        good=(
            proxy(),
            proxy({"mode": "nftables"}),
            proxy({"mode": "ipvs"}, version="1.34"),
        ),
        bad=(proxy({"mode": "ipvs"}), proxy("mode: ipvs", version="1.36")),
        unknown=(proxy(addons=[]), proxy("["), proxy({"mode": "ipvs"}, version="")),
    ),
}


@pytest.mark.parametrize("text", ["a: 2024-13-45", "[" * 100_000, "{" * 100_000, "9" * 5000])
def test_text_that_no_reader_takes_is_unknown(text: str) -> None:
    (finding,) = run(dns(text), [coredns_replicas], Limits())
    assert finding.unknown
    assert finding.unknown.error == "Unreadable"


def test_comments_alone_set_nothing() -> None:
    (finding,) = run(dns("# nothing is set\n"), [coredns_replicas], Limits())
    assert finding.status is Status.PASS


def test_a_number_that_nobody_named_is_called_a_default_and_never_fails() -> None:
    few, many = (run(dns(nodes=n), [coredns_replicas], Limits())[0] for n in (2, 60))
    assert UNNAMED in few.message
    assert UNNAMED in many.message
    assert many.unknown
    assert many.unknown.api == "kubernetes:coredns"


def test_one_replica_is_worse_than_too_few() -> None:
    found = [run(each, [coredns_replicas], Limits())[0].severity for each in EXAMPLES["DNS001"].bad]
    assert found[:2] == [Severity.LOW, Severity.MEDIUM]


def test_a_stopped_node_asks_nothing() -> None:
    nodes = [instance(f"i-{number}", state="stopped") for number in range(40)]
    (finding,) = run(dns(instances=nodes), [coredns_replicas], Limits())
    assert finding.severity is None


def test_the_add_ons_own_corefile_is_not_judged() -> None:
    assert run(dns(), [lameduck], Limits()) == ()


def test_auto_mode_runs_both_by_itself() -> None:
    seen = snapshot(clusters=[cluster(auto_mode=True)])
    assert run(seen, [coredns_replicas, lameduck, ipvs], Limits()) == ()
