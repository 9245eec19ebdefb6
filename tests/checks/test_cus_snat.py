import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eksnet.checks.cus_snat import random_ports, valid_exclusions
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.network import AclEntry, NetworkAcl
from eksnet.model.snapshot import Snapshot
from tests.build import ACCOUNT, VPC, Example, addon, cluster, node_group, snapshot, subnet

EXTERNAL = {"AWS_VPC_K8S_CNI_EXTERNALSNAT": "true"}
EXCLUDE = "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS"
RANDOM = "AWS_VPC_K8S_CNI_RANDOMIZESNAT"
EVERYWHERE = "0.0.0.0/0"


def entry(
    number: int,
    ports: tuple[int, int] | None = None,
    *,
    allow: bool = True,
    protocol: str = "-1",
    cidr: str = EVERYWHERE,
    egress: bool = False,
) -> AclEntry:
    first, last = ports or (None, None)
    return AclEntry(
        number=number,
        egress=egress,
        allow=allow,
        protocol=protocol,
        cidr=cidr,
        from_port=first,
        to_port=last,
    )


def net(env: dict[str, str], *entries: AclEntry, **parts: object) -> Snapshot:
    acl = NetworkAcl(
        id="acl-1",
        vpc_id=VPC,
        owner_id=ACCOUNT,
        is_default=True,
        subnet_ids=("subnet-a",),
        entries=entries or (entry(100),),
        tags={},
    )
    values: dict[str, object] = {
        "clusters": [cluster()],
        "node_groups": [node_group(subnet_ids=("subnet-a",))],
        "addons": [addon(configuration=json.dumps({"env": env}))],
        "subnets": [subnet("subnet-a")],
        "network_acls": [acl],
    }
    return snapshot(**{**values, **parts})


LINUX, ALL_PORTS = (32768, 60999), (1024, 65535)
UNSEEN = (net({}, addons=[]), net({}, addons=[addon(configuration="{")]))

EXAMPLES = {
    "CUS016": Example(
        good=(
            net({}),
            net({EXCLUDE: "10.0.0.0/8, 192.168.0.0/16"}),
            net({EXCLUDE: "10.0.0.0/8,"}),
            net({RANDOM: "hashrandom"}),
            net(EXTERNAL),
        ),
        bad=(
            net({EXCLUDE: "10.0.0.0/8,office"}),
            net({EXCLUDE: "10.0.0.0"}),
            net({EXCLUDE: "10.0.0.0/255.0.0.0"}),
            net({EXCLUDE: "fd00::/8"}),
            net({RANDOM: "yes"}),
            net({**EXTERNAL, EXCLUDE: "10.0.0.0/8"}),
            net({**EXTERNAL, RANDOM: "none"}),
        ),
        unknown=UNSEEN,
    ),
    "CUS017": Example(
        good=(
            net({}),
            net({}, entry(1, ALL_PORTS, protocol="6"), entry(2, ALL_PORTS, protocol="17")),
            net({}, entry(1, (1024, 40000), protocol="6"), entry(2, (40001, 65535), protocol="6")),
            net({}, entry(1, (443, 443), protocol="6")),
            net({}, entry(1, allow=False)),
            net({}, entry(1, LINUX, protocol="6", egress=True), entry(2)),
        ),
        bad=(
            net({}, entry(1, LINUX, protocol="6"), entry(2, ALL_PORTS, protocol="17")),
            net({}, entry(1, LINUX, protocol="17")),
            net({}, entry(1, (1024, 2000), protocol="6", allow=False), entry(2)),
            net({}, entry(1, (40000, 40000), protocol="6", allow=False), entry(2)),
            net({}, entry(1, LINUX, protocol="6", cidr="10.0.0.0/8")),
        ),
        unknown=(net({}, network_acls=[]), *UNSEEN),
    ),
}


def ports(seen: Snapshot) -> tuple[Finding, ...]:
    return run(seen, [random_ports], Limits())


