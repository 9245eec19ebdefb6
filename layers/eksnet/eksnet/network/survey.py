"""Many walks at once, told together: how many of them, which are closed, and why."""

from collections.abc import Iterable
from typing import Any

from eksnet.model.finding import Unread
from eksnet.model.record import record
from eksnet.model.snapshot import Snapshot
from eksnet.network.filters import Passage
from eksnet.network.trace import Place, Traffic, Walk
from eksnet.network.walk import Ground

MOST_TRACES = 5  # how many walks the evidence of one finding shows whole; the rest are counted

Pair = tuple[Place, Place]


@record
class Survey:
    """What became of ``walked`` walks; those that are neither denied nor unknown got through."""

    walked: int
    denied: tuple[Walk, ...]
    unknown: tuple[Walk, ...]

    @property
    def open(self) -> bool:
        """Tell whether every walk gets through."""
        return not (self.denied or self.unknown)

    @property
    def shut(self) -> bool:
        """Tell whether some walk lets nothing through, rather than some ports or addresses."""
        return any(each.shut for each in self.denied)

    @property
    def why(self) -> Unread | None:
        """Return what would tell more of the first unknown walk."""
        return self.unknown[0].why if self.unknown else None

    def line(self) -> str:
        """Return how many walks are closed or unknown, and the trace of the first."""
        walks = self._shut_first() or self.unknown
        if not walks:
            return f"all {self.walked} paths are open"
        word = "closed" if self.denied else "unknown"
        return f"{len(walks)} of {self.walked} paths {word}: {walks[0].line()}"

    def evidence(self) -> dict[str, Any]:
        """Return the counts, and the first closed walks with their traces."""
        return {
            "paths": self.walked,
            "closed": len(self.denied),
            "unknown": len(self.unknown),
            "traces": [each.evidence() for each in self._shut_first()[:MOST_TRACES]],
        }

    def _shut_first(self) -> tuple[Walk, ...]:
        return tuple(sorted(self.denied, key=lambda each: not each.shut))


def survey(snapshot: Snapshot, pairs: Iterable[Pair], traffics: Iterable[Traffic]) -> Survey:
    """Walk every kind of traffic from the first to the second place of every pair."""
    asked, ground = tuple(traffics), Ground(snapshot)
    walked, found = 0, dict[Passage, list[Walk]]({each: [] for each in Passage})
    for source, destination in pairs:
        for traffic in asked:
            walked += 1
            one = ground.walk(source, destination, traffic)
            passage = one.passage
            if passage is not Passage.ALLOWED:
                found[passage].append(one)
    return Survey(
        walked=walked,
        denied=tuple(found[Passage.DENIED]),
        unknown=tuple(found[Passage.UNKNOWN]),
    )
