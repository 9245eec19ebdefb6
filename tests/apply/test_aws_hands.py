"""Hands that write to AWS: each action is one call, and each refusal says what it is."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from eksnet.apply.aws_hands import HANDS, AwsHands
from eksnet.apply.interface import LostError, WriteError
from eksnet.model.action import Action, DeleteFlowLog, UpdateAddon
from eksnet.model.plan import PLAN_TAG
from eksnet.plan.kind import There
from eksnet.plan.kinds import KINDS, kind_of
from sandbox import denials, offline
from tests.sandbox.aws_place import ADDON_ROLE, AwsPlace, doors
from tests.sandbox.places import PLAN, Caller

CIDR, POD_CIDR = "100.64.0.0/16", "10.0.8.0/24"
#: What IAM asks for beside the call itself: Service Authorization Reference, dependent actions.
BESIDE = frozenset(
    {
        "ec2:CreateTags",
        "firehose:TagDeliveryStream",
        "iam:PassRole",
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
    }
)
READS = ("Describe", "Get", "List")


@pytest.fixture
def place() -> Iterator[Caller]:
    with offline():
        yield Caller(AwsPlace())


def of_a_log(place: Caller) -> Action:
    """Make a log, and the one that replaces it; then the first may go."""
    new = place.log(destination="arn:aws:s3:::kept/new/")
    place.do(new)
    log = place.log(destination="arn:aws:s3:::kept/old/")
    return DeleteFlowLog(flow_log_id=str(place.do(log)), log=log, replaced_by=new)


def within(make: Callable[[Caller], Action]) -> Callable[[Caller], Action]:
    """Return what makes an action of a subnet that is made first."""

    def made(place: Caller) -> Action:
        place.do(place.subnet(POD_CIDR))
        return make(place)

    return made


SETTINGS = '{"env":{"WARM_IP_TARGET":"2"}}'
ACTIONS: dict[str, Callable[[Caller], Action]] = {
    "associate-cidr": lambda place: place.block(CIDR),
    "create-subnet": lambda place: place.subnet(POD_CIDR, Name="pods"),
    "associate-route-table": within(lambda place: place.link(POD_CIDR)),
    "reserve-prefixes": within(lambda place: place.reservation(POD_CIDR, "10.0.8.128/25")),
    "tag-subnet": within(lambda place: place.tag(POD_CIDR, "kubernetes.io/role/cni", "1")),
    "create-flow-log": lambda place: place.log(),
    "delete-flow-log": of_a_log,
    "update-addon": lambda place: place.update(SETTINGS),
}
each_kind = pytest.mark.parametrize("kind", ACTIONS)


def stands(place: Caller, action: Action) -> There:
    """Tell how an action stands an hour from now: a log may go once the new one is old."""
    seen = place.look()
    later = dataclasses.replace(seen, captured_at=seen.captured_at + dt.timedelta(hours=1))
    return kind_of(action).standing(later, action).there


@pytest.fixture
def called() -> Iterator[list[str]]:
    """Hear of every call that the hands make."""
    made: list[str] = []

    def hear(model: Any, **_: Any) -> None:
        made.append(f"{model.service_model.signing_name}:{model.name}")

    clients = [doors().client(service) for service in ("ec2", "eks")]
    for client in clients:
        client.meta.events.register("before-call", hear)
    yield made
    for client in clients:
        client.meta.events.unregister("before-call", hear)


def test_there_is_a_hand_for_every_kind_of_step() -> None:
    assert set(HANDS) == {kind.action for kind in KINDS.values()}
    assert set(ACTIONS) == set(KINDS)


@each_kind
def test_what_is_done_is_seen_and_what_is_undone_is_gone(
    place: Caller, called: list[str], kind: str
) -> None:
    action = ACTIONS[kind](place)
    place.settle()
    assert stands(place, action) is There.ABSENT
    called.clear()
    made = place.do(action)
    did = called.copy()
    place.settle()
    assert stands(place, action) is There.THERE
    called.clear()
    place.undo(action, made)
    undid = called.copy()
    place.settle()
    assert stands(place, action) is There.ABSENT
    assert did == [KINDS[kind].does[0]]
    assert undid == [KINDS[kind].undoes[0]]


@pytest.mark.parametrize("way", ["does", "undoes"])
@each_kind
def test_no_permission_is_asked_for_that_the_call_does_not_take(kind: str, way: str) -> None:
    needs = getattr(KINDS[kind], way)
    assert set(needs[1:]) <= BESIDE


@each_kind
def test_an_undoing_finds_what_no_call_has_told_of(place: Caller, kind: str) -> None:
    """As after a call that was lost; a flow log alone may be somebody else's."""
    action = ACTIONS[kind](place)
    place.do(action)
    place.settle()
    if kind == "create-flow-log":
        assert place.refusal_to_undo(action, None).code == "NotSeen"
        return
    place.undo(action, None)
    place.settle()
    assert stands(place, action) is There.ABSENT


