import dataclasses

import pytest

from eksnet.checks.xen_interfaces import x_eni_count, x_eni_drift, x_eni_groups, x_eni_spread
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Severity, Status
from eksnet.model.snapshot import Snapshot
from tests.build import Example, cluster, snapshot, x_eni


def control_plane(subnets: str = "ab", enis: str | None = None, **parts: object) -> Snapshot:
    """Return a cluster on subnets, and an x-ENI in the subnet of each letter of ``enis``."""
    letters = subnets if enis is None else enis
    listed = tuple(f"subnet-{letter}" for letter in subnets)
    return snapshot(
        clusters=[dataclasses.replace(cluster(subnet_ids=listed), **parts)],  # type: ignore[arg-type]
        enis=[x_eni(f"eni-{n}", f"subnet-{letter}") for n, letter in enumerate(letters)],
    )


EXAMPLES = {
    "XEN006": Example(
        good=(
            control_plane(),
            control_plane(enis="aabb"),
            control_plane(enis="aaabbb", status="UPDATING"),
        ),
        bad=(
            control_plane(enis="a"),
            control_plane(enis=""),
            control_plane(enis="aaabb"),
            control_plane(enis="a", status="UPDATING"),
        ),
        unknown=(control_plane(enis="a", status="CREATING"),),
    ),
    "XEN007": Example(
        good=(control_plane(),),
        bad=(control_plane(enis="aa"), control_plane(enis="")),
        unknown=(control_plane(enis="a", status="CREATING"),),
    ),
    "XEN008": Example(
        good=(control_plane(),),
        bad=(control_plane(enis="abc"),),
    ),
    "XEN009": Example(good=(control_plane(),), bad=(control_plane("abc"),)),
    "XEN010": Example(
        good=(control_plane(),),
        bad=(control_plane(security_group_ids=("sg-custom",)),),
    ),
}


@pytest.mark.parametrize(
    ("status", "severity"), [("ACTIVE", Severity.MEDIUM), ("UPDATING", Severity.LOW)]
)
def test_drift_weighs_less_while_eks_moves_interfaces(status: str, severity: Severity) -> None:
    finding = run(control_plane(enis="abc", status=status), [x_eni_drift], Limits())[0]
    assert finding.resource.id == "eni-2"
    assert finding.severity is severity


def test_more_than_four_during_an_update_is_said_to_be_expected() -> None:
    (finding,) = run(control_plane(enis="aaabb", status="UPDATING"), [x_eni_count], Limits())
    assert finding.status is Status.PASS
    assert "more than 4 are expected while UPDATING" in finding.message


def test_the_missing_group_is_named() -> None:
    seen = control_plane(security_group_ids=("sg-custom",))
    finding = run(seen, [x_eni_groups], Limits())[0]
    assert finding.message == "lacks 1 of 2 security groups: sg-custom"


def test_interfaces_of_a_namesake_in_another_vpc_do_not_count() -> None:
    seen = snapshot(
        clusters=[cluster()],
        enis=[x_eni("eni-1", "subnet-a"), x_eni("eni-2", "subnet-b", vpc_id="vpc-gone")],
    )
    (finding,) = run(seen, [x_eni_spread], Limits())
    assert finding.status is Status.FAIL


def test_a_cluster_that_names_no_group_is_not_judged_by_its_groups() -> None:
    seen = control_plane(cluster_security_group_id=None)
    assert run(seen, [x_eni_groups], Limits()) == ()


def test_an_x_eni_that_hangs_on_nothing_is_not_counted() -> None:
    left = x_eni("eni-2", "subnet-b", status="available", attachment=None)
    seen = snapshot(clusters=[cluster()], enis=[x_eni("eni-1", "subnet-a"), left])
    found = run(seen, [x_eni_count, x_eni_spread], Limits())
    assert {each.status for each in found} == {Status.FAIL}
