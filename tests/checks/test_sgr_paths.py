import dataclasses

from eksnet.checks import sgr_paths
from eksnet.engine.check import Check
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.network import AclEntry, Attachment, Eni, NetworkAcl, Rule
from eksnet.model.snapshot import Snapshot
from tests.build import (
    ACCOUNT,
    ALL,
    VPC,
    Example,
    cluster,
    eni,
    fargate_profile,
    instance,
    node_eni,
    route_table,
    security_group,
    snapshot,
    subnet,
    vpc,
    x_eni,
)

OPEN = tuple(
    AclEntry(number=200, egress=out, allow=True, protocol="-1", cidr="0.0.0.0/0")
    for out in (True, False)
)


def from_groups(*groups: str, protocol: str = "-1", ports: tuple[int, int] | None = None) -> Rule:
    low, high = ports or (None, None)
    return Rule(protocol=protocol, from_port=low, to_port=high, groups=groups)


def acl(*entries: AclEntry, subnet_ids: tuple[str, ...] = ("subnet-a", "subnet-b")) -> NetworkAcl:
    return NetworkAcl(
        id=f"acl-{subnet_ids[0][-1]}",
        vpc_id=VPC,
        owner_id=ACCOUNT,
        is_default=False,
        subnet_ids=subnet_ids,
        entries=(*entries, *OPEN),
        tags={},
    )


def deny(
    low: int, high: int, *, egress: bool = False, protocol: str = "6", number: int = 100
) -> AclEntry:
    return AclEntry(
        number=number,
        egress=egress,
        allow=False,
        protocol=protocol,
        cidr="10.0.0.0/16",
        from_port=low,
        to_port=high,
    )


OWN = security_group("sg-payments", from_groups("sg-payments"))


def net(*groups: str, **parts: object) -> Snapshot:
    """Return two nodes and two x-ENIs in two subnets; the nodes carry ``groups``."""
    carried = groups or ("sg-payments",)
    values: dict[str, object] = {
        "clusters": [cluster()],
        "vpcs": [vpc()],
        "subnets": [subnet("subnet-a"), subnet("subnet-b")],
        "enis": [
            node_eni("eni-1", "i-1", "subnet-a", groups=carried),
            node_eni("eni-2", "i-2", "subnet-b", groups=carried),
            x_eni("eni-x1", "subnet-a"),
            x_eni("eni-x2", "subnet-b"),
        ],
        "instances": [instance("i-1", "subnet-a"), instance("i-2", "subnet-b")],
        "route_tables": [route_table()],
        "network_acls": [acl()],
        "security_groups": [OWN],
    }
    return snapshot(**{**values, **parts})


def nodes(*ingress: Rule, admitted: bool = True, **parts: object) -> Snapshot:
    """Return nodes with a group of their own and ``ingress``, the cluster's admitting it or not."""
    let_in = [from_groups("sg-nodes")] if admitted else []
    own = security_group("sg-payments", from_groups("sg-payments"), *let_in)
    theirs = security_group("sg-nodes", *ingress)
    return net("sg-nodes", security_groups=[own, theirs], **parts)


def own_places(*ingress: Rule, **parts: object) -> Snapshot:
    """Return nodes whose pods have a subnet and a group of their own, which has ``ingress``."""
    plain = net()
    values: dict[str, object] = {
        "vpcs": [vpc(VPC, "10.0.0.0/16", "100.64.0.0/16")],
        "subnets": [*plain.subnets, subnet("subnet-pod-c", cidr="100.64.0.0/18")],
        "enis": [*plain.enis, node_eni("eni-3", "i-1", "subnet-pod-c", 1, groups=("sg-pods",))],
        "network_acls": [acl(subnet_ids=("subnet-a", "subnet-b", "subnet-pod-c"))],
        "security_groups": [
            security_group("sg-payments", from_groups("sg-payments", "sg-pods")),
            security_group("sg-pods", *ingress),
        ],
    }
    return net(**{**values, **parts})


