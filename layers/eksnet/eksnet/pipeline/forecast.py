"""When the subnets and the zones of a run end, from the capacity history that the store keeps."""

import collections
import concurrent.futures
import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping

from eksnet.capacity.forecast import FULL, Forecast, forecast
from eksnet.capacity.series import LOOK_BACK, Sample, best_of
from eksnet.model.audit import SubnetUse
from eksnet.model.history import CapacityRow
from eksnet.model.record import record
from eksnet.model.snapshot import Target
from eksnet.store.interface import Store

READERS = 8  # as many as the store's client has connections for, and two to spare
AHEAD = 64  # subnets whose rows are held at once; the rest is read when these are done


@record
class Room:
    """The forecasts of a place: of its free addresses, and of its free /28 blocks."""

    addresses: Forecast
    blocks: Forecast


@record
class Zone:
    """A cluster in one Availability Zone."""

    target: Target
    cluster: str
    az_id: str


@record
class Forecasts:
    """When a run's subnets end, by id, and when its clusters' zones do: with their best subnet."""

    subnets: Mapping[str, Room]
    zones: Mapping[Zone, Room]


_Counts = tuple[dt.datetime, int, int | None]  # the time, free addresses, free /28 blocks


def forecasts(
    store: Store, uses: Iterable[SubnetUse], *, now: dt.datetime, floor: int = FULL
) -> Forecasts:
    """Return the forecasts of every subnet that is used, and of every cluster and zone that uses.

    ``now`` is when the run looked; rows after it are not taken. ``floor`` is how many free
    addresses count as exhausted; of /28 blocks it is none.

    Raises:
        StoreError: the history can't be read; without it nothing is forecast.
    """
    zones: dict[str, set[Zone]] = collections.defaultdict(set)
    for use in uses:
        zones[use.subnet_id].add(Zone(target=use.target, cluster=use.cluster, az_id=use.az_id))
    subnets: dict[str, Room] = {}
    held: dict[Zone, list[_Counts]] = {each: [] for group in zones.values() for each in group}
    for subnet_id, rows in _rows(store, sorted(zones), now):
        subnets[subnet_id] = _room([_counts(row) for row in rows], now, floor)
        for zone in zones[subnet_id]:
            held[zone].extend(_counts(row) for row in rows if _of(row, zone))
    best = {zone: _room(counts, now, floor, best_of) for zone, counts in held.items()}
    return Forecasts(subnets=subnets, zones=best)


def _rows(
    store: Store, subnet_ids: Iterable[str], now: dt.datetime
) -> Iterator[tuple[str, tuple[CapacityRow, ...]]]:
    """Yield each subnet's rows, read side by side, some subnets at a time."""
    since = now - LOOK_BACK

    def read(subnet_id: str) -> tuple[CapacityRow, ...]:
        return store.capacity(subnet_id, since=since)

    with concurrent.futures.ThreadPoolExecutor(READERS) as pool:
        for batch in itertools.batched(subnet_ids, AHEAD, strict=False):
            yield from zip(batch, pool.map(read, batch), strict=True)


def _of(row: CapacityRow, zone: Zone) -> bool:
    """Tell whether the subnet was the zone's at the time; a zone's looks are its own account's."""
    return (row.target, row.az_id) == (zone.target, zone.az_id) and zone.cluster in row.clusters


def _counts(row: CapacityRow) -> _Counts:
    return row.seen_at, row.free_ips, row.free_28


def _room(
    counts: list[_Counts],
    now: dt.datetime,
    floor: int,
    combined: Callable[[Iterable[Sample]], Iterable[Sample]] = tuple,
) -> Room:
    addresses = combined(Sample(at=at, free=free) for at, free, _ in counts)
    blocks = combined(Sample(at=at, free=free) for at, _, free in counts)
    return Room(
        addresses=forecast(addresses, now=now, floor=floor), blocks=forecast(blocks, now=now)
    )
