"""What hides a cluster's facts: blinds of the facets that a check only wants."""

from collections.abc import Iterable

from eksnet.model.snapshot import Blind, Facet, Snapshot


def hidden(snapshot: Snapshot, facets: Iterable[Facet], cluster: str) -> Blind | None:
    """Return the first thing that hides part of ``facets`` from a cluster, None when all is seen.

    A blind of the region, or of a resource that names no cluster, hides from every cluster.
    """
    theirs = [each for each in snapshot.blind(facets) if each.cluster in (None, cluster)]
    return min(theirs, key=lambda each: (each.facet, each.api, each.error), default=None)
