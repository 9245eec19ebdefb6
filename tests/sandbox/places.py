"""The two offline AWS as one thing: what repairs call, what people do, and letting time pass."""

import dataclasses
from typing import Any, Protocol

import pytest

from eksnet.apply.interface import Eyes, Hands, WriteError
from eksnet.model import action as act
from eksnet.model.action import Action
from eksnet.model.snapshot import Facet, Snapshot
from sandbox.world.clock import HandClock
from sandbox.world.eyes import WorldEyes
from sandbox.world.hands import WorldHands
from sandbox.world.points import Points
from sandbox.world.state import Habits, State, swapped
from sandbox.world.subnet_calls import create_subnet
from sandbox.world.world import World
from tests import build

FACETS = (
    Facet.VPCS,
    Facet.SUBNETS,
    Facet.NETWORK_INTERFACES,
    Facet.ROUTE_TABLES,
    Facet.FLOW_LOGS,
    Facet.CIDR_RESERVATIONS,
    Facet.ADDON_VPC_CNI,
    Facet.ZONES,
)
PLAN = "pl-0123456789abcdef0123"
BUCKET = "arn:aws:s3:::kept"
GROUP = "arn:aws:logs:{region}:{account}:log-group:kept"
ROLE = "arn:aws:iam::{account}:role/flow"
FORMAT = "${version} ${srcaddr} ${dstaddr} ${pkt-srcaddr} ${pkt-dstaddr}"


class Place(Protocol):
    """A VPC 10.0.0.0/16 with a main route table, another one, and a cluster with its add-on."""

    hands: Hands
    eyes: Eyes
    vpc_id: str
    other_table: str
    zone_id: str
    cluster: str

    def person_makes_subnet(self, cidr: str) -> str: ...
    def person_makes_interface(self, subnet_id: str) -> None: ...
    def person_adds_route(self, destination: str) -> None: ...
    def person_tags(self, subnet_id: str, key: str, value: str) -> None: ...
    def settle(self) -> None: ...


@dataclasses.dataclass
class Caller:
    """Makes one call at a time, and tells what came of it."""

    place: Any
    numbers: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.place, name)

    def look(self) -> Snapshot:
        return self.place.eyes.look(FACETS)

    def do(self, action: Action, token: str | None = None) -> str | None:
        self.numbers += 1
        used = token or f"token-{self.numbers}"
        return self.place.hands.do(action, plan_id=PLAN, token=used, seen=self.look())

    def undo(self, action: Action, made: str | None) -> None:
        self.numbers += 1
        used = f"token-{self.numbers}"
        self.place.hands.undo(action, resource_id=made, token=used, seen=self.look())

    def refusal(self, action: Action, token: str | None = None) -> WriteError:
        with pytest.raises(WriteError) as refused:
            self.do(action, token)
        return refused.value

    def refusal_to_undo(self, action: Action, made: str | None) -> WriteError:
        with pytest.raises(WriteError) as refused:
            self.undo(action, made)
        return refused.value

    def block(self, cidr: str) -> act.AssociateCidr:
        return act.AssociateCidr(vpc_id=self.place.vpc_id, cidr=cidr)

    def blocks(self) -> dict[str, str]:
        vpcs = self.look().vpcs
        return {each.cidr: each.state for v in vpcs if v.id == self.vpc_id for each in v.cidrs}

    def subnet(self, cidr: str, **tags: str) -> act.CreateSubnet:
        zone = self.place.zone_id
        return act.CreateSubnet(vpc_id=self.vpc_id, cidr=cidr, az_id=zone, tags=tags)

    def shown(self, cidr: str) -> Any:
        found = [
            each for each in self.look().subnets if (each.vpc_id, each.cidr) == (self.vpc_id, cidr)
        ]
        return found[0] if found else None

    def link(self, cidr: str, table: str | None = None) -> act.AssociateRouteTable:
        table = table or self.other_table
        return act.AssociateRouteTable(vpc_id=self.vpc_id, subnet_cidr=cidr, route_table_id=table)

    def linked(self, table_id: str) -> tuple[str, ...]:
        tables = {each.id: each.subnet_ids for each in self.look().route_tables}
        return tables[table_id]

    def reservation(self, subnet: str, cidr: str) -> act.ReservePrefixes:
        return act.ReservePrefixes(vpc_id=self.vpc_id, subnet_cidr=subnet, cidr=cidr)

    def tag(self, cidr: str, key: str, value: str) -> act.TagSubnet:
        return act.TagSubnet(vpc_id=self.vpc_id, subnet_cidr=cidr, key=key, value=value)

    def log(self, **parts: Any) -> act.CreateFlowLog:
        values = {
            "vpc_id": self.vpc_id,
            "traffic_type": "ALL",
            "destination_type": "s3",
            "destination": BUCKET,
            "log_format": FORMAT,
            "aggregation_seconds": 60,
            **parts,
        }
        return act.CreateFlowLog(**values)

    def logs(self) -> dict[str, Any]:
        return {each.id: each for each in self.look().flow_logs if each.resource_id == self.vpc_id}

    def update(self, after: str, before: str = "null") -> act.UpdateAddon:
        return act.UpdateAddon(
            cluster=self.cluster,
            vpc_id=self.vpc_id,
            addon="vpc-cni",
            before=before,
            after=after,
        )

    def addon(self) -> Any:
        [found] = [each for each in self.look().addons if each.name == "vpc-cni"]
        return found


