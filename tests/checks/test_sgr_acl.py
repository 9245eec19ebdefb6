import dataclasses

from eksnet.checks.sgr_acl import acls_let_answers_back
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.network import AclEntry, NetworkAcl, Route
from eksnet.model.snapshot import Snapshot
from tests.build import (
    ACCOUNT,
    VPC,
    Example,
    cluster,
    instance,
    node_eni,
    route_table,
    snapshot,
    subnet,
    vpc,
    x_eni,
)

EVERYONE, OURS = "0.0.0.0/0", "10.0.0.0/16"


def line(
    number: int,
    ports: tuple[int, int] | None = None,
    *,
    egress: bool = False,
    allow: bool = True,
    cidr: str = EVERYONE,
    protocol: str = "6",
) -> AclEntry:
    low, high = ports or (None, None)
    return AclEntry(
        number=number,
        egress=egress,
        allow=allow,
        protocol=protocol if ports else "-1",
        cidr=cidr,
        from_port=low,
        to_port=high,
    )


OUT = line(200, egress=True)
ALL_IN = line(200)
CLIENTS = (1024, 65535)


def acl(*entries: AclEntry, subnet_ids: tuple[str, ...] = ("subnet-a", "subnet-b")) -> NetworkAcl:
    return NetworkAcl(
        id="acl-1",
        vpc_id=VPC,
        owner_id=ACCOUNT,
        is_default=False,
        subnet_ids=subnet_ids,
        entries=entries,
        tags={},
    )


def net(*entries: AclEntry, **parts: object) -> Snapshot:
    """Return a node in subnet-a and an x-ENI in subnet-b, behind one ACL with ``entries``."""
    values: dict[str, object] = {
        "clusters": [cluster()],
        "subnets": [subnet("subnet-a"), subnet("subnet-b")],
        "enis": [
            node_eni("eni-1", "i-1", "subnet-a", groups=("sg-payments",)),
            x_eni("eni-x", "subnet-b"),
        ],
        "instances": [instance("i-1", "subnet-a")],
        "route_tables": [route_table()],
        "network_acls": [acl(*entries)],
    }
    return snapshot(**{**values, **parts})


VPC_IN = line(100, cidr=OURS)
TWO = {
    "enis": [
        node_eni("eni-1", "i-1", "subnet-a", groups=("sg-payments",)),
        node_eni("eni-2", "i-2", "subnet-b", groups=("sg-payments",)),
    ],
    "instances": [instance("i-1", "subnet-a"), instance("i-2", "subnet-b")],
}
PRIVATE = {"route_tables": [route_table(default=None)]}

IPV6_HOME, IPV6_ALL = "2001:db8::/56", "::/0"


def six(number: int, cidr: str, *, egress: bool = False) -> AclEntry:
    return dataclasses.replace(line(number, egress=egress), cidr=None, ipv6_cidr=cidr)


def ipv6(*entries: AclEntry, way: str | None = "eigw-1", **parts: object) -> Snapshot:
    """Return the network of an IPv6 cluster with a default route of its family."""
    out = (Route(destination=IPV6_ALL, target=way),) if way else ()
    homes = {
        f"subnet-{az}": subnet(f"subnet-{az}", ipv6_cidrs=(f"2001:db8:0:{n}::/64",))
        for n, az in enumerate("ab")
    }
    values: dict[str, object] = {
        "clusters": [cluster(ip_family="ipv6")],
        "vpcs": [vpc(ipv6_cidrs=(IPV6_HOME,))],
        "subnets": list(homes.values()),
        "route_tables": [route_table(default="nat-1", routes=out)],
    }
    return net(*entries, six(300, IPV6_ALL, egress=True), **{**values, **parts})


