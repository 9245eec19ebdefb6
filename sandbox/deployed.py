"""The deployed application without AWS: its handlers, run here over the sandbox's own services.

What the state machine does with them is done in plain Python: targets, then one audit a target,
then the report. The end-to-end tests run the real one.
"""

import contextlib
import dataclasses
import datetime as dt
import functools
import importlib.util
import io
import json
import os
import pathlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3

from sandbox.organization import ACCOUNTS, REGIONS, credentials

ROOT = pathlib.Path(__file__).parents[1]
HOME, REGION = ACCOUNTS[0], REGIONS[0]
NAME = "eksnet"
KEYS = (("pk", "HASH"), ("sk", "RANGE"))
MOST_STEPS = 500  # of an execution: far more than any plan of the demo takes
MACHINE = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1, "End": True}}}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Context:
    """What Lambda tells a handler of itself, as far as Powertools asks."""

    function_name: str
    memory_limit_in_mb: int = 1769
    aws_request_id: str = "00000000-0000-4000-8000-000000000000"

    @property
    def invoked_function_arn(self) -> str:
        """Return the function's ARN."""
        return f"arn:aws:lambda:{REGION}:{HOME}:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Return that there is all the time."""
        return 900_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """What a run of the state machine came to: what each handler returned."""

    begun: Mapping[str, Any]
    audited: tuple[Mapping[str, Any], ...] = ()
    told: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Person:
    """An IAM user, as Lambda tells of whoever signed a request."""

    name: str
    account: str = HOME

    @property
    def arn(self) -> str:
        """Return the user's ARN."""
        return f"arn:aws:iam::{self.account}:user/{self.name}"

    @property
    def unique_id(self) -> str:
        """Return the user's unique id."""
        return f"AIDA{self.account}{self.name.upper()}"


@functools.cache
def handler(function: str) -> Callable[[Any, Context], Any]:
    """Return a function's handler, loaded from its folder as Lambda loads it."""
    path = ROOT / "functions" / function / "app.py"
    spec = importlib.util.spec_from_file_location(f"functions_{function}", path)
    if spec is None or spec.loader is None:
        message = f"no handler at {path}"
        raise FileNotFoundError(message)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: Callable[[Any, Context], Any] = module.handler
    return made


