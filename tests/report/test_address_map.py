"""The pictures of subnets: they tell what the numbers tell, and there are not too many."""

import dataclasses
import re
import time

from hypothesis import given
from hypothesis import strategies as st

from eksnet.capacity.owners import Owner
from eksnet.model.audit import Audit, Cell, SubnetShown
from eksnet.model.finding import Status, Unread
from eksnet.report.address_map import CELLS, GRIDS, KINDS, STACKED, UNIT, picture, pictures
from eksnet.report.html import to_html
from eksnet.report.upgrade_table import groups
from tests.report.sample import ADVICE, IRELAND, OHIO, account, realistic

ALL = frozenset(Status)
RUN = re.compile(r"M(\d+) (\d+)h(\d+)v10h-\d+z")
PAGE_BYTES = 5_000_000  # of thousands of subnets: what a phone still opens


def page(audit: Audit) -> str:
    return to_html(audit, ALL, advice=ADVICE.get)


def one(**parts: object) -> SubnetShown:
    values = {"usable": 251, "free_ips": 100, "owners": {}, "not_seen": 151, **parts}
    return account(IRELAND, 1, "euw1-az1", "10.0.0.0/24", **values)


def test_every_owner_is_drawn_and_no_two_kinds_share_one() -> None:
    drawn = [each for owners in KINDS.values() for each in owners]
    assert sorted(drawn) == sorted(Owner)


def test_every_cell_has_a_word_and_a_pattern() -> None:
    assert set(CELLS) == set(Cell)
    assert all(f'<pattern id="cell-{each}"' in page(realistic()) for each in Cell)


@given(
    st.dictionaries(st.sampled_from([str(each) for each in Owner]), st.integers(1, 70_000)),
    st.integers(0, 70_000),
    st.integers(-100, 70_000),
)
def test_the_parts_fill_the_bar_side_by_side(owners: dict[str, int], free: int, more: int) -> None:
    parts = picture(one(owners=owners, free_ips=free, not_seen=more), grid=False).parts
    end = 0.0
    for each in parts:
        assert abs(each.x - end) < 0.02
        end = each.x + each.width
    assert not parts or abs(end - 100) < 0.02


def test_a_holder_that_was_not_seen_is_no_owner() -> None:
    unread = Unread(api="ec2:DescribeNetworkInterfaces", error="UnauthorizedOperation")
    shown = picture(one(owners=None, not_seen=None, unseen=unread), grid=True)
    assert [each.kind for each in shown.parts] == ["not-seen", "free"]
    assert shown.words == "151 used, by whom was not seen, free 100"
    assert shown.missing == (
        "who holds them unknown: ec2:DescribeNetworkInterfaces answered UnauthorizedOperation"
    )


def test_what_ec2_does_not_count_is_told_in_words() -> None:
    more = picture(one(owners={"pod-pool": 160}, not_seen=-9), grid=False)
    assert more.words == "pod-pool 160, free 100 (9 more are held than EC2 counts as used)"


@given(st.text("".join(Cell), min_size=1, max_size=4096))
def test_the_paths_cover_each_cell_once_with_its_own_kind(cells: str) -> None:
    shown = picture(one(grid=cells, candidates=1, free_28=0), grid=True).grid
    assert shown
    columns = shown.width // UNIT
    drawn = ["?"] * len(cells)
    for kind, path in shown.paths:
        for x, y, wide in ((int(a), int(b), int(c)) for a, b, c in RUN.findall(path)):
            for number in range(wide // UNIT):
                place = y // UNIT * columns + x // UNIT + number
                assert drawn[place] == "?"
                drawn[place] = kind
    assert "".join(drawn) == cells
    assert {cell: number for cell, _, number in shown.cells} == {
        each: cells.count(each) for each in set(cells)
    }


def many(number: int, grid: str) -> Audit:
    base = realistic()
    ledgers, uses = [], []
    for each in range(number):
        ledgers.append(
            dataclasses.replace(
                one(grid=grid, free_28=1, candidates=9, free_ips=each % 251),
                subnet_id=f"subnet-{each:017x}",
            )
        )
        uses.append(dataclasses.replace(base.subnets[0], subnet_id=f"subnet-{each:017x}"))
    return dataclasses.replace(base, ledgers=tuple(ledgers), subnets=tuple(uses))


def test_of_many_subnets_the_tightest_are_drawn_and_the_others_counted() -> None:
    audit = many(STACKED + 500, "fm" * 8)
    found = pictures(audit)
    gridded = [key for key, each in found.found.items() if each.grid]
    assert len(gridded) == GRIDS
    assert (len(found.found), found.unstacked) == (STACKED, 500)
    assert found.ungridded == STACKED + 500 - GRIDS
    text = page(audit)
    assert f"{found.ungridded:,} subnets without a picture of the /28 blocks" in text
    assert "500 subnets without owners" in text
    assert text.count('class="grid"') == GRIDS


def test_the_page_of_the_largest_subnets_stays_small_and_quick() -> None:
    audit = many(2000, "fmnpure" * 585 + "f")
    start = time.process_time()
    text = page(audit)
    assert time.process_time() - start < 5
    assert len(text.encode()) < PAGE_BYTES


def test_a_subnet_of_two_clusters_has_its_grid_once() -> None:
    base = realistic()
    shared = base.subnets[0]
    both = (shared, dataclasses.replace(shared, cluster="second"))
    text = page(dataclasses.replace(base, subnets=both))
    assert text.count('class="stack"') == 2
    assert text.count('class="grid"') == 1


def test_no_colour_stands_alone() -> None:
    text = page(realistic())
    for words in (
        "leaked 4",
        "not seen 1",
        "nearly free 30",
        "kept by AWS in part 2",
        "prefix 775",
    ):
        assert words in text
    assert 'role="img" aria-label="1,024 blocks of 16 addresses in 100.64.64.0/18' in text


def test_verdicts_are_shown_worst_first_and_the_others_counted() -> None:
    base = realistic()
    fine = dataclasses.replace(base.verdicts[-1], answer="yes")
    lots = tuple(dataclasses.replace(fine, cluster=f"c{each}", target=OHIO) for each in range(150))
    text = page(dataclasses.replace(base, verdicts=(*lots, *base.verdicts)))
    assert text.index(">no</span>") < text.index(">unknown</span>") < text.index(">yes</span>")
    assert "eks:X answered AccessDenied" in text
    assert "Not shown: 53 more clusters yes." in text


def test_the_worst_node_groups_are_shown_and_the_others_counted() -> None:
    base = realistic().verdicts[0]
    assert [each.node_group for each in groups(base)] == ["workers", "spot"]
    (worst, fine) = groups(base)
    many_groups = (*(dataclasses.replace(fine, node_group=f"g{n}") for n in range(20)), worst)
    shown = dataclasses.replace(base, groups=many_groups)
    text = page(dataclasses.replace(realistic(), verdicts=(shown,)))
    assert text.index("workers: roll") < text.index("g0: roll")
    assert "and 15 more node groups" in text


def test_without_what_they_show_the_sections_are_not_there() -> None:
    bare = dataclasses.replace(realistic(), ledgers=(), verdicts=(), forecasts=(), unforecast=0)
    text = page(bare)
    for words in ("Can each cluster be upgraded", "When addresses run out", "How to read the maps"):
        assert words not in text
