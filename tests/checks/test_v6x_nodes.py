from eksnet.checks.v6x_nodes import ipv6_nodes, ipv6_rules
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Status
from eksnet.model.network import Rule
from eksnet.model.snapshot import Snapshot
from tests.build import (
    ALL,
    Example,
    cluster,
    instance,
    node_group,
    security_group,
    snapshot,
    subnet,
)

ALL6 = Rule(protocol="-1", ipv6_cidrs=("::/0",))
WEB = Rule(protocol="tcp", from_port=443, to_port=443, cidrs=("0.0.0.0/0",))
WIDE6 = Rule(protocol="tcp", from_port=0, to_port=1024, ipv6_cidrs=("::/0",))
UDP6 = Rule(protocol="udp", ipv6_cidrs=("::/0",))
PING = Rule(protocol="icmp", from_port=-1, to_port=-1, cidrs=("0.0.0.0/0",))
PING6 = Rule(protocol="icmpv6", from_port=-1, to_port=-1, ipv6_cidrs=("::/0",))
ECHO = Rule(protocol="1", from_port=8, to_port=-1, cidrs=("0.0.0.0/0",))
ECHO6 = Rule(protocol="58", from_port=128, to_port=-1, ipv6_cidrs=("::/0",))
NAMED = {"eks:cluster-name": "payments", "eks:nodegroup-name": "workers"}


def net(*egress: Rule, **parts: object) -> Snapshot:
    """Return an IPv6 cluster with one node whose security group lets this out."""
    values: dict[str, object] = {
        "clusters": [cluster(ip_family="ipv6")],
        "node_groups": [node_group(subnet_ids=("subnet-a",))],
        "instances": [instance("i-1", groups=("sg-node",), tags=NAMED)],
        "subnets": [subnet("subnet-a")],
        "security_groups": [security_group("sg-node", egress=egress or (ALL, ALL6))],
    }
    return snapshot(**{**values, **parts})


def groups(**parts: object) -> Snapshot:
    return net(node_groups=[node_group(**{"subnet_ids": ("subnet-a",), **parts})])


OUTPOST = subnet("subnet-a", outpost_arn="arn:aws:outposts:eu-west-1:1:outpost/op-1")
TWO = (security_group("sg-node", egress=(WEB,)), security_group("sg-more", egress=(WIDE6,)))
BOTH = instance("i-1", groups=("sg-node", "sg-more"), tags=NAMED)

EXAMPLES = {
    "V6X005": Example(
        good=(net(), groups(instance_types=()), groups(ami_type="CUSTOM")),
        bad=(
            groups(instance_types=("m4.large",)),
            groups(ami_type="WINDOWS_CORE_2022_x86_64"),
            net(subnets=[OUTPOST]),
            net(instances=[instance("i-1", type="t2.large")]),
        ),
        unknown=(
            groups(instance_types=("z99.large",)),
            net(instances=[], node_groups=[node_group(instance_types=())]),
        ),
    ),
    "V6X006": Example(
        good=(net(), net(WEB, ALL6), net(WEB, WIDE6), net(ALL6), net(PING, PING6)),
        bad=(net(ALL), net(WEB), net(WEB, UDP6), net(ALL, WIDE6), net(PING), net(PING, ECHO6)),
        unknown=(net(security_groups=[]),),
    ),
}


def rules(seen: Snapshot) -> Finding:
    (finding,) = run(seen, [ipv6_rules], Limits())
    return finding


def test_groups_of_one_node_complete_each_other() -> None:
    assert rules(net(instances=[BOTH], security_groups=TWO)).status is Status.PASS
    assert rules(net(security_groups=TWO)).status is Status.FAIL


def test_a_group_that_is_not_seen_may_hold_the_twin() -> None:
    assert rules(net(instances=[BOTH], security_groups=TWO[:1])).status is Status.UNKNOWN


def test_the_twin_of_icmp_is_icmpv6() -> None:
    for pair in ((PING, PING6), (ECHO, ECHO6), (ECHO, PING6), (PING, ALL6)):
        assert rules(net(*pair)).status is Status.PASS
    assert "-1" not in rules(net(PING)).message
    assert "1 type 8 on sg-node" in rules(net(ECHO)).message


def test_every_reason_is_told() -> None:
    seen = groups(instance_types=("m4.large",), ami_type="WINDOWS_CORE_2022_x86_64")
    (finding,) = run(seen, [ipv6_nodes], Limits())
    assert finding.message == "not Nitro: m4.large; node groups of Windows: workers"


def test_ipv4_clusters_and_those_without_nodes_are_not_judged() -> None:
    bare = net(node_groups=[], instances=[])
    for seen in (net(ALL, clusters=[cluster()]), bare):
        assert run(seen, [ipv6_nodes, ipv6_rules], Limits()) == ()
