"""What of a plan is there in a world: told from the world alone, never from facts of eksnet."""

import datetime as dt
import json

from eksnet.model import action as act
from eksnet.model.action import Action
from eksnet.model.network import FlowLog
from eksnet.model.plan import PLAN_TAG
from eksnet.model.snapshot import Snapshot
from sandbox.world.vpc_calls import HOLDS

BELIEVED = dt.timedelta(minutes=10)  # until records come: VPC user guide, troubleshooting


def made(shown: Snapshot, action: Action, plan_id: str) -> tuple[str, ...]:
    """Return the ids of what an action makes, or a word for each setting that stands.

    Of what carries tags only that counts which the plan's name is on.
    """
    match action:
        case act.AssociateCidr():
            vpcs = (each for each in shown.vpcs if each.id == action.vpc_id)
            blocks = (each for vpc in vpcs for each in vpc.cidrs if each.state in HOLDS)
            return tuple(each.association_id for each in blocks if each.cidr == action.cidr)
        case act.CreateSubnet():
            return tuple(
                each.id
                for each in shown.subnets
                if (each.vpc_id, each.cidr) == (action.vpc_id, action.cidr)
                and each.tags.get(PLAN_TAG) == plan_id
            )
        case act.CreateFlowLog():
            return tuple(
                each.id
                for each in shown.flow_logs
                if _is(each, action) and each.tags.get(PLAN_TAG) == plan_id
            )
        case act.DeleteFlowLog():
            left = any(_is(each, action.log) for each in shown.flow_logs)
            return () if left else ("deleted",)
        case _:
            return _set(shown, action)


def _set(
    shown: Snapshot,
    action: act.AssociateRouteTable | act.ReservePrefixes | act.TagSubnet | act.UpdateAddon,
) -> tuple[str, ...]:
    if isinstance(action, act.UpdateAddon):
        wanted, now = action.after, _configuration(shown, action)
        for subnet in shown.subnets:
            wanted = wanted.replace(f"${{subnet:{subnet.cidr}}}", subnet.id)
        return ("set",) if now == json.loads(wanted) else ()
    place = (action.vpc_id, action.subnet_cidr)
    subnets = [each for each in shown.subnets if (each.vpc_id, each.cidr) == place]
    ids = {each.id for each in subnets}
    if isinstance(action, act.AssociateRouteTable):
        tables = (each for each in shown.route_tables if each.id == action.route_table_id)
        return tuple(subnet for table in tables for subnet in table.subnet_ids if subnet in ids)
    if isinstance(action, act.ReservePrefixes):
        kept = shown.cidr_reservations
        return tuple(x.id for x in kept if x.subnet_id in ids and x.cidr == action.cidr)
    return tuple(each.id for each in subnets if each.tags.get(action.key) == action.value)


def _configuration(shown: Snapshot, action: act.UpdateAddon) -> object:
    for each in shown.addons:
        if (each.cluster, each.name) == (action.cluster, action.addon):
            return json.loads(each.configuration or "null")
    return None


def _is(log: FlowLog, action: act.CreateFlowLog) -> bool:
    return (
        log.resource_id,
        log.traffic_type,
        log.destination_type,
        log.destination,
        log.log_format,
        log.aggregation_seconds,
    ) == (
        action.vpc_id,
        action.traffic_type,
        action.destination_type,
        action.destination,
        action.log_format,
        action.aggregation_seconds,
    )


def delivered(shown: Snapshot, action: act.CreateFlowLog, now: dt.datetime) -> bool:
    """Tell whether a log that says what is asked delivers, and is old enough to be believed."""
    return any(
        each.deliver_status == "SUCCESS" and each.created_at and now - each.created_at >= BELIEVED
        for each in shown.flow_logs
        if _is(each, action)
    )


def working_logs(shown: Snapshot, vpc_id: str) -> frozenset[str]:
    """Return the logs that cover a VPC and deliver."""
    return frozenset(
        each.id
        for each in shown.flow_logs
        if each.resource_id == vpc_id and each.deliver_status != "FAILED"
    )


def picture(shown: Snapshot) -> str:
    """Return all that a plan can change, as one text without the ids that AWS gives."""
    cidr = {each.id: each.cidr for each in shown.subnets}
    blocks = [(v.id, b.cidr, b.state) for v in shown.vpcs for b in v.cidrs if b.state in HOLDS]
    tables = [
        (
            table.id,
            sorted((route.destination, route.target) for route in table.routes),
            sorted(cidr.get(each, each) for each in table.subnet_ids),
        )
        for table in shown.route_tables
    ]
    subnets = [
        (s.vpc_id, s.cidr, s.az_id, sorted((k, v) for k, v in s.tags.items() if k != PLAN_TAG))
        for s in shown.subnets
    ]
    logs = [
        (x.resource_id, x.traffic_type, x.destination, x.log_format, x.aggregation_seconds)
        for x in shown.flow_logs
    ]
    reserved = [(cidr.get(x.subnet_id), x.cidr, x.kind) for x in shown.cidr_reservations]
    addons = [(x.cluster, x.name, json.loads(x.configuration or "null")) for x in shown.addons]
    parts = (blocks, tables, subnets, logs, reserved, addons)
    return json.dumps([sorted(map(str, each)) for each in parts])
