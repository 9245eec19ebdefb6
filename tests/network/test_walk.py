"""The walk against a packet that is carried by hand, in a small world, and its words."""

import dataclasses
import itertools
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from eksnet.model.network import AclEntry, NetworkAcl, Route, RouteTable, Rule, SecurityGroup
from eksnet.model.snapshot import Snapshot
from eksnet.network.filters import Passage, along
from eksnet.network.pieces import Piece, common, span, taken
from eksnet.network.trace import Place, Traffic, Walk
from eksnet.network.walk import Ground
from tests.build import ACCOUNT, ALL, VPC, route_table, security_group, snapshot, subnet, vpc

HOME = {"subnet-a": "10.0.0.0/30", "subnet-b": "10.0.0.4/30"}
BLOCKS = ("10.0.0.0/29", *HOME.values(), "10.0.0.2/31", "10.0.0.4/31", "10.0.0.6/32", "0.0.0.0/0")
LOW, HIGH = 1, 6  # the ports of the small world; clients take those from BACK
BACK = (4, 6)
PORT = st.integers(LOW, HIGH)


@st.composite
def spread(draw: st.DrawFn) -> tuple[int | None, int | None]:
    low, high = sorted((draw(PORT), draw(PORT)))
    return draw(st.sampled_from([(low, high), (None, None), (-1, -1)]))


@st.composite
def entries(draw: st.DrawFn) -> tuple[AclEntry, ...]:
    numbers = draw(st.lists(st.integers(1, 9), max_size=6, unique=True))
    found = []
    for number in numbers:
        low, high = draw(spread())
        found.append(
            AclEntry(
                number=number,
                egress=draw(st.booleans()),
                allow=draw(st.integers(0, 3)) > 0,
                protocol=draw(st.sampled_from(["-1", "6", "17", "tcp"])),
                cidr=draw(st.sampled_from([*BLOCKS, None])),
                from_port=low,
                to_port=high,
            )
        )
    return tuple(found)


@st.composite
def rules(draw: st.DrawFn) -> tuple[Rule, ...]:
    found = []
    for _ in range(draw(st.integers(0, 3))):
        low, high = draw(spread())
        found.append(
            Rule(
                protocol=draw(st.sampled_from(["-1", "6", "tcp", "udp"])),
                from_port=low,
                to_port=high,
                cidrs=tuple(draw(st.lists(st.sampled_from(BLOCKS), max_size=2))),
                groups=tuple(draw(st.lists(st.sampled_from(["sg-1", "sg-2"]), max_size=1))),
                prefix_lists=tuple(draw(st.lists(st.just("pl-1"), max_size=1))),
            )
        )
    return tuple(found)


ROUTE = st.builds(
    Route,
    destination=st.sampled_from([*BLOCKS[3:], "pl-1"]),
    target=st.sampled_from(["local", "eni-1", "vpce-1", "tgw-1"]),
    state=st.sampled_from(["active", "blackhole"]),
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Snapshot, Place, Place, Traffic]:
    listed = draw(st.sets(st.sampled_from(["sg-1", "sg-2"]), min_size=1))
    wide = st.just((ALL,))
    groups = [
        security_group(each, *draw(rules() | wide), egress=draw(rules() | wide))
        for each in sorted(listed)
    ]
    open_ = tuple(
        AclEntry(number=1, egress=out, allow=True, protocol="-1", cidr="0.0.0.0/0")
        for out in (True, False)
    )
    acls = [acl(f"acl-{each[-1]}", each, *draw(entries() | st.just(open_))) for each in HOME]
    tables = [
        route_table(
            f"rtb-{each[-1]}",
            subnet_ids=(each,),
            routes=tuple(draw(st.lists(ROUTE, max_size=2, unique_by=lambda r: r.destination))),
        )
        for each in HOME
    ]
    seen = snapshot(
        vpcs=[vpc(VPC, "10.0.0.0/29")],
        subnets=[subnet(each, cidr=cidr) for each, cidr in HOME.items()],
        security_groups=groups,
        network_acls=acls[: draw(st.sampled_from([1, 2, 2, 2]))],
        route_tables=tables[: draw(st.sampled_from([1, 2, 2, 2]))],
    )
    low, high = sorted((draw(PORT), draw(PORT)))
    ends = [
        place(
            draw(st.sampled_from(list(HOME))),
            *draw(st.sets(st.sampled_from(["sg-1", "sg-2"]), min_size=1)),
        )
        for _ in range(2)
    ]
    return seen, ends[0], ends[1], Traffic(protocol="tcp", low=low, high=high, back=BACK)


