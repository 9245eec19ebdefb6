import pytest

from eksnet.checks.iph_growth import room_to_grow, room_to_roll, sized_for_growth
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity
from eksnet.model.snapshot import Snapshot
from tests.build import Example, addon, cluster, instance, node_eni, node_group, snapshot, subnet


def group(
    free: int, *types: str, maximum: int = 4, cidr: str = "10.0.0.0/24", **parts: object
) -> Snapshot:
    """Return a group of two m5.large nodes in one subnet with so many free addresses."""
    names = ("i-1", "i-2")
    tags = {"kubernetes.io/cluster/payments": "owned", "eks:nodegroup-name": "workers"}
    values: dict[str, object] = {
        "clusters": [cluster(subnet_ids=("subnet-a",))],
        "node_groups": [
            node_group(
                subnet_ids=("subnet-a",), instance_types=types or ("m5.large",), max_size=maximum
            )
        ],
        "addons": [addon()],
        "instances": [instance(each, tags=tags) for each in names],
        "enis": [node_eni(f"eni-{each}", each) for each in names],
        "subnets": [subnet(free_ips=free, cidr=cidr)],
    }
    return snapshot(**{**values, **parts})


UNKNOWN = (group(200, addons=[]), group(200, "x99.huge"))
EXAMPLES = {
    "IPH005": Example(
        good=(group(200), group(200, node_groups=[node_group(subnet_ids=("subnet-a",))])),
        bad=(group(5), group(15), group(30)),
        unknown=UNKNOWN,
    ),
    "IPH006": Example(
        good=(group(200), group(0, maximum=2)),
        bad=(group(15), group(30)),
        unknown=UNKNOWN,
    ),
    "IPH007": Example(
        good=(group(0),),
        bad=(group(200, maximum=9), group(200, cidr="10.0.0.0/26")),
        unknown=UNKNOWN,
    ),
}


def ask(check: object, seen: Snapshot) -> Finding:
    (finding,) = run(seen, [check], Limits())  # type: ignore[list-item]
    return finding


@pytest.mark.parametrize(
    ("free", "severity"),
    [(9, Severity.HIGH), (10, Severity.MEDIUM), (20, Severity.LOW), (59, Severity.LOW), (60, None)],
)
def test_an_update_needs_room_for_two_new_nodes(free: int, severity: Severity | None) -> None:
    """An m5.large takes 10 addresses without pods and 30 full of pods."""
    finding = ask(room_to_roll, group(free))
    assert finding.severity is severity, finding.message


def test_the_api_error_that_is_avoided_is_told() -> None:
    finding = ask(room_to_grow, group(15))
    assert finding.evidence["avoided_error"] == "InsufficientFreeAddressesInSubnet"
    assert finding.evidence["new_nodes"] == 2


def test_sizes_count_and_not_what_is_free() -> None:
    assert ask(sized_for_growth, group(0)).severity is None
    finding = ask(sized_for_growth, group(200, maximum=9))
    assert finding.evidence["needed"] == 9 * 30
    assert finding.evidence["usable"] == 251
