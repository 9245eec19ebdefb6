import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from eksnet.network.blocks import free_28, largest_free_prefix
from eksnet.network.cidr import Block, address, block


def brute_used(subnet: Block, used: set[int], taken: list[Block]) -> set[int]:
    reserved = {*range(subnet.first, subnet.first + 4), subnet.last}
    return used | reserved | {n for one in taken for n in range(one.first, one.last + 1)}


def brute_free(subnet: Block, held: set[int], length: int) -> list[int]:
    parts = ipaddress.IPv4Network(str(subnet)).subnets(new_prefix=length)
    firsts = [(int(part[0]), part.num_addresses) for part in parts]
    return [first for first, size in firsts if held.isdisjoint(range(first, first + size))]


@st.composite
def subnets(draw: st.DrawFn) -> tuple[Block, set[int], list[Block]]:
    length = draw(st.integers(22, 28))
    subnet = Block(address("10.1.0.0") + draw(st.integers(0, 3)) * (1 << (32 - length)), length)
    near = st.integers(subnet.first - 20, subnet.last + 20)
    used = draw(st.sets(near, max_size=40))
    if draw(st.booleans()):
        step = draw(st.sampled_from([1, 2, 3, 8, 16]))
        used |= set(range(subnet.first, subnet.last + 1, step))
    firsts = draw(st.lists(near, max_size=3))
    return subnet, used, [Block(first & ~15, 28) for first in firsts]


@given(subnets())
def test_the_free_28s_are_those_that_counting_finds(
    given_: tuple[Block, set[int], list[Block]],
) -> None:
    subnet, used, taken = given_
    held = brute_used(subnet, used, taken)
    assert list(free_28(subnet, used, taken)) == brute_free(subnet, held, 28)


@given(subnets())
def test_the_largest_free_block_is_the_one_that_counting_finds(
    given_: tuple[Block, set[int], list[Block]],
) -> None:
    subnet, used, taken = given_
    held = brute_used(subnet, used, taken)
    lengths = (n for n in range(subnet.length, 33) if brute_free(subnet, held, n))
    assert largest_free_prefix(subnet, used, taken) == next(lengths, None)


def test_a_fresh_subnet_loses_its_first_and_its_last_28() -> None:
    subnet = block("10.0.0.0/24")
    assert len(free_28(subnet, ())) == 14
    assert largest_free_prefix(subnet, ()) == 26


def test_a_28_has_no_free_28_and_addresses_all_the_same() -> None:
    subnet = block("10.0.0.0/28")
    assert free_28(subnet, ()) == ()
    assert largest_free_prefix(subnet, ()) == 30


def test_one_address_in_each_28_leaves_none() -> None:
    subnet = block("10.0.0.0/20")
    used = range(subnet.first + 7, subnet.last, 16)
    assert free_28(subnet, used) == ()
    assert largest_free_prefix(subnet, used) == 29


def test_a_full_subnet_has_nothing() -> None:
    subnet = block("10.0.0.0/24")
    assert largest_free_prefix(subnet, range(subnet.first, subnet.last)) is None
