"""Where results go out: what AWS would refuse is refused, and nothing is lost in silence."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sandbox
from eksnet.store.aws import EventBus, S3Bucket, SnsTopic
from eksnet.store.calls import TRIES, batches
from eksnet.store.interface import StoreError
from eksnet.store.outlets import Event
from tests.build import ACCOUNT, NOW, REGION
from tests.store import tables, wire

ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:eksnet"
REFUSED = {"ErrorCode": "ThrottlingException", "ErrorMessage": "later"}
TAKEN = {"EventId": "1"}


@pytest.fixture(autouse=True)
def aws() -> Iterator[None]:
    with sandbox.offline():
        yield


@pytest.fixture
def bucket() -> S3Bucket:
    client = tables.client("s3")
    where = {"LocationConstraint": REGION}
    client.create_bucket(Bucket="reports", CreateBucketConfiguration=where)
    return S3Bucket(client, "reports")


def event(number: int = 1, detail: str = "{}") -> Event:
    return Event(detail_type="Finding Opened", detail=detail, resources=(str(number),), time=NOW)


def test_an_object_comes_back_byte_for_byte(bucket: S3Bucket) -> None:
    body = gzip.compress(b"{}", mtime=0)
    assert bucket.put("runs/1.json.gz", body, "application/gzip") == "s3://reports/runs/1.json.gz"
    assert bucket.get("runs/1.json.gz") == body
    head = tables.client("s3").head_object(Bucket="reports", Key="runs/1.json.gz")
    assert head["ContentType"] == "application/gzip"


def test_how_objects_are_encrypted_is_the_buckets_to_say(bucket: S3Bucket) -> None:
    sent: list[Any] = []
    bucket._client.meta.events.register(
        "provide-client-params.s3.PutObject", lambda params, **_: sent.append({*params})
    )
    bucket.put("a", b"", "text/plain")
    assert sent == [{"Bucket", "Key", "Body", "ContentType"}]


def test_an_object_that_is_not_there_is_an_error(bucket: S3Bucket) -> None:
    with pytest.raises(StoreError) as caught:
        bucket.get("none")
    assert (caught.value.api, caught.value.code) == ("s3:GetObject", "NoSuchKey")


def test_a_bucket_that_is_not_there_is_an_error() -> None:
    with pytest.raises(StoreError, match="s3:PutObject answered NoSuchBucket"):
        S3Bucket(tables.client("s3"), "none").put("a", b"", "text/plain")


def test_a_message_is_published_as_it_is() -> None:
    client = tables.client("sns")
    arn = client.create_topic(Name="eksnet")["TopicArn"]
    sent: list[Any] = []
    client.meta.events.register(
        "provide-client-params.sns.Publish", lambda params, **_: sent.append(params)
    )
    SnsTopic(client, arn).publish("s" * 100, "é" * 131_072)
    assert sent == [{"TopicArn": arn, "Subject": "s" * 100, "Message": "é" * 131_072}]


@pytest.mark.parametrize(
    "subject", ["", " first", "s" * 101, "a\nBcc: b", "a\r", "a\n", "tab\t", "é", "a\x7f"]
)
def test_a_subject_that_sns_refuses_is_not_sent(subject: str) -> None:
    with pytest.raises(StoreError, match="sns:Publish answered InvalidSubject"):
        SnsTopic(None, ARN).publish(subject, "text")


def test_a_message_too_large_is_not_sent() -> None:
    with pytest.raises(StoreError, match="sns:Publish answered MessageTooLarge"):
        SnsTopic(None, ARN).publish("subject", "é" * 131_072 + "e")


def test_a_topic_that_is_not_there_is_an_error() -> None:
    with pytest.raises(StoreError, match="sns:Publish answered NotFound"):
        SnsTopic(tables.client("sns"), ARN).publish("subject", "text")


@pytest.fixture
def naps() -> list[float]:
    return []


@pytest.fixture
def client() -> Any:
    return tables.client("events")


@pytest.fixture
def bus(client: Any, naps: list[float]) -> EventBus:
    return EventBus(client, "eksnet", sleep=naps.append)


def answer(*entries: dict[str, str]) -> dict[str, Any]:
    refused = sum("ErrorCode" in each for each in entries)
    return {"FailedEntryCount": refused, "Entries": list(entries)}


def test_events_go_ten_a_call(client: Any, bus: EventBus) -> None:
    client.create_event_bus(Name="eksnet")
    calls = wire.Calls(client, "PutEvents", "events")
    assert bus.put(event(number) for number in range(23)) == 23
    assert [len(each["Entries"]) for each in calls.sent] == [10, 10, 3]
    names = [entry["Resources"] for each in calls.sent for entry in each["Entries"]]
    assert names == [[str(number)] for number in range(23)]
    first = calls.sent[0]["Entries"][0]
    assert (first["EventBusName"], first["Source"]) == ("eksnet", "eksnet")
    assert (first["DetailType"], first["Detail"]) == ("Finding Opened", "{}")


def test_no_events_are_no_call(bus: EventBus) -> None:
    assert bus.put([]) == 0


def test_only_refused_events_are_put_again(client: Any, bus: EventBus, naps: list[float]) -> None:
    calls = wire.Calls(client, "PutEvents", "events")
    first = answer(TAKEN, REFUSED, TAKEN, REFUSED)
    wire.Instead(client, "PutEvents", first, answer(TAKEN, TAKEN), service="events")
    assert bus.put(event(number) for number in range(4)) == 4
    names = [[entry["Resources"][0] for entry in each["Entries"]] for each in calls.sent]
    assert names == [["0", "1", "2", "3"], ["1", "3"]]
    assert len(naps) == 1


def test_an_event_the_bus_never_takes_is_an_error(client: Any, bus: EventBus) -> None:
    refused = [answer(REFUSED)] * 99
    instead = wire.Instead(client, "PutEvents", *refused, service="events")
    with pytest.raises(StoreError, match="events:PutEvents answered ThrottlingException"):
        bus.put([event()])
    assert instead.calls == TRIES


def test_an_event_too_large_is_an_error_before_any_is_put(client: Any, bus: EventBus) -> None:
    calls = wire.Calls(client, "PutEvents", "events")
    with pytest.raises(StoreError, match="events:PutEvents answered EntryTooLarge"):
        bus.put([event(), event(detail=json.dumps("x" * 262_144))])
    assert calls.sent == []


def test_large_events_share_no_call(client: Any, bus: EventBus) -> None:
    calls = wire.Calls(client, "PutEvents", "events")
    wire.Instead(client, "PutEvents", *[answer(TAKEN)] * 2, service="events")
    assert bus.put([event(detail=json.dumps("x" * 200_000))] * 2) == 2
    assert len(calls.sent) == 2


@given(st.lists(st.integers(1, 12)), st.integers(1, 4), st.integers(1, 20))
def test_batches_hold_everything_in_order_within_their_limits(
    things: list[int], count: int, size: int
) -> None:
    found = list(batches(things, count=count, size=size, weigh=int))
    assert [each for batch in found for each in batch] == things
    assert all(1 <= len(batch) <= count for batch in found)
    assert all(sum(batch) <= size or len(batch) == 1 for batch in found)
