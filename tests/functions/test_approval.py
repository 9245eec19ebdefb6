"""Nobody gets a plan approved but another person, once, for that very plan, in time."""

import base64
import copy
import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from eksnet.model.journal import PlanState, Principal
from eksnet.model.plan import Plan
from eksnet.pipeline.services import services
from sandbox import offline
from sandbox.deployed import HOME, NAME, Application, deployed
from tests.store.plans import plan as store_plan

ASKS = Principal(id="AIDAEXAMPLEEXAMPLEADA", arn=f"arn:aws:iam::{HOME}:user/ada")
BOB = {"userArn": f"arn:aws:iam::{HOME}:user/bob", "callerId": "AIDAEXAMPLEEXAMPLEBOB"}
ADA = {"userArn": ASKS.arn, "callerId": ASKS.id}
ROLE = f"arn:aws:sts::{HOME}:assumed-role/platform/"
ROLE_ID = "AROAEXAMPLEEXAMPLE001"
Attack = Callable[["Ground"], None]


@dataclasses.dataclass(frozen=True)
class Ground:
    """A deployment with one plan that awaits approval, and how to knock at its doors."""

    application: Application
    plan_id: str
    digest: str

    def knock(self, function: str = "decide", **changes: Any) -> int:
        """Send an approval, signed by bob unless ``iam`` says otherwise; return the status."""
        said = {"do": "approve", "plan_id": self.plan_id, **changes.pop("said", {})}
        context = {
            "authorizer": {"iam": changes.pop("iam", BOB)},
            "http": {"method": changes.pop("method", "POST")},
        }
        event = {
            "requestContext": context,
            "body": json.dumps(said),
            "isBase64Encoded": False,
            **changes,
        }
        return int(self.application.invoke(function, event)["statusCode"])

    def put(self, **item: Any) -> None:
        """Write an item into the table, past every function."""
        boto3.client("dynamodb").put_item(TableName=NAME, Item=item)

    def items(self, pk: str) -> list[Any]:
        """Return the items of a partition."""
        found = boto3.client("dynamodb").query(
            TableName=NAME,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
        )
        return list(found["Items"])


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    with offline(), deployed(POWERTOOLS_LOG_LEVEL="CRITICAL") as made:
        yield made


def kept(application: Application, number: int, **parts: Any) -> Ground:
    """Keep a plan of its own number, asked for by ada."""
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    times = {"read_at": now, "expires_at": now + dt.timedelta(days=1)}
    plan: Plan = store_plan(vpc_id=f"vpc-{number:08x}", **{**times, **parts})
    row = services().plans.put_plan(plan, ASKS, now)
    return Ground(application=application, plan_id=row.plan_id, digest=row.digest)


def as_role(session: str) -> dict[str, str]:
    return {"userArn": ROLE + session, "callerId": f"{ROLE_ID}:{session}"}


def copied(ground: Ground, name: str, **changes: str) -> None:
    """Copy bob's approval of another plan, word for word but for ``changes`` in its text."""
    other = kept(ground.application, 0xFFFF0000 + abs(hash((ground.plan_id, name))) % 0xFFFF)
    assert other.knock() == 200
    (item,) = ground.items(f"APPROVAL#{other.plan_id}")
    text = json.loads(item["body"]["S"])
    text.update(changes)
    forged = copy.deepcopy(item)
    forged["pk"], forged["sk"] = {"S": f"APPROVAL#{ground.plan_id}"}, {"S": BOB["callerId"]}
    forged["body"] = {"S": json.dumps(text)}
    ground.put(**forged)


