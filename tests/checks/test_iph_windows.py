import pytest

from eksnet.checks.iph_windows import windows_apart
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.cluster import NodeGroup
from eksnet.model.finding import Status
from eksnet.model.network import Instance
from eksnet.model.snapshot import Snapshot
from tests.build import Example, cluster, instance, node_group, snapshot, subnet

WINDOWS = "WINDOWS_CORE_2022_x86_64"
TAG = "eks:nodegroup-name"


def windows(*subnets: str) -> NodeGroup:
    return node_group("iis", ami_type=WINDOWS, subnet_ids=subnets or ("subnet-a",))


def linux(*subnets: str) -> NodeGroup:
    return node_group("general", subnet_ids=subnets)


def net(free: int, *groups: NodeGroup, nodes: tuple[Instance, ...] = ()) -> Snapshot:
    subnets = [subnet("subnet-a", free_ips=free), subnet("subnet-b")]
    return snapshot(clusters=[cluster()], node_groups=groups, subnets=subnets, instances=nodes)


def node(group: str) -> Instance:
    return instance("i-1", tags={"eks:cluster-name": "payments", TAG: group})


EXAMPLES = {
    "IPH008": Example(
        good=(
            net(200, windows(), linux("subnet-a")),
            net(20, windows(), linux("subnet-b")),
            net(20, windows(), nodes=(node("iis"),)),
        ),
        bad=(
            net(99, windows(), linux("subnet-a")),
            net(20, windows(), nodes=(node("old"),)),
        ),
        unknown=(net(20, windows("subnet-gone")),),
    ),
}


def test_a_wide_subnet_is_short_below_a_tenth() -> None:
    wide = subnet("subnet-a", cidr="10.0.0.0/20", free_ips=300)
    seen = snapshot(
        clusters=[cluster()], node_groups=[windows(), linux("subnet-a")], subnets=[wide]
    )
    (finding,) = run(seen, [windows_apart], Limits())
    assert finding.status is Status.FAIL


@pytest.mark.parametrize("groups", [(), (linux("subnet-a"),)])
def test_without_windows_nothing_is_judged(groups: tuple[NodeGroup, ...]) -> None:
    assert run(net(20, *groups), [windows_apart], Limits()) == ()
