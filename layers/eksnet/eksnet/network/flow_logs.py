"""What the flow logs of a VPC show: which places they cover, whether they deliver, what of."""

import enum
from collections.abc import Callable, Mapping, Sequence

from eksnet.model.network import FlowLog, Vpc
from eksnet.model.record import record
from eksnet.model.snapshot import Snapshot, derived, grouped, subnets_by_vpc, vpc_by_id

ACTIVE = "ACTIVE"  # EC2 API reference, FlowLog: FlowLogStatus
SUCCESS = "SUCCESS"  # EC2 API reference, FlowLog: DeliverLogsStatus
Logs = Sequence[FlowLog]
Trait = Callable[[Logs], bool | None]
"""What is asked of the logs of one place together; None where a log does not tell."""


class Shown(enum.StrEnum):
    """Whether the delivering logs of a VPC have a trait."""

    YES = "yes"
    NO = "no"
    MAYBE = "maybe"
    NOTHING = "nothing"


@record
class Coverage:
    """The flow logs of one VPC that holds clusters.

    ``own`` are those of the VPC itself, ``by_subnet`` those of each of its subnets. ``foreign`` is
    true where the VPC is, or may be, another account's: DescribeFlowLogs does not show its logs.
    """

    vpc_id: str
    vpc: Vpc | None
    clusters: tuple[str, ...]
    own: tuple[FlowLog, ...]
    by_subnet: Mapping[str, tuple[FlowLog, ...]]
    foreign: bool

    @property
    def uncovered(self) -> tuple[str, ...]:
        """Return the subnets that no log covers."""
        return tuple(each for each, logs in self.by_subnet.items() if not (self.own or logs))

    @property
    def covered(self) -> bool:
        """Tell whether the VPC, or every one of its subnets, has a log."""
        return bool(self.own or (self.by_subnet and not self.uncovered))

    @property
    def logs(self) -> tuple[FlowLog, ...]:
        """Return every log of the VPC and of its subnets."""
        return (*self.own, *(log for logs in self.by_subnet.values() for log in logs))


@derived
def coverage(snapshot: Snapshot) -> tuple[Coverage, ...]:
    """Return the flow-log coverage of every VPC that holds a described cluster, by VPC id."""
    logs = grouped(sorted(snapshot.flow_logs, key=lambda log: log.id), lambda log: log.resource_id)
    clusters = grouped(snapshot.clusters, lambda cluster: cluster.vpc_id)
    return tuple(
        Coverage(
            vpc_id=vpc_id,
            vpc=(vpc := vpc_by_id(snapshot).get(vpc_id)),
            clusters=tuple(sorted(cluster.name for cluster in clusters[vpc_id])),
            own=logs.get(vpc_id, ()),
            by_subnet={
                each: logs.get(each, ())
                for each in sorted(s.id for s in subnets_by_vpc(snapshot).get(vpc_id, ()))
            },
            foreign=vpc is None or vpc.owner_id != snapshot.target.account_id,
        )
        for vpc_id in sorted(clusters)
    )


def delivering(log: FlowLog) -> bool | None:
    """Tell whether records arrive; None where EC2 has not said yet."""
    if log.status != ACTIVE:
        return False
    return None if log.deliver_status is None else log.deliver_status == SUCCESS


def shown(cover: Coverage, trait: Trait) -> Shown:
    """Tell whether the delivering logs have ``trait`` in every place they cover.

    NOTHING where no log delivers, or where some place is uncovered and the others leave nothing
    to object: that place is told by whoever judges coverage and delivery.
    """
    places = [(*cover.own, *logs) for logs in cover.by_subnet.values()] or [cover.own]
    answers = [_place(logs, trait) for logs in places]
    if Shown.NO in answers:
        return Shown.MAYBE if cover.foreign else Shown.NO
    worst = (Shown.MAYBE, Shown.NOTHING, Shown.YES)
    return next(each for each in worst if each in answers)


def _place(logs: Logs, trait: Trait) -> Shown:
    sure = [log for log in logs if delivering(log)]
    perhaps = [log for log in logs if delivering(log) is not False]
    if not perhaps:
        return Shown.NOTHING
    if sure and trait(sure):
        return Shown.YES
    return Shown.NO if sure and trait(perhaps) is False else Shown.MAYBE


def fields(log: FlowLog) -> frozenset[str] | None:
    """Return the names in the log's format, None where it is not told."""
    if log.log_format is None:
        return None
    return frozenset(word.strip("${}") for word in log.log_format.replace("}", "} ").split())
