"""Plans' rows and journals as JSON; the keys are a contract."""

import dataclasses

from eksnet.model.journal import Entry, PlanRow, PlanState
from eksnet.report.plain import plain


def row_json(row: PlanRow, effective: PlanState) -> object:
    """Return how far a plan has come; ``state`` counts what was decided and what has expired."""
    return plain({**dataclasses.asdict(row), "state": effective})


def entry_json(entry: Entry) -> object:
    """Return a line of a journal."""
    return plain(dataclasses.asdict(entry))
