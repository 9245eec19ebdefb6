"""Repairs of the deployed application: what people ask and decide, and what the executions do."""

import datetime as dt
import json
import time
from typing import Any

import boto3

from eksnet.model.journal import Entry, PlanRow
from eksnet.model.plan import OPT_IN_TAG, OPTED_IN
from eksnet.store.plans_dynamodb import DynamoPlanStore
from sandbox.deployed import Person
from tests.e2e.servers import ACCOUNT, REGION
from tests.e2e.stack import Stack
from tests.e2e.waiting import eventually

CLUSTER = "storefront"  # its subnets are full
BLOCK = "100.64."  # where the pods' blocks come from
QUIET_SECONDS = 3  # a step takes some tenths of one
ASKS, APPROVES = Person(name="ada"), Person(name="bob")


class Network:
    """The VPC of the cluster, in the audited AWS at ``address``."""

    def __init__(self, address: str) -> None:
        where = {"endpoint_url": address, "region_name": REGION}
        session = boto3.Session(aws_access_key_id=ACCOUNT, aws_secret_access_key="any")
        self._ec2: Any = session.client("ec2", **where)
        eks: Any = session.client("eks", **where)
        self.vpc: str = eks.describe_cluster(name=CLUSTER)["cluster"]["resourcesVpcConfig"]["vpcId"]
        eks.close()

    def opt_in(self) -> None:
        """Let it be changed."""
        tag = {"Key": OPT_IN_TAG, "Value": OPTED_IN}
        self._ec2.create_tags(Resources=[self.vpc], Tags=[tag])

    def opt_out(self) -> None:
        """Let it be changed no longer."""
        self._ec2.delete_tags(Resources=[self.vpc], Tags=[{"Key": OPT_IN_TAG}])

    def pod_subnets(self) -> dict[str, dict[str, str]]:
        """Return the tags of the subnets that a plan made, by block."""
        given = [{"Name": "vpc-id", "Values": [self.vpc]}]
        found = self._ec2.describe_subnets(Filters=given)["Subnets"]
        return {
            each["CidrBlock"]: {tag["Key"]: tag["Value"] for tag in each["Tags"]}
            for each in found
            if each["CidrBlock"].startswith(BLOCK)
        }

    def blocks(self) -> list[str]:
        """Return its blocks."""
        (found,) = self._ec2.describe_vpcs(VpcIds=[self.vpc])["Vpcs"]
        kept = found["CidrBlockAssociationSet"]
        return [e["CidrBlock"] for e in kept if e["CidrBlockState"]["State"] == "associated"]

    def close(self) -> None:
        """Let go of the connection."""
        self._ec2.close()


class Repairs:
    """The functions that people reach by URLs, and the state machine that carries out plans.

    ministack serves function URLs, but tells the function nothing of who signed: the functions are
    invoked with the event that Lambda makes of a signed request.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        table = stack.outputs["TableName"]
        self.plans = DynamoPlanStore(stack.client("dynamodb"), table)

    def ask(self, who: Person, **said: str) -> tuple[int, dict[str, Any]]:
        """Return the answer of the URL of requests."""
        return self._signed("PlanFunction", who, said)

    def decide(self, who: Person, **said: str) -> tuple[int, dict[str, Any]]:
        """Return the answer of the URL of decisions."""
        return self._signed("DecideFunction", who, said)

    def begin(self, plan_id: str, purpose: str) -> str:
        """Have a plan carried out or taken back; return the execution's ARN."""
        status, answer = self.ask(ASKS, do=purpose, plan_id=plan_id)
        assert status == 200, answer
        machine = self._stack.outputs["RepairStateMachineArn"]
        executions = machine.replace(":stateMachine:", ":execution:")
        return f"{executions}:{plan_id}-{purpose}-{answer['attempt']}"

    def stop(self, execution: str) -> None:
        """End an execution as nobody asked it to."""
        client = self._stack.client("stepfunctions")
        client.stop_execution(executionArn=execution, error="Test", cause="stopped midway")

    def quiet(self, plan_id: str) -> None:
        """Wait until nothing has been written of a plan for some seconds: nobody is at it."""
        since, version = time.monotonic(), 0

        def look() -> bool:
            nonlocal since, version
            now = self.row(plan_id).version
            if now != version:
                since, version = time.monotonic(), now
            return time.monotonic() - since > QUIET_SECONDS

        eventually(f"nobody is at {plan_id}", look, 60)

    def lapse(self) -> None:
        """Let every lease be as old as it is after five minutes."""
        past = f"{dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
        for item in self._stack.items():
            if item["pk"]["S"].startswith("LEASE#") and "until" in item:
                self._stack.client("dynamodb").update_item(
                    TableName=self._stack.outputs["TableName"],
                    Key={"pk": item["pk"], "sk": item["sk"]},
                    UpdateExpression="SET #until = :past",
                    ExpressionAttributeNames={"#until": "until"},
                    ExpressionAttributeValues={":past": {"S": past}},
                )

    def row(self, plan_id: str) -> PlanRow:
        """Return how far a plan has come."""
        row = self.plans.row(plan_id)
        assert row, plan_id
        return row

    def journal(self, plan_id: str) -> tuple[Entry, ...]:
        """Return what was written down of a plan."""
        return self.plans.entries(plan_id)

    def _signed(
        self, function: str, who: Person, said: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        event = {
            "version": "2.0",
            "requestContext": {
                "authorizer": {"iam": {"userArn": who.arn, "callerId": who.unique_id}},
                "http": {"method": "POST", "path": "/"},
            },
            "body": json.dumps(said),
            "isBase64Encoded": False,
        }
        invoked = self._stack.client("lambda").invoke(
            FunctionName=self._stack.ids[function], Payload=json.dumps(event)
        )
        answer = json.loads(invoked["Payload"].read())
        assert "FunctionError" not in invoked, answer
        body: dict[str, Any] = json.loads(answer["body"])
        return answer["statusCode"], body
