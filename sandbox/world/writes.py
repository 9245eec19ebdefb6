"""Which call of AWS each kind of action takes, and which its undoing."""

import dataclasses
from collections.abc import Callable
from typing import Any, assert_never

from eksnet.apply.aws_request import NotSeenError
from eksnet.model import action as act
from eksnet.model.action import Action
from eksnet.model.plan import PLAN_TAG
from eksnet.model.snapshot import Snapshot
from sandbox.world import addon_calls, log_calls, subnet_calls, vpc_calls
from sandbox.world.world import World

Written = tuple[str, Callable[[World], Any]]
"""The API as IAM spells it, and the call."""


_UNDO = "-undo"
"""A client token is for one request: undoing is another."""


@dataclasses.dataclass(frozen=True, slots=True)
class Mark:
    """Whose write it is: the plan's id for a tag, the step's client token."""

    plan_id: str
    token: str


def _to(api: str, call: Callable[..., Any], **parameters: object) -> Written:
    return api, lambda world: world.call(call, **parameters)


def _setting(api: str, call: Callable[..., Any], **parameters: object) -> Written:
    """A call whose answer names nothing that was made."""

    def write(world: World) -> None:
        world.call(call, **parameters)

    return api, write


def doing(action: Action, mark: Mark, seen: Snapshot) -> Written:
    """Return the call that carries an action out; ids of what is there are those of ``seen``.

    Raises:
        NotSeenError: what it would be about is not in ``seen``.
    """
    match action:
        case act.AssociateCidr():
            call = vpc_calls.associate_vpc_cidr_block
            api = "ec2:AssociateVpcCidrBlock"
            return _to(api, call, vpc_id=action.vpc_id, cidr=action.cidr)
        case act.CreateSubnet():
            return _to(
                "ec2:CreateSubnet",
                subnet_calls.create_subnet,
                vpc_id=action.vpc_id,
                cidr=action.cidr,
                az_id=action.az_id,
                tags={**action.tags, PLAN_TAG: mark.plan_id},
            )
        case act.CreateFlowLog():
            return _create_log(action, mark.token, {PLAN_TAG: mark.plan_id})
        case act.DeleteFlowLog():
            return _delete_log(action.flow_log_id)
        case act.UpdateAddon():
            return _update(action, action.after, mark.token, seen)
        case _:
            return _on_subnet(action, seen)


def _on_subnet(
    action: act.AssociateRouteTable | act.ReservePrefixes | act.TagSubnet, seen: Snapshot
) -> Written:
    subnet_id = subnet_of(seen, action.vpc_id, action.subnet_cidr, action.kind)
    match action:
        case act.AssociateRouteTable():
            link, table_id = subnet_calls.associate_route_table, action.route_table_id
            return _to("ec2:AssociateRouteTable", link, table_id=table_id, subnet_id=subnet_id)
        case act.ReservePrefixes():
            return _to(
                "ec2:CreateSubnetCidrReservation",
                subnet_calls.create_subnet_cidr_reservation,
                subnet_id=subnet_id,
                cidr=action.cidr,
                kind="prefix",
            )
        case act.TagSubnet():
            tags, tag = {action.key: action.value}, subnet_calls.create_tags
            return _setting("ec2:CreateTags", tag, subnet_id=subnet_id, tags=tags)
        case _:
            assert_never(action)


def undoing(action: Action, resource_id: str | None, mark: Mark, seen: Snapshot) -> Written:
    """Return the call that takes an action back, by the id or what ``seen`` shows of it.

    Raises:
        NotSeenError: there is no such thing.
    """
    made, token = resource_id or _seen_of(action, seen), mark.token + _UNDO
    match action:
        case act.AssociateCidr():
            take_back = vpc_calls.disassociate_vpc_cidr_block
            return _to("ec2:DisassociateVpcCidrBlock", take_back, association_id=made)
        case act.CreateSubnet():
            return _to("ec2:DeleteSubnet", subnet_calls.delete_subnet, subnet_id=made)
        case act.CreateFlowLog():
            return _delete_log(made)
        case act.DeleteFlowLog():
            return _create_log(action.log, token, {PLAN_TAG: mark.plan_id})
        case act.UpdateAddon():
            return _update(action, action.before, token, seen)
        case _:
            return _off_subnet(action, made, seen)


