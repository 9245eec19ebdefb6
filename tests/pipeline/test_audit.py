import dataclasses
import datetime as dt

import pytest

from eksnet.checks import catalogue
from eksnet.engine.limits import Limits
from eksnet.engine.select import select
from eksnet.engine.suppress import SuppressionRule
from eksnet.model.audit import Audit
from eksnet.model.finding import Severity, Suppression
from eksnet.model.snapshot import Blind, Facet, Snapshot
from eksnet.pipeline.audit import exit_code, judge
from tests.build import NOW, cluster, snapshot, subnet

CHECKS = select(catalogue(), ["XEN002"])
BLIND = Blind(facet=Facet.SUBNETS, api="ec2:X", error="UnauthorizedOperation", cluster="search")


def judged(*seen: Snapshot, rules: tuple[SuppressionRule, ...] = ()) -> Audit:
    return judge(seen, CHECKS, Limits(), started_at=NOW, rules=rules)


def with_free(addresses: int) -> Snapshot:
    free = {"free_ips": addresses}
    subnets = [subnet("subnet-a", **free), subnet("subnet-b", **free)]
    return snapshot(clusters=[cluster()], subnets=subnets)


def rule(expires: dt.date) -> SuppressionRule:
    accepted = Suppression(reason="known", owner="network team", expires=expires)
    return SuppressionRule(check="XEN002", accepted=accepted, where="s.yaml:2")


@pytest.mark.parametrize(
    ("seen", "fail_on", "code"),
    [
        (with_free(200), Severity.HIGH, 0),
        (with_free(5), Severity.HIGH, 1),
        (with_free(5), Severity.CRITICAL, 0),
        (with_free(10), Severity.HIGH, 0),
        (with_free(10), Severity.MEDIUM, 1),
        (dataclasses.replace(with_free(200), blinds=(BLIND,)), Severity.HIGH, 3),
        (dataclasses.replace(with_free(4), blinds=(BLIND,)), Severity.HIGH, 1),
        (dataclasses.replace(with_free(200), partial=True), Severity.HIGH, 3),
    ],
)
def test_the_exit_code_is_the_first_that_holds(
    seen: Snapshot, fail_on: Severity, code: int
) -> None:
    assert exit_code(judged(seen), fail_on, unknown_ok=False) == code


def test_unknown_ok_forgives_what_is_unseen_but_no_fail() -> None:
    blind = dataclasses.replace(with_free(200), blinds=(BLIND,))
    assert exit_code(judged(blind), Severity.HIGH, unknown_ok=True) == 0
    failing = dataclasses.replace(with_free(4), blinds=(BLIND,))
    assert exit_code(judged(failing), Severity.HIGH, unknown_ok=True) == 1


def test_a_suppressed_fail_does_not_fail_the_run_until_it_expires() -> None:
    live = judged(with_free(4), rules=(rule(dt.date(9999, 1, 1)),))
    assert exit_code(live, Severity.HIGH, unknown_ok=False) == 0
    assert not live.expired
    expired = judged(with_free(4), rules=(rule(dt.date(2020, 1, 1)),))
    assert exit_code(expired, Severity.HIGH, unknown_ok=False) == 1
    assert [each.where for each in expired.expired] == ["s.yaml:2"]


def test_coverage_counts_what_exists_and_not_only_what_was_seen() -> None:
    seen = dataclasses.replace(with_free(200), cluster_names=("payments", "search"))
    (covered,) = judged(seen).coverage
    assert (covered.clusters_known, covered.clusters_assessed) == (2, 1)


def test_without_the_list_nobody_knows_how_many_clusters_there_are() -> None:
    blind = Blind(facet=Facet.CLUSTERS, api="eks:ListClusters", error="AccessDeniedException")
    (covered,) = judged(dataclasses.replace(snapshot(), blinds=(blind,))).coverage
    assert covered.clusters_known is None


def test_the_map_shows_every_seen_subnet_of_a_cluster_and_how_it_was_found() -> None:
    uses = judged(with_free(200)).subnets
    assert [(use.subnet_id, use.usable, use.free_ips) for use in uses] == [
        ("subnet-a", 251, 200),
        ("subnet-b", 251, 200),
    ]
    assert uses[0].found == ("cluster-subnet",)


def test_what_no_asked_check_reads_is_no_gap_in_its_coverage() -> None:
    aside = Blind(facet=Facet.NETWORK_ACLS, api="ec2:DescribeNetworkAcls", error="NotRecorded")
    audit = judged(dataclasses.replace(with_free(200), blinds=(aside,)))
    assert audit.coverage[0].blinds == ()
    assert exit_code(audit, Severity.HIGH, unknown_ok=False) == 0
