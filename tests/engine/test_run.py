import dataclasses
import hashlib
import json

import pytest

from eksnet.checks import catalogue
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.engine.select import select
from eksnet.model.errors import InputError
from eksnet.model.finding import Severity, Status, finding_id
from eksnet.model.snapshot import Blind, Facet, Resource
from tests.build import ACCOUNT, REGION, TARGET, cluster, snapshot, subnet

CHECKS = select(catalogue(), ["XEN002"])


def two_clusters() -> object:
    return snapshot(
        clusters=[cluster("payments"), cluster("search")],
        subnets=[subnet("subnet-a", free_ips=4), subnet("subnet-b", free_ips=200)],
    )


def test_a_cluster_that_could_not_be_described_is_unknown_by_its_name() -> None:
    seen = snapshot(
        clusters=[cluster("payments")], subnets=[subnet("subnet-a"), subnet("subnet-b")]
    )
    blind = Blind(facet=Facet.CLUSTERS, api="eks:DescribeCluster", error="Denied", cluster="search")
    found = run(dataclasses.replace(seen, blinds=(blind,)), CHECKS, Limits())
    unknown = [each for each in found if each.status is Status.UNKNOWN]
    assert [(each.cluster, each.resource.type) for each in unknown] == [
        ("search", "AWS::EKS::Cluster")
    ]
    assert {each.cluster for each in found if each.status is Status.PASS} == {"payments"}


def test_fails_come_before_passes_and_the_worst_before_the_rest() -> None:
    found = run(two_clusters(), CHECKS, Limits())  # type: ignore[arg-type]
    assert [each.status for each in found] == [Status.FAIL] * 2 + [Status.PASS] * 2
    assert found[0].severity is Severity.CRITICAL


def test_an_id_does_not_change_with_the_message() -> None:
    one = cluster(subnet_ids=("subnet-a",))
    short = snapshot(clusters=[one], subnets=[subnet("subnet-a", free_ips=4)])
    roomy = snapshot(clusters=[one], subnets=[subnet("subnet-a", free_ips=40)])
    (fail,), (fine,) = run(short, CHECKS, Limits()), run(roomy, CHECKS, Limits())
    assert fail.message != fine.message
    assert fail.finding_id == fine.finding_id


def test_a_threshold_decides() -> None:
    one = cluster(subnet_ids=("subnet-a",))
    seen = snapshot(clusters=[one], subnets=[subnet("subnet-a", free_ips=40)])
    (finding,) = run(seen, CHECKS, Limits(cluster_subnet_medium=50))
    assert finding.status is Status.FAIL
    assert finding.severity is Severity.MEDIUM


def test_an_unknown_check_is_refused_and_a_pattern_takes_many() -> None:
    with pytest.raises(InputError, match="unknown check 'XEN999'"):
        select(catalogue(), ["XEN999"])
    assert {check.topic for check in select(catalogue(), ["xen*"])} == {"XEN"}


@pytest.mark.parametrize("name", ["subnet-0a", 'a "quoted" \\ name', "büro\n\u2028\x01", "🐟"])
def test_a_finding_s_id_is_the_digest_of_canonical_json(name: str) -> None:
    parts = ["XEN002", ACCOUNT, REGION, "", "AWS::EC2::Subnet", name]
    canonical = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:32]
    resource = Resource(type="AWS::EC2::Subnet", id=name)
    assert finding_id("XEN002", TARGET, None, resource) == digest
