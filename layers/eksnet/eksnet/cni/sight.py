"""What hides a cluster's facts: blinds of the facets that a check only wants."""

from collections.abc import Iterable, Mapping

from eksnet.model.snapshot import Blind, Facet, Snapshot, derived, grouped


@derived
def _blinds_by_cluster(snapshot: Snapshot) -> Mapping[str | None, tuple[Blind, ...]]:
    return grouped(snapshot.blind(Facet), lambda each: each.cluster)


def hidden(snapshot: Snapshot, facets: Iterable[Facet], cluster: str) -> Blind | None:
    """Return the first thing that hides part of ``facets`` from a cluster, None when all is seen.

    A blind of the region, or of a resource that names no cluster, hides from every cluster.
    """
    wanted = frozenset(facets)
    blinds = _blinds_by_cluster(snapshot)
    theirs = [b for b in (*blinds.get(None, ()), *blinds.get(cluster, ())) if b.facet in wanted]
    return min(theirs, key=lambda each: (each.facet, each.api, each.error), default=None)
