import dataclasses
import json

import pytest

from eksnet.checks.pfx_blocks import fragmentation_bands, whole_blocks
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.network import CidrReservation, Eni
from eksnet.model.snapshot import Snapshot
from tests.build import (
    Example,
    accounted,
    addon,
    cluster,
    eni,
    instance,
    node_eni,
    node_group,
    snapshot,
    subnet,
)

ON = {"ENABLE_PREFIX_DELEGATION": "true"}
CUSTOM = {**ON, "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}


def broken(*blocks: int, cidr: str = "10.0.0.0/25", env: dict[str, str] | None = None) -> Snapshot:
    """Return a cluster with two nodes in a /25, an address taken in each of these /28s."""
    singles = [eni(f"eni-x{each}", private_ips=(f"10.0.0.{16 * each + 4}",)) for each in blocks]
    nodes = [
        node_eni("eni-1", "i-1", private_ips=("10.0.0.5",), prefixes=("10.0.0.16/28",)),
        node_eni("eni-2", "i-2", private_ips=("10.0.0.6",)),
    ]
    return snapshot(
        clusters=[cluster()],
        node_groups=[node_group(subnet_ids=("subnet-a",))],
        addons=[addon(configuration=json.dumps({"env": ON if env is None else env}))],
        instances=[instance("i-1"), instance("i-2")],
        subnets=[subnet(cidr=cidr), subnet("subnet-b")],
        enis=[*nodes, *singles],
    )


OFF = snapshot(clusters=[cluster()], addons=[addon()])
IPV6 = snapshot(clusters=[cluster(ip_family="ipv6")], addons=[addon()])
AUTO = snapshot(clusters=[cluster(auto_mode=True)])
SELF_MANAGED = snapshot(clusters=[cluster()])
NO_ENI_CONFIG = snapshot(
    clusters=[cluster()], addons=[addon(configuration=json.dumps({"env": CUSTOM}))]
)
ONE_CONFIG = {
    "env": CUSTOM,
    "eniConfig": {
        "create": True,
        "region": "eu-west-1",
        "subnets": {"eu-west-1a": {"id": "subnet-pod-a"}},
    },
}
OTHERS = "999988887777"


def shared(free: int) -> Snapshot:
    """Return a prefix subnet of another account with so many free addresses, most not seen."""
    return dataclasses.replace(
        broken(), subnets=(subnet(owner_id=OTHERS, free_ips=free), subnet("subnet-b"))
    )


def two_zones(*enis: Eni) -> Snapshot:
    """Return custom networking with an ENIConfig seen in the first of the nodes' two zones."""
    pods = (
        subnet("subnet-pod-a", cidr="100.64.0.0/24"),
        subnet("subnet-pod-b", cidr="100.64.1.0/24"),
    )
    seen = snapshot(
        clusters=[cluster()],
        node_groups=[node_group()],
        addons=[addon(configuration=json.dumps(ONE_CONFIG))],
        instances=[instance("i-1"), instance("i-2", "subnet-b")],
        subnets=[subnet(), subnet("subnet-b"), *pods],
        enis=[node_eni("eni-1", "i-1"), node_eni("eni-2", "i-2", "subnet-b"), *enis],
    )
    return accounted(seen)


V6_ONLY = accounted(
    dataclasses.replace(
        broken(cidr="10.0.0.0/24"),
        subnets=(
            subnet(),
            subnet("subnet-b"),
            subnet("subnet-6a", cidr="", az_id="euw1-az1", tags={"kubernetes.io/role/cni": "1"}),
        ),
    )
)
GONE = snapshot(
    clusters=[cluster()],
    addons=[addon(configuration=json.dumps({"env": ON}))],
    instances=[instance("i-1")],
    enis=[node_eni("eni-1", "i-1", prefixes=("10.0.0.16/28",))],
)

EXAMPLES = {
    "PFX001": Example(
        good=(broken(), broken(2, 3), broken(2, 3, env={}), OFF, IPV6, AUTO),
        bad=(broken(2, 3, 4, 5, 6), broken(2, 3, 4, 5), shared(15)),
        unknown=(SELF_MANAGED, NO_ENI_CONFIG, GONE, shared(40), two_zones()),
    ),
    "PFX002": Example(
        good=(broken(), broken(2), OFF, IPV6, AUTO),
        bad=(broken(2, 3, 4), broken(2, 3, 4, 5)),
        unknown=(SELF_MANAGED, NO_ENI_CONFIG, GONE, shared(40)),
    ),
}


def ask(seen: Snapshot) -> tuple[Finding, Finding]:
    found = [
        finding
        for check in (whole_blocks, fragmentation_bands)
        for finding in run(seen, [check], Limits())
        if finding.resource.id == "subnet-a"
    ]
    return found[0], found[1]


@pytest.mark.parametrize(
    ("blocks", "severity"),
    [((2, 3, 4), None), ((2, 3, 4, 5), Severity.MEDIUM), ((2, 3, 4, 5, 6), Severity.HIGH)],
)
def test_each_of_two_nodes_must_find_a_whole_block(
    blocks: tuple[int, ...], severity: Severity | None
) -> None:
    """Of eight /28s the first and last hold AWS's own addresses, one is a prefix: five are left."""
    finding, _ = ask(broken(*blocks))
    assert finding.severity is severity
    assert finding.evidence["free_28"] == 5 - len(blocks)


@pytest.mark.parametrize(
    ("blocks", "score", "severity"),
    [((2, 3), 40, None), ((2, 3, 4), 60, Severity.LOW), ((2, 3, 4, 5), 80, Severity.MEDIUM)],
)
def test_the_score_is_the_share_of_broken_blocks(
    blocks: tuple[int, ...], score: int, severity: Severity | None
) -> None:
    _, finding = ask(broken(*blocks))
    assert (finding.evidence["score"], finding.severity) == (score, severity)


def test_an_explicit_reservation_is_closed_to_prefixes() -> None:
    kept = CidrReservation(id="scr-1", subnet_id="subnet-a", cidr="10.0.0.32/27", kind="explicit")
    seen = broken(4, 5, 6)
    assert ask(seen)[0].evidence["free_28"] == 2
    values = {**seen.__dict__, "cidr_reservations": (kept,)}
    values.pop("_derived", None)
    assert ask(Snapshot(**values))[0].evidence["free_28"] == 0


def test_prefixes_that_are_there_tell_the_mode_of_a_self_managed_cni() -> None:
    seen = broken(2, 3, 4, 5, 6)
    values = {**seen.__dict__, "addons": ()}
    values.pop("_derived", None)
    found = run(Snapshot(**values), [whole_blocks], Limits())
    assert {each.status for each in found} == {Status.FAIL, Status.UNKNOWN}


def test_a_subnet_of_addresses_of_aws_only_has_nothing_to_break() -> None:
    seen = broken(cidr="10.0.0.0/27")
    _, finding = ask(seen)
    assert finding.status is Status.PASS
    assert finding.evidence["score"] is None


def test_blocks_of_a_shared_subnet_may_lack_but_never_surely_suffice() -> None:
    """Of 31 free addresses two nodes hope for two blocks; with 15 not one can be whole."""
    blocks, score = ask(shared(40))
    assert (blocks.status, score.status) == (Status.UNKNOWN, Status.UNKNOWN)
    assert blocks.unknown is not None
    assert blocks.unknown.error == "OwnedByAnotherAccount"
    assert ask(shared(31))[0].severity is Severity.MEDIUM
    assert ask(shared(15))[0].severity is Severity.HIGH


def test_a_zone_without_a_seen_eni_config_may_hold_other_prefix_subnets() -> None:
    held = node_eni("eni-3", "i-2", "subnet-pod-b", 1, prefixes=("100.64.1.16/28",))
    found = {each.resource.type: each.status for each in run(two_zones(), [whole_blocks], Limits())}
    assert found["AWS::EKS::Cluster"] is Status.UNKNOWN
    both = run(two_zones(held), [whole_blocks], Limits())
    assert {each.resource.id for each in both} == {"subnet-pod-a", "subnet-pod-b"}
    assert {each.status for each in both} == {Status.PASS}


def test_a_subnet_without_ipv4_is_not_asked_for_prefixes() -> None:
    found = run(V6_ONLY, [whole_blocks, fragmentation_bands], Limits())
    assert {each.resource.id for each in found} == {"subnet-a"}