METHODS = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "get", "")
PEOPLE: dict[str, Any] = {
    "the requester": ADA,
    "nobody": {},
    "null": None,
    "root": {"userArn": f"arn:aws:iam::{HOME}:root", "callerId": HOME},
    "a federated user": {
        "userArn": f"arn:aws:sts::{HOME}:federated-user/bob",
        "callerId": f"{HOME}:bob",
    },
    "bob's name with ada's id": {"userArn": BOB["userArn"], "callerId": ADA["callerId"]},
    "a role's arn with a user's id": {"userArn": ROLE + "bob", "callerId": BOB["callerId"]},
    "an id in small letters": {**BOB, "callerId": BOB["callerId"].lower()},
    "an id with a line end": {**BOB, "callerId": BOB["callerId"] + "\n"},
    "an id of another script": {**BOB, "callerId": "AID\u0410EXAMPLEEXAMPLEBOB"},
    "an empty id": {**BOB, "callerId": ""},
    "a number for an id": {**BOB, "callerId": 7},
    "a list of ids": {**BOB, "callerId": [BOB["callerId"]]},
    "a service": {"userArn": "lambda.amazonaws.com", "callerId": "AIDAEXAMPLEEXAMPLELAM"},
}
WORDS: dict[str, dict[str, Any]] = {
    "a principal of his own": {"principal": BOB["userArn"]},
    "an approver of his own": {"approver": "bob"},
    "a digest of his own": {"digest": "0" * 64},
    "a time of his own": {"at": "2020-01-01T00:00:00Z"},
    "a longer life": {"expires_at": "2099-01-01T00:00:00Z"},
    "approved": {"do": "approved"},
    "APPROVE": {"do": "APPROVE"},
    "true": {"do": True},
    "a list": {"do": ["approve"]},
    "null": {"do": None},
    "apply": {"do": "apply"},
    "no plan": {"plan_id": ""},
    "a part of the name": {"plan_id": "pl-0123456789"},
    "a path": {"plan_id": "pl-../../APPROVAL"},
    "another plan": {"plan_id": "pl-00000000000000000000"},
    "a null byte": {"plan_id": "pl-0123456789abcdef0123\x00"},
    "all plans": {"plan_id": "*"},
    "a lone surrogate": {"reason": "\ud800"},
}
BODIES: dict[str, dict[str, Any]] = {
    "no body": {"body": ""},
    "no json": {"body": "approve"},
    "nan": {"body": '{"do": NaN}'},
    "deeply nested": {"body": "[" * 20_000},
    "ten megabytes": {"body": "x" * 10_000_000},
    "half of base64": {"body": "eyJ", "isBase64Encoded": True},
    "base64 of nothing": {"body": base64.b64encode(b"\xff\xfe").decode(), "isBase64Encoded": True},
    "a body that is an object": {"body": {"do": "approve"}},
}


def rejected_first(ground: Ground) -> None:
    assert ground.knock(said={"do": "reject"}, iam=as_role("carol")) == 200
    assert ground.knock() == 409


def of_the_requesters_role(ground: Ground) -> None:
    """Ada asked by a role: no session of that role is another person."""
    principal = Principal(id=ROLE_ID, arn=ROLE + "ada")
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    row = services().plans.put_plan(
        store_plan(vpc_id="vpc-ffffffff", read_at=now, expires_at=now + dt.timedelta(hours=5)),
        principal,
        now,
    )
    other = dataclasses.replace(ground, plan_id=row.plan_id, digest=row.digest)
    for session in ("ada", "bob", "ada@example.com"):
        assert other.knock(iam=as_role(session)) == 409
    assert not services().plans.decisions(row.plan_id)


def by_the_other_door(ground: Ground) -> None:
    assert ground.knock("plan") == 400


def written_for_another_digest(ground: Ground) -> None:
    copied(ground, "digest", plan_id=ground.plan_id)


def copied_from_another_plan(ground: Ground) -> None:
    copied(ground, "copy")


def written_with_the_requesters_name(ground: Ground) -> None:
    asks = {"id": ASKS.id, "arn": ASKS.arn}
    copied(ground, "asks", plan_id=ground.plan_id, digest=ground.digest, principal=asks)  # type: ignore[arg-type]