SELF = from_groups("sg-nodes")
BY_BLOCK = Rule(protocol="-1", cidrs=("10.0.0.0/16",))
HALVES = (
    from_groups("sg-nodes", protocol="6", ports=(0, 1024)),
    from_groups("sg-nodes", protocol="tcp", ports=(1025, 65535)),
    from_groups("sg-nodes", protocol="17"),
)
USUAL = from_groups("sg-nodes", protocol="tcp", ports=(1025, 65535))
BY_LIST = Rule(protocol="-1", prefix_lists=("pl-1",))
PLANE = from_groups("sg-payments")
KUBELET = from_groups("sg-payments", protocol="tcp", ports=(10250, 10250))
DNS = tuple(from_groups("sg-nodes", protocol=each, ports=(53, 53)) for each in ("tcp", "udp"))
UNLISTED = net(security_groups=[])
UNGUARDED = net(network_acls=[])
UNPLACED = net(subnets=[subnet("subnet-a")])
NO_PLANE = net(enis=net().enis[:2])
ANSWERS = acl(deny(1024, 65535, egress=True), subnet_ids=("subnet-b",))
ONE_WAY = net(network_acls=[acl(subnet_ids=("subnet-a",)), ANSWERS])
BOTH = from_groups("sg-pods", "sg-payments")
PRIVATE = cluster(endpoint_public=False)

EXAMPLES = {
    "SGR001": Example(
        good=(net(), nodes(SELF), nodes(BY_BLOCK), nodes(*HALVES)),
        bad=(
            nodes(USUAL),
            nodes(PLANE),
            ONE_WAY,
            net(network_acls=[acl(deny(80, 80))]),
            net(security_groups=[dataclasses.replace(OWN, egress=())]),
        ),
        unknown=(UNLISTED, UNGUARDED, UNPLACED, nodes(BY_LIST), net(route_tables=[])),
    ),
    "SGR002": Example(
        good=(own_places(BOTH), own_places(Rule(protocol="-1", cidrs=("0.0.0.0/0",)))),
        bad=(
            own_places(from_groups("sg-pods")),
            own_places(from_groups("sg-payments")),
            own_places(BOTH, network_acls=[acl(deny(80, 80), subnet_ids=("subnet-pod-c",))]),
        ),
        unknown=(
            own_places(BOTH, subnets=net().subnets),
            own_places(BOTH, network_acls=[acl()]),
            own_places(BY_LIST),
        ),
    ),
    "SGR003": Example(
        good=(net(), nodes(PLANE), nodes(KUBELET, from_groups("sg-payments", protocol="tcp"))),
        bad=(nodes(SELF), nodes(KUBELET), ONE_WAY, net(network_acls=[acl(deny(10250, 10250))])),
        unknown=(UNLISTED, UNGUARDED, UNPLACED, NO_PLANE, nodes(BY_LIST)),
    ),
    "SGR004": Example(
        good=(net(), nodes(SELF), net(clusters=[PRIVATE])),
        bad=(nodes(SELF, admitted=False), ONE_WAY, net(network_acls=[acl(deny(443, 443))])),
        unknown=(UNLISTED, UNGUARDED, UNPLACED, NO_PLANE),
    ),
    "SGR005": Example(
        good=(net(), nodes(SELF), nodes(*DNS)),
        bad=(nodes(USUAL), nodes(DNS[0]), nodes(DNS[1])),
        unknown=(
            UNLISTED,
            UNGUARDED,
            UNPLACED,
            net(network_acls=[acl(deny(53, 53, protocol="17"))]),
        ),
    ),
}


def ask(check: Check, seen: Snapshot) -> Finding:
    (finding,) = run(seen, [check], Limits())
    return finding


def severity(check: Check, seen: Snapshot) -> Severity | None:
    return ask(check, seen).severity


