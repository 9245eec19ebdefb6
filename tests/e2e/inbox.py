"""What comes out of the application: mails of the topic, events of the bus, caught in queues."""

import json
from typing import Any

from tests.e2e.stack import Stack
from tests.e2e.waiting import eventually

MAIL_SECONDS = 20


class Inbox:
    """A queue that keeps what was put into it since it was made; a service may put it there."""

    def __init__(self, stack: Stack, name: str, service: str) -> None:
        self._sqs = stack.client("sqs")
        self.url: str = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        wanted = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        self.arn: str = wanted["Attributes"]["QueueArn"]
        may = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sqs:SendMessage",
            "Resource": self.arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [may]})
        self._sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy})
        self._seen: list[dict[str, Any]] = []

    def all(self) -> list[dict[str, Any]]:
        """Return everything that came, oldest first."""
        while True:
            got = self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
            messages = got.get("Messages", ())
            if not messages:
                return list(self._seen)
            for each in messages:
                self._seen.append(json.loads(each["Body"]))
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=each["ReceiptHandle"])


class Mails(Inbox):
    """The messages of the topic, as a subscriber gets them."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack, "mails", "sns.amazonaws.com")
        stack.client("sns").subscribe(
            TopicArn=stack.outputs["TopicArn"], Protocol="sqs", Endpoint=self.arn
        )

    def of(self, run_id: str) -> list[dict[str, Any]]:
        """Return the mails of a run: each names its report. The alarms' messages are others."""
        return [each for each in self.all() if f"/{run_id}.html" in each["Message"]]

    def one(self, run_id: str) -> dict[str, Any]:
        """Wait for the mail of a run, and return it."""
        found = eventually(f"a mail of run {run_id}", lambda: self.of(run_id), MAIL_SECONDS)
        assert len(found) == 1, [each["Subject"] for each in found]
        return found[0]


class Events(Inbox):
    """The events of the application's own bus."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack, "events", "events.amazonaws.com")
        events, bus = stack.client("events"), stack.outputs["BusName"]
        pattern = json.dumps({"detail-type": ["Finding Opened", "Finding Resolved"]})
        events.put_rule(Name="everything", EventBusName=bus, EventPattern=pattern)
        target = {"Id": "inbox", "Arn": self.arn}
        events.put_targets(Rule="everything", EventBusName=bus, Targets=[target])

    def of(self, run_id: str) -> list[dict[str, Any]]:
        """Return the events that a run put."""
        return [each for each in self.all() if each["detail"]["run_id"] == run_id]
