from eksnet.checks.dns_kube_proxy import proxy_version
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.snapshot import Snapshot
from tests.build import Example, addon, cluster, snapshot


def net(version: str, plane: str = "1.33") -> Snapshot:
    one = addon(name="kube-proxy", version=version)
    return snapshot(clusters=[cluster(version=plane)], addons=[one])


EXAMPLES = {
    "DNS004": Example(
        good=(net("v1.33.3-eksbuild.10"), net("v1.30.14-eksbuild.2")),
        bad=(net("v1.34.0-eksbuild.1"), net("v1.29.15-eksbuild.1")),
        unknown=(net("latest"), net("v1.33.3", plane=""), snapshot(clusters=[cluster()])),
    ),
}


def test_auto_mode_runs_its_own() -> None:
    seen = snapshot(clusters=[cluster(auto_mode=True)])
    assert run(seen, [proxy_version], Limits()) == ()
