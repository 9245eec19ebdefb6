import datetime as dt

from eksnet.checks import catalogue
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.engine.select import select
from eksnet.engine.suppress import SuppressionRule, suppress
from eksnet.model.finding import Finding, Suppression
from tests.build import cluster, snapshot, subnet

TODAY = dt.date(2026, 3, 1)


def accepted(expires: dt.date) -> Suppression:
    return Suppression(reason="known", owner="network team", expires=expires)


def findings() -> tuple[Finding, ...]:
    seen = snapshot(
        clusters=[cluster()],
        subnets=[subnet("subnet-a", free_ips=4), subnet("subnet-b", free_ips=3)],
    )
    return run(seen, select(catalogue(), ["XEN002"]), Limits())


def marked(rule: SuppressionRule) -> set[str]:
    return {each.resource.id for each in suppress(findings(), [rule], TODAY) if each.suppressed}


def test_a_suppression_marks_what_all_its_patterns_match() -> None:
    rule = SuppressionRule(check="XEN*", resource="subnet-a", accepted=accepted(TODAY))
    assert marked(rule) == {"subnet-a"}


def test_one_pattern_that_does_not_match_is_enough_not_to_suppress() -> None:
    rule = SuppressionRule(check="XEN*", region="us-*", accepted=accepted(TODAY))
    assert marked(rule) == set()


def test_a_resource_is_matched_by_its_arn_too() -> None:
    rule = SuppressionRule(resource="arn:aws:ec2:*:subnet/subnet-b", accepted=accepted(TODAY))
    assert marked(rule) == {"subnet-b"}


def test_an_expired_suppression_suppresses_nothing() -> None:
    yesterday = TODAY - dt.timedelta(days=1)
    assert marked(SuppressionRule(check="XEN002", accepted=accepted(yesterday))) == set()


def test_a_suppression_never_changes_the_finding_itself() -> None:
    rule = SuppressionRule(check="XEN002", accepted=accepted(TODAY))
    before, after = findings(), suppress(findings(), [rule], TODAY)
    assert [each.finding_id for each in before] == [each.finding_id for each in after]
    assert [each.status for each in before] == [each.status for each in after]
