import pytest

from eksnet.checks.xen_health import cluster_health
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.cluster import HealthIssue
from eksnet.model.finding import Severity
from eksnet.model.snapshot import Snapshot
from tests.build import Example, cluster, node_group, snapshot


def ill(*codes: str) -> tuple[HealthIssue, ...]:
    return tuple(HealthIssue(code=each, message="broken", resource_ids=("r-1",)) for each in codes)


def sick(*codes: str) -> Snapshot:
    return snapshot(clusters=[cluster(health=ill(*codes))])


EXAMPLES = {
    "XEN011": Example(good=(sick(),), bad=(sick("Ec2SubnetNotFound"), sick("Brand-New"))),
    "XEN012": Example(
        good=(snapshot(clusters=[cluster()], node_groups=[node_group()]),),
        bad=(
            snapshot(
                clusters=[cluster()],
                node_groups=[
                    node_group(),
                    node_group("full", health=ill("InsufficientFreeAddresses")),
                ],
            ),
        ),
    ),
}


@pytest.mark.parametrize(
    ("codes", "severity"),
    [
        (["VpcNotFound"], Severity.CRITICAL),
        (["VPC_NOT_FOUND"], Severity.CRITICAL),
        (["KmsKeyDisabled", "VpcNotFound"], Severity.CRITICAL),
        (["IP_NOT_AVAILABLE"], Severity.HIGH),
        (["InsufficientFreeAddresses"], Severity.HIGH),
        (["KmsKeyDisabled"], Severity.MEDIUM),
    ],
)
def test_the_worst_code_decides(codes: list[str], severity: Severity) -> None:
    (finding,) = run(sick(*codes), [cluster_health], Limits())
    assert finding.severity is severity
