"""Every event file runs through its handler; nothing else gets through one."""

import copy
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eksnet.model.plan import OPT_IN_TAG, OPTED_IN
from sandbox.deployed import Application
from tests.functions.deployment import (
    EVENTS,
    RUN,
    SCHEDULED,
    URLS,
    function,
    load,
    noted_calls,
    running,
    writes,
)

SIGNED = [path for path in EVENTS if function(path) in URLS]
BATCHES = [path for path in EVENTS if function(path) == "changes"]
STRICT = [path for path in EVENTS if path not in (*SIGNED, *BATCHES)]
AUDITS = [path for path in EVENTS if function(path) not in (*URLS, "step")]
names = pytest.mark.parametrize("path", AUDITS, ids=lambda path: path.stem)
PLAN = "pl-0123456789abcdef0123"  # that the files name; one that is there takes its place
Place = tuple[str | int, ...]


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    with running() as made:
        made.run(SCHEDULED)
        yield made


@names
def test_every_event_file_is_taken(application: Application, path: pathlib.Path) -> None:
    answer = application.invoke(function(path), load(path))
    assert "rejected" not in answer
    expected = 3 if "poison" in path.stem else 0
    assert len(answer.get("batchItemFailures", ())) == expected


def test_each_function_has_an_event_file() -> None:
    folder = pathlib.Path(__file__).parents[2] / "functions"
    assert {function(path) for path in EVENTS} == {each.name for each in folder.iterdir()}


