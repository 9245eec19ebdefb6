from eksnet.checks.sgp_dns import pods_reach_dns
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Status
from eksnet.model.network import Rule, SecurityGroup
from eksnet.model.snapshot import Snapshot
from tests.build import (
    Example,
    branch,
    cluster,
    instance,
    node_eni,
    security_group,
    snapshot,
    vpc,
)


def dns(*, protocol: str = "udp", **to: tuple[str, ...]) -> Rule:
    return Rule(protocol=protocol, from_port=53, to_port=53, **to)  # type: ignore[arg-type]


def both(**to: tuple[str, ...]) -> tuple[Rule, Rule]:
    return dns(protocol="udp", **to), dns(protocol="tcp", **to)


def net(pod: tuple[Rule, ...], node: tuple[Rule, ...], **parts: object) -> Snapshot:
    groups = [
        security_group("sg-pod", egress=pod),
        security_group("sg-payments", *node),
        *parts.pop("more", ()),  # type: ignore[misc]
    ]
    values: dict[str, object] = {
        "clusters": [cluster()],
        "vpcs": [vpc()],
        "enis": [branch("eni-b", "eni-t")],
        "security_groups": groups,
    }
    return snapshot(**{**values, **parts})


TO_NODE = both(groups=("sg-payments",))
FROM_POD = both(groups=("sg-pod",))
ANYWHERE = (Rule(protocol="-1", cidrs=("0.0.0.0/0",)),)
SELF_ONLY = (Rule(protocol="-1", groups=("sg-payments",)),)


def nodes(*groups: str) -> dict[str, object]:
    """Return nodes, the first with the cluster's group, one more with each of ``groups``."""
    carriers = [node_eni(f"eni-n{n}", f"i-{n}", groups=(each,)) for n, each in enumerate(groups, 1)]
    return {
        "enis": [branch("eni-b", "eni-t"), *carriers],
        "instances": [instance(f"i-{n}") for n in range(1, len(groups) + 1)],
    }


OTHER = security_group("sg-other")

EXAMPLES = {
    "SGP007": Example(
        good=(
            net(TO_NODE, FROM_POD),
            net(ANYWHERE, both(cidrs=("10.0.0.0/24",))),
            net(both(cidrs=("10.0.0.0/8",)), FROM_POD),
            net(TO_NODE, FROM_POD, **nodes("sg-payments")),
            net(
                (
                    Rule(protocol="17", from_port=1, to_port=99, groups=("sg-payments",)),
                    Rule(protocol="6", groups=("sg-payments",)),
                ),
                ANYWHERE,
            ),
        ),
        bad=(
            net((), FROM_POD),
            net(TO_NODE, SELF_ONLY),
            net(TO_NODE[:1], FROM_POD),
            net(TO_NODE, FROM_POD[:1]),
            net(both(cidrs=("192.168.0.0/16",)), FROM_POD),
            net(TO_NODE, both(cidrs=("10.9.0.0/24",))),
        ),
        unknown=(
            net(both(cidrs=("10.0.1.0/24",)), FROM_POD),
            net(both(prefix_lists=("pl-1",)), FROM_POD),
            net(TO_NODE, FROM_POD, more=[OTHER], **nodes("sg-payments", "sg-other")),
            net(TO_NODE, FROM_POD, security_groups=[security_group("sg-payments", *FROM_POD)]),
            net(TO_NODE, FROM_POD, security_groups=[security_group("sg-pod", egress=TO_NODE)]),
            net(both(cidrs=("10.0.0.0/8",)), FROM_POD, vpcs=[]),
            net(TO_NODE, FROM_POD, clusters=[cluster(cluster_security_group_id=None)]),
        ),
    ),
}


def ask(seen: Snapshot) -> tuple[Finding, ...]:
    return run(seen, [pods_reach_dns], Limits())


def test_the_groups_nodes_really_carry_decide() -> None:
    """Nodes that don't carry the cluster security group are not reached through it."""
    more = [security_group("sg-other", *FROM_POD)]
    seen = net(both(groups=("sg-other",)), (), more=more, **nodes("sg-other"))
    assert ask(seen)[0].status is Status.PASS
    seen = net(TO_NODE, FROM_POD, more=[OTHER], **nodes("sg-other"))
    assert ask(seen)[0].status is Status.FAIL


def test_a_pod_s_groups_count_together() -> None:
    second: SecurityGroup = security_group("sg-dns", egress=TO_NODE)
    together = net(
        (), FROM_POD, more=[second], enis=[branch("eni-b", "eni-t", groups=("sg-pod", "sg-dns"))]
    )
    assert {finding.status for finding in ask(together)} == {Status.PASS}
    assert {finding.resource.id for finding in ask(together)} == {"sg-pod", "sg-dns"}


def test_a_pod_that_lacks_what_its_neighbour_has_fails() -> None:
    second = security_group("sg-dns", egress=TO_NODE)
    enis = [
        branch("eni-1", "eni-t", groups=("sg-pod", "sg-dns")),
        branch("eni-2", "eni-t", groups=("sg-pod",)),
    ]
    status = {f.resource.id: f.status for f in ask(net((), FROM_POD, more=[second], enis=enis))}
    assert status == {"sg-pod": Status.FAIL, "sg-dns": Status.PASS}


def test_the_message_names_the_closed_direction() -> None:
    assert "go out" in ask(net((), FROM_POD))[0].message
    assert "port 53 in" in ask(net(TO_NODE, SELF_ONLY))[0].message
