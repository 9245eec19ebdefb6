"""Settings of EKS add-ons as calls of EKS; what somebody changed in the cluster is preserved."""

from eksnet.apply.aws_request import Hand, Mark, NotSeenError, Request
from eksnet.model.action import UpdateAddon
from eksnet.model.snapshot import Snapshot, addon_by_cluster_and_name
from eksnet.plan.configuration import resolved

_API = "eks:UpdateAddon"
_DEFAULTS = (
    "{}"  # sets all back: https://docs.aws.amazon.com/eks/latest/userguide/updating-an-add-on.html
)


def _update(action: UpdateAddon, settings: str, token: str, seen: Snapshot) -> Request:
    """Set settings, and name the role again: left out, the add-on falls back to the nodes' role.

    https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateAddon.html
    """
    addon = addon_by_cluster_and_name(seen).get((action.cluster, action.addon))
    if addon is None:
        raise NotSeenError(_API)
    try:
        values = resolved(seen, action.vpc_id, settings)
    except ValueError as problem:
        raise NotSeenError(_API) from problem
    role = {"serviceAccountRoleArn": addon.role_arn} if addon.role_arn else {}
    return Request(
        api=_API,
        parameters={
            "clusterName": action.cluster,
            "addonName": action.addon,
            "configurationValues": _DEFAULTS if values is None else values,
            "resolveConflicts": "PRESERVE",
            "clientRequestToken": token,
            **role,
        },
    )


def _do(action: UpdateAddon, mark: Mark, seen: Snapshot) -> Request:
    return _update(action, action.after, mark.token, seen)


def _undo(action: UpdateAddon, _id: str | None, mark: Mark, seen: Snapshot) -> Request:
    return _update(action, action.before, mark.token, seen)


HANDS = (Hand(action=UpdateAddon, do=_do, undo=_undo),)
