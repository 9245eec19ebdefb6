import dataclasses

import pytest

from eksnet.checks.iph_room import node_headroom, subnets_exist
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Severity, Status
from eksnet.model.snapshot import Blind, Facet, Snapshot
from tests.build import (
    Example,
    addon,
    cluster,
    fargate_profile,
    instance,
    node_group,
    snapshot,
    subnet,
)

ENI_CONFIG = '{"eniConfig": {"create": true, "subnets": {"eu-west-1a": {"id": "subnet-pods-a"}}}}'


def nodes(free: int, cidr: str = "10.0.0.0/24", **parts: object) -> Snapshot:
    values: dict[str, object] = {
        "clusters": [cluster()],
        "node_groups": [node_group(subnet_ids=("subnet-a",))],
        "subnets": [subnet("subnet-a", cidr=cidr, free_ips=free), subnet("subnet-b", free_ips=1)],
    }
    return snapshot(**{**values, **parts})


def refers(*subnets: str, **parts: object) -> Snapshot:
    return snapshot(clusters=[cluster()], subnets=[subnet(each) for each in subnets], **parts)


EXAMPLES = {
    "IPH001": Example(
        good=(nodes(100), nodes(100, clusters=[cluster(auto_mode=True, ip_family="ipv6")])),
        bad=(
            nodes(29),
            nodes(99),
            nodes(3_000, "10.0.0.0/16"),
            nodes(200, node_groups=[], instances=[instance("i-1", "subnet-b")]),
        ),
        unknown=(nodes(200, node_groups=[node_group(subnet_ids=("subnet-gone",))]),),
    ),
    "IPH003": Example(
        good=(
            refers(
                "subnet-a",
                "subnet-b",
                "subnet-pods-a",
                addons=[addon(configuration=ENI_CONFIG)],
            ),
        ),
        bad=(
            refers("subnet-a"),
            refers(
                "subnet-a", "subnet-b", fargate_profiles=[fargate_profile(subnet_ids=("subnet-c",))]
            ),
            refers("subnet-a", "subnet-b", addons=[addon(configuration=ENI_CONFIG)]),
        ),
    ),
}


@pytest.mark.parametrize(
    ("free", "cidr", "severity"),
    [
        (29, "10.0.0.0/24", Severity.HIGH),
        (30, "10.0.0.0/24", Severity.MEDIUM),
        (99, "10.0.0.0/24", Severity.MEDIUM),
        (100, "10.0.0.0/24", None),
        (204, "10.0.0.0/20", Severity.MEDIUM),
        (205, "10.0.0.0/20", Severity.LOW),
        (410, "10.0.0.0/20", None),
        (409, "10.0.0.0/20", Severity.LOW),
    ],
)
def test_numbers_and_percent_of_the_usable_addresses_both_count(
    free: int, cidr: str, severity: Severity | None
) -> None:
    (finding,) = run(nodes(free, cidr), [node_headroom], Limits())
    assert finding.severity is severity


def test_a_missing_subnet_names_all_who_refer_to_it() -> None:
    seen = refers("subnet-a", node_groups=[node_group()], fargate_profiles=[fargate_profile()])
    finding = run(seen, [subnets_exist], Limits())[0]
    assert finding.resource.id == "subnet-b"
    assert finding.evidence["found"] == ["cluster-subnet", "fargate-profile", "node-group"]


def test_an_unreadable_add_on_hides_only_the_eni_configs() -> None:
    blind = Blind(
        facet=Facet.ADDON_VPC_CNI, api="eks:DescribeAddon", error="Denied", cluster="payments"
    )
    seen = dataclasses.replace(refers("subnet-a", "subnet-b"), blinds=(blind,))
    found = run(seen, [subnets_exist], Limits())
    assert [f.status for f in found] == [Status.UNKNOWN, Status.PASS, Status.PASS]
    assert found[0].unknown
    assert found[0].unknown.api == "eks:DescribeAddon"
