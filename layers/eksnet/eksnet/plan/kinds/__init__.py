"""The kinds of step, a module each: the catalogue of what eksnet can change."""

from collections.abc import Mapping

from eksnet.model.action import Action, DeleteFlowLog
from eksnet.plan.kind import AnyKind
from eksnet.plan.kinds import (
    associate_cidr,
    associate_route_table,
    create_flow_log,
    create_subnet,
    delete_flow_log,
    reserve_prefixes,
    tag_subnet,
    update_addon,
)

KINDS: Mapping[str, AnyKind] = {
    "associate-cidr": associate_cidr.KIND,
    "create-subnet": create_subnet.KIND,
    "associate-route-table": associate_route_table.KIND,
    "reserve-prefixes": reserve_prefixes.KIND,
    "tag-subnet": tag_subnet.KIND,
    "create-flow-log": create_flow_log.KIND,
    "delete-flow-log": delete_flow_log.KIND,
    "update-addon": update_addon.KIND,
}


def kind_of(action: Action) -> AnyKind:
    """Return what an action's kind means."""
    return KINDS[action.kind]


def vpc_of(action: Action) -> str:
    """Return the id of the VPC that an action changes, or whose cluster it does."""
    return action.log.vpc_id if isinstance(action, DeleteFlowLog) else action.vpc_id
