"""All that a world holds at one moment, as values: a change makes a new one of them."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from eksnet.model.cluster import Addon
from eksnet.model.network import CidrAssociation, Route, RouteTable, Subnet, Vpc
from eksnet.model.snapshot import Snapshot

LOCAL = "local"  # the target of a VPC's own routes: VPC user guide, route table concepts


class RefusedError(Exception):
    """AWS says no: ``code`` is the error code of the answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What AWS does by itself once ``at`` has come: ``what`` happens to ``of``."""

    at: dt.datetime
    what: str
    of: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How long AWS takes, in seconds, and which log destinations there are (None: all)."""

    associating: float = 20.0
    disassociating: float = 10.0
    updating: float = 45.0
    delivering: float = 90.0
    destinations: frozenset[str] | None = None
    update_fails: bool = False
    association_fails: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """``shown`` is what Describe calls answer; the rest is what AWS knows beside.

    ``links`` are explicit route table associations, by their id: a table and a subnet. ``tokens``
    are the client tokens that were used, with what was asked and answered.
    """

    now: dt.datetime
    shown: Snapshot
    habits: Habits = Habits()
    links: Mapping[str, tuple[str, str]] = dataclasses.field(default_factory=dict)
    tokens: Mapping[str, tuple[object, str]] = dataclasses.field(default_factory=dict)
    pending: tuple[Pending, ...] = ()
    made: int = 0

    def show(self, **parts: object) -> "State":
        """Return the state in which ``parts`` of what is shown are others."""
        shown: Any = parts
        return dataclasses.replace(self, shown=dataclasses.replace(self.shown, **shown))

    def name(self, prefix: str) -> tuple["State", str]:
        """Return an id that was never used, and the state that knows so."""
        number = self.made + 1
        return dataclasses.replace(self, made=number), f"{prefix}-{number:017x}"

    def later(self, seconds: float, what: str, of: str) -> "State":
        """Return the state in which ``what`` is to happen."""
        due = Pending(at=self.now + dt.timedelta(seconds=seconds), what=what, of=of)
        return dataclasses.replace(self, pending=(*self.pending, due))

    def vpc(self, vpc_id: str) -> Vpc:
        """Return a VPC; InvalidVpcID.NotFound: EC2 API reference, error codes."""
        return _find(self.shown.vpcs, vpc_id, "InvalidVpcID.NotFound")

    def subnet(self, subnet_id: str) -> Subnet:
        """Return a subnet; InvalidSubnetID.NotFound: EC2 API reference, error codes."""
        return _find(self.shown.subnets, subnet_id, "InvalidSubnetID.NotFound")

    def table(self, table_id: str) -> RouteTable:
        """Return a route table; InvalidRouteTableID.NotFound: EC2 API reference, error codes."""
        return _find(self.shown.route_tables, table_id, "InvalidRouteTableID.NotFound")

    def addon(self, cluster: str, name: str) -> Addon:
        """Return an add-on; ResourceNotFoundException: EKS API reference, UpdateAddon."""
        for each in self.shown.addons:
            if (each.cluster, each.name) == (cluster, name):
                return each
        code = "ResourceNotFoundException"
        raise RefusedError(code, f"No addon: {name} found in cluster: {cluster}")


def _find[T](things: Iterable[T], thing_id: str, code: str) -> T:
    for each in things:
        if each.id == thing_id:  # type: ignore[attr-defined]
            return each
    raise RefusedError(code, f"The ID '{thing_id}' does not exist")


def swapped[T](things: Iterable[T], old: T, *new: T) -> tuple[T, ...]:
    """Return the things with ``old`` replaced by ``new``, or left out without."""
    kept: list[T] = []
    for each in things:
        kept.extend(new if each is old else (each,))
    return tuple(kept)


def begun(shown: Snapshot, now: dt.datetime, habits: Habits | None = None) -> State:
    """Return the world of a snapshot: blocks and explicit associations get ids where they lack."""
    vpcs = tuple(
        dataclasses.replace(
            vpc,
            cidrs=tuple(
                dataclasses.replace(each, association_id=each.association_id or f"{vpc.id}-{n}")
                for n, each in enumerate(vpc.cidrs)
            ),
        )
        for vpc in shown.vpcs
    )
    links = {
        f"rtbassoc-{table.id}-{subnet}": (table.id, subnet)
        for table in shown.route_tables
        for subnet in table.subnet_ids
    }
    state = State(now=now, shown=shown, habits=habits or Habits(), links=links)
    return state.show(vpcs=vpcs, blinds=())


def settled(state: State, now: dt.datetime) -> State:
    """Return the state once everything that was due by ``now`` has happened."""
    due = [each for each in state.pending if each.at <= now]
    left = tuple(each for each in state.pending if each.at > now)
    state = dataclasses.replace(state, now=now, pending=left)
    for each in due:
        state = _HAPPENS[each.what.partition(" ")[0]](state, each)
    return state


def _block(state: State, pending: Pending) -> State:
    """VpcCidrBlockStateCode: associating ends in associated or failed, disassociating in none."""
    ends = pending.what.partition(" ")[2]
    for vpc in state.shown.vpcs:
        for each in vpc.cidrs:
            if each.association_id == pending.of:
                new = () if ends == "gone" else (dataclasses.replace(each, state=ends),)
                cidrs: tuple[CidrAssociation, ...] = swapped(vpc.cidrs, each, *new)
                other = dataclasses.replace(vpc, cidrs=cidrs)
                state = state.show(vpcs=swapped(state.shown.vpcs, vpc, other))
                return _routed(state, vpc.id, each.cidr, there=ends == "associated")
    return state


def _routed(state: State, vpc_id: str, cidr: str, *, there: bool) -> State:
    """Every table has a local route for each block: VPC user guide, route table concepts."""

    def table_of(table: RouteTable) -> RouteTable:
        if table.vpc_id != vpc_id:
            return table
        rest = [each for each in table.routes if (each.destination, each.target) != (cidr, LOCAL)]
        local = Route(destination=cidr, target=LOCAL, origin="CreateRouteTable")
        return dataclasses.replace(table, routes=(*rest, local) if there else tuple(rest))

    return state.show(route_tables=tuple(map(table_of, state.shown.route_tables)))


def _addon(state: State, pending: Pending) -> State:
    """An update ends Successful or Failed: EKS API reference, Update."""
    cluster, name, text = pending.of.split("|", 2)
    for each in state.shown.addons:
        if (each.cluster, each.name) == (cluster, name):
            failed = pending.what.endswith("failed")
            new = dataclasses.replace(
                each,
                status="UPDATE_FAILED" if failed else "ACTIVE",
                configuration=each.configuration if failed else text or None,
            )
            return state.show(addons=swapped(state.shown.addons, each, new))
    return state


def _log(state: State, pending: Pending) -> State:
    """EC2 tells whether a log delivers some time after it is ACTIVE: FlowLog.DeliverLogsStatus."""
    for each in state.shown.flow_logs:
        if each.id == pending.of and each.deliver_status is None:
            new = dataclasses.replace(each, deliver_status="SUCCESS")
            return state.show(flow_logs=swapped(state.shown.flow_logs, each, new))
    return state


_HAPPENS: Mapping[str, Callable[[State, Pending], State]] = {
    "block": _block,
    "addon": _addon,
    "log": _log,
}
