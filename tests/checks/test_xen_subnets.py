import pytest

from eksnet.checks.xen_subnets import dedicated, size
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Severity, Status
from eksnet.model.snapshot import Snapshot
from tests.build import Example, cluster, node_eni, snapshot, subnet, x_eni

X_ENIS = [x_eni("eni-1", "subnet-a"), x_eni("eni-2", "subnet-b")]


def small(*enis: object, prefix: int = 28, free: int = 9) -> Snapshot:
    return snapshot(
        clusters=[cluster()],
        subnets=[
            subnet("subnet-a", cidr=f"10.0.0.0/{prefix}", free_ips=free),
            subnet("subnet-b"),
        ],
        enis=[*X_ENIS, *enis],
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
        bad=(small(NODE), small(x_eni("eni-9", "subnet-a", "other")), small(prefix=29)),
        unknown=(UNLISTED,),
    ),
    "XEN005": Example(
        good=(small(),),
        bad=(small(NODE), small(x_eni("eni-9", "subnet-a", "other"))),
        unknown=(UNLISTED,),
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
