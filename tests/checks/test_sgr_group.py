from eksnet.checks.sgr_group import cluster_group_minimum
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity
from eksnet.model.network import Rule
from eksnet.model.snapshot import Snapshot
from tests.build import ALL, Example, cluster, node_eni, security_group, snapshot, subnet, vpc

SELF = Rule(protocol="-1", groups=("sg-payments",))


def to_self(protocol: str, port: int) -> Rule:
    return Rule(protocol=protocol, from_port=port, to_port=port, groups=("sg-payments",))


MINIMUM = (to_self("tcp", 443), to_self("tcp", 10250), to_self("tcp", 53), to_self("udp", 53))


def net(*ingress: Rule, egress: tuple[Rule, ...] = (ALL,), **parts: object) -> Snapshot:
    values: dict[str, object] = {
        "clusters": [cluster()],
        "vpcs": [vpc()],
        "security_groups": [security_group("sg-payments", *ingress, egress=egress)],
    }
    return snapshot(**{**values, **parts})


BY_LIST = Rule(protocol="-1", prefix_lists=("pl-1",))
BY_BLOCK = Rule(protocol="-1", cidrs=("10.0.0.0/16",))

CARRIED = {
    "subnets": [subnet("subnet-a"), subnet("subnet-b")],
    "enis": [
        node_eni(f"eni-{az}", f"i-{az}", f"subnet-{az}", groups=("sg-payments",)) for az in "ab"
    ],
}
BY_SUBNETS = Rule(protocol="-1", cidrs=("10.0.0.0/24", "10.0.1.0/24"))

EXAMPLES = {
    "SGR006": Example(
        good=(
            net(SELF),
            net(SELF, egress=MINIMUM),
            net(BY_BLOCK, egress=(BY_BLOCK,)),
            net(Rule(protocol="6", cidrs=("10.0.0.0/8",)), Rule(protocol="udp", cidrs=ALL.cidrs)),
            net(SELF, egress=(BY_SUBNETS,), **CARRIED),
        ),
        bad=(
            net(),
            net(*MINIMUM),
            net(SELF, egress=MINIMUM[:3]),
            net(SELF, egress=(Rule(protocol="-1", cidrs=("192.0.2.0/24",)),)),
            net(BY_BLOCK, vpcs=[vpc("vpc-0a", "10.0.0.0/16", "100.64.0.0/16")]),
            net(SELF, egress=(BY_SUBNETS,)),
        ),
        unknown=(
            net(BY_LIST),
            net(SELF, egress=(BY_LIST,)),
            net(SELF, security_groups=[]),
            net(SELF, vpcs=[]),
            net(SELF, egress=(BY_SUBNETS,), enis=CARRIED["enis"]),
        ),
    ),
}


def ask(seen: Snapshot) -> Finding:
    (finding,) = run(seen, [cluster_group_minimum], Limits())
    return finding


def test_the_message_names_each_missing_rule() -> None:
    assert ask(net(SELF, egress=MINIMUM[:1])).message == (
        "does not let through tcp 10250 out to itself, tcp 53 out to itself, udp 53 out to itself"
    )


def test_a_port_of_the_minimum_is_high_any_other_medium() -> None:
    assert ask(net(SELF, egress=MINIMUM[:3])).severity is Severity.HIGH
    assert ask(net()).severity is Severity.HIGH
    assert ask(net(*MINIMUM)).severity is Severity.MEDIUM


def test_a_cluster_without_the_group_is_not_judged() -> None:
    old = net(SELF, clusters=[cluster(cluster_security_group_id=None)])
    assert run(old, [cluster_group_minimum], Limits()) == ()


def test_blocks_need_to_hold_no_more_than_the_subnets_in_which_the_group_is_carried() -> None:
    halved = Rule(protocol="-1", cidrs=("10.0.0.0/24",))
    assert ask(net(SELF, egress=(BY_SUBNETS,), **CARRIED)).severity is None
    assert ask(net(SELF, egress=(halved,), **CARRIED)).severity is Severity.HIGH
    assert ask(net(SELF, egress=(BY_SUBNETS,))).severity is Severity.HIGH
