"""Where a snapshot comes from: AWS itself, a saved file, or a folder of what `aws` printed."""

import concurrent.futures
import dataclasses
import datetime as dt
import pathlib
from collections.abc import Callable, Iterable, Mapping, Sequence

from eksnet.cni.eni import unattached_cni
from eksnet.model.errors import InputError, NoAccessError
from eksnet.model.snapshot import Blind, Facet, Sighting, Snapshot, SubnetTrend, Target

SIDE_BY_SIDE = 4  # regions at once: their rate limits are separate, our two cores are not
Progress = Callable[[str], None]


def load_snapshot(
    path: pathlib.Path,
    account: str | None = None,
    region: str | None = None,
    *,
    partial: bool = False,
) -> Snapshot:
    """Read a saved snapshot, or a folder of recorded `aws` output.

    Raises:
        InputError: there is no such file or folder, or it can't be read whole.
    """
    if path.is_dir():
        from eksnet.collect import dump

        return dump.read_dump(path, account, region, partial=partial)
    if not path.exists():
        msg = f"{path}: no such file or folder"
        raise InputError(msg)
    from eksnet.collect import saved

    snapshot = saved.read(path)
    for option, given, there in (
        ("--account", account, snapshot.target.account_id),
        ("--region", region, snapshot.target.region),
    ):
        if given not in (None, there):
            msg = f"{path} is of {there}: {option} {given} does not fit"
            raise InputError(msg)
    return dataclasses.replace(snapshot, partial=snapshot.partial or partial)


def look(
    regions: Sequence[str],
    facets: Iterable[Facet],
    *,
    all_regions: bool = False,
    clusters: Sequence[str] | None = None,
    progress: Progress = lambda _: None,
) -> tuple[Snapshot, ...]:
    """Read ``facets`` of each region with the caller's own credentials.

    Raises:
        InputError: a region or cluster does not exist, or no region is known.
        NoAccessError: no credentials, or no endpoint answered in any region.
    """
    from eksnet.collect import accounts, live
    from eksnet.collect.calls import RefusedError
    from eksnet.collect.session import Session

    if all_regions and regions:
        msg = "--all-regions and --region exclude each other"
        raise InputError(msg)
    session = Session()
    for name in regions:
        session.require_region(name)
    unlisted: Blind | None = None
    if all_regions:
        try:
            regions = accounts.enabled_regions(session)
        except RefusedError as refusal:
            unlisted = Blind(facet=Facet.REGIONS, api=refusal.api, error=refusal.code)
    names = tuple(dict.fromkeys(regions)) or _home(session.region())
    wanted = frozenset(facets)
    jobs = [live.prepare(session, name, wanted, clusters=clusters) for name in names]
    with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        futures = [pool.submit(job.run, progress) for job in jobs]
        snapshots = _gather(names, futures, wanted)
    if unlisted:
        first = snapshots[0]
        blind = dataclasses.replace(first, blinds=(*first.blinds, unlisted))
        snapshots = (blind, *snapshots[1:])
    require_clusters(snapshots, clusters)
    return snapshots


def _home(region: str | None) -> tuple[str]:
    if region is None:
        msg = "no region: give --region, or set AWS_REGION or the profile's region"
        raise InputError(msg)
    return (region,)


def _gather(
    names: Sequence[str],
    futures: Sequence["concurrent.futures.Future[Snapshot]"],
    wanted: frozenset[Facet],
) -> tuple[Snapshot, ...]:
    """Return the snapshots; a region that does not answer is blind when another one does."""
    problems = {name: future.exception() for name, future in zip(names, futures, strict=True)}
    lost = {name: each for name, each in problems.items() if isinstance(each, NoAccessError)}
    if len(lost) == len(names):
        raise lost[names[0]]
    seen = {
        name: future.result()
        for name, future in zip(names, futures, strict=True)
        if name not in lost
    }
    known = next(iter(seen.values()))
    for name, why in lost.items():
        target = dataclasses.replace(known.target, region=name)
        seen[name] = dark(target, wanted, why.api, why.code)
    return tuple(seen[name] for name in names)


