"""Updating an EKS add-on: UpdateAddon, DescribeUpdate and ListUpdates (EKS API reference).

An update is InProgress, and the add-on UPDATING with its old settings, before it is Successful;
meanwhile another update is a ResourceInUseException. Settings that are given replace all that were
set; left out they stay. A role that is left out is taken away: the add-on then uses the node's.
The same clientRequestToken with the same request answers with the same update. As everywhere in the
sandbox, what takes time takes looks: as many DescribeAddon or DescribeUpdate as ``LOOKS`` says.
"""

import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.eks.exceptions import (
    InvalidParameterException,
    InvalidRequestException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from moto.eks.models import paginated_list
from moto.eks.responses import EKSResponse
from moto.eks.urls import url_paths
from moto.moto_api._internal import mock_random

from sandbox.corrections import addons
from sandbox.corrections.addons import PAGE, find, parse
from sandbox.corrections.lack import MotoHasItError, lacks_operation, put

LOOKS = 1  # AWS says no number; it takes a minute or so
_CONFLICTS = frozenset({"NONE", "OVERWRITE", "PRESERVE"})  # EKS API reference, UpdateAddon
_REQUEST = (
    "addonVersion",
    "configurationValues",
    "resolveConflicts",
    "serviceAccountRoleArn",
)


def _updates(addon: Any) -> dict[str, Any]:
    updates: dict[str, Any] = addon.__dict__.setdefault("updates", {})
    return updates


def _look(addon: Any) -> None:
    """Let one more look at the add-on have passed."""
    for update in _updates(addon).values():
        if update.status != "InProgress":
            continue
        if update.looks_left:
            update.looks_left -= 1
            continue
        update.status, addon.status = "Successful", "ACTIVE"
        version, configuration, _, role_arn = update.request
        addon.addon_version = version or addon.addon_version
        addon.service_account_role_arn = role_arn
        addon.modified_at = utcnow()
        if configuration is not None:
            addon.configuration_values = configuration


def _check(addon: Any, request: tuple[Any, ...]) -> None:
    _, configuration, conflicts, _ = request
    if conflicts is not None and conflicts not in _CONFLICTS:
        raise InvalidParameterException(message=f"{conflicts} is no way to resolve conflicts")
    if configuration:
        parse(configuration)
    if addon.status == "UPDATING":
        message = f"Addon {addon.addon_name} has an update in progress"
        raise ResourceInUseException(addonName=addon.addon_name, message=message)


def update_addon(response: EKSResponse) -> ActionResult:
    """UpdateAddon."""
    addon = find(response)[1]
    token = response._get_param("clientRequestToken")
    request = tuple(response._get_param(each) for each in _REQUEST)
    for update in _updates(addon).values():
        if update.token == token:
            if update.request != request:
                message = "The request uses the same client token as another one."
                raise InvalidRequestException(message=message)
            return ActionResult({"update": update})
    _check(addon, request)
    update = SimpleNamespace(
        id=str(mock_random.uuid4()),
        status="InProgress",
        type="AddonUpdate",
        params=[],
        created_at=utcnow(),
        errors=[],
        token=token,
        request=request,
        looks_left=LOOKS,
    )
    _updates(addon)[update.id] = update
    addon.status = "UPDATING"
    return ActionResult({"update": update})


def describe_update(response: EKSResponse) -> ActionResult:
    """DescribeUpdate, of an add-on."""
    addon, wanted = find(response)[1], response._get_param("updateId")
    if wanted not in _updates(addon):
        raise ResourceNotFoundException(message=f"No update found for ID: {wanted}")
    _look(addon)
    return ActionResult({"update": _updates(addon)[wanted]})


def list_updates(response: EKSResponse) -> ActionResult:
    """ListUpdates, of an add-on."""
    ids, token = paginated_list(
        list(_updates(find(response)[1])),
        response._get_int_param("maxResults", PAGE),
        response._get_param("nextToken"),
    )
    return ActionResult({"updateIds": ids, "nextToken": token})


def _looking(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def describe_addon(response: EKSResponse) -> Any:
        _look(find(response)[1])
        return original(response)

    return describe_addon


def install() -> None:
    """Add the operations and their paths; add-ons must be there already."""
    if any("updates" in path for path in url_paths):
        message = "moto.eks.urls now has paths for updates"
        raise MotoHasItError(message)
    for operation in (update_addon, describe_update, list_updates):
        lacks_operation(EKSResponse, operation.__name__)
        setattr(EKSResponse, operation.__name__, operation)
    put(EKSResponse, describe_addon=_looking(addons.describe_addon))
    cluster = "{0}/clusters/(?P<name>[^/]+)"
    for path in (
        "/addons/(?P<addonName>[^/]+)/update$",
        "/updates$",
        "/updates/(?P<updateId>[^/]+)$",
    ):
        url_paths[cluster + path] = EKSResponse.dispatch