def walk(seen: Snapshot, source: Place, destination: Place, traffic: Traffic) -> Walk:
    return Ground(seen).walk(source, destination, traffic)


def place(subnet_id: str, *groups: str, cidr: str | None = None) -> Place:
    home = span(cidr or HOME[subnet_id])
    return Place(subnet_id=subnet_id, vpc_id=VPC, groups=frozenset(groups), spans=(home,))


def acl(acl_id: str, subnet_id: str, *lines: AclEntry) -> NetworkAcl:
    return NetworkAcl(
        id=acl_id,
        vpc_id=VPC,
        owner_id=ACCOUNT,
        is_default=False,
        subnet_ids=(subnet_id,),
        entries=lines,
        tags={},
    )


# --- the packet carried by hand: nothing of the code above is used but the facts ---


def inside(cidr: str | None, address: int) -> bool:
    return cidr is not None and span(cidr).first <= address <= span(cidr).last


def about(thing: AclEntry | Rule, port: int) -> bool:
    if thing.protocol == "-1":
        return True
    if thing.protocol not in {"tcp", "6"}:
        return False
    low, high = thing.from_port, thing.to_port
    return low is None or high is None or low == -1 or low <= port <= high


def acl_says(acls: dict[str, NetworkAcl], at: str, other: int, port: int, *, out: bool) -> Passage:
    if at not in acls:
        return Passage.UNKNOWN
    for entry in sorted(acls[at].entries, key=lambda each: each.number):
        if entry.egress is out and inside(entry.cidr, other) and about(entry, port):
            return Passage.ALLOWED if entry.allow else Passage.DENIED
    return Passage.DENIED


def groups_say(
    known: dict[str, SecurityGroup], here: Place, there: Place, other: int, port: int, *, out: bool
) -> Passage:
    best = Passage.DENIED
    for each in here.groups:
        if each not in known:
            best = Passage.UNKNOWN
            continue
        for rule in known[each].egress if out else known[each].ingress:
            if not about(rule, port):
                continue
            if there.groups & set(rule.groups) or any(inside(c, other) for c in rule.cidrs):
                return Passage.ALLOWED
            if rule.prefix_lists:
                best = Passage.UNKNOWN
    return best


def route_says(tables: dict[str, RouteTable], at: str, other: int) -> Passage:
    if at not in tables:
        return Passage.UNKNOWN
    table = tables[at]
    every = [Route(destination="10.0.0.0/29", target="local"), *table.routes]
    fits = [r for r in every if r.destination != "pl-1" and inside(r.destination, other)]
    best = min(fits, key=lambda r: span(r.destination).last - span(r.destination).first)
    if best.state == "blackhole":
        return Passage.DENIED
    hidden = any(r.destination == "pl-1" and r.target == "eni-1" for r in table.routes)
    return Passage.ALLOWED if best.target == "local" and not hidden else Passage.UNKNOWN


def carried(seen: Snapshot, source: Place, destination: Place, traffic: Traffic) -> Passage:
    known = {each.id: each for each in seen.security_groups}
    acls = {each: one for one in seen.network_acls for each in one.subnet_ids}
    tables = {each: one for one in seen.route_tables for each in one.subnet_ids}
    a, b = source.subnet_id, destination.subnet_id
    met: dict[str, set[Passage]] = {}
    ports = itertools.product(
        addresses(source),
        addresses(destination),
        range(traffic.low, traffic.high + 1),
        range(traffic.back[0], traffic.back[1] + 1),
    )

    def meet(what: str, passage: Passage) -> None:
        met.setdefault(what, set()).add(passage)

    for here, there, port, client in ports:
        meet("1 groups", groups_say(known, source, destination, there, port, out=True))
        if a != b:
            meet("2 acl", acl_says(acls, a, there, port, out=True))
            meet("3 route", route_says(tables, a, there))
            meet("4 acl", acl_says(acls, b, here, port, out=False))
        meet("5 groups", groups_say(known, destination, source, here, port, out=False))
        if a != b:
            meet("6 acl", acl_says(acls, b, here, client, out=True))
            meet("7 route", route_says(tables, b, here))
            meet("8 acl", acl_says(acls, a, there, client, out=False))
    answers = {what: next(p for p in Passage if p in met[what]) for what in sorted(met)}
    for what, answer in answers.items():
        if answer is Passage.DENIED or (answer is Passage.UNKNOWN and "route" in what):
            return answer
    return next(each for each in Passage if each in answers.values())


