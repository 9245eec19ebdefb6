"""Tell the bus which findings a run opened and which it resolved."""

import json
from collections.abc import Iterable, Iterator

from eksnet.engine.lifecycle import changes_since
from eksnet.model.tracked import Tracked
from eksnet.report.json_report import row
from eksnet.store.outlets import Bus, Event

SCHEMA_VERSION = 1
OPENED, RESOLVED = "Finding Opened", "Finding Resolved"


def announce(tracked: Iterable[Tracked], run_id: str, bus: Bus) -> int:
    """Put an event for each finding that the run opened or resolved; return how many.

    A run that is judged again says the same again: ``detail.run_id`` with the finding's id tells
    a consumer so.

    Raises:
        StoreError: the bus would not take one.
    """
    changes = changes_since(tracked, None, run_id)
    return bus.put(
        event
        for kind, group in ((OPENED, changes.opened), (RESOLVED, changes.resolved))
        for event in _events(kind, group, run_id)
    )


def _events(kind: str, tracked: Iterable[Tracked], run_id: str) -> Iterator[Event]:
    for each in tracked:
        finding = each.finding
        detail = {
            "schema_version": SCHEMA_VERSION,
            "run_id": run_id,
            "finding": row(finding),
            "resolution": str(each.resolution) if each.resolution else None,
        }
        yield Event(
            detail_type=kind,
            detail=json.dumps(detail),
            resources=(finding.resource.arn,) if finding.resource.arn else (),
            time=(each.resolved or each.opened or each.seen).at,
        )
