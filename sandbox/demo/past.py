"""What the demo's audits would have kept of two clusters, had they run on the nights before."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from moto.ec2.models import ec2_backends

from sandbox.corrections.addresses import free_count
from sandbox.organization import ACCOUNTS, REGIONS

NIGHTS = 15  # a forecast takes two weeks
NETWORKS = ("payments", "storefront")  # moto copies its whole table with each transaction
FALLING = {"storefront-node-b": 5}  # addresses that were lost each night
RESERVED = 5  # VPC user guide, subnet sizing
PREFIX = 16  # addresses of a /28


def remember() -> int:
    """Put the capacity history into the deployed table; return how many rows it took."""
    from eksnet.pipeline.services import services

    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    return services().store.put_capacity(_rows(now))


def _rows(now: dt.datetime) -> Iterator[Any]:
    from eksnet.model.history import CapacityRow
    from eksnet.model.snapshot import Target

    for account in ACCOUNTS:
        for region in REGIONS:
            target = Target(account_id=account, region=region)
            for subnet in _subnets(account, region):
                free, usable = free_count(subnet), subnet.cidr.num_addresses - RESERVED
                lost = FALLING.get(_name(subnet), 0)
                for night in range(1, NIGHTS + 1):
                    then = min(free + lost * night, usable)
                    yield CapacityRow(
                        run_id=f"past-{night:02}",
                        seen_at=now - dt.timedelta(days=night),
                        target=target,
                        subnet_id=subnet.id,
                        vpc_id=subnet.vpc_id,
                        az_id=subnet.availability_zone_id,
                        cidr=str(subnet.cidr),
                        usable=usable,
                        free_ips=then,
                        free_28=then // PREFIX // 2,
                        x_enis=0,
                        clusters=(),
                    )


def _subnets(account: str, region: str) -> Iterator[Any]:
    """Yield the subnets of the networks named."""
    backend: Any = ec2_backends[account][region]
    for zones in backend.subnets.values():
        for subnet in zones.values():
            if _name(subnet).startswith(tuple(f"{name}-" for name in NETWORKS)):
                yield subnet


def _name(subnet: Any) -> str:
    return next((each["value"] for each in subnet.get_tags() if each["key"] == "Name"), "")
