"""What people and other tools do to a VPC while a plan is carried out: each an edit of a world.

An edit finds what it is about by itself. Where there is nothing, or AWS refuses it, nothing
happens, and the answer is False.
"""

import dataclasses
from collections.abc import Callable, Mapping

from eksnet.model.action import AssociateCidr, CreateSubnet, UpdateAddon
from eksnet.model.network import Attachment, Eni, Peering, PeerVpc, Route, Subnet
from eksnet.model.plan import PLAN_TAG, Plan
from sandbox.world.state import RefusedError, State, swapped
from sandbox.world.subnet_calls import (
    associate_route_table,
    create_subnet,
    delete_subnet,
    disassociate_route_table,
)
from sandbox.world.vpc_calls import associate_vpc_cidr_block, disassociate_vpc_cidr_block

Change = Callable[[State, Plan], State]


def _ours(state: State) -> Subnet:
    """Return a subnet that the plan made."""
    return next(each for each in state.shown.subnets if PLAN_TAG in each.tags)


def _with_tags(state: State, tags: Mapping[str, str]) -> State:
    subnet = _ours(state)
    other = dataclasses.replace(subnet, tags=dict(tags))
    return state.show(subnets=swapped(state.shown.subnets, subnet, other))


def _add_route(state: State, plan: Plan) -> State:
    tables = [each for each in state.shown.route_tables if each.vpc_id == plan.vpc_id]
    route = Route(destination="203.0.113.0/24", target="pcx-9", origin="CreateRoute")
    other = dataclasses.replace(tables[-1], routes=(*tables[-1].routes, route))
    return state.show(route_tables=swapped(state.shown.route_tables, tables[-1], other))


def _add_subnet(state: State, plan: Plan) -> State:
    """Take the last /28 of the newest block."""
    block = state.vpc(plan.vpc_id).cidrs[-1].cidr
    cidr = f"{block.rsplit('.', 2)[0]}.255.240/28"
    zone = state.shown.zones[0].id
    return create_subnet(state, vpc_id=plan.vpc_id, cidr=cidr, az_id=zone, tags={})[0]


def _claim_subnet(state: State, plan: Plan) -> State:
    """Make one of the plan's subnets before the plan does."""
    made = {each.cidr for each in state.shown.subnets}
    wanted = (each.action for each in plan.steps if isinstance(each.action, CreateSubnet))
    want = next(each for each in wanted if each.cidr not in made)
    return create_subnet(
        state, vpc_id=want.vpc_id, cidr=want.cidr, az_id=want.az_id, tags={"Name": "mine"}
    )[0]


def _claim_block(state: State, plan: Plan) -> State:
    """Associate the plan's block before the plan does."""
    want = next(each.action for each in plan.steps if isinstance(each.action, AssociateCidr))
    return associate_vpc_cidr_block(state, vpc_id=want.vpc_id, cidr=want.cidr)[0]


def _drop_block(state: State, plan: Plan) -> State:
    block = state.vpc(plan.vpc_id).cidrs[-1]
    return disassociate_vpc_cidr_block(state, association_id=block.association_id)[0]


def _use_subnet(state: State, _: Plan) -> State:
    """Put an interface into a subnet of the plan."""
    subnet = _ours(state)
    state, eni_id = state.name("eni")
    new = Eni(
        id=eni_id,
        subnet_id=subnet.id,
        vpc_id=subnet.vpc_id,
        az=subnet.az,
        owner_id=subnet.owner_id,
        interface_type="interface",
        description="",
        status="in-use",
        private_ips=(subnet.cidr.rpartition(".")[0] + ".9",),
        attachment=Attachment(instance_id="i-9", device_index=1, status="attached"),
        tags={},
    )
    less = dataclasses.replace(subnet, free_ips=subnet.free_ips - 1)
    subnets = swapped(state.shown.subnets, subnet, less)
    return state.show(enis=(*state.shown.enis, new), subnets=subnets)


def _delete_subnet(state: State, _: Plan) -> State:
    return delete_subnet(state, subnet_id=_ours(state).id)[0]


def _tag_subnet(state: State, _: Plan) -> State:
    """Put a tag on that only people read, as an organization's auto-tagger does."""
    return _with_tags(state, {**_ours(state).tags, "team": "payments"})


def _claim_tag(state: State, _: Plan) -> State:
    """Let Karpenter put its nodes into a subnet of the plan: Karpenter's NodeClasses."""
    return _with_tags(state, {**_ours(state).tags, "karpenter.sh/discovery": "payments"})


def _disown_subnet(state: State, _: Plan) -> State:
    """Take the plan's name off."""
    tags = _ours(state).tags
    return _with_tags(state, {key: value for key, value in tags.items() if key != PLAN_TAG})


