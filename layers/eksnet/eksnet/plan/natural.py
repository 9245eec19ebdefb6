"""What the natural keys of a plan name in a snapshot, and the names of what is not there yet."""

import dataclasses
import json
from collections.abc import Mapping

from eksnet.model.finding import counted
from eksnet.model.network import RouteTable, Subnet, Vpc
from eksnet.model.snapshot import Snapshot, derived, enis_by_subnet, grouped, vpc_by_id
from eksnet.network.cidr import usable

PLANNED = "planned"  # ours: in the id of everything that only a simulation has made
_SLUG = str.maketrans("./", "--")


def written(value: object) -> str:
    """Return the one JSON text a value has: sorted, without spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def place(vpc_id: str, cidr: str) -> str:
    """Return the natural key of a block in a VPC."""
    return f"{vpc_id}|{cidr}"


def parts(of: str) -> tuple[str, str]:
    """Return the owner and the rest of a key made of two.

    Raises:
        ValueError: it is not made of two.
    """
    owner, bar, rest = of.partition("|")
    if not (owner and bar and rest):
        msg = f"{of!r} is no key of two parts"
        raise ValueError(msg)
    return owner, rest


def planned_id(prefix: str, name: str) -> str:
    """Return the made-up id of what a simulation makes: ``subnet-planned-100-64-0-0-24``."""
    return f"{prefix}-{PLANNED}-{name.translate(_SLUG)}"


def is_planned(resource_id: str) -> bool:
    """Tell whether only a simulation has made the thing of this id."""
    return f"-{PLANNED}-" in resource_id


@derived
def _subnets_by_place(snapshot: Snapshot) -> Mapping[str, tuple[Subnet, ...]]:
    ordered = sorted(snapshot.subnets, key=lambda each: each.id)
    return grouped(ordered, lambda each: place(each.vpc_id, each.cidr))


def subnets_at(snapshot: Snapshot, vpc_id: str, cidr: str) -> tuple[Subnet, ...]:
    """Return the subnets of a VPC that are exactly the block; EC2 lets there be one at most."""
    return _subnets_by_place(snapshot).get(place(vpc_id, cidr), ())


def subnet_at(snapshot: Snapshot, vpc_id: str, cidr: str) -> Subnet | None:
    """Return the subnet of a VPC that is exactly the block."""
    return next(iter(subnets_at(snapshot, vpc_id, cidr)), None)


def the_subnet(snapshot: Snapshot, vpc_id: str, cidr: str) -> Subnet:
    """Return the subnet that a step changes.

    Raises:
        ValueError: it is not there.
    """
    found = subnet_at(snapshot, vpc_id, cidr)
    if found is None:
        msg = f"no subnet {cidr} in {vpc_id}"
        raise ValueError(msg)
    return found


def the_vpc(snapshot: Snapshot, vpc_id: str) -> Vpc:
    """Return the VPC that a step changes.

    Raises:
        ValueError: it is not there.
    """
    found = vpc_by_id(snapshot).get(vpc_id)
    if found is None:
        msg = f"no VPC {vpc_id}"
        raise ValueError(msg)
    return found


def explicit_table(snapshot: Snapshot, subnet_id: str) -> RouteTable | None:
    """Return the route table that a subnet is associated with explicitly."""
    tables = [table for table in snapshot.route_tables if subnet_id in table.subnet_ids]
    return min(tables, key=lambda table: table.id, default=None)


def addresses_in_use(snapshot: Snapshot, subnet: Subnet) -> str:
    """Say how many of a subnet's addresses are taken, "" when none is.

    EC2 counts what is reserved as not free, used or not: then the interfaces tell.
    """
    if any(each.subnet_id == subnet.id for each in snapshot.cidr_reservations):
        held = len(enis_by_subnet(snapshot).get(subnet.id, ()))
        return f"{counted(held, 'network interface')} in {subnet.id}" if held else ""
    taken = usable(subnet.cidr) - subnet.free_ips
    return f"{taken} addresses of {subnet.id} are in use" if taken > 0 else ""


def with_subnet(snapshot: Snapshot, changed: Subnet) -> Snapshot:
    """Return the snapshot with a subnet changed."""
    subnets = tuple(changed if each.id == changed.id else each for each in snapshot.subnets)
    return dataclasses.replace(snapshot, subnets=subnets)
