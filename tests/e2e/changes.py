"""A change in the audited account, and the queue in which the news of it waits."""

import datetime as dt
import json
import uuid
from typing import Any

import boto3

from tests.e2e.servers import ACCOUNT, REGION
from tests.e2e.stack import Stack
from tests.e2e.waiting import eventually

PATIENCE = 25  # seconds a message is hidden while its batch is handled: an audit takes some four
CLUSTER = "payments"  # its public endpoint is restricted
OPEN_TO_ALL = ["0.0.0.0/0"]


def change_event(**other: Any) -> dict[str, Any]:
    """Return what EventBridge delivers of a call that CloudTrail recorded just now."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.eks",
        "account": ACCOUNT,
        "time": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": REGION,
        "resources": [],
        "detail": {
            "eventVersion": "1.11",
            "eventSource": "eks.amazonaws.com",
            "eventName": "UpdateClusterConfig",
            "awsRegion": REGION,
            "requestParameters": {"name": CLUSTER},
        },
        **other,
    }


class Endpoint:
    """The public endpoint of a cluster, in the audited AWS at ``address``."""

    def __init__(self, address: str) -> None:
        self._eks: Any = boto3.client(
            "eks",
            endpoint_url=address,
            region_name=REGION,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="any",
        )

    def admitted(self) -> list[str]:
        """Return the blocks that it admits."""
        cluster = self._eks.describe_cluster(name=CLUSTER)["cluster"]
        blocks: list[str] = cluster["resourcesVpcConfig"]["publicAccessCidrs"]
        return blocks

    def admit(self, blocks: list[str]) -> None:
        """Let it admit ``blocks`` and no others."""
        access = {"publicAccessCidrs": blocks}
        self._eks.update_cluster_config(name=CLUSTER, resourcesVpcConfig=access)

    def close(self) -> None:
        """Let go of the connection."""
        self._eks.close()


class ChangesQueue:
    """The queue of change events, without the minutes that it waits as deployed."""

    def __init__(self, stack: Stack) -> None:
        self._stack, self._sqs = stack, stack.client("sqs")
        self._url, self._dead = stack.ids["ChangesQueue"], stack.ids["ChangesDeadLetterQueue"]
        self._hide(PATIENCE, DelaySeconds="0")

    def rule_of(self, event: dict[str, Any]) -> list[str]:
        """Return which of the deployed rules lead ``event`` into the queue."""
        events = self._stack.client("events")
        arn = self._arn()
        found = []
        for name in ("EksChangesRule", "VpcChangesRule"):
            rule = events.describe_rule(Name=self._stack.ids[name].rsplit("/", 1)[-1])
            targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
            assert [each["Arn"] for each in targets] == [arn]
            pattern, text = rule["EventPattern"], json.dumps(event)
            if events.test_event_pattern(EventPattern=pattern, Event=text)["Result"]:
                found.append(name)
        return found

    def put(self, *bodies: str) -> None:
        """Put messages so that one batch takes them all.

        As AWS does, ministack lets nobody but itself put events of ``aws.*`` on a bus: the
        messages are put into the queue as a rule would put them.
        """
        self._mapping(enabled=False)
        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
        sent = self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)
        assert len(sent["Successful"]) == len(bodies), sent
        self._mapping(enabled=True)

    def waiting(self) -> int:
        """Return how many messages are in the queue, hidden ones included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        got = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)
        return sum(int(got["Attributes"][name]) for name in names)

    def try_again_at_once(self) -> None:
        """Hide what fails from now on for a second only."""
        self._hide(1)

    def dead(self) -> list[str]:
        """Return what is in the dead-letter queue; it stays there."""
        got = self._sqs.receive_message(
            QueueUrl=self._dead, MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [each["Body"] for each in got.get("Messages", ())]

    def empty(self, seconds: float) -> None:
        """Wait until the queue is empty."""
        eventually("the queue of changes is empty", lambda: not self.waiting(), seconds)

    def close(self) -> None:
        """Hide messages as long as an audit may take again."""
        self._hide(PATIENCE)

    def _hide(self, seconds: int, **more: str) -> None:
        attributes = {"VisibilityTimeout": str(seconds), **more}
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes=attributes)

    def _mapping(self, *, enabled: bool) -> None:
        self._stack.client("lambda").update_event_source_mapping(
            UUID=self._stack.ids["ChangesMapping"],
            Enabled=enabled,
            MaximumBatchingWindowInSeconds=0,
        )

    def _arn(self) -> str:
        got = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        arn: str = got["Attributes"]["QueueArn"]
        return arn
