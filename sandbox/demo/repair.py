"""The demo's repair: a cluster without addresses gets some, by two people, and gives them back."""

import json
from collections.abc import Callable, Iterator

import boto3

from eksnet.checks import catalogue
from eksnet.collect.live import collect
from eksnet.collect.session import Session
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.pipeline.services import services
from eksnet.report.plan_text import entry_line
from sandbox.deployed import Application, Person
from sandbox.organization import REGIONS

CLUSTER, CHECK, REMEDY = "storefront", "IPH002", "secondary-cidr"
ASKS, APPROVES = Person(name="ada"), Person(name="bob")
LAST = 3  # lines of the journal that are shown; `eksnet journal` has all


def happen(application: Application, say: Callable[[str], None]) -> str:
    """Let it happen; return the plan as the people in it read it.

    Raises:
        RuntimeError: it did not go as it should.
    """
    _let_be_changed()
    answer = _asked(application, "plan", ASKS, do="plan", remedy=REMEDY, cluster=CLUSTER)
    plan = str(answer["plan_id"])
    say(f"  ada asks for a plan, {plan}: it is proven on a copy, kept, and mailed")
    status, refused = application.signed("decide", ASKS, _text(do="approve", plan_id=plan))
    say(f"  ada tries to approve it herself: {status}, {refused['text']}")
    _asked(application, "decide", APPROVES, do="approve", plan_id=plan)
    say("  bob approves it")
    _carried_out(application, plan, "apply", "succeeded", say)
    say(f"  audited again: {CHECK} of {CLUSTER} is {', '.join(sorted(set(_answers())))}")
    _carried_out(application, plan, "rollback", "rolled-back", say)
    return str(answer["text"])


def _let_be_changed() -> None:
    eks, ec2 = (boto3.client(service, region_name=REGIONS[0]) for service in ("eks", "ec2"))
    vpc = eks.describe_cluster(name=CLUSTER)["cluster"]["resourcesVpcConfig"]["vpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "eksnet:remediate", "Value": "allowed"}])


def _carried_out(
    application: Application, plan: str, purpose: str, wanted: str, say: Callable[[str], None]
) -> None:
    begun = _asked(application, "plan", ASKS, do=purpose, plan_id=plan)
    done = application.carry_out(plan, purpose, int(str(begun["attempt"])))
    if done["state"] != wanted:
        message = f"{plan} is {done['state']}: {done['text']}"
        raise RuntimeError(message)
    say(f"  {purpose}: {done['state']}, {done['text']}; the last lines of the journal:")
    for entry in services().plans.entries(plan)[-LAST:]:
        say(f"    {entry_line(entry)}")


def _answers() -> Iterator[str]:
    """Yield what the check says of the cluster's zones now."""
    checks = [each for each in catalogue() if each.id == CHECK]
    seen = collect(Session(), REGIONS[0], checks[0].facets, clusters=[CLUSTER])
    return (each.status.value for each in run(seen, checks, Limits()))


def _asked(
    application: Application, function: str, who: Person, **said: object
) -> dict[str, object]:
    status, answer = application.signed(function, who, _text(**said))
    if status != 200:
        message = f"{function} answered {status}: {answer}"
        raise RuntimeError(message)
    given: dict[str, object] = answer
    return given


def _text(**said: object) -> str:
    return json.dumps(said)
