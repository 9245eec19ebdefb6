"""Every row of the association table, and the rules around it."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eksnet.model.errors import InputError
from eksnet.network.association import MAX_QUOTA, Rule, decide

TEN, ONE_SEVEN_TWO, ONE_NINE_TWO = "10.5.0.0/16", "172.20.0.0/16", "192.168.4.0/24"
BENCHMARK, SHARED, PUBLIC = "198.19.0.0/20", "100.70.0.0/16", "52.1.0.0/16"
NEIGHBOURS = ("10.6.0.0/16", "172.21.0.0/16", "192.168.5.0/24")
OUTSIDE = ("100.71.0.0/16", "52.2.0.0/16", "198.18.0.0/16")

PERMITTED = [
    *((TEN, add) for add in ("10.6.0.0/16", *OUTSIDE)),
    *((ONE_SEVEN_TWO, add) for add in ("172.21.0.0/16", *OUTSIDE)),
    *((ONE_NINE_TWO, add) for add in ("192.168.5.0/24", *OUTSIDE)),
    *((BENCHMARK, add) for add in OUTSIDE),
    *((SHARED, add) for add in OUTSIDE),
    *((PUBLIC, add) for add in OUTSIDE),
]
RESTRICTED = [
    (TEN, "172.21.0.0/16", Rule.PRIVATE_MIX),
    (TEN, "192.168.5.0/24", Rule.PRIVATE_MIX),
    (TEN, "198.19.0.0/16", Rule.BENCHMARK),
    ("10.1.0.0/16", "10.0.3.0/24", Rule.LOW_TEN),
    ("10.0.0.0/20", "10.0.128.0/20", Rule.LOW_TEN),
    (ONE_SEVEN_TWO, "10.6.0.0/16", Rule.PRIVATE_MIX),
    (ONE_SEVEN_TWO, "192.168.5.0/24", Rule.PRIVATE_MIX),
    (ONE_SEVEN_TWO, "198.19.0.0/16", Rule.BENCHMARK),
    (ONE_SEVEN_TWO, "172.31.4.0/24", Rule.DEFAULT_VPC),
    ("172.31.0.0/20", "172.31.64.0/20", Rule.DEFAULT_VPC),
    (ONE_NINE_TWO, "10.6.0.0/16", Rule.PRIVATE_MIX),
    (ONE_NINE_TWO, "172.21.0.0/16", Rule.PRIVATE_MIX),
    (ONE_NINE_TWO, "198.19.0.0/16", Rule.BENCHMARK),
    *((BENCHMARK, add, Rule.BENCHMARK) for add in NEIGHBOURS),
    (BENCHMARK, "198.19.16.0/20", Rule.UNNAMED),
    *((SHARED, add, Rule.PRIVATE_AFTER_PUBLIC) for add in NEIGHBOURS),
    *((PUBLIC, add, Rule.PRIVATE_AFTER_PUBLIC) for add in NEIGHBOURS),
    (SHARED, "198.19.0.0/16", Rule.BENCHMARK),
    (PUBLIC, "198.19.0.0/16", Rule.BENCHMARK),
    ("169.254.0.0/20", "100.64.0.0/16", Rule.NEVER_ALLOWED),
]


@pytest.mark.parametrize("existing, add", PERMITTED)
def test_the_table_permits(existing: str, add: str) -> None:
    decision = decide([existing], add)
    assert (decision.allowed, decision.rule) == (True, "permitted")


@pytest.mark.parametrize("existing, add, rule", RESTRICTED)
def test_the_table_restricts(existing: str, add: str, rule: Rule) -> None:
    decision = decide([existing], add)
    assert (decision.allowed, decision.rule) == (False, rule)


@pytest.mark.parametrize("add", ["0.1.0.0/16", "127.0.0.0/16", "169.254.0.0/16", "239.1.0.0/24"])
def test_some_ranges_are_never_allowed(add: str) -> None:
    assert decide(["10.0.0.0/16"], add).rule == Rule.NEVER_ALLOWED
    assert not decide([], add).allowed


@pytest.mark.parametrize("add", ["100.64.0.0/10", "100.64.0.0/15", "100.64.0.0/29", "0.0.0.0/0"])
def test_a_block_is_a_16_to_a_28(add: str) -> None:
    assert decide(["10.0.0.0/16"], add).rule == Rule.SIZE


@pytest.mark.parametrize("add", ["100.64.0.0/16", "100.64.0.0/28"])
def test_both_ends_of_the_sizes_are_allowed(add: str) -> None:
    assert decide(["10.0.0.0/16"], add).allowed


def test_every_existing_block_is_asked_not_only_the_first() -> None:
    assert decide(["10.5.0.0/16", "10.1.0.0/16"], "10.0.0.0/24").rule == Rule.LOW_TEN
    assert decide(["10.5.0.0/16", "10.6.0.0/16"], "10.6.1.0/24").rule == Rule.SELF_OVERLAP


def test_where_two_rows_disagree_the_answer_is_no_and_says_so() -> None:
    decision = decide(["10.5.0.0/16", "100.64.0.0/16"], "10.6.0.0/16")
    assert decision.rule == Rule.ORDER_UNDECIDED
    other = decide(["100.64.0.0/16", "10.5.0.0/16"], "10.6.0.0/16")
    assert other.rule == Rule.PRIVATE_AFTER_PUBLIC


def test_mixing_private_ranges_is_refused_and_the_doubt_is_told() -> None:
    assert "some users report that AWS now allows it" in decide([TEN], ONE_NINE_TWO).reason


@pytest.mark.parametrize(
    "add, allowed",
    [
        ("100.64.0.0/24", False),
        ("100.64.0.0/23", False),
        ("100.64.0.0/16", False),
        ("100.64.0.0/25", True),
        ("100.64.1.0/24", True),
    ],
)
def test_a_route_stops_blocks_as_large_as_its_destination(add: str, *, allowed: bool) -> None:
    decision = decide(["10.0.0.0/16"], add, routes=["0.0.0.0/0", "100.64.0.0/24"])
    assert decision.allowed is allowed
    assert allowed or decision.rule == Rule.ROUTE


@pytest.mark.parametrize("peer", ["100.64.4.0/24", "100.64.0.0/10"])
def test_an_overlap_with_a_peer_either_way_is_refused(peer: str) -> None:
    assert decide(["10.0.0.0/16"], "100.64.0.0/16", peers=[peer]).rule == Rule.PEER


def test_the_default_quota_warns_and_a_known_one_decides() -> None:
    own = [f"10.{n}.0.0/16" for n in range(2, 7)]
    decision = decide(own, "100.64.0.0/16")
    assert decision.allowed
    assert "L-83CA0A9D" in decision.warnings[0]
    assert decide(own, "100.64.0.0/16", quota=5).rule == Rule.QUOTA
    assert not decide(own, "100.64.0.0/16", quota=6).warnings
    assert not decide(own[:4], "100.64.0.0/16").warnings
    most = [f"10.{n}.0.0/16" for n in range(2, 2 + MAX_QUOTA)]
    assert decide(most, "100.64.0.0/16").rule == Rule.QUOTA


def test_host_bits_are_dropped_with_a_warning() -> None:
    decision = decide(["10.0.0.0/16"], "100.68.0.18/18")
    assert decision.cidr == "100.68.0.0/18"
    assert decision.allowed
    assert "100.68.0.18/18" in decision.warnings[0]
    assert decide(["10.0.9.0/16"], "100.68.0.0/18").warnings


def test_dockers_range_is_allowed_with_a_warning() -> None:
    decision = decide(["172.20.0.0/16"], "172.17.4.0/24")
    assert decision.allowed
    assert "172.17.0.0/16" in decision.warnings[0]


@pytest.mark.parametrize(
    "text", ["", "10.0.0.0", "10.0.0.0/33", "10.0.0/16", "2001:db8::/56", "10.0.0.0/255.255.0.0"]
)
def test_what_is_no_block_is_bad_input_wherever_it_stands(text: str) -> None:
    good = "10.0.0.0/16"
    for given_ in (
        ([text], good, [], []),
        ([good], text, [], []),
        ([good], "100.64.0.0/16", [text], []),
        ([good], "100.64.0.0/16", [], [text]),
    ):
        with pytest.raises(InputError):
            decide(*given_)


# The same rules once more, as set algebra over the standard library's networks.
Net = ipaddress.IPv4Network
BANNED = [Net(n) for n in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4")]
PRIVATES = [Net(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
BENCH = Net("198.19.0.0/16")


def family(net: Net) -> int | None:
    return next((i for i, each in enumerate(PRIVATES) if net.subnet_of(each)), None)


def pair_ok(own: Net, add: Net) -> bool:
    mine, theirs = family(own), family(add)
    if add.subnet_of(BENCH):
        return False
    if theirs is not None and mine != theirs:
        return False
    if own.subnet_of(Net("10.0.0.0/15")) and add.subnet_of(Net("10.0.0.0/16")):
        return False
    return not (mine == 1 and add.subnet_of(Net("172.31.0.0/16")))


def expected(own: list[Net], add: Net, routes: list[Net], peers: list[Net]) -> bool:
    return (
        16 <= add.prefixlen <= 28
        and not any(add.subnet_of(each) for each in BANNED)
        and not any(add.overlaps(each) for each in own + peers)
        and not any(each.subnet_of(add) for each in routes)
        and all(pair_ok(each, add) for each in own)
    )


bases = st.sampled_from(
    [
        *"10.0.0.0 10.1.0.0 10.2.0.0 172.16.0.0 172.17.0.0 172.31.0.0 192.168.0.0".split(),
        *"198.18.0.0 198.19.0.0 100.64.0.0 100.127.0.0 52.0.0.0 9.255.0.0 11.0.0.0".split(),
        *"172.15.0.0 172.32.0.0 192.167.0.0 192.169.0.0 100.63.0.0 100.128.0.0".split(),
        *"0.0.0.0 127.0.0.0 169.254.0.0 224.0.0.0 223.255.0.0 255.255.0.0".split(),
    ]
)


@st.composite
def nets(draw: st.DrawFn, low: int = 16, high: int = 28) -> Net:
    start = int(ipaddress.IPv4Address(draw(bases))) + draw(st.integers(0, 65_535))
    return Net((start, draw(st.integers(low, high))), strict=False)


legal = nets().filter(lambda net: not any(net.subnet_of(each) for each in BANNED))


@given(
    own=st.lists(legal, min_size=1, max_size=4),
    add=nets(8, 32),
    routes=st.lists(nets(0, 32), max_size=3),
    peers=st.lists(nets(), max_size=3),
)
def test_the_answer_is_that_of_plain_set_algebra(
    own: list[Net], add: Net, routes: list[Net], peers: list[Net]
) -> None:
    decision = decide(
        [str(each) for each in own],
        str(add),
        [str(each) for each in routes],
        [str(each) for each in peers],
    )
    assert decision.allowed is expected(own, add, routes, peers)
    assert decision.allowed is (decision.rule == Rule.PERMITTED)
    assert decision.cidr == str(add)


@given(own=st.lists(legal, min_size=1, max_size=4), add=nets(), data=st.data())
def test_the_order_of_secondary_blocks_does_not_matter(
    own: list[Net], add: Net, data: st.DataObject
) -> None:
    texts = [str(each) for each in own]
    mixed = [texts[0], *data.draw(st.permutations(texts[1:]))]
    assert decide(texts, str(add)).allowed is decide(mixed, str(add)).allowed


def test_an_existing_block_that_no_vpc_can_have_is_pointed_out() -> None:
    decision = decide(["10.0.0.0/8"], "100.64.0.0/16")
    assert decision.allowed
    assert "10.0.0.0/8" in decision.warnings[0]