class WorldPlace:
    """The world of `sandbox.world`."""

    vpc_id, zone_id, cluster = build.VPC, "euw1-az1", "payments"
    other_table = "rtb-2"

    def __init__(self) -> None:
        self.clock = HandClock(build.NOW)
        shown = build.snapshot(
            clusters=[build.cluster()],
            addons=[build.addon()],
            vpcs=[build.vpc(), build.vpc("vpc-0b", "10.9.0.0/16")],
            subnets=[build.subnet("subnet-a")],
            route_tables=[
                build.route_table(),
                build.route_table("rtb-2", main=False),
                build.route_table("rtb-far", main=True, vpc_id="vpc-0b"),
            ],
            zones=build.zones(),
        )
        habits = Habits(destinations=frozenset({BUCKET, self.group}))
        self.world = World(shown, self.clock, habits)
        self.points = Points()
        self.eyes = WorldEyes(self.world)
        self.hands = WorldHands(self.world, self.points)

    group = GROUP.format(region=build.REGION, account=build.ACCOUNT)
    role = ROLE.format(account=build.ACCOUNT)
    far_table = "rtb-far"

    def settle(self) -> None:
        self.clock.move(120)

    def person_makes_subnet(self, cidr: str) -> str:
        return self.world.edit(
            create_subnet, vpc_id=self.vpc_id, cidr=cidr, az_id=self.zone_id, tags={}
        )

    def person_makes_interface(self, subnet_id: str) -> None:
        new = build.eni("eni-1", subnet_id)
        self._change(lambda state: state.show(enis=(*state.shown.enis, new)))

    def person_adds_route(self, destination: str) -> None:
        def add(state: State) -> State:
            table = state.table(self.other_table)
            route = build.Route(destination=destination, target="nat-1", origin="CreateRoute")
            other = dataclasses.replace(table, routes=(*table.routes, route))
            return state.show(route_tables=swapped(state.shown.route_tables, table, other))

        self._change(add)

    def person_tags(self, subnet_id: str, key: str, value: str) -> None:
        def tag(state: State) -> State:
            subnet = state.subnet(subnet_id)
            other = dataclasses.replace(subnet, tags={**subnet.tags, key: value})
            return state.show(subnets=swapped(state.shown.subnets, subnet, other))

        self._change(tag)

    def _change(self, change: Any) -> None:
        self.world.edit(lambda state: (change(state), None))