def addresses(one: Place) -> Iterable[int]:
    return (each for first, last in one.spans for each in range(first, last + 1))


@settings(max_examples=600, deadline=None)
@given(worlds())
def test_the_walk_says_what_every_packet_carried_by_hand_meets(
    world: tuple[Snapshot, Place, Place, Traffic],
) -> None:
    seen, source, destination, traffic = world
    assert walk(seen, source, destination, traffic).passage is carried(*world)


@settings(max_examples=200, deadline=None)
@given(worlds())
def test_what_earlier_walks_met_changes_no_later_one(
    world: tuple[Snapshot, Place, Place, Traffic],
) -> None:
    seen, source, destination, traffic = world
    ground = Ground(seen)
    for pair in itertools.product((source, destination), repeat=2):
        for each in (traffic, dataclasses.replace(traffic, protocol="udp")):
            assert ground.walk(*pair, each) == walk(seen, *pair, each)


@settings(max_examples=300, deadline=None)
@given(worlds())
def test_each_hop_decides_every_packet_once(
    world: tuple[Snapshot, Place, Place, Traffic],
) -> None:
    for hop in walk(*world).hops:
        pieces = [each.piece for each in hop.decisions]
        for one, other in itertools.combinations(pieces, 2):
            assert common(one, other) is None
        sent = world[3].back if hop.back else (world[3].low, world[3].high)
        low, high = (0, 65535) if hop.kind == "route-table" else sent
        assert sum(map(size, pieces)) == 4 * (high - low + 1)


def size(piece: Piece) -> int:
    return (piece.last - piece.first + 1) * (piece.high - piece.low + 1)


PIECE = st.tuples(*[st.integers(0, 5)] * 4).map(
    lambda n: Piece(min(n[:2]), max(n[:2]), min(n[2:]), max(n[2:]))
)


@given(PIECE, PIECE)
def test_taking_a_piece_away_leaves_exactly_the_rest(one: Piece, wanted: Piece) -> None:
    def points(pieces: Iterable[Piece]) -> list[tuple[int, int]]:
        return [
            (address, port)
            for each in pieces
            for address in range(each.first, each.last + 1)
            for port in range(each.low, each.high + 1)
        ]

    inside, rest = (points(each) for each in taken((one,), wanted))
    assert len(rest) == len(set(rest))
    assert set(rest) == set(points([one])) - set(points([wanted]))
    assert set(inside) == set(points([one])) & set(points([wanted]))


# --- the trace ---

SELF = Rule(protocol="-1", groups=("sg-1",))
OPEN = tuple(
    AclEntry(number=200, egress=out, allow=True, protocol="-1", cidr="0.0.0.0/0")
    for out in (True, False)
)
DENY = AclEntry(
    number=100,
    egress=True,
    allow=False,
    protocol="6",
    cidr="10.0.0.0/16",
    from_port=1024,
    to_port=65535,
)


def world(**parts: object) -> Snapshot:
    values: dict[str, object] = {
        "vpcs": [vpc()],
        "subnets": [subnet("subnet-a"), subnet("subnet-b")],
        "security_groups": [security_group("sg-1", SELF)],
        "network_acls": [acl("acl-1", "subnet-a", *OPEN), acl("acl-2", "subnet-b", DENY, *OPEN)],
        "route_tables": [route_table()],
    }
    return snapshot(**{**values, **parts})


OPEN_ACLS = [acl("acl-1", "subnet-a", *OPEN), acl("acl-2", "subnet-b", *OPEN)]
A = place("subnet-a", "sg-1", cidr="10.0.0.0/24")
B = place("subnet-b", "sg-1", cidr="10.0.1.0/24")
HTTPS = Traffic(protocol="tcp", low=443, high=443)


def test_the_trace_names_the_rule_the_ports_and_the_addresses() -> None:
    assert walk(world(), A, B, HTTPS).line() == (
        "tcp 443 from subnet-a to subnet-b: subnet-a: sg-1 allows → acl-1 rule 200 allows → "
        "rtb-1 local → subnet-b: acl-2 rule 200 allows → sg-1 allows → "
        "back, subnet-b: acl-2 rule 100 denies tcp 1024-65535 out to 10.0.0.0/24"
    )


def test_within_a_subnet_only_security_groups_stand_in_the_way() -> None:
    inner = walk(world(network_acls=[], route_tables=[]), B, B, HTTPS)
    assert inner.passage is Passage.ALLOWED
    assert [hop.kind for hop in inner.hops] == ["security-groups", "security-groups"]


