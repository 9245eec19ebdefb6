from eksnet.checks.cni_addon import addon_well, managed_addon
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.cluster import HealthIssue
from eksnet.model.finding import Severity
from tests.build import Example, addon, cluster, snapshot

ISSUE = HealthIssue(code="ConfigurationConflict", message="field .env is owned by kubectl")

EXAMPLES = {
    "CNI001": Example(
        good=(
            snapshot(clusters=[cluster()], addons=[addon()]),
            snapshot(clusters=[cluster(auto_mode=True)]),
        ),
        bad=(
            snapshot(clusters=[cluster()]),
            snapshot(clusters=[cluster(), cluster("orders")], addons=[addon("orders")]),
            snapshot(clusters=[cluster()], addons=[addon(name="coredns")]),
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


def test_what_auto_mode_or_no_addon_leaves_unjudged_is_not_a_pass() -> None:
    for seen in (
        snapshot(clusters=[cluster()]),
        snapshot(clusters=[cluster(auto_mode=True)], addons=[addon()]),
    ):
        assert run(seen, [addon_well], Limits()) == ()
