"""The application as it is shipped, deployed to ministack, and seen only from outside."""

import datetime as dt
import json
import pathlib
from typing import Any

import boto3
import yaml
from botocore.config import Config

from eksnet.collect.session import BOTOCORE
from tests.artefact.built import HERE, built
from tests.e2e.servers import ACCOUNT, REGION, bare_environment, program, run
from tests.e2e.waiting import eventually

NAME = "eksnet"
ARTIFACTS = "artifacts"  # where `sam deploy` puts the code
ACCOUNTS = ("111122223333", "222233334444", "333344445555")
REGIONS = ("us-east-1", "eu-west-1")
FUNCTIONS = (
    *("TargetsFunction", "AuditFunction", "ReportFunction", "ChangesFunction"),
    *("PlanFunction", "DecideFunction", "StepFunction"),
)
# What the sandbox plays: the AWS that is audited.
ELSEWHERE = ("EC2", "EKS", "IAM", "STS", "ORGANIZATIONS", "SERVICE_QUOTAS")
RUN_SECONDS = 120  # a run of the demo organization takes some ten
SCHEDULE_SECONDS = 40  # ministack looks at its schedules every ten
SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"


class Stack:
    """One deployment: clients of the cloud it is in, and what the tests do to it."""

    def __init__(self, address: str, folder: pathlib.Path) -> None:
        self._address, self._folder = address, folder
        self.session = boto3.Session(
            aws_access_key_id=ACCOUNT, aws_secret_access_key="any", region_name=REGION
        )
        self.clients: dict[str, Any] = {}
        self.ids: dict[str, str] = {}
        self.outputs: dict[str, str] = {}

    def client(self, service: str) -> Any:
        """Return a client of the cloud the application is deployed to."""
        if service not in self.clients:
            config = Config(s3={"addressing_style": "path"}, retries={"mode": "standard"})
            self.clients[service] = self.session.client(
                service, endpoint_url=self._address, config=config
            )
        return self.clients[service]

    def close(self) -> None:
        """Let go of the connections."""
        for client in self.clients.values():
            client.close()

    def deploy(self) -> None:
        """Deploy what `make build` built with `sam deploy`: upload, change set, execution."""
        self.client("s3").create_bucket(Bucket=ARTIFACTS)
        parameters = {
            "Architecture": HERE,
            "Accounts": ",".join(ACCOUNTS),
            "Regions": ",".join(REGIONS),
            "ExternalId": "offline",
            "Remediation": "on",
        }
        command = [program("sam"), "deploy", "--stack-name", NAME, "--s3-bucket", ARTIFACTS]
        command += ["--template-file", str(built() / "template.yaml")]
        command += ["--no-confirm-changeset", "--no-progressbar", "--capabilities"]
        command += ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "--parameter-overrides"]
        self._sam([*command, *(f"{name}={value}" for name, value in parameters.items())])
        cloudformation = self.client("cloudformation")
        described = cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]
        self.outputs = {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}
        resources = cloudformation.describe_stack_resources(StackName=NAME)["StackResources"]
        self.ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}

    def make_readable(self) -> None:
        """Give ministack the state machines as JSON: it deploys the YAML, but can't read it."""
        client = self.client("stepfunctions")
        for machine in (self.outputs["StateMachineArn"], self.outputs["RepairStateMachineArn"]):
            deployed = client.describe_state_machine(stateMachineArn=machine)["definition"]
            same = json.dumps(yaml.safe_load(deployed))
            client.update_state_machine(stateMachineArn=machine, definition=same)

    def allow_plain_http(self) -> None:
        """Drop the bucket's and the topic's only policy of refusal: loopback has no TLS."""
        self.client("s3").delete_bucket_policy(Bucket=self.outputs["BucketName"])
        anyone = {"Version": "2012-10-17", "Statement": []}
        self.client("sns").set_topic_attributes(
            TopicArn=self.outputs["TopicArn"],
            AttributeName="Policy",
            AttributeValue=json.dumps(anyone),
        )

    def redirect(self, endpoint: str) -> None:
        """Let the functions find what they audit at ``endpoint``; the template stays as it is."""
        functions = self.client("lambda")
        elsewhere = {f"AWS_ENDPOINT_URL_{service}": endpoint for service in ELSEWHERE}
        for name in FUNCTIONS:
            function = self.ids[name]
            now = functions.get_function_configuration(FunctionName=function)
            functions.update_function_configuration(
                FunctionName=function,
                Environment={"Variables": {**now["Environment"]["Variables"], **elsewhere}},
            )

    def schedule_soon(self) -> dt.datetime:
        """Let the schedule's target be called at the next moment, and return that.

        ministack never fires ``at()`` of a schedule that was another before: a twin of the
        deployed one has its target. Nor does it put in context attributes: the twin's input says
        what EventBridge Scheduler would put there.
        """
        scheduler = self.client("scheduler")
        shipped = scheduler.get_schedule(Name=self.ids["Schedule"].rsplit("/", 1)[-1])
        soon = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(seconds=1)
        target = shipped["Target"]
        assert SCHEDULED_TIME in target["Input"], target
        target["Input"] = target["Input"].replace(SCHEDULED_TIME, f"{soon:%Y-%m-%dT%H:%M:%SZ}")
        scheduler.create_schedule(
            Name=f"soon-{soon:%H%M%S}",
            ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow=shipped["FlexibleTimeWindow"],
            Target=target,
        )
        return soon

    def start(self, scheduled_at: dt.datetime) -> str:
        """Start an execution as the schedule would at that time; return its ARN."""
        event = {"scheduled_at": f"{scheduled_at:%Y-%m-%dT%H:%M:%SZ}"}
        machine = self.outputs["StateMachineArn"]
        started = self.client("stepfunctions").start_execution(
            stateMachineArn=machine, input=json.dumps(event)
        )
        arn: str = started["executionArn"]
        return arn

    def executions(self) -> list[str]:
        """Return the executions there are, children of the map left out."""
        machine = self.outputs["StateMachineArn"]
        listed = self.client("stepfunctions").list_executions(stateMachineArn=machine)
        return [each["executionArn"] for each in listed["executions"]]

    def ended(self, execution: str, seconds: float = RUN_SECONDS) -> dict[str, Any]:
        """Wait for an execution to end, and return how."""
        client = self.client("stepfunctions")

        def look() -> dict[str, Any] | None:
            answer = client.describe_execution(executionArn=execution)
            return None if answer["status"] == "RUNNING" else answer

        return eventually(f"{execution} ended", look, seconds)

    def succeeded(self, execution: str, seconds: float = RUN_SECONDS) -> dict[str, Any]:
        """Wait for an execution to succeed, and return its output."""
        answer = self.ended(execution, seconds)
        assert answer["status"] == "SUCCEEDED", (answer.get("error"), answer.get("cause"))
        output: dict[str, Any] = json.loads(answer["output"])
        return output

    def keys(self, prefix: str) -> set[str]:
        """Return the keys of the report bucket that begin with ``prefix``."""
        pages = self.client("s3").get_paginator("list_objects_v2")
        bucket = self.outputs["BucketName"]
        found = pages.paginate(Bucket=bucket, Prefix=prefix)
        return {each["Key"] for page in found for each in page.get("Contents", ())}

    def object(self, key: str) -> bytes:
        """Return an object of the report bucket."""
        answer = self.client("s3").get_object(Bucket=self.outputs["BucketName"], Key=key)
        body: bytes = answer["Body"].read()
        return body

    def items(self) -> list[dict[str, Any]]:
        """Return everything that is in the table."""
        pages = self.client("dynamodb").get_paginator("scan")
        found = pages.paginate(TableName=self.outputs["TableName"])
        return [item for page in found for item in page["Items"]]

    def reads(self) -> list[tuple[str, str]]:
        """Return every read that the deployed policy grants, the service as botocore names it."""
        iam, arn = self.client("iam"), self.ids["ReadPolicy"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        granted = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
        statements = granted["Document"]["Statement"]
        actions = {action for each in statements for action in each["Action"]}
        named = (each.split(":") for each in actions)
        return sorted((BOTOCORE.get(service, service), name) for service, name in named)

    def logs(self, since: float) -> list[str]:
        """Return what the functions said since a moment, in milliseconds of the epoch."""
        client = self.client("logs")
        found: list[tuple[int, str]] = []
        for group in client.describe_log_groups()["logGroups"]:
            pages = client.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"], startTime=int(since)
            )
            events = (event for page in pages for event in page["events"])
            found += [(each["timestamp"], each["message"].rstrip()) for each in events]
        platform = ("START ", "END ", "REPORT ")
        found.sort(key=lambda each: each[0])
        return [said for _, said in found if not said.startswith(platform)]

    def _sam(self, command: list[str]) -> None:
        variables = {
            "SAM_CLI_TELEMETRY": "0",
            "AWS_ENDPOINT_URL": self._address,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_DEFAULT_REGION": REGION,
        }
        environment = bare_environment(self._folder, **variables)
        run(command, self._folder / "sam.log", environment)
