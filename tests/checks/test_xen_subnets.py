import dataclasses

import pytest

from eksnet.checks.xen_subnets import dedicated, size
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Severity, Status
from eksnet.model.snapshot import Snapshot
from tests.build import ACCOUNT, TARGET, Example, cluster, node_eni, snapshot, subnet, x_eni

OWNER = "444455556666"

X_ENIS = [x_eni("eni-1", "subnet-a"), x_eni("eni-2", "subnet-b")]


def small(
    *enis: object, prefix: int = 28, free: int = 9, owner: str = ACCOUNT, account: str = ACCOUNT
) -> Snapshot:
    return snapshot(
        clusters=[cluster()],
        subnets=[
            subnet("subnet-a", cidr=f"10.0.0.0/{prefix}", free_ips=free, owner_id=owner),
            subnet("subnet-b"),
        ],
        enis=[*X_ENIS, *enis],
        target=dataclasses.replace(TARGET, account_id=account),
    )


UNLISTED = snapshot(clusters=[cluster()], subnets=[subnet("subnet-a")], enis=X_ENIS)
NODE = node_eni("eni-9", "i-1", "subnet-a")
EXAMPLES = {
    "XEN001": Example(
        good=(
            snapshot(clusters=[cluster()], subnets=[subnet("subnet-a"), subnet("subnet-b")]),
            snapshot(
                clusters=[cluster(subnet_ids=("subnet-a", "subnet-b", "subnet-c"))],
                subnets=[subnet("subnet-a"), subnet("subnet-b")],
            ),
        ),
        bad=(
            snapshot(
                clusters=[cluster(subnet_ids=("subnet-a", "subnet-two-a"))],
                subnets=[subnet("subnet-a"), subnet("subnet-two-a")],
            ),
        ),
        unknown=(UNLISTED,),
    ),
    "XEN004": Example(
        good=(small(), small(NODE, prefix=27)),
        bad=(
            small(NODE),
            small(NODE, owner=OWNER),
            small(x_eni("eni-9", "subnet-a", "other")),
            small(prefix=29, owner=OWNER),
        ),
        unknown=(UNLISTED, small(owner=OWNER)),
    ),
    "XEN005": Example(
        good=(small(),),
        bad=(
            small(NODE),
            small(NODE, owner=OWNER),
            small(x_eni("eni-9", "subnet-a", "other")),
        ),
        unknown=(UNLISTED, small(owner=OWNER)),
    ),
}


@pytest.mark.parametrize(("free", "severity"), [(15, Severity.MEDIUM), (16, Severity.LOW)])
def test_sharing_matters_more_once_the_room_is_short(free: int, severity: Severity) -> None:
    finding = run(small(NODE, prefix=24, free=free), [dedicated], Limits())[0]
    assert finding.status is Status.FAIL
    assert finding.severity is severity
    assert finding.evidence["shared_with"] == {"node-primary": 1}


@pytest.mark.parametrize(
    ("prefix", "severity"), [(27, None), (28, Severity.MEDIUM), (29, Severity.HIGH)]
)
def test_a_shared_28_is_a_warning_and_less_is_worse(prefix: int, severity: Severity | None) -> None:
    found = {f.resource.id: f for f in run(small(NODE, prefix=prefix), [size], Limits())}
    assert found["subnet-a"].severity is severity


def test_nobody_seen_in_another_accounts_subnet_is_not_nobody() -> None:
    for check in (size, dedicated):
        found = {f.resource.id: f for f in run(small(owner=OWNER), [check], Limits())}
        assert found["subnet-a"].status is Status.UNKNOWN
        assert found["subnet-a"].unknown
        assert found["subnet-a"].unknown.api == "ec2:DescribeNetworkInterfaces"
        assert found["subnet-a"].unknown.error == "OwnedByAnotherAccount"
        assert found["subnet-b"].status is Status.PASS


def test_a_subnet_that_is_large_enough_needs_no_sight_of_its_owner() -> None:
    found = run(small(prefix=27, owner=OWNER), [size], Limits())
    assert {each.status for each in found} == {Status.PASS}


@pytest.mark.parametrize(("owner", "account"), [(OWNER, "unknown"), ("unknown", ACCOUNT)])
def test_an_account_that_nothing_told_shares_nothing(owner: str, account: str) -> None:
    for check in (size, dedicated):
        found = run(small(owner=owner, account=account), [check], Limits())
        assert {each.status for each in found} == {Status.PASS}


def test_the_x_enis_of_all_other_clusters_are_one_number() -> None:
    others = [x_eni(f"eni-9{n}", "subnet-a", f"other-{n}") for n in range(5)]
    for check in (size, dedicated):
        found = {f.resource.id: f for f in run(small(NODE, *others), [check], Limits())}
        shared = found["subnet-a"].evidence["shared_with"]
        assert shared == {"node-primary": 1, "x-eni of other clusters": 5}