def test_a_part_that_is_closed_is_named_exactly() -> None:
    narrow = Rule(protocol="tcp", from_port=1025, to_port=65535, groups=("sg-1",))
    seen = world(security_groups=[security_group("sg-1", narrow)])
    partly = walk(seen, A, A, Traffic(protocol="tcp", low=1, high=65535))
    assert partly.passage is Passage.DENIED
    assert not partly.shut
    assert partly.line().endswith("sg-1 allows no tcp 1-1024 in from 10.0.0.0/24")


def test_what_is_not_listed_is_unknown_and_names_who_would_tell() -> None:
    for parts, api in (
        ({"security_groups": []}, "ec2:DescribeSecurityGroups"),
        ({"network_acls": []}, "ec2:DescribeNetworkAcls"),
        ({"route_tables": []}, "ec2:DescribeRouteTables"),
    ):
        found = walk(world(**{"network_acls": OPEN_ACLS, **parts}), A, B, HTTPS)
        assert found.passage is Passage.UNKNOWN
        assert found.why
        assert found.why.api == api


def test_a_place_without_addresses_or_in_another_vpc_is_unknown() -> None:
    for other in (dataclasses.replace(B, spans=()), dataclasses.replace(B, vpc_id="vpc-0b")):
        found = walk(world(), A, other, HTTPS)
        assert found.passage is Passage.UNKNOWN
        assert not found.hops
        assert found.line().startswith("tcp 443 from subnet-a to subnet-b: ")


def test_ipv6_meets_the_ipv6_rules_only() -> None:
    six = (Route(destination="2001:db8::/56", target="local"),)
    lines = [dataclasses.replace(each, cidr=None, ipv6_cidr="::/0") for each in OPEN]
    a, b = (
        dataclasses.replace(each, spans=(span(cidr),), ipv6=True)
        for each, cidr in ((A, "2001:db8:0:1::/64"), (B, "2001:db8:0:2::/64"))
    )
    acls = [acl("acl-1", "subnet-a", *lines), acl("acl-2", "subnet-b", *lines)]
    good = world(network_acls=acls, route_tables=[route_table(routes=six)])
    groups = [security_group("sg-1", SELF, egress=(Rule(protocol="-1", ipv6_cidrs=("::/0",)),))]
    good = dataclasses.replace(good, security_groups=tuple(groups))
    assert walk(good, a, b, HTTPS).passage is Passage.ALLOWED
    only_four = dataclasses.replace(good, network_acls=world().network_acls)
    denied = walk(only_four, a, b, HTTPS)
    assert denied.passage is Passage.DENIED
    assert denied.line().endswith("acl-1 rule * denies tcp 443 out to 2001:db8:0:2::/64")


def test_a_middlebox_on_the_way_is_unknown_and_a_blackhole_denies() -> None:
    """Whatever the hops after it would say of the packet as it was."""
    for target, state, passage, text in (
        ("eni-1", "active", Passage.UNKNOWN, "rtb-1 leads to eni-1 for 10.0.1.0/24"),
        ("eni-1", "blackhole", Passage.DENIED, "a blackhole, for 10.0.1.0/24"),
    ):
        way = Route(destination="10.0.1.0/24", target=target, state=state)
        table = route_table(routes=(way,))
        found = walk(world(route_tables=[table]), A, B, HTTPS)
        assert found.passage is passage
        assert found.line().endswith(text)


def test_evidence_is_data_with_every_hop() -> None:
    data = walk(world(), A, B, HTTPS).evidence()
    assert data["passage"] == "denied"
    assert len(data["trace"]) == 8
    closed = data["trace"][5]
    assert closed["way_back"]
    assert closed["decisions"][0] == {
        "passage": "denied",
        "by": "acl-2 rule 100 denies",
        "ports": "1024-65535",
        "addresses": "10.0.0.0/24",
    }


def test_a_route_to_a_destination_of_an_unknown_kind_leaves_the_way_unknown() -> None:
    odd = Route(destination="", target="vpce-1")
    ways = (Route(destination="10.0.0.0/29", target="local"), odd)
    table = route_table(default=None, routes=ways)
    asked = (Piece(*span(HOME["subnet-b"]), 1, 6),)
    for decision in along(table, ("10.0.0.0/29",), asked, ipv6=False):
        assert decision.passage is Passage.UNKNOWN
        assert "a destination of another kind" in decision.says