class Application:
    """One deployment in the sandbox; its table, bucket, topic and bus are real to it."""

    def __init__(self, topic: str, inbox: str) -> None:
        self.topic, self._inbox = topic, inbox

    def invoke(self, function: str, event: object) -> Any:
        """Return what the handler makes of the event; its logs and metrics are swallowed."""
        with contextlib.redirect_stdout(io.StringIO()):
            return handler(function)(event, Context(function_name=f"{NAME}-{function}"))

    def run(self, scheduled_at: dt.datetime, execution: str = "demo") -> Run:
        """Do what the state machine does for a schedule's event."""
        begun = self.invoke(
            "targets",
            {
                "scheduled_at": scheduled_at.isoformat(),
                "execution": execution,
                "started_at": dt.datetime.now(dt.UTC).isoformat(),
            },
        )
        if begun.get("duplicate") or "rejected" in begun:
            return Run(begun=begun)
        listed = boto3.client("s3").get_object(Bucket=begun["bucket"], Key=begun["key"])
        audited = tuple(
            self.invoke("audit", {"run_id": begun["run_id"], "target": target})
            for target in json.loads(listed["Body"].read())
        )
        told = self.invoke("report", {"run_id": begun["run_id"]})
        return Run(begun=begun, audited=audited, told=told)

    def signed(self, function: str, who: Person, body: str) -> tuple[int, Any]:
        """Return the HTTP status and the answer of a function URL, signed by ``who``."""
        event = {
            "version": "2.0",
            "requestContext": {
                "authorizer": {"iam": {"userArn": who.arn, "callerId": who.unique_id}},
                "http": {"method": "POST", "path": "/"},
            },
            "body": body,
            "isBase64Encoded": False,
        }
        answer = self.invoke(function, event)
        return answer["statusCode"], json.loads(answer["body"])

    def carry_out(self, plan_id: str, purpose: str, attempt: int = 1) -> Mapping[str, Any]:
        """Do what the state machine of repairs does, without its waits; return the last answer."""
        given = {"plan_id": plan_id, "purpose": purpose, "attempt": attempt}
        for _ in range(MOST_STEPS):
            answer: Mapping[str, Any] = self.invoke("step", given)
            if not answer.get("again"):
                return answer
        message = f"{plan_id} came to no end: {answer}"
        raise RuntimeError(message)

    def mails(self) -> list[tuple[str, str]]:
        """Return the subject and text of every mail sent since the last time, oldest first."""
        queue = boto3.client("sqs")
        mails = []
        while messages := queue.receive_message(QueueUrl=self._inbox, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                body = json.loads(message["Body"])
                mails.append((body["Subject"], body["Message"]))
                queue.delete_message(QueueUrl=self._inbox, ReceiptHandle=message["ReceiptHandle"])
        return mails

    def page(self, run_id: str) -> bytes:
        """Return the run's HTML report."""
        body: bytes = (
            boto3.client("s3").get_object(Bucket=NAME, Key=f"reports/{run_id}.html")["Body"].read()
        )
        return body


@contextlib.contextmanager
def deployed(**settings: str) -> Iterator[Application]:
    """Deploy into the AWS that this process talks to; ``settings`` are environment variables.

    The environment is put back at the end; the handlers' clients are made anew each time.
    """
    from eksnet.pipeline.services import services

    before = dict(os.environ)
    key, secret = credentials(HOME)
    os.environ.update(
        AWS_ACCESS_KEY_ID=key,
        AWS_SECRET_ACCESS_KEY=secret,
        AWS_REGION=REGION,
        AWS_DEFAULT_REGION=REGION,
        POWERTOOLS_SERVICE_NAME=NAME,
        POWERTOOLS_METRICS_NAMESPACE=NAME,
    )
    try:
        topic, inbox = _resources()
        os.environ.update(_environment(topic), **settings)
        services.cache_clear()
        yield Application(topic, inbox)
    finally:
        services.cache_clear()
        os.environ.clear()
        os.environ.update(before)


def _resources() -> tuple[str, str]:
    """Make what the template makes, and a queue that gets what subscribers get."""
    boto3.client("dynamodb").create_table(
        TableName=NAME,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in KEYS],
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in KEYS],
    )
    boto3.client("s3").create_bucket(Bucket=NAME)
    boto3.client("events").create_event_bus(Name=NAME)
    boto3.client("stepfunctions").create_state_machine(
        name=NAME, definition=json.dumps(MACHINE), roleArn=f"arn:aws:iam::{HOME}:role/{NAME}"
    )
    topic = boto3.client("sns").create_topic(Name=NAME)["TopicArn"]
    inbox = boto3.client("sqs").create_queue(QueueName=f"{NAME}-inbox")["QueueUrl"]
    boto3.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{HOME}:{NAME}-inbox"
    )
    return topic, inbox


def _environment(topic: str) -> dict[str, str]:
    return {
        "EKSNET_ACCOUNT": HOME,
        "EKSNET_ACCOUNTS": ",".join(ACCOUNTS),
        "EKSNET_REGIONS": ",".join(REGIONS),
        "EKSNET_MEMBER_ROLE": "eksnet-audit",
        "EKSNET_EXTERNAL_ID": "demo-external-id",
        "EKSNET_TABLE": NAME,
        "EKSNET_BUCKET": NAME,
        "EKSNET_TOPIC": topic,
        "EKSNET_BUS": NAME,
        "EKSNET_REMEDIATION_ROLE": "eksnet-remediation",
        "EKSNET_REPAIR_MACHINE": f"arn:aws:states:{REGION}:{HOME}:stateMachine:{NAME}",
    }
