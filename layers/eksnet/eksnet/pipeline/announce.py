"""Tell the event bus which findings are open and which are resolved, each once it has changed."""

import json
from collections.abc import Iterable

from eksnet.engine.lifecycle import unannounced
from eksnet.model.snapshot import Target
from eksnet.model.tracked import State, Tracked
from eksnet.report.json_report import row
from eksnet.store.interface import Store
from eksnet.store.outlets import Bus, Event

SCHEMA_VERSION = 1
DETAIL_TYPES = {State.OPEN: "Finding Opened", State.RESOLVED: "Finding Resolved"}
DETAIL_BYTES = 200_000  # within the 256 KB of an entry: PutEvents, EventBridge API Reference


def announce(tracked: Iterable[Tracked], target: Target, store: Store, bus: Bus) -> None:
    """Put an event for each finding that the bus does not know as it is, whichever run changed it.

    What was put is noted after: should that fail, the same is said again by the next run. A
    consumer knows a repetition by the finding's id and the time.

    Raises:
        StoreError: the bus or the table refused; try again.
    """
    news = unannounced(tracked)
    bus.put(event(each) for each in news)
    store.mark_announced(target, {each.finding.finding_id: each.state for each in news})


def event(tracked: Tracked) -> Event:
    """Return the event that tells of a finding; evidence too large for an event is left out."""
    finding, when = tracked.finding, tracked.resolved or tracked.opened or tracked.seen
    detail = {
        "schema_version": SCHEMA_VERSION,
        "run_id": when.run_id,
        "resolution": str(tracked.resolution) if tracked.resolution else None,
        "finding": row(finding),
    }
    text = json.dumps(detail)
    if len(text) > DETAIL_BYTES:
        text = json.dumps({**detail, "finding": {**row(finding), "evidence": None}})
    return Event(
        detail_type=DETAIL_TYPES[tracked.state],
        detail=text,
        resources=(finding.resource.arn,) if finding.resource.arn else (),
        time=when.at,
    )
