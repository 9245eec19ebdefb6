"""What the demo organization's exhausted clusters are offered."""

import dataclasses
import datetime as dt
from collections.abc import Iterator

import pytest

from eksnet.collect.facets import READABLE
from eksnet.collect.live import collect
from eksnet.collect.session import Credentials, Session
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Status
from eksnet.model.plan import CannotFix, Plan
from eksnet.model.snapshot import Snapshot
from eksnet.plan.build import build
from eksnet.plan.draft import Draft
from eksnet.remedies import REMEDIES
from eksnet.remedies.remedy import Choices
from sandbox import offline
from sandbox.demo import data, pods, retail
from sandbox.organization import DATA, EDGE, RETAIL, credentials
from tests.remedies.world import ALLOWED, CHECKS

REGION = "us-east-1"
NOW = dt.datetime(2026, 11, 23, 6, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def snapshots() -> Iterator[tuple[Snapshot, ...]]:
    with offline():
        retail.virginia(RETAIL, NOW)
        data.virginia(DATA, NOW)
        pods.virginia(EDGE, NOW)
        yield tuple(_opted_in(_look(account)) for account in (RETAIL, DATA, EDGE))


def _look(account: str) -> Snapshot:
    key, secret = credentials(account)
    session = Session(Credentials(access_key=key, secret_key=secret))
    return collect(session, REGION, READABLE)


def _opted_in(seen: Snapshot) -> Snapshot:
    vpcs = (dataclasses.replace(each, tags={**each.tags, **ALLOWED}) for each in seen.vpcs)
    return dataclasses.replace(seen, vpcs=tuple(vpcs))


def test_each_finding_with_a_remedy_gets_a_plan_that_closes_it_or_the_name_of_a_rule(
    snapshots: tuple[Snapshot, ...],
) -> None:
    closed = set()
    for seen in snapshots:
        for finding in run(seen, CHECKS, Limits()):
            for name in finding.remedies if finding.status is Status.FAIL else ():
                if name not in REMEDIES:
                    continue
                answer = REMEDIES[name].propose(seen, finding, Choices())
                if isinstance(answer, Draft):
                    answer = build(seen, answer, (finding,), CHECKS, Limits())
                if isinstance(answer, Plan):
                    assert finding.finding_id in answer.proof.closes
                    closed.add(finding.check_id)
                else:
                    assert isinstance(answer, CannotFix)
                    assert answer.rule
    assert {"IPH002", "FLO001", "FLO002"} <= closed
