import dataclasses

import pytest

from eksnet.checks.xen_room import replacement_exists, upgrade_possible
from eksnet.cni.upgrade import Upgrade, upgrade_verdict
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Severity, Status
from eksnet.model.snapshot import Blind, Facet, Snapshot
from tests.build import Example, cluster, snapshot, subnet


def rooms(**free: int) -> Snapshot:
    """Return a cluster on subnets named by zone letter, with their free addresses."""
    ids = tuple(f"subnet-{name.replace('_', '-')}" for name in free)
    return snapshot(
        clusters=[cluster(subnet_ids=ids)],
        subnets=[
            subnet(each, free_ips=count) for each, count in zip(ids, free.values(), strict=True)
        ],
    )


UNLISTED = snapshot(clusters=[cluster()], subnets=[subnet("subnet-a")])

EXAMPLES = {
    "XEN002": Example(
        good=(rooms(a=16, b=16),),
        bad=(rooms(a=4, b=16), rooms(a=15, b=16)),
        unknown=(UNLISTED,),
    ),
    "XEN003": Example(
        good=(rooms(a=5, b=5), rooms(a=5, b=5, two_b=900)),
        bad=(rooms(a=4, b=500), rooms(a=5, b=5, c=4), rooms(a=50, two_a=50)),
        unknown=(UNLISTED,),
    ),
    "XEN016": Example(
        good=(
            rooms(a=6, b=6),
            rooms(a=0, b=6, other_a=6),
            snapshot(
                clusters=[cluster()],
                subnets=[
                    subnet("subnet-a", free_ips=2),
                    subnet("subnet-b"),
                    subnet("subnet-spare-a", free_ips=20),
                ],
            ),
        ),
        bad=(
            rooms(a=0, b=6),
            snapshot(
                clusters=[cluster()],
                subnets=[
                    subnet("subnet-a", free_ips=2),
                    subnet("subnet-b"),
                    subnet("subnet-other-vpc-a", vpc_id="vpc-other"),
                    subnet("subnet-rack-a", outpost_arn="arn:aws:outposts:::outpost/op-1"),
                ],
            ),
        ),
        unknown=(UNLISTED,),
    ),
}


@pytest.mark.parametrize(
    ("free", "answer", "severity"),
    [
        ({"a": 5, "b": 5}, Upgrade.YES, None),
        ({"a": 5, "b": 5, "c": 4}, Upgrade.AT_RISK, Severity.MEDIUM),
        ({"a": 5, "two_a": 4, "b": 5}, Upgrade.AT_RISK, Severity.MEDIUM),
        ({"a": 5, "b": 4}, Upgrade.NO, Severity.CRITICAL),
        ({"a": 4, "two_a": 4, "b": 900}, Upgrade.NO, Severity.CRITICAL),
        ({"a": 900, "two_a": 900}, Upgrade.NO, Severity.CRITICAL),
    ],
)
def test_the_verdict_counts_zones_not_addresses(
    free: dict[str, int], answer: Upgrade, severity: Severity | None
) -> None:
    seen = rooms(**free)
    assert upgrade_verdict(seen, seen.clusters[0], 5).answer is answer
    (finding,) = run(seen, [upgrade_possible], Limits())
    assert finding.severity is severity
    assert finding.evidence["verdict"] == answer


def test_a_verdict_at_risk_names_the_short_subnet_the_error_and_the_conflict() -> None:
    (finding,) = run(rooms(a=5, b=9, c=4), [upgrade_possible], Limits())
    assert "subnet-c (euw1-az3) has 4 free, 5 needed" in finding.message
    assert "sources disagree" in finding.message
    assert finding.evidence["avoided_error"] == "InsufficientFreeAddresses"
    assert finding.evidence["best_free_by_zone"] == {"euw1-az1": 5, "euw1-az2": 9, "euw1-az3": 4}


def test_the_best_subnet_stands_for_its_zone() -> None:
    seen = rooms(a=7, two_a=70, b=5)
    verdict = upgrade_verdict(seen, seen.clusters[0], 5)
    assert [(zone.az_id, zone.subnet_id) for zone in verdict.zones] == [
        ("euw1-az1", "subnet-two-a"),
        ("euw1-az2", "subnet-b"),
    ]


def test_blind_subnets_make_the_verdict_unknown_and_name_the_call() -> None:
    blind = Blind(facet=Facet.SUBNETS, api="ec2:DescribeSubnets", error="UnauthorizedOperation")
    seen = dataclasses.replace(rooms(a=50, b=50), blinds=(blind,))
    verdict = upgrade_verdict(seen, seen.clusters[0], 5)
    assert verdict.answer is Upgrade.UNKNOWN
    assert verdict.reasons == ("ec2:DescribeSubnets answered UnauthorizedOperation",)


def test_a_cluster_subnet_not_listed_never_gives_a_yes() -> None:
    verdict = upgrade_verdict(UNLISTED, UNLISTED.clusters[0], 5)
    assert verdict.answer is Upgrade.UNKNOWN
    assert verdict.unseen == ("subnet-b",)


def test_the_replacement_is_the_roomiest_one_of_the_zone() -> None:
    seen = rooms(a=0, b=99, one_a=50, two_a=60)
    found = {f.resource.id: f for f in run(seen, [replacement_exists], Limits())}
    assert found["subnet-a"].status is Status.PASS
    assert found["subnet-a"].evidence["replacement"] == "subnet-two-a"


@pytest.mark.parametrize(
    ("family", "blocks", "status"),
    [
        ("ipv6", (), Status.FAIL),
        ("ipv6", ("2001:db8:0:1::/64",), Status.PASS),
        ("ipv4", (), Status.PASS),
    ],
)
def test_only_a_subnet_with_an_ipv6_block_replaces_one_of_an_ipv6_cluster(
    family: str, blocks: tuple[str, ...], status: Status
) -> None:
    seen = snapshot(
        clusters=[cluster(ip_family=family)],
        subnets=[
            subnet("subnet-a", free_ips=2, ipv6_cidrs=("2001:db8::/64",)),
            subnet("subnet-b"),
            subnet("subnet-spare-a", free_ips=20, ipv6_cidrs=blocks),
        ],
    )
    found = {f.resource.id: f for f in run(seen, [replacement_exists], Limits())}
    assert found["subnet-a"].status is status
