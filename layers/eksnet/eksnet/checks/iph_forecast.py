"""On which day subnets run out: of addresses, and of whole /28 blocks."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from eksnet.capacity.forecast import HORIZON, MIN_SPAN, Forecast, forecast
from eksnet.capacity.forecast import Answer as Told
from eksnet.capacity.ledger import ledger
from eksnet.capacity.prefix_mode import NEEDS as PREFIXES
from eksnet.capacity.prefix_mode import prefix_mode
from eksnet.capacity.series import Sample
from eksnet.cni.membership import Found, used_subnets
from eksnet.engine.check import Answer, Unseen, check, failed, not_listed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread, counted
from eksnet.model.network import Subnet
from eksnet.model.resource import cluster_resource, subnet_resource
from eksnet.model.snapshot import (
    Facet,
    Resource,
    Snapshot,
    SubnetLook,
    derived,
    subnet_by_id,
)

IP_GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/ip-opt.html"
PREFIX_GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/prefix-mode-linux.html"
HISTORY = "eksnet:history"
ADDRESSES, BLOCKS = "addresses", "/28 blocks"


@check(
    id="IPH004",
    title="No subnet runs out of addresses in the months ahead",
    severity=Severity.HIGH,
    needs={
        Facet.CLUSTERS,
        Facet.NODE_GROUPS,
        Facet.FARGATE_PROFILES,
        Facet.ADDON_VPC_CNI,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
        Facet.SUBNETS,
        Facet.HISTORY,
    },
    source=IP_GUIDE,
    rules=(26, 28),
    since="0.2.0",
)
def addresses_ahead(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """Another block takes weeks to plan, approve and route; a full subnet gives no notice.

    Each audit keeps how many addresses were free in each subnet that a cluster uses. From the last
    three months the forecast tells the day on which a day's lowest count is expected to be 0, or in
    a cluster subnet to be below what an upgrade needs. It takes 14 days of history; before that,
    and after a change of level, the cluster is unknown for as long. An audit from the command line
    has no history.

    **Passes** when the day, with its range, is more than 90 days away. **Fails** high when it is
    within 30 days or has come, medium within 90, low when only the early end of the range is.
    **Unknown** where the history is too short, or no day can be told though the range begins
    within 90 days, and for a subnet that EC2 does not list.

    **What to do.** Give the cluster subnets from another block (VPC003 names one), or make nodes
    hold fewer addresses: `eksnet ips` lists what can be given back.
    """
    yield from _first(snapshot)
    for cluster in snapshot.clusters:
        answers: list[tuple[Subnet, Forecast]] = []
        for use in used_subnets(snapshot)[cluster.name]:
            subnet = subnet_by_id(snapshot).get(use.subnet_id)
            if subnet is None:
                yield _unlisted(cluster, use.subnet_id)
            elif subnet.cidr:
                placed = Found.CLUSTER_SUBNET in use.found
                floor = limits.cluster_subnet_critical - 1 if placed else 0
                samples = _samples(snapshot, subnet, lambda look: look.free_ips, subnet.free_ips)
                told = forecast(samples, now=snapshot.captured_at, floor=floor)
                answers.append((subnet, told))
        yield from _cluster(snapshot, cluster, answers, ADDRESSES, limits)


@check(
    id="PFX010",
    title="No subnet in prefix mode runs out of /28 blocks in the months ahead",
    severity=Severity.HIGH,
    needs={*PREFIXES, Facet.HISTORY},
    source=PREFIX_GUIDE,
    rules=(98, 101),
    since="0.2.0",
)
def blocks_ahead(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """Whole /28 blocks end long before addresses do, and no count that AWS shows tells of it.

    Each audit keeps how many whole /28 blocks were free in each subnet that a cluster uses. The
    forecast of them is made as that of addresses is (IPH004), for the subnets that prefixes come
    from.

    **Passes** when the day, with its range, is more than 90 days away, and where no prefixes are
    used. **Fails** high when it is within 30 days or has come, medium within 90, low when only the
    early end of the range is. **Unknown** where the history is too short, or no day can be told
    though the range begins within 90 days, and where interfaces that were not seen hold addresses,
    as other accounts' in a shared VPC.

    **What to do.** Reserve a range for prefixes in a subnet that nothing else uses, and offer it to
    the CNI with the tag kubernetes.io/role/cni=1.
    """
    if any(prefix_mode(snapshot, each).subnet_ids for each in snapshot.clusters):
        yield from _first(snapshot)
    for cluster in snapshot.clusters:
        mode = prefix_mode(snapshot, cluster)
        mine = cluster_resource(snapshot, cluster)
        if mode.missing:
            yield Unseen(
                resource=mine,
                cluster=cluster.name,
                api=mode.missing.api,
                error=mode.missing.error,
                message="which subnets prefixes come from was not seen",
            )
            continue
        if not mode.subnet_ids:
            text = "no node takes prefixes" if mode.on else "prefix delegation is off"
            yield passed(mine, text, cluster=cluster.name)
            continue
        yield from _blocks(snapshot, cluster, mode.subnet_ids, limits)


def _blocks(
    snapshot: Snapshot, cluster: Cluster, subnet_ids: Iterable[str], limits: Limits
) -> Iterator[Answer]:
    accounts = ledger(snapshot, subnet_ids)
    for subnet_id in sorted({*subnet_ids} - {one.subnet.id for one in accounts}):
        yield _unlisted(cluster, subnet_id)
    answers: list[tuple[Subnet, Forecast]] = []
    for one in accounts:
        if one.blocks:
            free = one.blocks.free
            samples = _samples(snapshot, one.subnet, lambda look: look.free_28, free)
            answers.append((one.subnet, forecast(samples, now=snapshot.captured_at)))
        elif one.blocks_unseen:
            yield _uncounted(cluster, one.subnet, one.blocks_unseen)
    yield from _cluster(snapshot, cluster, answers, BLOCKS, limits)


def _unlisted(cluster: Cluster, subnet_id: str) -> Answer:
    return not_listed(subnet_resource(subnet_id), cluster.name, "ec2:DescribeSubnets")


def _uncounted(cluster: Cluster, subnet: Subnet, why: Unread) -> Answer:
    return Unseen(
        resource=subnet_resource(subnet),
        cluster=cluster.name,
        api=why.api,
        error=why.error,
        message="how many /28 blocks are free was not seen: nothing can be forecast",
    )


@derived
def _looks(snapshot: Snapshot) -> Mapping[str, tuple[SubnetLook, ...]]:
    return {trend.subnet_id: trend.looks for trend in snapshot.trends}


def _samples(
    snapshot: Snapshot, subnet: Subnet, count: Callable[[SubnetLook], int | None], now: int | None
) -> Iterator[Sample]:
    """Yield what earlier runs counted, and what this one does."""
    for look in _looks(snapshot).get(subnet.id, ()):
        yield Sample(at=look.at, free=count(look))
    yield Sample(at=snapshot.captured_at, free=now)


def _first(snapshot: Snapshot) -> Iterator[Answer]:
    """Yield one unknown for the Region where no earlier audit saw anything of it."""
    if snapshot.clusters and not snapshot.trends:
        yield Unseen(
            resource=Resource(type="AWS::Region", id=snapshot.target.region),
            cluster=None,
            api=HISTORY,
            error="TooLittleData",
            message=f"no earlier audit saw these subnets; a forecast takes {MIN_SPAN} days of them",
        )


def _cluster(
    snapshot: Snapshot,
    cluster: Cluster,
    answers: Iterable[tuple[Subnet, Forecast]],
    thing: str,
    limits: Limits,
) -> Iterator[Answer]:
    """Yield an answer for each subnet with a forecast, and one for all that have too little."""
    short: list[tuple[Subnet, Forecast]] = []
    for subnet, told in answers:
        if told.answer is Told.TOO_LITTLE_DATA:
            short.append((subnet, told))
        else:
            yield _judge(cluster, subnet, told, thing, limits)
    if short and snapshot.trends:
        lacking = sorted({told.missing for _, told in short})
        text = (
            f"the history of {counted(len(short), 'subnet')} is too short to forecast; "
            f"missing: {', '.join(lacking)}"
        )
        yield Unseen(
            resource=cluster_resource(snapshot, cluster),
            cluster=cluster.name,
            api=HISTORY,
            error="TooLittleData",
            message=text,
        )


def _judge(cluster: Cluster, subnet: Subnet, told: Forecast, thing: str, limits: Limits) -> Answer:
    resource, last = subnet_resource(subnet), limits.forecast_days_medium
    seen: dict[str, Any] = {
        "free": told.free,
        "floor": told.floor,
        "days": told.days,
        "earliest": told.earliest,
        "latest": told.latest,
        "per_day": None if told.per_day is None else round(told.per_day, 1),
        "az_id": subnet.az_id,
        "cidr": subnet.cidr,
    }
    text = f"{told.free:,} {thing} free"
    severity = _severity(told, limits)
    if severity is not None:
        text = f"{text}, {_when(told)}"
        return failed(resource, text, cluster=cluster.name, severity=severity, **seen)
    if told.within(last) is False:
        text = f"{text}, none short within {last} days"
        return passed(resource, text, cluster=cluster.name, **seen)
    return Unseen(
        resource=resource,
        cluster=cluster.name,
        api=HISTORY,
        error="NoClearTrend",
        message=f"{text}; from day {told.earliest} on nothing is safe, and no day can be told",
    )


def _severity(told: Forecast, limits: Limits) -> Severity | None:
    if told.answer is Told.EXHAUSTED:
        return Severity.HIGH
    if told.days is None or told.earliest is None:
        return None
    if told.days <= limits.forecast_days_high:
        return Severity.HIGH
    if told.days <= limits.forecast_days_medium:
        return Severity.MEDIUM
    return Severity.LOW if told.earliest <= limits.forecast_days_medium else None


def _when(told: Forecast) -> str:
    left = f"{told.floor} or fewer" if told.floor else "none"
    if told.answer is Told.EXHAUSTED:
        return f"{left} left at the worst of a day"
    late = f"day {told.latest}" if told.latest is not None else f"beyond day {HORIZON}"
    return f"{left} left in {told.days} days (between day {told.earliest} and {late})"
