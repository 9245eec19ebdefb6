import dataclasses
import json

import pytest

from eksnet.checks.iph_forecast import addresses_ahead, blocks_ahead
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.snapshot import Snapshot
from tests.build import (
    Example,
    accounted,
    addon,
    cluster,
    instance,
    node_eni,
    node_group,
    snapshot,
    subnet,
    trend,
)

ON = json.dumps({"env": {"ENABLE_PREFIX_DELEGATION": "true"}})
DAYS = 30


def falling(per_day: int, now: int, days: int = DAYS) -> Snapshot:
    """Return a node subnet with so many free addresses now, that lost so many each day."""
    return snapshot(
        clusters=[cluster(subnet_ids=("subnet-a",))],
        node_groups=[node_group(subnet_ids=("subnet-a",))],
        subnets=[subnet(cidr="10.0.0.0/16", free_ips=now)],
        trends=[trend("subnet-a", [now + per_day * (days - day) for day in range(days)])]
        if days
        else (),
    )


def prefixes(per_day: int) -> Snapshot:
    """Return a prefix subnet whose 13 free blocks were more by so many each day before."""
    seen = snapshot(
        clusters=[cluster(subnet_ids=("subnet-a",))],
        node_groups=[node_group(subnet_ids=("subnet-a",))],
        addons=[addon(configuration=ON)],
        instances=[instance("i-1")],
        enis=[node_eni("eni-1", "i-1", private_ips=("10.0.0.5",), prefixes=("10.0.0.16/28",))],
        subnets=[subnet()],
        trends=[
            trend(
                "subnet-a",
                [200] * DAYS,
                [13 + per_day * (DAYS - day) for day in range(DAYS)],
            )
        ],
    )
    return accounted(seen)


CLUSTER_ONLY = dataclasses.replace(falling(1, 20), node_groups=())
UNLISTED = dataclasses.replace(falling(0, 200), subnets=())
SHARED = dataclasses.replace(prefixes(0), subnets=(subnet(owner_id="999988887777", free_ips=234),))
EXAMPLES = {
    "IPH004": Example(
        good=(falling(0, 200), falling(-2, 200), falling(1, 2000)),
        bad=(falling(5, 100), falling(2, 120), falling(0, 0), CLUSTER_ONLY),
        unknown=(falling(5, 100, days=0), falling(5, 100, days=9), UNLISTED),
    ),
    "PFX010": Example(
        good=(
            prefixes(0),
            snapshot(clusters=[cluster()], addons=[addon()]),
            snapshot(clusters=[cluster(ip_family="ipv6")]),
        ),
        bad=(prefixes(1),),
        unknown=(
            dataclasses.replace(prefixes(1), trends=()),
            snapshot(clusters=[cluster()]),
            dataclasses.replace(prefixes(1), subnets=()),
            SHARED,
        ),
    ),
}


def ask(seen: Snapshot) -> Finding:
    (finding,) = run(seen, [addresses_ahead], Limits())
    return finding


@pytest.mark.parametrize(
    ("per_day", "now", "severity"),
    [(5, 100, Severity.HIGH), (2, 120, Severity.MEDIUM), (1, 1000, None)],
)
def test_the_day_decides(per_day: int, now: int, severity: Severity | None) -> None:
    finding = ask(falling(per_day, now))
    assert finding.severity is severity
    if severity:
        assert finding.evidence["days"] == pytest.approx(now / per_day, abs=2)


@pytest.mark.parametrize("seen", [CLUSTER_ONLY, falling(1, 20)], ids=["alone", "with nodes"])
def test_a_cluster_subnet_ends_when_no_upgrade_has_room(seen: Snapshot) -> None:
    """From 20 at one a day, the fifth last address is gone on day 16."""
    finding = ask(seen)
    assert finding.evidence["floor"] == 4
    assert finding.evidence["days"] == pytest.approx(16, abs=2)


def test_blocks_that_may_not_be_free_are_no_forecast() -> None:
    (finding,) = run(SHARED, [blocks_ahead], Limits())
    assert finding.unknown is not None
    assert finding.unknown.error == "OwnedByAnotherAccount"


def test_too_little_history_is_told_once_a_cluster_with_what_is_missing() -> None:
    finding = ask(falling(5, 100, days=9))
    assert finding.status is Status.UNKNOWN
    assert finding.resource.type == "AWS::EKS::Cluster"
    assert "more days" in finding.message


def test_blocks_end_although_addresses_do_not() -> None:
    seen = prefixes(1)
    assert ask(seen).status is Status.PASS
    (finding,) = run(seen, [blocks_ahead], Limits())
    assert finding.severity is Severity.HIGH
    assert "/28 blocks" in finding.message
