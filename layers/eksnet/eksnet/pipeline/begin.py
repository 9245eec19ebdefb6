"""Begin a run: which targets there are, written down where the fan-out reads them."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator

from eksnet import __version__
from eksnet.collect import accounts
from eksnet.collect.calls import RefusedError
from eksnet.model.errors import NoAccessError
from eksnet.model.history import RunKind, RunRecord
from eksnet.model.record import record
from eksnet.model.snapshot import Blind, Facet, Target
from eksnet.pipeline.requests import BeginRequest
from eksnet.pipeline.services import Services


@record
class Begun:
    """A run's id and where its targets are listed; a duplicate is another execution's run."""

    run_id: str
    bucket: str
    key: str
    count: int
    duplicate: bool


def begin(request: BeginRequest, services: Services) -> Begun:
    """Begin the run that ``request`` is for, or find that it was begun.

    A scheduled time has one run, whatever the number of times it is delivered.

    Raises:
        StoreError: the table or the bucket refused.
        NoAccessError: there are no usable credentials.
    """
    name = run_id(request)
    run = services.store.run(name) or services.store.begin(_run(name, request, services))
    key = f"runs/{name}/targets.json"
    mine = run.execution == request.execution
    if mine:
        listed = [
            {"account_id": each.account_id, "region": each.region, "partition": each.partition}
            for each in run.targets
        ]
        services.bucket.put(key, json.dumps(listed).encode(), "application/json")
    return Begun(
        run_id=name,
        bucket=services.deployment.bucket,
        key=key,
        count=len(run.targets),
        duplicate=not mine,
    )


def run_id(request: BeginRequest) -> str:
    """Return the id of the run: the time it is scheduled for, else when and by what it started."""
    if request.scheduled_at:
        return f"{stamp(request.scheduled_at)}-full"
    digest = hashlib.sha256(request.execution.encode()).hexdigest()[:8]
    return f"{stamp(request.started_at)}-full-{digest}"


def stamp(time: dt.datetime) -> str:
    """Return a time in UTC so that it sorts and may stand in a key."""
    return f"{time.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"


def _run(name: str, request: BeginRequest, services: Services) -> RunRecord:
    blinds: list[Blind] = []
    ids = _accounts(services, blinds)
    regions = _regions(services, blinds)
    return RunRecord(
        id=name,
        kind=RunKind.FULL,
        started_at=request.started_at.astimezone(dt.UTC).replace(microsecond=0),
        execution=request.execution,
        version=__version__,
        targets=tuple(_targets(ids, regions, services.deployment.partition)),
        blinds=tuple(blinds),
    )


def _targets(ids: Iterable[str], regions: Iterable[str], partition: str) -> Iterator[Target]:
    names = tuple(regions)
    for account in ids:
        for region in names:
            yield Target(account_id=account, region=region, partition=partition)


def _accounts(services: Services, blinds: list[Blind]) -> tuple[str, ...]:
    where = services.deployment
    if where.accounts is not None:
        return where.accounts or (where.account,)
    try:
        return accounts.organization(services.session, where.region)
    except (RefusedError, NoAccessError) as problem:
        blinds.append(Blind(facet=Facet.ACCOUNTS, api=problem.api, error=problem.code))
        return (where.account,)


def _regions(services: Services, blinds: list[Blind]) -> tuple[str, ...]:
    where = services.deployment
    if where.regions is not None:
        return where.regions or (where.region,)
    try:
        return accounts.enabled_regions(services.session)
    except (RefusedError, NoAccessError) as problem:
        blinds.append(Blind(facet=Facet.REGIONS, api=problem.api, error=problem.code))
        return (where.region,)
