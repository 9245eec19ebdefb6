from eksnet.checks.v6x_readiness import ready_for_ipv6
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.snapshot import Snapshot
from tests.build import VPC, Example, cluster, node_group, snapshot, subnet, vpc

SIX = ("2001:db8::/64",)


def net(free: int = 255, **parts: object) -> Snapshot:
    """Return an IPv4 cluster with this many free addresses in its zone, ready for IPv6."""
    values: dict[str, object] = {
        "clusters": [cluster(subnet_ids=("subnet-a",))],
        "node_groups": [node_group(subnet_ids=("subnet-a",))],
        "vpcs": [vpc(VPC, ipv6_cidrs=("2001:db8::/56",))],
        "subnets": [subnet(free_ips=free, ipv6_cidrs=SIX), subnet("subnet-b", free_ips=900)],
    }
    return snapshot(**{**values, **parts})


OLD = node_group(subnet_ids=("subnet-a",), instance_types=("m4.large",))

EXAMPLES = {
    "V6X010": Example(
        good=(net(),),
        bad=(
            net(vpcs=[vpc()]),
            net(subnets=[subnet(free_ips=10)]),
            net(node_groups=[OLD]),
        ),
        unknown=(net(vpcs=[]),),
    ),
}


def test_who_has_room_needs_no_ipv6() -> None:
    room = net(256, vpcs=[vpc()])
    beside = net(0, subnets=[subnet(free_ips=0), subnet("subnet-pods-a", free_ips=256)])
    done = net(clusters=[cluster(ip_family="ipv6")])
    for seen in (room, beside, done, net(node_groups=[])):
        assert run(seen, [ready_for_ipv6], Limits()) == ()


def test_the_threshold_can_be_set() -> None:
    assert run(net(10), [ready_for_ipv6], Limits(pod_recommended=10)) == ()


def test_what_is_missing_is_named() -> None:
    bare = net(vpcs=[vpc()], node_groups=[OLD])
    (finding,) = run(bare, [ready_for_ipv6], Limits())
    assert "255 in euw1-az1" in finding.message
    assert f"VPC without an IPv6 block: {VPC}" in finding.message
    assert "types that are not Nitro: m4.large" in finding.message
