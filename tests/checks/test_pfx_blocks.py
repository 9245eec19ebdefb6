import json

import pytest

from eksnet.checks.pfx_blocks import fragmentation_bands, whole_blocks
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.network import CidrReservation
from eksnet.model.snapshot import Snapshot
from tests.build import (
    Example,
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
GONE = snapshot(
    clusters=[cluster()],
    addons=[addon(configuration=json.dumps({"env": ON}))],
    instances=[instance("i-1")],
    enis=[node_eni("eni-1", "i-1", prefixes=("10.0.0.16/28",))],
)

EXAMPLES = {
    "PFX001": Example(
        good=(broken(), broken(2, 3), broken(2, 3, env={}), OFF, IPV6, AUTO),
        bad=(broken(2, 3, 4, 5, 6), broken(2, 3, 4, 5)),
        unknown=(SELF_MANAGED, NO_ENI_CONFIG, GONE),
    ),
    "PFX002": Example(
        good=(broken(), broken(2), OFF, IPV6, AUTO),
        bad=(broken(2, 3, 4), broken(2, 3, 4, 5)),
        unknown=(SELF_MANAGED, NO_ENI_CONFIG, GONE),
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
