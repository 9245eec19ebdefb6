"""A world that is called, edited by people, and shown a little late."""

from collections.abc import Callable
from typing import Any

from eksnet.model.snapshot import Snapshot
from sandbox.world.clock import HandClock
from sandbox.world.state import Habits, State, begun, settled

LAG_SECONDS = 10.0  # how long an old state may still be shown; AWS names no bound
Call = Callable[..., tuple[State, Any]]


class World:
    """Everything there is, and every state it was in.

    Each call makes a state. Reads may show an older one for ``LAG_SECONDS``: EC2 developer guide,
    "Eventual consistency".
    """

    def __init__(self, shown: Snapshot, clock: HandClock, habits: Habits | None = None) -> None:
        self.clock = clock
        self.states = [begun(shown, clock.now(), habits)]
        self.edits = 0

    def now(self) -> State:
        """Return how things are, with all that has happened by itself in the meantime."""
        last = self.states[-1]
        moment = self.clock.now()
        if any(each.at <= moment for each in last.pending):
            self.states.append(settled(last, moment))
        return self.states[-1]

    def call(self, call: Call, **parameters: object) -> Any:
        """Carry out a call; what is refused changes nothing.

        Raises:
            RefusedError: AWS says no.
        """
        state, result = call(settled(self.now(), self.clock.now()), **parameters)
        self.states.append(state)
        return result

    def edit(self, edit: Call, **parameters: object) -> Any:
        """Let a person do something behind the back of whoever looks."""
        self.edits += 1
        return self.call(edit, **parameters)

    def shown_at_worst(self, behind: int) -> int:
        """Return the number of a state, up to ``behind`` old, that may still be shown."""
        self.now()
        last = len(self.states) - 1
        oldest = last
        while oldest > max(0, last - behind):
            age = (self.clock.now() - self.states[oldest].now).total_seconds()
            if age > LAG_SECONDS:
                break
            oldest -= 1
        return oldest