def test_closed_whole_is_high_and_in_part_medium() -> None:
    assert severity(sgr_paths.nodes_reach_nodes, nodes(PLANE)) is Severity.HIGH
    assert severity(sgr_paths.nodes_reach_nodes, nodes(USUAL)) is Severity.HIGH  # UDP is closed
    usual = nodes(USUAL, from_groups("sg-nodes", protocol="udp"))
    assert severity(sgr_paths.nodes_reach_nodes, usual) is Severity.MEDIUM
    assert severity(sgr_paths.control_plane_reaches_nodes, nodes(KUBELET)) is Severity.MEDIUM
    assert severity(sgr_paths.control_plane_reaches_nodes, nodes(SELF)) is Severity.HIGH
    shut = nodes(SELF, admitted=False)
    assert severity(sgr_paths.nodes_reach_control_plane, shut) is Severity.CRITICAL
    assert severity(sgr_paths.nodes_reach_control_plane, ONE_WAY) is Severity.HIGH


def test_the_message_is_the_trace() -> None:
    usual = nodes(USUAL, from_groups("sg-nodes", protocol="udp"))
    assert ask(sgr_paths.nodes_reach_nodes, usual).message == (
        "4 of 8 paths closed: tcp 1-65535 from subnet-a to subnet-b: subnet-a: sg-nodes allows → "
        "acl-a rule 200 allows → rtb-1 local → subnet-b: acl-a rule 200 allows → "
        "sg-nodes allows no tcp 1-1024 in from 10.0.0.0/24"
    )
    assert ask(sgr_paths.nodes_reach_control_plane, ONE_WAY).message == (
        "1 of 4 paths closed: tcp 443 from subnet-a to subnet-b: subnet-a: sg-payments allows → "
        "acl-a rule 200 allows → rtb-1 local → subnet-b: acl-b rule 200 allows → "
        "sg-payments allows → "
        "back, subnet-b: acl-b rule 100 denies tcp 1024-65535 out to 10.0.0.0/24"
    )


def test_evidence_counts_and_shows_the_closed_ways_first() -> None:
    evidence = ask(sgr_paths.nodes_reach_nodes, nodes(USUAL)).evidence
    assert (evidence["paths"], evidence["closed"], evidence["unknown"]) == (8, 8, 0)
    traces = evidence["traces"]
    assert isinstance(traces, list)
    assert len(traces) == 5
    assert traces[0]["shut"]
    assert traces[0]["traffic"] == "udp 1-65535"


def test_a_cluster_without_nodes_is_not_judged() -> None:
    empty = net(enis=net().enis[2:], instances=[])
    assert run(empty, [sgr_paths.nodes_reach_nodes, sgr_paths.pods_reach_dns], Limits()) == ()


def test_many_nodes_of_one_kind_are_walked_once() -> None:
    more = [node_eni(f"eni-m{n}", f"i-m{n}", groups=("sg-payments",)) for n in range(50)]
    instances = [*net().instances, *(instance(f"i-m{n}") for n in range(50))]
    seen = net(enis=[*net().enis, *more], instances=instances)
    assert ask(sgr_paths.nodes_reach_nodes, seen).evidence["paths"] == 8


def test_a_bastion_with_the_cluster_security_group_is_no_node() -> None:
    bastion = eni("eni-b", "subnet-b", groups=("sg-payments",))
    seen = net(enis=[*net().enis, bastion])
    assert ask(sgr_paths.nodes_reach_nodes, seen).evidence["paths"] == 8


def test_another_cni_may_not_need_the_way() -> None:
    """An overlay wraps the pods' traffic, so that a closed port between nodes closes no pod's."""
    closed = nodes(USUAL)
    bare = [dataclasses.replace(e, tags={}) for e in closed.enis]
    overlay = dataclasses.replace(closed, enis=tuple(bare))
    finding = ask(sgr_paths.nodes_reach_nodes, overlay)
    assert finding.status is Status.UNKNOWN
    assert finding.unknown
    assert finding.unknown.api == "kubernetes:aws-node"
    auto = dataclasses.replace(overlay, clusters=(cluster(auto_mode=True),))
    assert ask(sgr_paths.nodes_reach_nodes, auto).status is Status.FAIL


def test_coredns_may_run_on_fargate() -> None:
    deaf = nodes(USUAL, fargate_profiles=[fargate_profile()])
    assert ask(sgr_paths.pods_reach_dns, deaf).status is Status.UNKNOWN


