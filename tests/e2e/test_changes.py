import json
from collections.abc import Iterator

import pytest

from tests.e2e.changes import (
    CLUSTER,
    OPEN_TO_ALL,
    PATIENCE,
    ChangesQueue,
    Endpoint,
    change_event,
)
from tests.e2e.inbox import Events, Mails
from tests.e2e.runs import Run, audit
from tests.e2e.servers import ACCOUNT, REGION
from tests.e2e.stack import Stack
from tests.e2e.waiting import eventually

CHANGE_SECONDS = 60


@pytest.fixture
def queue(stack: Stack, scheduled: Run) -> Iterator[ChangesQueue]:
    assert scheduled.run_id
    made = ChangesQueue(stack)
    yield made
    made.close()


@pytest.fixture
def endpoint(audited_aws: str) -> Iterator[Endpoint]:
    made = Endpoint(audited_aws)
    before = made.admitted()
    yield made
    made.admit(before)
    made.close()


def change_runs(stack: Stack) -> set[str]:
    return {each["sk"]["S"] for each in stack.items() if each["pk"]["S"] == "RUN#CHANGE"}


def new_run(stack: Stack, before: set[str]) -> str:
    runs = eventually("a run of a change", lambda: change_runs(stack) - before, CHANGE_SECONDS)
    (run,) = runs
    return run


@pytest.mark.parametrize(
    ("event", "rules"),
    [
        (change_event(), ["EksChangesRule"]),
        (
            change_event(
                source="aws.ec2",
                detail={"eventSource": "ec2.amazonaws.com", "eventName": "CreateSubnet"},
            ),
            ["VpcChangesRule"],
        ),
        (
            change_event(
                detail={"eventSource": "eks.amazonaws.com", "eventName": "DescribeCluster"}
            ),
            [],
        ),
        (change_event(account="222233334444"), []),
        (change_event(region="eu-west-1"), []),
    ],
)
def test_the_rules_lead_changes_of_this_account_and_region_into_the_queue(
    queue: ChangesQueue, event: dict[str, object], rules: list[str]
) -> None:
    assert queue.rule_of(event) == rules


def test_a_change_audits_its_own_target_and_tells_what_became_worse(
    stack: Stack,
    queue: ChangesQueue,
    endpoint: Endpoint,
    mails: Mails,
    events: Events,
) -> None:
    before, restricted = change_runs(stack), endpoint.admitted()
    endpoint.admit(OPEN_TO_ALL)
    queue.put(json.dumps(change_event()))
    run = new_run(stack, before)
    mail = mails.one(run)
    queue.empty(PATIENCE)
    assert mail["Subject"].startswith(f"eksnet: changed in {ACCOUNT} {REGION}: ")
    opened = [each["detail"] for each in events.of(run)]
    assert {(each["finding"]["check_id"], each["finding"]["cluster"]) for each in opened} == {
        ("EPA002", CLUSTER)
    }
    snapshots = {each for each in stack.keys("snapshots/") if run in each}
    assert snapshots == {f"snapshots/{ACCOUNT}/{REGION}/{run}.json.gz"}

    seen = change_runs(stack)
    endpoint.admit(restricted)
    queue.put(json.dumps(change_event()))
    repaired = new_run(stack, seen)
    eventually("the page", lambda: stack.keys(f"reports/{repaired}"), CHANGE_SECONDS)
    queue.empty(PATIENCE)
    resolved = {each["detail"]["finding"]["finding_id"]: each for each in events.of(repaired)}
    assert resolved.keys() == {each["finding"]["finding_id"] for each in opened}
    assert {each["detail-type"] for each in resolved.values()} == {"Finding Resolved"}
    assert mails.of(repaired) == []


def test_a_poison_message_dies_alone(stack: Stack, queue: ChangesQueue, events: Events) -> None:
    before, poison = change_runs(stack), '{"detail": "no event of ours"}'
    queue.put(poison, json.dumps(change_event()), "not JSON")
    run = new_run(stack, before)
    eventually("the good one's page", lambda: stack.keys(f"reports/{run}"), CHANGE_SECONDS)
    queue.try_again_at_once()
    dead = eventually(
        "the dead letters",
        lambda: found if len(found := queue.dead()) == 2 else None,
        PATIENCE * 2,
        queue.waiting,
    )
    assert sorted(dead) == sorted([poison, "not JSON"])
    assert queue.waiting() == 0
    assert change_runs(stack) - before == {run}
    assert events.of(run) == []


def test_a_change_that_a_later_look_has_seen_audits_nothing(
    stack: Stack, queue: ChangesQueue
) -> None:
    audit(stack)  # completely
    before = change_runs(stack)
    queue.put(json.dumps(change_event(time="2026-01-01T00:00:00Z")))
    queue.empty(PATIENCE)
    assert change_runs(stack) == before
