"""Writing to a world: each action as the one call it takes, each refusal as a WriteError."""

from collections.abc import Callable
from typing import Any

from eksnet.apply.aws_errors import write_error
from eksnet.apply.aws_request import NotSeenError
from eksnet.apply.interface import WriteError
from eksnet.model.action import Action
from eksnet.model.snapshot import Snapshot
from sandbox.world.points import BROKEN, DENIED, THROTTLE, TIMEOUT, Points
from sandbox.world.state import RefusedError
from sandbox.world.world import World
from sandbox.world.writes import Mark, doing, undoing

_CODES = {
    "ec2": {THROTTLE: "RequestLimitExceeded", BROKEN: "InternalError"},
    "eks": {THROTTLE: "ThrottlingException", BROKEN: "ServerException"},
}
_REFUSED = {"ec2": "UnauthorizedOperation", "eks": "AccessDeniedException"}
_REHEARSED = frozenset({"associate-cidr", "update-addon"})
"""The kinds whose calls have no DryRun: EC2 and EKS API references."""


class WorldHands:
    """Writes to a world. ``denied`` are the APIs that the caller has no permission for.

    ``watch`` hears of every write as it is sent, with the look that allowed it.
    ``plan_id`` marks what undoing makes again.
    """

    def __init__(
        self,
        world: World,
        points: Points | None = None,
        watch: Callable[..., None] = lambda **_: None,
        denied: frozenset[str] = frozenset(),
        plan_id: str = "",
    ) -> None:
        self._world, self._points = world, points or Points()
        self._watch, self._denied, self._plan_id = watch, denied, plan_id

    def do(self, action: Action, *, plan_id: str, token: str, seen: Snapshot) -> str | None:
        """Carry out an action."""
        api, call = doing(action, Mark(plan_id, token), seen)
        return self._write(api, call, action=action, token=token, seen=seen, undo=False)

    def undo(self, action: Action, *, resource_id: str | None, token: str, seen: Snapshot) -> None:
        """Take an action back."""
        api, call = undoing(action, resource_id, Mark(self._plan_id, token), seen)
        self._write(
            api, call, action=action, token=token, seen=seen, undo=True, resource_id=resource_id
        )

    def rehearse(self, action: Action, *, plan_id: str, seen: Snapshot) -> None:
        """Ask whether the caller may; a call without DryRun is not asked."""
        try:
            api, _ = doing(action, Mark(plan_id, ""), seen)
        except NotSeenError:
            return

        def ask() -> None:
            if api in self._denied and action.kind not in _REHEARSED:
                raise WriteError(api, _REFUSED[api[:3]], sure=True)

        def answer(fault: str) -> None:
            if fault == DENIED:
                raise WriteError(api, _REFUSED[api[:3]], sure=True)

        self._points.around(f"rehearse {api}", ask, answer)

    def _write(self, api: str, call: Callable[[World], Any], **about: Any) -> str | None:
        def answer(fault: str) -> str | None:
            if fault == DENIED:
                raise WriteError(api, _REFUSED[api[:3]], sure=True)
            if fault == TIMEOUT:
                raise WriteError(api, "ReadTimeoutError", sure=False)
            raise write_error(api, _CODES[api[:3]][fault], 503)  # HTTP: Service Unavailable

        def write() -> str | None:
            if api in self._denied:
                raise WriteError(api, _REFUSED[api[:3]], sure=True)
            try:
                made: str | None = call(self._world)
            except RefusedError as error:
                raise write_error(api, error.code, 400) from error  # HTTP: Bad Request
            return made

        self._watch(api=api, **about)
        return self._points.around(api, write, answer)