def written_as_too_late(ground: Ground) -> None:
    late = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
    copied(ground, "late", plan_id=ground.plan_id, digest=ground.digest, at=late.isoformat())


def written_as_garbage(ground: Ground) -> None:
    ground.put(
        pk={"S": f"APPROVAL#{ground.plan_id}"},
        sk={"S": "AIDAGARBAGE"},
        schema_version={"N": "1"},
        body={"S": "{}"},
    )


DEEDS: tuple[Attack, ...] = (
    rejected_first,
    of_the_requesters_role,
    by_the_other_door,
    written_for_another_digest,
    copied_from_another_plan,
    written_with_the_requesters_name,
    written_as_too_late,
    written_as_garbage,
)
ATTACKS: dict[str, Attack] = {
    **{f"method {each!r}": lambda g, m=each: g.knock(method=m) for each in METHODS},
    **{f"signed by {k}": lambda g, iam=v: g.knock(iam=iam) for k, v in PEOPLE.items()},
    **{f"says {k}": lambda g, said=v: g.knock(said=said) for k, v in WORDS.items()},
    **{f"sends {k}": lambda g, more=v: g.knock(**more) for k, v in BODIES.items()},
    "has no context": lambda g: g.knock(requestContext=None),
    "has another authorizer": lambda g: g.knock(
        requestContext={"authorizer": {"jwt": BOB}, "http": {"method": "POST"}}
    ),
    **{each.__name__: each for each in DEEDS},
}


def test_there_are_enough_attacks_to_mean_something() -> None:
    assert len(ATTACKS) >= 40


def test_what_the_attacks_are_made_of_works_when_it_is_honest(application: Application) -> None:
    ground = kept(application, 0)
    assert ground.knock() == 200
    assert [each.principal.id for each in services().plans.decisions(ground.plan_id)] == [
        BOB["callerId"]
    ]


@pytest.mark.parametrize(("number", "name"), list(enumerate(ATTACKS, start=1)))
def test_an_attack_approves_nothing(application: Application, number: int, name: str) -> None:
    ground = kept(application, number)
    ATTACKS[name](ground)
    answer = application.invoke(
        "plan",
        {
            "requestContext": {"authorizer": {"iam": ADA}, "http": {"method": "POST"}},
            "body": json.dumps({"do": "apply", "plan_id": ground.plan_id}),
        },
    )
    assert answer["statusCode"] in (409, 503), answer
    row = services().plans.row(ground.plan_id)
    assert row is not None
    assert row.state in (PlanState.AWAITING_APPROVAL, PlanState.REJECTED)
    assert row.attempt == 0


def test_an_expired_plan_can_not_be_approved(application: Application) -> None:
    past = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(days=2)
    times = {"read_at": past, "expires_at": past + dt.timedelta(days=1)}
    assert kept(application, 1_000_001, **times).knock() == 409


def test_one_person_counts_once(application: Application) -> None:
    ground = kept(application, 1_000_002)
    assert [ground.knock(), ground.knock()] == [200, 409]
    assert len(services().plans.decisions(ground.plan_id)) == 1


def test_a_plan_whose_text_was_changed_is_not_carried_out(application: Application) -> None:
    ground = kept(application, 1_000_003)
    assert ground.knock() == 200
    (body,) = (each for each in ground.items(f"PLAN#{ground.plan_id}") if each["sk"]["S"] == "BODY")
    changed = json.loads(json.dumps(body).replace("100.64.1.0/24", "100.64.9.0/24"))
    assert changed != body
    ground.put(**changed)
    answer = application.invoke(
        "plan",
        {
            "requestContext": {"authorizer": {"iam": ADA}, "http": {"method": "POST"}},
            "body": json.dumps({"do": "apply", "plan_id": ground.plan_id}),
        },
    )
    assert (answer["statusCode"], "CorruptPlan" in answer["body"]) == (503, True)