def _off_subnet(
    action: act.AssociateRouteTable | act.ReservePrefixes | act.TagSubnet,
    made: str,
    seen: Snapshot,
) -> Written:
    subnet_id = subnet_of(seen, action.vpc_id, action.subnet_cidr, action.kind)
    match action:
        case act.AssociateRouteTable():
            return _unlink(action.route_table_id, subnet_id)
        case act.ReservePrefixes():
            free = subnet_calls.delete_subnet_cidr_reservation
            return _to("ec2:DeleteSubnetCidrReservation", free, reservation_id=made)
        case act.TagSubnet():
            tags, untag = {action.key: action.value}, subnet_calls.delete_tags
            return _to("ec2:DeleteTags", untag, subnet_id=subnet_id, tags=tags)
        case _:
            assert_never(action)


def _create_log(log: act.CreateFlowLog, token: str, tags: dict[str, str]) -> Written:
    asked = log_calls.LogRequest(
        vpc_id=log.vpc_id,
        traffic_type=log.traffic_type,
        destination_type=log.destination_type,
        destination=log.destination,
        role_arn=log.role_arn,
        log_format=log.log_format,
        aggregation_seconds=log.aggregation_seconds,
    )
    return _to(
        "ec2:CreateFlowLogs", log_calls.create_flow_logs, asked=asked, tags=tags, token=token
    )


def _delete_log(log_id: str) -> Written:
    return _to("ec2:DeleteFlowLogs", log_calls.delete_flow_logs, log_id=log_id)


def _unlink(table_id: str, subnet_id: str) -> Written:
    """DescribeRouteTables tells the association's id, as whoever disassociates has to ask."""

    def write(world: World) -> None:
        links = world.now().links.items()
        there = [link for link, ends in links if ends == (table_id, subnet_id)]
        link = there[0] if there else "rtbassoc-unknown"
        world.call(subnet_calls.disassociate_route_table, association_id=link)

    return "ec2:DisassociateRouteTable", write


def _update(action: act.UpdateAddon, value: str, token: str, seen: Snapshot) -> Written:
    """Subnets that the plan makes stand in the configuration by their blocks."""
    for each in seen.subnets:
        if each.vpc_id == action.vpc_id and each.cidr:
            value = value.replace(f"${{subnet:{each.cidr}}}", each.id)
    return _setting(
        "eks:UpdateAddon",
        addon_calls.update_addon,
        cluster=action.cluster,
        addon=action.addon,
        configuration="{}" if value == "null" else value,
        token=token,
    )


def subnet_of(seen: Snapshot, vpc_id: str, cidr: str, api: str) -> str:
    """Return the id that a look shows for a block.

    Raises:
        NotSeenError: it shows none.
    """
    for each in seen.subnets:
        if (each.vpc_id, each.cidr) == (vpc_id, cidr):
            return each.id
    raise NotSeenError(api)


def _seen_of(action: Action, seen: Snapshot) -> str:
    """Return the id of what an action made, which nobody wrote down."""
    ids: list[str] = []
    if isinstance(action, act.AssociateCidr):
        blocks = (each for vpc in seen.vpcs if vpc.id == action.vpc_id for each in vpc.cidrs)
        ids = [each.association_id for each in blocks if each.cidr == action.cidr]
    elif isinstance(action, act.CreateSubnet):
        return subnet_of(seen, action.vpc_id, action.cidr, "ec2:DeleteSubnet")
    elif isinstance(action, act.ReservePrefixes):
        ids = [each.id for each in seen.cidr_reservations if each.cidr == action.cidr]
    elif not isinstance(action, act.CreateFlowLog):
        return ""
    if not ids:
        raise NotSeenError(action.kind)
    return ids[0]