EXAMPLES = {
    "SGR007": Example(
        good=(
            net(ALL_IN, OUT),
            net(VPC_IN, line(110, CLIENTS), OUT),
            net(line(90, CLIENTS, allow=False, cidr="203.0.113.0/24"), ALL_IN, OUT),
            net(VPC_IN, OUT, **PRIVATE),
            net(ALL_IN, OUT, route_tables=[route_table(default="tgw-1")]),
            ipv6(six(100, IPV6_ALL)),
            ipv6(six(100, IPV6_HOME), way=None),
        ),
        bad=(
            net(OUT),
            net(ALL_IN),
            net(VPC_IN, OUT),
            net(VPC_IN, line(110, (443, 443)), OUT),
            net(VPC_IN, line(110, (32768, 60999)), OUT),
            net(line(90, CLIENTS, allow=False, cidr="10.0.1.0/24"), ALL_IN, OUT),
            net(line(90, CLIENTS, egress=True, allow=False), ALL_IN, OUT, **PRIVATE),
            net(line(90, (60000, 61000), allow=False, protocol="17"), ALL_IN, OUT, **TWO),
            ipv6(six(100, IPV6_HOME)),
            ipv6(six(100, IPV6_HOME), way="igw-1"),
        ),
        unknown=(
            net(ALL_IN, OUT, network_acls=[]),
            net(ALL_IN, OUT, route_tables=[]),
            net(ALL_IN, OUT, subnets=[subnet("subnet-a")]),
            net(VPC_IN, OUT, route_tables=[route_table(default="tgw-1")]),
            net(VPC_IN, OUT, route_tables=[route_table(default="vpce-1")]),
            ipv6(six(100, IPV6_ALL), vpcs=[]),
        ),
    ),
}


def ask(seen: Snapshot) -> dict[str, Finding]:
    return {each.resource.id: each for each in run(seen, [acls_let_answers_back], Limits())}


def test_each_subnet_of_the_cluster_is_judged_by_its_own_acl() -> None:
    entries = (line(90, CLIENTS, allow=False, cidr="10.0.1.0/24"), ALL_IN, OUT)
    found = ask(net(*entries))
    assert found["subnet-a"].status is Status.FAIL
    assert found["subnet-b"].status is Status.PASS
    assert found["subnet-a"].message == (
        "1 range of client ports closed: acl-1 rule 90 denies tcp 1024-65535 in from 10.0.1.0/24"
    )


def test_a_port_that_linux_takes_is_high_any_other_medium() -> None:
    closed = ask(net(VPC_IN, line(110, (443, 443)), OUT))["subnet-a"]
    assert closed.severity is Severity.HIGH
    assert closed.message.endswith("acl-1 denies tcp 1024-65535 in from the internet")
    assert ask(net(VPC_IN, line(110, (32768, 65535)), OUT))["subnet-a"].severity is Severity.MEDIUM


def test_private_addresses_are_not_the_internet() -> None:
    found = ask(net(line(100, cidr="10.0.0.0/8"), line(110, cidr="192.168.0.0/16"), OUT))
    assert found["subnet-a"].status is Status.FAIL


def test_a_cluster_without_nodes_is_not_judged() -> None:
    assert ask(net(ALL_IN, OUT, enis=[x_eni("eni-x", "subnet-b")], instances=[])) == {}


def test_udp_and_the_internet_are_of_nodes_and_pods_only() -> None:
    """An x-ENI's subnet needs TCP with the nodes and nothing else."""
    tcp = [line(100, CLIENTS, cidr=OURS), line(100, CLIENTS, cidr=OURS, egress=True)]
    planes = dataclasses.replace(acl(*tcp, subnet_ids=("subnet-b",)), id="acl-2")
    found = ask(net(network_acls=[acl(ALL_IN, OUT, subnet_ids=("subnet-a",)), planes]))
    assert {each.status for each in found.values()} == {Status.PASS}
    closed = net(network_acls=[acl(ALL_IN, OUT), planes], **TWO)
    assert ask(closed)["subnet-b"].status is Status.FAIL


def test_what_answers_from_beyond_another_way_out_is_said_not_to_be_judged() -> None:
    beyond = {"route_tables": [route_table(default="tgw-1")]}
    assert ask(net(ALL_IN, OUT, **beyond))["subnet-a"].message == (
        "acl-1 lets answers in and out; what answers from beyond tgw-1 is not judged"
    )
    closed = ask(net(VPC_IN, OUT, **beyond))["subnet-a"]
    assert closed.unknown is not None
    assert closed.unknown.error == "LeadsElsewhere"
    assert ask(net(VPC_IN, OUT, **beyond))["subnet-b"].status is Status.PASS


def test_the_vpcs_own_ipv6_block_is_not_the_internet() -> None:
    closed = ask(ipv6(six(100, IPV6_HOME)))["subnet-a"]
    assert closed.message.endswith("in from the internet")
    assert ask(ipv6(six(100, "2600::/12"), six(110, IPV6_HOME)))["subnet-a"].status is Status.PASS