@pytest.mark.parametrize("name", ["targets", "audit", "report", "changes", "step"])
@given(event=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_no_event_is_rejected(application: Application, name: str, event: object) -> None:
    with noted_calls() as calls:
        answer = application.invoke(name, event)
    assert answer["rejected"]
    assert calls == []


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(allow_nan=True),
    st.lists(st.none(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.sampled_from(["", "\x00", "\ud800", "=1+1", "../../etc", "9" * 5000, "2026-13-45"]),
)


@pytest.mark.parametrize("name", URLS)
@given(event=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_no_signed_request_is_answered_with_400(
    application: Application, name: str, event: object
) -> None:
    with noted_calls() as calls:
        answer = application.invoke(name, event)
    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["rejected"]
    assert calls == []


def signed(application: Application, name: str, plan_id: str = PLAN) -> tuple[int, Any]:
    """Return the status and the answer to a signed event file about a plan."""
    (path,) = (each for each in EVENTS if each.stem == name)
    event = load(path)
    event["body"] = event["body"].replace(PLAN, plan_id)
    answer = application.invoke(function(path), event)
    return answer["statusCode"], json.loads(answer["body"])


def test_the_events_of_a_repair_are_taken_one_after_another(application: Application) -> None:
    ec2 = boto3.client("ec2")
    vpcs = [each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"]]
    ec2.create_tags(Resources=vpcs, Tags=[{"Key": OPT_IN_TAG, "Value": OPTED_IN}])
    status, planned = signed(application, "plan-secondary-cidr")
    assert (status, planned["state"]) == (200, "awaiting-approval")
    plan_id = planned["plan_id"]
    assert signed(application, "decide-approve", plan_id)[0] == 200
    status, begun = signed(application, "plan-apply", plan_id)
    assert (status, begun["attempt"]) == (200, 1)
    (step,) = (load(path) for path in EVENTS if function(path) == "step")
    done = application.invoke("step", {**step, "plan_id": plan_id})
    assert (done["state"], done["again"]) == ("applying", True)
    assert signed(application, "decide-reject", plan_id)[0] == 200
    done = application.invoke("step", {**step, "plan_id": plan_id})
    assert (done["state"], done["again"]) == ("halted", False)


@pytest.mark.parametrize("name", ["decide-approve", "decide-reject", "plan-apply"])
def test_a_request_about_a_plan_that_is_not_there_is_answered_with_400(
    application: Application, name: str
) -> None:
    with noted_calls() as calls:
        status, answer = signed(application, name)
    assert (status, answer) == (400, {"rejected": f"no plan {PLAN}"})
    assert writes(calls) == []


NEEDED_OF_URLS: tuple[Place, ...] = (
    ("requestContext",),
    ("requestContext", "authorizer"),
    ("requestContext", "authorizer", "iam"),
    ("requestContext", "authorizer", "iam", "callerId"),
    ("requestContext", "authorizer", "iam", "userArn"),
    ("requestContext", "http"),
    ("requestContext", "http", "method"),
    ("body",),
)


@pytest.mark.parametrize("path", SIGNED, ids=lambda path: path.stem)
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_corrupt_request_is_answered_with_400_and_changes_nothing(
    application: Application, path: pathlib.Path, data: st.DataObject
) -> None:
    event = load(path)
    if data.draw(st.booleans()):
        event = changed(event, data.draw(st.sampled_from(NEEDED_OF_URLS)), data.draw(JUNK))
    else:
        body = json.loads(event["body"])
        key = data.draw(st.sampled_from(["do", "plan_id", "approver", "choices"]))
        event["body"] = json.dumps({**body, key: data.draw(JUNK.filter(lambda junk: junk != {}))})
    with noted_calls() as calls:
        answer = application.invoke(function(path), event)
    assert answer["statusCode"] == 400
    assert writes(calls) == []


@pytest.mark.parametrize("path", STRICT, ids=lambda path: path.stem)
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_corrupt_event_is_rejected_and_changes_nothing(
    application: Application, path: pathlib.Path, data: st.DataObject
) -> None:
    event = load(path)
    place = data.draw(st.sampled_from(list(places(event))))
    junk = data.draw(JUNK)
    # Started by hand is started by null; an execution is any text.
    if (place[-1] == "scheduled_at" and junk is None) or (
        place[-1] == "execution"
        and isinstance(junk, str)
        and 0 < len(junk) < 100
        and junk.isprintable()
    ):
        return
    with noted_calls() as calls:
        answer = application.invoke(function(path), changed(event, place, junk))
    assert answer["rejected"]
    assert writes(calls) == []


NEEDED: tuple[Place, ...] = (
    ("id",),
    ("source",),
    ("detail-type",),
    ("account",),
    ("region",),
    ("time",),
    ("detail",),
    ("detail", "eventName"),
    ("detail", "eventSource"),
)


@pytest.mark.parametrize("path", BATCHES, ids=lambda path: path.stem)
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_corrupt_change_is_handed_back_and_changes_nothing(
    application: Application, path: pathlib.Path, data: st.DataObject
) -> None:
    batch = load(path)
    for record in batch["Records"]:
        record["body"] = data.draw(corrupt(record["body"]))
    with noted_calls() as calls:
        answer = application.invoke("changes", batch)
    failed = [each["itemIdentifier"] for each in answer["batchItemFailures"]]
    assert failed == [each["messageId"] for each in batch["Records"]]
    assert writes(calls) == []


@st.composite
def corrupt(draw: st.DrawFn, body: str) -> str:
    """Draw a text that is no change: cut off, not JSON, or with a needed field of another kind."""
    if not body.startswith("{") or draw(st.booleans()):
        return draw(st.sampled_from(["", "null", "[]", "[" * 5000, body[: len(body) // 2]]))
    place = draw(st.sampled_from(NEEDED))
    junk = draw(st.none() | st.integers() | st.lists(st.none(), max_size=1))
    return json.dumps(changed(json.loads(body), place, junk))


def places(event: object, place: Place = ()) -> Iterator[Place]:
    """Yield the place of every value within an event."""
    if isinstance(event, dict):
        for key, value in event.items():
            yield (*place, key)
            yield from places(value, (*place, key))


def changed(event: Any, place: Place, junk: object) -> Any:
    """Return the event with something else at the place."""
    copied = copy.deepcopy(event)
    inner = copied
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = junk
    return copied


def test_an_event_of_another_run_or_target_is_rejected(application: Application) -> None:
    other = {"account_id": "999988887777", "region": "us-east-1", "partition": "aws"}
    with noted_calls() as calls:
        foreign = application.invoke("audit", {"run_id": RUN, "target": other})
        unknown = application.invoke("report", {"run_id": "20200101T000000Z-full"})
    assert foreign == {"rejected": "no such target in the run"}
    assert unknown["rejected"]
    assert writes(calls) == []