@pytest.mark.parametrize(
    ("fault", "sure"), [("denied", True), ("throttled", False), ("broken", False)]
)
@each_kind
def test_a_refusal_is_sure_and_a_fault_is_not(
    place: Caller, called: list[str], kind: str, fault: str, *, sure: bool
) -> None:
    action, api = ACTIONS[kind](place), KINDS[kind].does[0]
    called.clear()
    with denials.denied(f"{api}={fault}"):
        problem = place.refusal(action)
    assert (problem.api, problem.sure, problem.exists) == (api, sure, False)
    assert called == [api]
    assert stands(place, action) is There.ABSENT


@each_kind
def test_a_rehearsal_changes_nothing_and_tells_what_is_not_permitted(
    place: Caller, called: list[str], kind: str
) -> None:
    action, api = ACTIONS[kind](place), KINDS[kind].does[0]
    place.hands.rehearse(action, plan_id=PLAN, seen=place.look())
    assert stands(place, action) is There.ABSENT
    seen, rehearsed = place.look(), KINDS[kind].rehearsed
    called.clear()
    with denials.denied(f"{api}=throttled"):
        place.hands.rehearse(action, plan_id=PLAN, seen=seen)
    assert called == ([api] if rehearsed else [])
    with denials.denied(api):
        if not rehearsed:
            place.hands.rehearse(action, plan_id=PLAN, seen=seen)
            return
        with pytest.raises(WriteError) as refused:
            place.hands.rehearse(action, plan_id=PLAN, seen=seen)
    assert refused.value.sure


def test_what_is_still_to_be_made_can_not_be_rehearsed(place: Caller, called: list[str]) -> None:
    seen = place.look()
    place.hands.rehearse(place.link(POD_CIDR), plan_id=PLAN, seen=seen)
    assert called == []


def test_what_is_made_carries_the_plans_tag_whatever_the_plan_says(place: Caller) -> None:
    place.do(place.subnet(POD_CIDR, **{PLAN_TAG: "pl-other", "Name": "pods"}))
    assert place.shown(POD_CIDR).tags == {PLAN_TAG: PLAN, "Name": "pods"}
    made = place.do(place.log())
    assert place.logs()[str(made)].tags == {PLAN_TAG: PLAN}


def test_another_table_of_the_subnet_is_told_to_exist(place: Caller) -> None:
    subnet = place.person_makes_subnet(POD_CIDR)
    other = place.aws.ec2.create_route_table(VpcId=place.vpc_id)["RouteTable"]["RouteTableId"]
    place.aws.ec2.associate_route_table(RouteTableId=other, SubnetId=subnet)
    problem = place.refusal(place.link(POD_CIDR))
    assert (problem.code, problem.exists) == ("Resource.AlreadyAssociated", True)
    assert place.refusal_to_undo(place.link(POD_CIDR), None).code == "NotSeen"