def dark(target: Target, facets: frozenset[Facet], api: str, error: str) -> Snapshot:
    """Return the snapshot of a target of which nothing could be seen, and why."""
    wanted = facets | {Facet.CLUSTERS}
    return Snapshot(
        target=target,
        captured_at=dt.datetime.now(dt.UTC).replace(microsecond=0),
        seen=wanted,
        blinds=tuple(Blind(facet=facet, api=api, error=error) for facet in sorted(wanted)),
    )


def narrow(snapshot: Snapshot, clusters: Sequence[str] | None) -> Snapshot:
    """Return the snapshot as if only ``clusters`` had been asked for.

    Raises:
        InputError: the snapshot was narrowed to others when it was taken.
    """
    if not clusters:
        return snapshot
    wanted = frozenset(clusters)
    if snapshot.selected is not None and not wanted <= set(snapshot.selected):
        msg = f"this snapshot was taken of {', '.join(snapshot.selected)} only"
        raise InputError(msg)
    vpcs = frozenset(each.vpc_id for each in snapshot.clusters if each.name in wanted)
    return dataclasses.replace(
        snapshot,
        selected=tuple(sorted(wanted)),
        clusters=tuple(each for each in snapshot.clusters if each.name in wanted),
        node_groups=tuple(each for each in snapshot.node_groups if each.cluster in wanted),
        fargate_profiles=tuple(
            each for each in snapshot.fargate_profiles if each.cluster in wanted
        ),
        addons=tuple(each for each in snapshot.addons if each.cluster in wanted),
        blinds=tuple(blind for blind in snapshot.blinds if _concerns(blind, wanted, vpcs)),
    )


def _concerns(blind: Blind, clusters: frozenset[str], vpcs: frozenset[str]) -> bool:
    if blind.resource and blind.facet is Facet.VPC_ATTRIBUTES:
        return blind.resource.id in vpcs
    return blind.cluster is None or blind.cluster in clusters


def require_clusters(snapshots: Sequence[Snapshot], clusters: Sequence[str] | None) -> None:
    """Refuse cluster names that no target has, where every target's list was seen.

    Raises:
        InputError: one of ``clusters`` does not exist.
    """
    listed = all(
        blind.facet is not Facet.CLUSTERS or blind.cluster is not None
        for snapshot in snapshots
        for blind in snapshot.blinds
    )
    known = {name for snapshot in snapshots for name in snapshot.cluster_names}
    for name in clusters or ():
        if listed and name not in known:
            there = ", ".join(sorted(known)) or "none"
            msg = f"no cluster {name!r}; those there are: {there}"
            raise InputError(msg)


def with_history(snapshot: Snapshot, earlier: Snapshot) -> Snapshot:
    """Return the snapshot knowing which interfaces an earlier one already saw unattached.

    Raises:
        InputError: the earlier snapshot is of another target, or not earlier.
    """
    if _place(earlier.target) != _place(snapshot.target):
        msg = f"the earlier snapshot is of {earlier.target.account_id} {earlier.target.region}"
        raise InputError(msg)
    if earlier.captured_at >= snapshot.captured_at:
        msg = "the earlier snapshot is not earlier"
        raise InputError(msg)
    since: dict[str, dt.datetime] = {
        eni.id: earlier.captured_at for eni in earlier.enis if unattached_cni(eni)
    }
    since.update((each.eni_id, each.available_since) for each in earlier.sightings)
    return with_sightings(snapshot, since)


def with_sightings(
    snapshot: Snapshot,
    since: Mapping[str, dt.datetime],
    trends: Iterable[SubnetTrend] = (),
) -> Snapshot:
    """Return the snapshot knowing since when interfaces have been unattached, as earlier runs saw.

    Those that are attached now, or gone, are left out. ``trends`` are what those runs saw of the
    subnets; a subnet without any has no history.
    """
    still = {eni.id for eni in snapshot.enis if unattached_cni(eni)}
    return dataclasses.replace(
        snapshot,
        seen=snapshot.seen | {Facet.HISTORY},
        sightings=tuple(
            Sighting(eni_id=each, available_since=since[each])
            for each in sorted(still & since.keys())
        ),
        trends=tuple(sorted(trends, key=lambda each: each.subnet_id)),
    )


def _place(target: Target) -> tuple[str, str]:
    return target.account_id, target.region
