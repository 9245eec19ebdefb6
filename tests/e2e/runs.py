"""A run of the deployed application: how it went, and what it left in the table."""

import dataclasses
import datetime as dt
import itertools
from collections.abc import Mapping
from typing import Any

from eksnet.model.finding import Finding, Status
from eksnet.store.dynamodb import DynamoStore
from tests.e2e.stack import RUN_SECONDS, Stack

AGEING = {"ENI001"}  # an interface that nobody uses is a leak after five minutes
TARGETS = 6  # of the demo organization: three accounts in two Regions
_moments = itertools.count(1)
_START = dt.datetime.now(dt.UTC).replace(microsecond=0)


@dataclasses.dataclass(frozen=True)
class Run:
    """A run that ended well: its execution, its id and the execution's output."""

    execution: str
    run_id: str
    output: Mapping[str, Any]


def next_moment() -> dt.datetime:
    """Return a scheduled time that no other run has, later than those before."""
    return _START + dt.timedelta(hours=next(_moments))


def run_id(scheduled_at: dt.datetime) -> str:
    """Return the id of the run that is scheduled at a time."""
    return f"{scheduled_at:%Y%m%dT%H%M%SZ}-full"


def audit(stack: Stack, seconds: float = RUN_SECONDS) -> Run:
    """Run a full audit as if the next schedule had come, and wait until it has succeeded."""
    moment = next_moment()
    execution = stack.start(moment)
    return Run(execution, run_id(moment), stack.succeeded(execution, seconds))


def findings(stack: Stack, run: str) -> list[Finding]:
    """Return every finding that a run's judgements have."""
    store = DynamoStore(stack.client("dynamodb"), stack.outputs["TableName"], history_days=1)
    record = store.run(run)
    assert record, f"no run {run}"
    judgements = list(store.judgements(record))
    assert len(judgements) == len(record.targets), f"{run}: {len(judgements)} targets judged"
    return [each for judgement in judgements for each in judgement.findings]


def statuses(stack: Stack, run: str) -> dict[str, str]:
    """Return the status of every finding that a run's judgements have, by the finding's id."""
    return {each.finding_id: str(each.status) for each in findings(stack, run)}


def failing(stack: Stack, run: str) -> set[str]:
    """Return the findings that fail in a run, but for those that fail by getting older."""
    found = [each for each in findings(stack, run) if each.check_id not in AGEING]
    return {each.finding_id for each in found if each.status is Status.FAIL}


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return what passed or failed in both of two runs, but not alike."""
    told = {"pass", "fail"}
    return {
        each: (was, after[each])
        for each, was in before.items()
        if was in told and after.get(each) in told and after[each] != was
    }
