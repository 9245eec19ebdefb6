"""What a report tells of the days ahead: the forecasts, and the history of those that end first."""

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from eksnet.capacity.forecast import Answer, Forecast
from eksnet.capacity.series import LOOK_BACK, Sample, daily_lows, looks
from eksnet.model.audit import Counted, ForecastShown, SubnetShown, SubnetUse
from eksnet.model.history import CapacityRow
from eksnet.model.record import record
from eksnet.model.snapshot import Target, grouped
from eksnet.pipeline.forecast import Forecasts, Room, forecasts
from eksnet.store.interface import Store

SUBNETS = 10_000  # the tightest: with theirs and their zones' some minutes of a report's fifteen
TRENDS = 24  # histories that are read again to be drawn: as many as a page has room for
DELEGATES = "prefix"  # capacity.owners.Owner.PREFIX: the subnet gives out whole /28 blocks


@record
class Outlook:
    """Forecasts, those that end soonest first; ``left`` subnets have none, for there are many."""

    forecasts: tuple[ForecastShown, ...]
    left: int = 0


def outlook(
    store: Store, uses: Sequence[SubnetUse], ledgers: Iterable[SubnetShown], now: dt.datetime
) -> Outlook:
    """Return the forecasts of the subnets that are used and of the clusters' zones.

    Blocks are forecast of those subnets that give prefixes out. ``now`` is when the run looked.

    Raises:
        StoreError: the history can't be read.
    """
    by_subnet = grouped(uses, lambda use: use.subnet_id)
    chosen = sorted(by_subnet, key=lambda each: (_share(by_subnet[each][0]), each))[:SUBNETS]
    wanted = [use for subnet_id in chosen for use in by_subnet[subnet_id]]
    delegating = {each.subnet_id for each in ledgers if (each.owners or {}).get(DELEGATES)}
    found = forecasts(store, wanted, now=now)
    shown = sorted(_every(found, by_subnet, delegating, now), key=_soonest)
    return Outlook(forecasts=tuple(_drawn(store, shown, now)), left=len(by_subnet) - len(chosen))


def _share(use: SubnetUse) -> float:
    return use.free_ips / use.usable if use.usable > 0 else 1.0


def _every(
    found: Forecasts,
    uses: Mapping[str, Sequence[SubnetUse]],
    delegating: set[str],
    now: dt.datetime,
) -> Iterator[ForecastShown]:
    for subnet_id, room in found.subnets.items():
        use = uses[subnet_id][0]
        place = ForecastShown(
            target=use.target,
            clusters=tuple(sorted({each.cluster for each in uses[subnet_id]})),
            az_id=use.az_id,
            subnet_id=subnet_id,
            cidr=use.cidr,
            now=now,
            answer=Answer.TOO_LITTLE_DATA,
        )
        yield from _rooms(place, room, blocks=subnet_id in delegating)
    sizes = Counter((use.target, use.cluster, use.az_id) for use in _once(uses))
    for zone, room in found.zones.items():
        if sizes[zone.target, zone.cluster, zone.az_id] == 1:
            continue  # it is its only subnet's forecast
        place = ForecastShown(
            target=zone.target,
            clusters=(zone.cluster,),
            az_id=zone.az_id,
            now=now,
            answer=Answer.TOO_LITTLE_DATA,
        )
        yield from _rooms(place, room, blocks=False)


def _once(uses: Mapping[str, Sequence[SubnetUse]]) -> Iterator[SubnetUse]:
    """Yield each use once, however often it was found."""
    known: set[tuple[Target, str, str]] = set()
    for use in (each for group in uses.values() for each in group):
        key = use.target, use.cluster, use.subnet_id
        if key not in known:
            known.add(key)
            yield use


def _rooms(place: ForecastShown, room: Room, *, blocks: bool) -> Iterator[ForecastShown]:
    yield _told(place, room.addresses, Counted.ADDRESSES)
    if blocks:
        yield _told(place, room.blocks, Counted.BLOCKS)


def _told(place: ForecastShown, found: Forecast, counted: Counted) -> ForecastShown:
    return dataclasses.replace(
        place,
        counted=counted,
        answer=str(found.answer),
        free=found.free,
        days=found.days,
        earliest=found.earliest,
        latest=found.latest,
        missing=found.missing,
        since=found.since,
        shifted=found.shifted,
        level=found.level,
        per_day=found.per_day,
    )


def _soonest(one: ForecastShown) -> tuple[int, int, bool, str, str, str]:
    order = list(Answer).index(Answer(one.answer))
    place = (one.subnet_id or "", one.az_id, ",".join(one.clusters))
    return order, one.days or 0, one.subnet_id is not None, *place


def _drawn(
    store: Store, found: Iterable[ForecastShown], now: dt.datetime
) -> Iterator[ForecastShown]:
    """Yield every forecast, with its history where it has a day and is among the first."""
    left = TRENDS
    for each in found:
        if each.answer != Answer.DATED or each.subnet_id is None or not left:
            yield each
            continue
        left -= 1
        rows = store.capacity(each.subnet_id, since=now - LOOK_BACK)
        yield dataclasses.replace(each, points=_points(rows, each.counted, now))


def _points(
    rows: Iterable[CapacityRow], counted: Counted, now: dt.datetime
) -> tuple[tuple[int, int], ...]:
    addresses = counted is Counted.ADDRESSES
    counts = (
        Sample(at=row.seen_at, free=row.free_ips if addresses else row.free_28) for row in rows
    )
    seen = looks(counts, now)
    if not seen:
        return ()
    lows = daily_lows(seen, now)
    return tuple((round(day), int(free)) for day, free in zip(lows.days, lows.values, strict=True))