def test_a_tag_that_somebody_has_changed_since_stays(place: Caller) -> None:
    tag = ACTIONS["tag-subnet"](place)
    place.do(tag)
    place.person_tags(place.shown(POD_CIDR).id, "kubernetes.io/role/cni", "0")
    place.undo(tag, None)
    assert place.shown(POD_CIDR).tags["kubernetes.io/role/cni"] == "0"


@pytest.mark.parametrize("operation", ["CreateFlowLogs", "DeleteFlowLogs"])
def test_two_hundred_and_unsuccessful_is_a_failure(place: Caller, operation: str) -> None:
    log = place.log()
    made = None if operation == "CreateFlowLogs" else place.do(log)
    with denials.denied(f"ec2:{operation}=unsuccessful"):
        problem = place.refusal_to_undo(log, made) if made else place.refusal(log)
    assert (problem.api, problem.code) == (f"ec2:{operation}", "InternalError")
    assert not problem.sure


def test_a_bucket_that_is_not_there_is_a_sure_refusal(place: Caller) -> None:
    assert place.refusal(place.log(destination="arn:aws:s3:::absent/x")).sure


def test_a_token_makes_one_flow_log(place: Caller) -> None:
    one, again = (place.do(place.log(), "one-token") for _ in range(2))
    assert one == again
    assert list(place.logs()) == [one]


def test_settings_name_the_subnets_and_the_role_that_are_there(place: Caller) -> None:
    subnet = place.do(place.subnet(POD_CIDR))
    place.do(
        place.update(f'{{"eniConfig":{{"subnets":{{"a":{{"id":"${{subnet:{POD_CIDR}}}"}}}}}}}}')
    )
    place.settle()
    addon = place.addon()
    assert f'"id":"{subnet}"' in addon.configuration
    assert addon.role_arn == ADDON_ROLE


def test_settings_that_name_a_subnet_nobody_made_are_not_sent(
    place: Caller, called: list[str]
) -> None:
    problem = place.refusal(place.update('{"id":"${subnet:10.0.99.0/24}"}'))
    assert (problem.code, problem.sure) == ("NotSeen", True)
    assert called == []


def test_another_update_of_the_addon_is_waited_for(place: Caller) -> None:
    place.do(place.update(SETTINGS))
    problem = place.refusal(place.update("{}"))
    assert (problem.code, problem.wait) == ("ResourceInUseException", True)


@pytest.mark.parametrize("undo", [False, True])
def test_what_others_set_in_the_cluster_is_always_preserved(place: Caller, *, undo: bool) -> None:
    action = UpdateAddon(
        cluster="payments", vpc_id="vpc-0a", addon="vpc-cni", before="null", after=SETTINGS
    )
    hand, sent = HANDS[UpdateAddon], []

    def hear(params: dict[str, Any], **_: Any) -> None:
        sent.append(params)

    assert hand.action is UpdateAddon
    events = doors().client("eks").meta.events
    events.register("provide-client-params.eks.UpdateAddon", hear)
    if undo:
        place.undo(action, None)
    else:
        place.do(action)
    events.unregister("provide-client-params.eks.UpdateAddon", hear)
    [params] = sent
    assert params["resolveConflicts"] == "PRESERVE"
    assert params["configurationValues"] == ("{}" if undo else SETTINGS)
    assert params["clientRequestToken"].endswith("-undo") is undo


def test_bad_credentials_are_a_way_lost_and_no_refused_write(place: Caller) -> None:
    with denials.denied("ec2:AssociateVpcCidrBlock=AuthFailure"), pytest.raises(LostError):
        place.do(place.block(CIDR))


def test_nobody_answering_leaves_the_write_unsure(monkeypatch: pytest.MonkeyPatch) -> None:
    with offline():
        place = Caller(AwsPlace())
        seen, action = place.look(), place.block(CIDR)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    doors.cache_clear()
    hands = AwsHands(doors())
    with pytest.raises(WriteError) as lost:
        hands.do(action, plan_id=PLAN, token="one", seen=seen)
    doors.cache_clear()
    assert not lost.value.sure
