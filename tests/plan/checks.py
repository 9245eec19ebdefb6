"""Checks made for the tests of plans: what each says follows from one thing a step changes."""

from collections.abc import Iterator
from typing import Any

from eksnet.engine.check import Answer, Check, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.finding import Severity
from eksnet.model.network import Vpc
from eksnet.model.resource import subnet_resource, vpc_resource
from eksnet.model.snapshot import Facet, Snapshot
from tests.build import VPC
from tests.plan.world import NEW, PODS

PARTS: dict[str, Any] = {"source": "https://docs.aws.amazon.com/", "since": "0.1.0"}


def _own(snapshot: Snapshot) -> tuple[Vpc, ...]:
    return tuple(vpc for vpc in snapshot.vpcs if vpc.id == VPC)


def _has(snapshot: Snapshot, cidr: str) -> bool:
    return any(each.cidr == cidr for vpc in snapshot.vpcs for each in vpc.cidrs)


@check(id="VPC901", title="There is a block", severity=Severity.HIGH, needs={Facet.VPCS}, **PARTS)
def POD_BLOCK(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001, N802
    """Fail until the VPC has the new block."""
    for vpc in _own(snapshot):
        resource = vpc_resource(snapshot, vpc)
        has = _has(snapshot, NEW)
        yield passed(resource, "it has") if has else failed(resource, "it has not")


@check(id="VPC902", title="Tags are few", severity=Severity.LOW, needs={Facet.SUBNETS}, **PARTS)
def TAGGED(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001, N802
    """Fail, low, for each subnet with a name."""
    for subnet in snapshot.subnets:
        resource = subnet_resource(subnet)
        yield failed(resource, "named") if "Name" in subnet.tags else passed(resource, "nameless")


@check(id="VPC903", title="There was room", severity=Severity.HIGH, needs={Facet.HISTORY}, **PARTS)
def QUIET(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001, N802
    """Know nothing of a subnet that nobody has looked at before."""
    for subnet in snapshot.subnets:
        resource = subnet_resource(subnet)
        if subnet.cidr == PODS:
            yield Unseen(
                resource=resource, cluster=None, api="x:Y", error="NotSeen", message="it is new"
            )
        else:
            yield passed(resource, "there was")


@check(id="VPC904", title="Blocks are used", severity=Severity.MEDIUM, needs={Facet.VPCS}, **PARTS)
def NOTHING_ROUTED(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001, N802
    """Fail as long as the new block holds no subnet."""
    used = any(subnet.cidr == PODS for subnet in snapshot.subnets)
    for vpc in _own(snapshot):
        resource = vpc_resource(snapshot, vpc)
        fine = used or not _has(snapshot, NEW)
        yield passed(resource, "used") if fine else failed(resource, "bare")


ALL: tuple[Check, ...] = (POD_BLOCK, TAGGED, QUIET, NOTHING_ROUTED)
