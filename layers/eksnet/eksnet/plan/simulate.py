"""What AWS would look like after a plan's actions: each done to a copy of the snapshot."""

from collections.abc import Iterable, Iterator

from eksnet.model.action import Action
from eksnet.model.snapshot import Snapshot
from eksnet.plan.kinds import kind_of


def simulate(snapshot: Snapshot, actions: Iterable[Action]) -> Snapshot:
    """Return the snapshot as it will be after ``actions``, one after the other.

    Raises:
        ValueError: AWS would refuse one of them, or it could not be taken back.
    """
    state = snapshot
    for state in stages(snapshot, actions):  # noqa: B007 - the last one counts
        pass
    return state


def stages(snapshot: Snapshot, actions: Iterable[Action]) -> Iterator[Snapshot]:
    """Yield the snapshot as it will be after each of ``actions``.

    Raises:
        ValueError: AWS would refuse one of them, or it could not be taken back.
    """
    for action in actions:
        snapshot = kind_of(action).done(snapshot, action)
        yield snapshot
