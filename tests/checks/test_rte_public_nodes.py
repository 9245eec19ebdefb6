import datetime as dt

from eksnet.checks.rte_public_nodes import public_address_on_launch
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Severity, Status
from eksnet.model.snapshot import Snapshot
from tests.build import Example, cluster, node_group, route_table, snapshot, subnet


def net(*, public: bool, mapped: bool, **group: object) -> Snapshot:
    table = route_table("rtb-a", "igw-1" if public else "nat-1", subnet_ids=("subnet-a",))
    return snapshot(
        clusters=[cluster()],
        node_groups=[node_group(**{"subnet_ids": ("subnet-a",), **group})],
        subnets=[subnet("subnet-a", map_public_ip=mapped)],
        route_tables=[table],
    )


OLD = dt.datetime(2020, 4, 21, tzinfo=dt.UTC)

EXAMPLES = {
    "RTE003": Example(
        good=(
            net(public=False, mapped=False),
            net(public=True, mapped=True),
            net(public=True, mapped=False, created_at=OLD),
        ),
        bad=(
            net(public=True, mapped=False),
            net(public=True, mapped=False, created_at=None),
            net(public=True, mapped=False, launch_template_id="lt-1"),
        ),
        unknown=(net(public=True, mapped=True, subnet_ids=("subnet-a", "subnet-z")),),
    ),
}


def test_a_launch_template_may_ask_for_the_address_itself() -> None:
    with_template, without = (
        run(seen, [public_address_on_launch], Limits())[0]
        for seen in (EXAMPLES["RTE003"].bad[2], EXAMPLES["RTE003"].bad[0])
    )
    assert with_template.severity is Severity.MEDIUM
    assert without.severity is Severity.HIGH


def test_an_unseen_subnet_hides_no_fail() -> None:
    seen = net(public=True, mapped=False, subnet_ids=("subnet-a", "subnet-z"))
    (finding,) = run(seen, [public_address_on_launch], Limits())
    assert finding.status is Status.FAIL