def _unlink_subnet(state: State, _: Plan) -> State:
    subnet = _ours(state).id
    link = next(link for link, ends in state.links.items() if ends[1] == subnet)
    return disassociate_route_table(state, association_id=link)[0]


def _relink_subnet(state: State, plan: Plan) -> State:
    """Associate a subnet of the plan with another table than planned."""
    subnet = _ours(state).id
    link = next(link for link, ends in state.links.items() if ends[1] == subnet)
    others = [each.id for each in state.shown.route_tables if each.vpc_id == plan.vpc_id]
    other = next(each for each in others if each != state.links[link][0])
    state, _ = disassociate_route_table(state, association_id=link)
    return associate_route_table(state, table_id=other, subnet_id=subnet)[0]


def _delete_new_log(state: State, _: Plan) -> State:
    log = next(each for each in state.shown.flow_logs if PLAN_TAG in each.tags)
    return state.show(flow_logs=swapped(state.shown.flow_logs, log))


def _delete_old_log(state: State, _: Plan) -> State:
    log = next(each for each in state.shown.flow_logs if PLAN_TAG not in each.tags)
    return state.show(flow_logs=swapped(state.shown.flow_logs, log))


def _break_delivery(state: State, _: Plan) -> State:
    """The log's role loses its permission: EC2 API reference, FlowLog.DeliverLogsStatus."""
    log = next(each for each in state.shown.flow_logs if PLAN_TAG in each.tags)
    other = dataclasses.replace(log, deliver_status="FAILED", deliver_error="Access error")
    return state.show(flow_logs=swapped(state.shown.flow_logs, log, other))


def _close_acl(state: State, plan: Plan) -> State:
    """Let the default network ACL deny everything."""
    acl = next(x for x in state.shown.network_acls if x.is_default and x.vpc_id == plan.vpc_id)
    entries = tuple(dataclasses.replace(each, allow=False) for each in acl.entries)
    other = dataclasses.replace(acl, entries=entries)
    return state.show(network_acls=swapped(state.shown.network_acls, acl, other))


def _reroute_nodes(state: State, plan: Plan) -> State:
    """Let a subnet of the nodes follow the main route table."""
    nodes = {each.subnet_id for each in state.shown.instances if each.vpc_id == plan.vpc_id}
    link = next(link for link, ends in state.links.items() if ends[1] in nodes)
    return disassociate_route_table(state, association_id=link)[0]


def _edit_addon(state: State, plan: Plan) -> State:
    want = next(each.action for each in plan.steps if isinstance(each.action, UpdateAddon))
    addon = state.addon(want.cluster, want.addon)
    other = dataclasses.replace(addon, configuration='{"env":{"WARM_IP_TARGET":"7"}}')
    return state.show(addons=swapped(state.shown.addons, addon, other))


def _add_peering(state: State, plan: Plan) -> State:
    state, peering = state.name("pcx")
    account, region = state.shown.target.account_id, state.shown.target.region
    here = PeerVpc(vpc_id=plan.vpc_id, owner_id=account, region=region)
    there = PeerVpc(vpc_id="vpc-far", owner_id=account, region=region, cidrs=("100.64.0.0/16",))
    new = Peering(id=peering, status="active", requester=here, accepter=there, tags={})
    return state.show(peerings=(*state.shown.peerings, new))


def _add_cluster(state: State, _: Plan) -> State:
    like = state.shown.clusters[0]
    name = f"{like.name}-two"
    new = dataclasses.replace(like, name=name, arn=f"{like.arn}-two")
    names = (*state.shown.cluster_names, name)
    return state.show(clusters=(*state.shown.clusters, new), cluster_names=names)


EDITS: Mapping[str, Change] = {
    "add-route": _add_route,
    "add-subnet": _add_subnet,
    "claim-subnet": _claim_subnet,
    "claim-block": _claim_block,
    "drop-block": _drop_block,
    "use-subnet": _use_subnet,
    "delete-subnet": _delete_subnet,
    "tag-subnet": _tag_subnet,
    "claim-tag": _claim_tag,
    "disown-subnet": _disown_subnet,
    "unlink-subnet": _unlink_subnet,
    "relink-subnet": _relink_subnet,
    "delete-new-log": _delete_new_log,
    "delete-old-log": _delete_old_log,
    "break-delivery": _break_delivery,
    "close-acl": _close_acl,
    "reroute-nodes": _reroute_nodes,
    "edit-addon": _edit_addon,
    "add-peering": _add_peering,
    "add-cluster": _add_cluster,
}


def edit(state: State, *, name: str, plan: Plan) -> tuple[State, bool]:
    """Do what ``name`` says."""
    try:
        return EDITS[name](state, plan), True
    except (RefusedError, StopIteration, IndexError):
        return state, False
