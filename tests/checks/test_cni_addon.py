import dataclasses

import pytest

from eksnet.checks.cni_addon import NODES, addon_well, managed_addon
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.cluster import HealthIssue
from eksnet.model.finding import Severity, Status
from eksnet.model.snapshot import Blind, Facet
from tests.build import Example, addon, cluster, instance, node_group, snapshot

ISSUE = HealthIssue(code="ConfigurationConflict", message="field .env is owned by kubectl")

AUTO = cluster(auto_mode=True)
AUTO_NODE = instance("i-auto", tags={"eks:eks-cluster-name": "payments"})

EXAMPLES = {
    "CNI001": Example(
        good=(
            snapshot(clusters=[cluster()], addons=[addon()]),
            snapshot(clusters=[AUTO], instances=[AUTO_NODE]),
            snapshot(clusters=[AUTO], addons=[addon()], node_groups=[node_group()]),
        ),
        bad=(
            snapshot(clusters=[cluster()]),
            snapshot(clusters=[cluster(), cluster("orders")], addons=[addon("orders")]),
            snapshot(clusters=[cluster()], addons=[addon(name="coredns")]),
            snapshot(clusters=[AUTO], node_groups=[node_group()]),
            snapshot(clusters=[AUTO], instances=[AUTO_NODE, instance("i-1")]),
        ),
    ),
    "CNI002": Example(
        good=(snapshot(clusters=[cluster()], addons=[addon()]),),
        bad=(
            snapshot(clusters=[cluster()], addons=[addon(status="DEGRADED")]),
            snapshot(clusters=[cluster()], addons=[addon(health=(ISSUE,))]),
            snapshot(clusters=[cluster()], addons=[addon(status="UPDATING")]),
        ),
    ),
}


def test_auto_mode_passes_saying_so() -> None:
    (finding,) = run(snapshot(clusters=[cluster(auto_mode=True)]), [managed_addon], Limits())
    assert finding.message == "EKS Auto Mode runs its own networking"


def test_a_change_under_way_is_low_and_an_issue_is_high_whatever_the_state() -> None:
    def tier(**parts: object) -> Severity | None:
        seen = snapshot(clusters=[cluster()], addons=[addon(**parts)])
        (finding,) = run(seen, [addon_well], Limits())
        return finding.severity

    assert tier(status="UPDATING") is Severity.LOW
    assert tier(status="UPDATING", health=(ISSUE,)) is Severity.HIGH
    assert tier(status="UPDATE_FAILED") is Severity.HIGH


def test_what_has_no_addon_is_left_unjudged_and_not_a_pass() -> None:
    for seen in (snapshot(clusters=[cluster()]), snapshot(clusters=[AUTO])):
        assert run(seen, [addon_well], Limits()) == ()


def test_an_addon_is_judged_in_auto_mode_too() -> None:
    (finding,) = run(
        snapshot(clusters=[AUTO], addons=[addon(status="DEGRADED")]), [addon_well], Limits()
    )
    assert finding.status is Status.FAIL


@pytest.mark.parametrize("facet", sorted(NODES))
def test_auto_mode_is_taken_at_its_word_only_where_the_nodes_were_seen(facet: Facet) -> None:
    blind = Blind(facet=facet, api="ec2:Any", error="Denied")
    auto, plain = (
        run(
            dataclasses.replace(snapshot(clusters=[each], addons=addons), blinds=(blind,)),
            [managed_addon],
            Limits(),
        )[0].status
        for each, addons in ((AUTO, []), (cluster(), [addon()]))
    )
    assert auto is Status.UNKNOWN
    assert plain is Status.PASS