@pytest.mark.parametrize(
    ("env", "severity"),
    [
        ({EXCLUDE: "office"}, Severity.MEDIUM),
        ({RANDOM: "yes"}, Severity.LOW),
        ({**EXTERNAL, EXCLUDE: "office"}, Severity.LOW),
    ],
)
def test_an_exclusion_that_counts_and_is_ignored_is_worst(
    env: dict[str, str], severity: Severity
) -> None:
    (finding,) = run(net(env), [valid_exclusions], Limits())
    assert finding.severity is severity


@pytest.mark.parametrize("env", [EXTERNAL, {RANDOM: "none"}])
def test_without_random_ports_no_acl_is_judged(env: dict[str, str]) -> None:
    assert ports(net(env, entry(1, LINUX, protocol="6"))) == ()


def test_the_lower_number_decides() -> None:
    shut = entry(1, (1024, 32767), protocol="6", allow=False)
    (finding,) = ports(net({}, shut, entry(2, ALL_PORTS, protocol="6")))
    assert finding.evidence["missing"] == ["tcp from 0.0.0.0/0: 1024-32767"]
    later = entry(3, (1024, 32767), protocol="6", allow=False)
    (finding,) = ports(net({}, entry(2, ALL_PORTS, protocol="6"), later))
    assert finding.status is Status.PASS


def test_a_narrow_entry_counts_for_its_own_source() -> None:
    narrow = entry(1, (1024, 9000), protocol="6", allow=False, cidr="10.0.0.0/8")
    (finding,) = ports(net({}, narrow, entry(2)))
    assert finding.status is Status.PASS
    named = entry(3, LINUX, protocol="6", cidr="10.1.0.0/16")
    (finding,) = ports(net({}, narrow, entry(2), named))
    assert finding.evidence["missing"] == ["tcp from 10.1.0.0/16: 1024-9000"]


@pytest.mark.parametrize(
    ("shut", "severity"),
    [((3389, 3389), Severity.LOW), ((1024, 7474), Severity.LOW), ((1024, 7475), Severity.MEDIUM)],
)
def test_a_few_ports_that_are_denied_are_named_and_low(
    shut: tuple[int, int], severity: Severity
) -> None:
    denied = entry(1, shut, protocol="6", allow=False)
    (finding,) = ports(net({}, denied, entry(2)))
    assert finding.severity is severity
    assert str(shut[0]) in finding.message


EDGES = st.sampled_from((1, 1023, 1024, 32767, 32768, 45000, 60999, 61000, 65534, 65535))
PORTS = st.tuples(EDGES, EDGES).map(sorted)


@given(st.lists(st.tuples(PORTS, st.booleans()), min_size=1, max_size=6))
def test_the_ports_are_those_of_a_walk_through_the_entries(
    given_: list[tuple[list[int], bool]],
) -> None:
    entries = [
        entry(number, (low, high), allow=allow, protocol="6")
        for number, ((low, high), allow) in enumerate(given_)
    ]
    (finding,) = ports(net({}, *entries))
    open_ports = bytearray(65536)
    for (low, high), allow in reversed(given_):
        open_ports[low : high + 1] = bytes([allow]) * (high + 1 - low)
    own, whole = open_ports[32768:61000], open_ports[1024:]
    short = 2 * sum(own) >= len(own) and not all(whole)
    assert (finding.status is Status.FAIL) is short
    if short:
        many = 10 * (len(whole) - sum(whole)) >= len(whole)
        assert finding.severity is (Severity.MEDIUM if many else Severity.LOW)


def test_an_acl_with_windows_nodes_only_is_not_judged() -> None:
    windows = node_group(ami_type="WINDOWS_CORE_2022_x86_64", subnet_ids=("subnet-a",))
    assert ports(net({}, entry(1, LINUX, protocol="6"), node_groups=[windows])) == ()
