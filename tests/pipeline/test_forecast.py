"""The forecasts of a run's subnets and zones, from the rows a store keeps."""

import datetime as dt
import threading
from collections.abc import Iterable

import pytest

from eksnet.capacity.forecast import Answer
from eksnet.capacity.series import DAY
from eksnet.model.audit import SubnetUse
from eksnet.model.history import CapacityRow
from eksnet.model.snapshot import Target
from eksnet.pipeline.forecast import READERS, Zone, forecasts
from eksnet.store.interface import StoreError
from eksnet.store.memory import MemoryStore
from tests.build import NOW, REGION, TARGET

DAYS = 30
REFUSED = ("dynamodb:Query", "AccessDeniedException")
ZONE = Zone(target=TARGET, cluster="payments", az_id="euw1-az1")
ELSEWHERE = Target(account_id="222233334444", region=REGION)


def use(subnet_id: str, cluster: str = "payments", target: Target = TARGET) -> SubnetUse:
    return SubnetUse(
        target=target,
        cluster=cluster,
        subnet_id=subnet_id,
        az_id="euw1-az1",
        cidr="10.0.0.0/22",
        usable=1019,
        free_ips=0,
        x_enis=2,
        found=("cluster",),
    )


def rows(
    subnet_id: str, free: Iterable[int], *, blocks: bool = True, target: Target = TARGET
) -> list[CapacityRow]:
    """A row a day, the last one now; a sixteenth of the addresses are free blocks."""
    counts = list(free)
    return [
        CapacityRow(
            run_id="r",
            seen_at=NOW - DAY * (len(counts) - 1 - day),
            target=target,
            subnet_id=subnet_id,
            vpc_id="vpc-0a",
            az_id="euw1-az1",
            cidr="10.0.0.0/22",
            usable=1019,
            free_ips=each,
            free_28=each // 16 if blocks else None,
            x_enis=2,
            clusters=("payments",),
        )
        for day, each in enumerate(counts)
    ]


def falling(left: int, pace: int) -> range:
    """Return a decline that ends ``left`` days after the last look."""
    return range(pace * (left + DAYS - 1), pace * left - 1, -pace)


def store(*histories: list[CapacityRow]) -> MemoryStore:
    made = MemoryStore()
    for each in histories:
        made.put_capacity(each)
    return made


def test_a_zone_ends_with_its_best_subnet() -> None:
    kept = store(rows("subnet-a", falling(20, 10)), rows("subnet-b", falling(70, 5)))
    found = forecasts(kept, [use("subnet-a"), use("subnet-b")], now=NOW)
    assert {name: room.addresses.days for name, room in found.subnets.items()} == {
        "subnet-a": 20,
        "subnet-b": 70,
    }
    assert list(found.zones) == [ZONE]
    zone = found.zones[ZONE].addresses
    assert (zone.days, zone.free) == (70, 350)


def test_a_full_subnet_beside_a_roomy_one_does_not_end_the_zone() -> None:
    kept = store(rows("subnet-a", [0] * DAYS), rows("subnet-b", [900] * DAYS))
    found = forecasts(kept, [use("subnet-a"), use("subnet-b")], now=NOW)
    assert found.subnets["subnet-a"].addresses.answer is Answer.EXHAUSTED
    assert found.zones[ZONE].addresses.answer is Answer.NOT_WITHIN_HORIZON


def test_no_rows_are_too_little_data() -> None:
    found = forecasts(store(), [use("subnet-a")], now=NOW)
    rooms = [found.subnets["subnet-a"], found.zones[ZONE]]
    answers = {each.answer for room in rooms for each in (room.addresses, room.blocks)}
    assert answers == {Answer.TOO_LITTLE_DATA}


def test_no_subnets_are_no_forecasts() -> None:
    found = forecasts(store(rows("subnet-a", [1] * DAYS)), [], now=NOW)
    assert (dict(found.subnets), dict(found.zones)) == ({}, {})


def test_blocks_that_were_not_seen_are_unknown_in_the_subnet_and_its_zone() -> None:
    kept = store(rows("subnet-a", [500] * DAYS, blocks=False), rows("subnet-b", [900] * DAYS))
    found = forecasts(kept, [use("subnet-a"), use("subnet-b")], now=NOW)
    assert found.subnets["subnet-a"].blocks.answer is Answer.TOO_LITTLE_DATA
    assert found.subnets["subnet-b"].blocks.answer is Answer.NOT_WITHIN_HORIZON
    assert found.zones[ZONE].blocks.answer is Answer.TOO_LITTLE_DATA
    assert found.zones[ZONE].addresses.answer is Answer.NOT_WITHIN_HORIZON


def test_the_floor_is_of_addresses_and_not_of_blocks() -> None:
    found = forecasts(store(rows("subnet-a", [5] * DAYS)), [use("subnet-a")], now=NOW, floor=5)
    assert found.subnets["subnet-a"].addresses.answer is Answer.EXHAUSTED
    assert found.subnets["subnet-a"].blocks.floor == 0


def test_a_run_of_last_week_is_told_what_was_known_then() -> None:
    kept = store(rows("subnet-a", falling(20, 10)))
    then = forecasts(kept, [use("subnet-a")], now=NOW - DAY * 7)
    assert then.subnets["subnet-a"].addresses.days == 27


def test_a_zone_is_of_its_own_accounts_looks_and_of_the_time_the_subnet_was_its_own() -> None:
    before = [900] * DAYS
    others = rows("subnet-a", [7] * DAYS, target=ELSEWHERE)
    mine = rows("subnet-b", before)
    kept = store(others, mine)
    uses = [use("subnet-a"), use("subnet-b"), use("subnet-b", "search")]
    found = forecasts(kept, uses, now=NOW)
    assert found.zones[ZONE].addresses.free == 900
    search = Zone(target=TARGET, cluster="search", az_id="euw1-az1")
    assert found.zones[search].addresses.answer is Answer.TOO_LITTLE_DATA


def test_a_history_that_cannot_be_read_is_an_error() -> None:
    class Refusing(MemoryStore):
        def capacity(
            self, subnet_id: str, *, since: dt.datetime | None = None
        ) -> tuple[CapacityRow, ...]:
            if subnet_id == "subnet-b":
                raise StoreError(*REFUSED)
            return super().capacity(subnet_id, since=since)

    with pytest.raises(StoreError, match="AccessDenied"):
        forecasts(Refusing(), [use("subnet-a"), use("subnet-b")], now=NOW)


def test_subnets_are_read_once_each_and_eight_at_a_time_at_most() -> None:
    class Counting(MemoryStore):
        lock, inside, most, asked = threading.Lock(), 0, 0, 0

        def capacity(
            self, subnet_id: str, *, since: dt.datetime | None = None
        ) -> tuple[CapacityRow, ...]:
            with self.lock:
                self.inside += 1
                self.asked += 1
                self.most = max(self.most, self.inside)
            found = super().capacity(subnet_id, since=since)
            with self.lock:
                self.inside -= 1
            return found

    kept = Counting()
    uses = [use(f"subnet-{number}", name) for number in range(100) for name in ("a", "b")]
    found = forecasts(kept, uses, now=NOW)
    assert kept.asked == len(found.subnets) == 100
    assert kept.most <= READERS
