"""UpdateAddon: asynchronous, one at a time, the configuration as a whole."""

import dataclasses
import json

from sandbox.world.state import RefusedError, State, swapped

BUSY = frozenset({"CREATING", "UPDATING", "DELETING"})  # EKS API reference, AddonStatus


def update_addon(
    state: State, *, cluster: str, addon: str, configuration: str, token: str
) -> tuple[State, str]:
    """Begin to set an add-on's configuration, all of it; EKS API reference, UpdateAddon.

    The same token and the same request is the same update. While another one runs it is a
    ResourceInUseException; what is no JSON object is an InvalidParameterException.
    """
    request = (cluster, addon, configuration)
    if token in state.tokens:
        before, update = state.tokens[token]
        if before == request:
            return state, update
        code = "InvalidRequestException"
        raise RefusedError(code, "the token was used for another request")
    there = state.addon(cluster, addon)
    if there.status in BUSY:
        code = "ResourceInUseException"
        raise RefusedError(code, f"Cannot update {addon}: it is {there.status}")
    _parse(configuration)
    state, update = state.name("update")
    state = dataclasses.replace(state, tokens={**state.tokens, token: (request, update)})
    busy = dataclasses.replace(there, status="UPDATING")
    state = state.show(addons=swapped(state.shown.addons, there, busy))
    ends = "addon failed" if state.habits.update_fails else "addon updated"
    # "{}" resets all settings: EKS user guide, "Update an add-on".
    kept = "" if configuration == "{}" else configuration
    return state.later(state.habits.updating, ends, f"{cluster}|{addon}|{kept}"), update


def _parse(configuration: str) -> None:
    try:
        parsed = json.loads(configuration)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        code = "InvalidParameterException"
        raise RefusedError(code, "ConfigurationValue is not in JSON or YAML format")