def test_auto_mode_answers_dns_on_the_node_itself() -> None:
    auto = nodes(USUAL, clusters=[cluster(auto_mode=True)])
    assert run(auto, [sgr_paths.pods_reach_dns], Limits()) == ()


def test_without_the_private_endpoint_nodes_do_not_go_by_the_x_enis() -> None:
    public = nodes(SELF, admitted=False, clusters=[cluster(endpoint_private=False)])
    assert run(public, [sgr_paths.nodes_reach_control_plane], Limits()) == ()


def test_ipv6_clusters_are_walked_over_ipv6() -> None:
    homes = [
        subnet(f"subnet-{each}", ipv6_cidrs=(f"2001:db8:0:{n}::/64",))
        for n, each in enumerate("ab")
    ]
    six = [dataclasses.replace(e, cidr=None, ipv6_cidr="::/0", number=201) for e in OPEN]
    out = Rule(protocol="-1", ipv6_cidrs=("::/0",))
    parts: dict[str, object] = {
        "clusters": [cluster(ip_family="ipv6")],
        "vpcs": [vpc(ipv6_cidrs=("2001:db8::/56",))],
        "subnets": homes,
        "network_acls": [acl(*six)],
    }
    group = security_group("sg-payments", from_groups("sg-payments"), egress=(ALL, out))
    check = sgr_paths.nodes_reach_nodes
    assert ask(check, net(**parts, security_groups=[group])).status is Status.PASS
    by_address = security_group("sg-payments", ALL, egress=(ALL, out))
    closed = ask(check, net(**parts, security_groups=[by_address]))
    assert closed.message.endswith("allows no tcp 1-65535 in from 2001:db8::/64")
    only_four = {**parts, "subnets": net().subnets}
    assert ask(check, net(**only_four, security_groups=[group])).status is Status.UNKNOWN


def one_node(*more: Eni) -> Snapshot:
    """Return a single node whose group admits the control plane only."""
    plain = nodes(PLANE)
    kept = [each for each in plain.enis if each.id != "eni-2"]
    return dataclasses.replace(plain, enis=(*kept, *more))


def test_a_place_of_one_node_is_closed_to_itself_only_before_a_second_comes() -> None:
    """What a node sends itself leaves no interface, so that no rule sees it."""
    for check in (sgr_paths.nodes_reach_nodes, sgr_paths.pods_reach_dns):
        alone = ask(check, one_node())
        assert alone.severity is Severity.MEDIUM
        assert alone.message.startswith("before a second node comes: ")
        second = node_eni("eni-2", "i-2", "subnet-a", groups=("sg-nodes",))
        assert severity(check, one_node(second)) is Severity.HIGH


def test_an_efa_interface_may_be_a_nodes_primary_one() -> None:
    fast = node_eni("eni-2", "i-2", "subnet-b", interface_type="efa", groups=("sg-efa",))
    closed = net(
        enis=[net().enis[0], fast, *net().enis[2:]],
        security_groups=[OWN, security_group("sg-efa")],
    )
    assert severity(sgr_paths.nodes_reach_nodes, closed) is Severity.HIGH
    for other in (
        dataclasses.replace(fast, interface_type="efa-only"),
        dataclasses.replace(fast, attachment=Attachment(instance_id="i-2", device_index=1)),
    ):
        more = dataclasses.replace(closed, enis=(*net().enis, other))
        assert ask(sgr_paths.nodes_reach_nodes, more).status is Status.PASS


def test_an_interface_that_is_not_in_use_is_no_place() -> None:
    stale = node_eni(
        "eni-3",
        "i-9",
        "subnet-a",
        1,
        groups=("sg-old",),
        status="available",
        attachment=None,
        tags={
            "cluster.k8s.amazonaws.com/name": "payments",
            "node.k8s.amazonaws.com/instance_id": "i-9",
        },
    )
    seen = net(enis=[*net().enis, stale], security_groups=[OWN, security_group("sg-old")])
    assert run(seen, [sgr_paths.pods_reach_pods], Limits()) == ()
    assert ask(sgr_paths.nodes_reach_control_plane, seen).status is Status.PASS
