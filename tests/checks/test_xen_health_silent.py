"""An answer that tells no health is no good health."""

import dataclasses

from eksnet.checks import catalogue
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.engine.select import select
from eksnet.model.finding import Status
from tests.build import addon, cluster, node_group, snapshot


def test_silence_about_health_is_unknown_and_never_a_pass() -> None:
    seen = snapshot(
        clusters=[dataclasses.replace(cluster(), health=None)],
        node_groups=[dataclasses.replace(node_group(), health=None)],
        addons=[dataclasses.replace(addon(), health=None)],
    )
    checks = select(catalogue(), ["XEN011", "XEN012", "CNI002"])
    assert {finding.status for finding in run(seen, checks, Limits())} == {Status.UNKNOWN}
