from eksnet.checks.sgr_acl import acls_let_answers_back
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.network import AclEntry, NetworkAcl
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
PRIVATE = {"route_tables": [route_table(default=None)]}

EXAMPLES = {
    "SGR007": Example(
        good=(
            net(ALL_IN, OUT),
            net(VPC_IN, line(110, CLIENTS), OUT),
            net(line(90, CLIENTS, allow=False, cidr="203.0.113.0/24"), ALL_IN, OUT),
            net(VPC_IN, OUT, **PRIVATE),
        ),
        bad=(
            net(OUT),
            net(ALL_IN),
            net(VPC_IN, OUT),
            net(VPC_IN, line(110, (443, 443)), OUT),
            net(VPC_IN, line(110, (32768, 60999)), OUT),
            net(line(90, CLIENTS, allow=False, cidr="10.0.1.0/24"), ALL_IN, OUT),
            net(line(90, CLIENTS, egress=True, allow=False), ALL_IN, OUT, **PRIVATE),
            net(line(90, (60000, 61000), allow=False, protocol="17"), ALL_IN, OUT),
        ),
        unknown=(
            net(ALL_IN, OUT, network_acls=[]),
            net(ALL_IN, OUT, route_tables=[]),
            net(ALL_IN, OUT, subnets=[subnet("subnet-a")]),
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
