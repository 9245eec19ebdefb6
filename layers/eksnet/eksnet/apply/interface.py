"""What the executor works with: eyes, hands, a clock. Each can fail, and says how."""

import datetime as dt
from collections.abc import Iterable
from typing import Protocol

from eksnet.model.action import Action
from eksnet.model.snapshot import Facet, Snapshot


class WriteError(Exception):
    """A write that did not return: ``api`` and the error ``code``.

    ``sure`` is true when the answer itself says that nothing was changed, such as a refusal.
    Otherwise, as after a timeout or a throttle, it may have been. ``exists`` is true when AWS says
    that what was to be made is there already: then it has to be looked at. ``wait`` is true when
    something else has to end first, such as another update of the cluster.
    """

    def __init__(
        self, api: str, code: str, *, sure: bool, exists: bool = False, wait: bool = False
    ) -> None:
        super().__init__(f"{api} answered {code}")
        self.api, self.code = api, code
        self.sure, self.exists, self.wait = sure, exists, wait


class LostError(Exception):
    """Nothing can be looked at or written: no credentials, no endpoint, no such role."""


class Eyes(Protocol):
    """Looks at a target."""

    def look(self, facets: Iterable[Facet]) -> Snapshot:
        """Return the target as it is now; what could not be seen is blind in it.

        Raises:
            LostError: nothing could be seen at all.
        """


class Hands(Protocol):
    """Writes to a target, one call at a time and without trying again by themselves.

    Every method raises WriteError, and LostError where there is no way to call.
    """

    def do(self, action: Action, *, plan_id: str, token: str, seen: Snapshot) -> str | None:
        """Carry out an action; return the id of what was made, None for a setting.

        ``seen`` is the look that allowed it: ids of what earlier steps made are found in it.
        """

    def undo(self, action: Action, *, resource_id: str | None, token: str, seen: Snapshot) -> None:
        """Take an action back."""

    def rehearse(self, action: Action, *, plan_id: str, seen: Snapshot) -> None:
        """Ask whether the caller may carry out an action, with DryRun; no-op without one.

        Raises:
            WriteError: it may not. Any other answer than a refused permission is none.
        """


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> dt.datetime:
        """Return the time, in UTC."""
