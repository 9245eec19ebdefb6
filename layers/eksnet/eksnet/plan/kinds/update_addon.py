"""Setting an add-on's configuration; what others set in the cluster is preserved."""

import dataclasses
import json

from eksnet.model.action import UpdateAddon
from eksnet.model.cluster import Addon
from eksnet.model.plan import About
from eksnet.model.snapshot import Facet, Snapshot, addon_by_cluster_and_name
from eksnet.plan.configuration import configured, natural, resolved, subnets_of
from eksnet.plan.kind import Key, Kind, Standing, There
from eksnet.plan.natural import addresses_in_use, place, subnet_at

_COMING = frozenset({"CREATING", "UPDATING", "DELETING"})  # EKS API reference, Addon: status
_ACTIVE = "ACTIVE"  # the same
_SETTLED = frozenset({_ACTIVE, "DEGRADED"})  # the same; each other one ends in _FAILED


def _facts(action: UpdateAddon) -> tuple[Key, ...]:
    return (
        (About.VPC, action.vpc_id),
        (About.CLUSTERS, action.vpc_id),
        (About.ADDON, place(action.cluster, action.addon)),
    )


def _standing(snapshot: Snapshot, action: UpdateAddon) -> Standing:
    addon = addon_by_cluster_and_name(snapshot).get((action.cluster, action.addon))
    if addon is None:
        return Standing(there=There.ABSENT)
    if addon.status in _COMING:
        return Standing(there=There.COMING)
    if addon.status not in _SETTLED:
        return Standing(there=There.BROKEN, problem=_problem(addon))
    if not _says(snapshot, action, addon, action.after):
        return Standing(there=There.ABSENT)
    used = _in_use(snapshot, action)
    return Standing(there=There.THERE, in_use=used, problem=_problem(addon))


def _in_use(snapshot: Snapshot, action: UpdateAddon) -> str:
    """Say which addresses of the subnets are in use that the configuration offers pods."""
    offered = sorted(subnets_of(action.after) - subnets_of(action.before))
    subnets = (subnet_at(snapshot, action.vpc_id, cidr) for cidr in offered)
    told = (addresses_in_use(snapshot, each) for each in subnets if each)
    return "; ".join(filter(None, told))


def _problem(addon: Addon) -> str:
    """Say what is wrong with an add-on, "" where nothing is: a full cluster's is DEGRADED."""
    if addon.status == _ACTIVE:
        return ""
    told = sorted(f"{issue.code}: {issue.message}" for issue in addon.health or ())
    return "; ".join([f"{addon.name} of {addon.cluster} is {addon.status}", *told])


def _says(snapshot: Snapshot, action: UpdateAddon, addon: Addon, text: str) -> bool:
    """Tell whether an add-on's configuration is ``text``, whichever way its subnets are named."""
    now, wanted = configured(addon.configuration), json.loads(text) or None
    names = (natural(snapshot, action.vpc_id, each) for each in (now, wanted))
    return next(names) == next(names)


def _done(snapshot: Snapshot, action: UpdateAddon) -> Snapshot:
    addon = addon_by_cluster_and_name(snapshot).get((action.cluster, action.addon))
    if addon is None or not _says(snapshot, action, addon, action.before):
        msg = f"{action.addon} of {action.cluster} is not configured as {action.before}"
        raise ValueError(msg)
    return _with(snapshot, action, action.after)


def _undone(snapshot: Snapshot, action: UpdateAddon) -> Snapshot:
    return _with(snapshot, action, action.before)


def _with(snapshot: Snapshot, action: UpdateAddon, text: str) -> Snapshot:
    configuration = resolved(snapshot, action.vpc_id, text)
    addons = tuple(
        dataclasses.replace(each, configuration=configuration)
        if (each.cluster, each.name) == (action.cluster, action.addon)
        else each
        for each in snapshot.addons
    )
    return dataclasses.replace(snapshot, addons=addons)


KIND = Kind(
    action=UpdateAddon,
    facets=frozenset({Facet.CLUSTERS, Facet.SUBNETS, Facet.ADDON_VPC_CNI}),
    facts=_facts,
    standing=_standing,
    done=_done,
    undone=_undone,
    does=("eks:UpdateAddon", "iam:PassRole"),  # its role is named again: left out, it is dropped
    undoes=("eks:UpdateAddon", "iam:PassRole"),
    rehearsed=False,
    reversible=True,
    counts="changes",
    tells=lambda action: f"configure {action.addon} of {action.cluster} as {action.after}",
    tells_undo=lambda action: f"configure {action.addon} of {action.cluster} as {action.before}",
)
