"""A cluster's subnets by availability zone, as the page draws them."""

from collections.abc import Mapping, Sequence

from eksnet.cni.membership import NODE_SOURCES, POD_SOURCES, Found
from eksnet.engine.limits import Limits
from eksnet.model.audit import SubnetUse
from eksnet.model.record import record
from eksnet.model.snapshot import grouped
from eksnet.report.address_map import Picture

FULL = 90  # percent used from which a bar is drawn as full: Cloud Custodian's example policy
LIMITS = Limits()  # the defaults: a drawing, where the findings judge
TIGHT = 75  # percent used from which it is drawn as filling: our own choice, between half and full


@record
class Bar:
    """A subnet with what it is used for; ``used`` are addresses.

    ``picture`` tells who holds them, None where that was not judged or is left out.
    """

    subnet: SubnetUse
    used: int
    percent: int
    level: str
    roles: tuple[str, ...]
    picture: Picture | None = None


@record
class Zone:
    """An availability zone and the cluster's subnets in it."""

    az_id: str
    bars: tuple[Bar, ...]


def zones(
    subnets: Sequence[SubnetUse], pictures: Mapping[str, Picture] | None = None
) -> tuple[Zone, ...]:
    """Return the availability zones by id, each with its subnets and their ``pictures`` by id."""
    drawn = pictures or {}
    by_zone = grouped(subnets, lambda each: each.az_id)
    return tuple(
        Zone(
            az_id=az_id,
            bars=tuple(_bar(each, drawn.get(each.subnet_id)) for each in _ordered(by_zone[az_id])),
        )
        for az_id in sorted(by_zone)
    )


def _ordered(subnets: Sequence[SubnetUse]) -> list[SubnetUse]:
    return sorted(subnets, key=lambda each: (each.cidr, each.subnet_id))


def _bar(subnet: SubnetUse, picture: Picture | None) -> Bar:
    used = max(subnet.usable - subnet.free_ips, 0)
    percent = min(100 * used // subnet.usable, 100) if subnet.usable > 0 else 100
    level = _level(subnet, percent)
    return Bar(
        subnet=subnet,
        used=used,
        percent=percent,
        level=level,
        roles=_roles(subnet),
        picture=picture,
    )


def _level(subnet: SubnetUse, percent: int) -> str:
    """Return how the bar is drawn; a cluster subnet's room is counted in addresses as well."""
    floor = Found.CLUSTER_SUBNET in subnet.found
    if percent >= FULL or (floor and subnet.free_ips < LIMITS.cluster_subnet_critical):
        return "full"
    if percent >= TIGHT or (floor and subnet.free_ips < LIMITS.cluster_subnet_medium):
        return "tight"
    return "room"


def _roles(subnet: SubnetUse) -> tuple[str, ...]:
    found = set(subnet.found)
    roles = [
        name
        for name, sources in (
            ("cluster", {Found.CLUSTER_SUBNET}),
            ("nodes", NODE_SOURCES),
            ("pods", POD_SOURCES),
        )
        if found & sources
    ]
    if subnet.x_enis:
        roles.append(f"{subnet.x_enis} x-ENI{'' if subnet.x_enis == 1 else 's'}")
    return tuple(roles) or ("tagged",)
