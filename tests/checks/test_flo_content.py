import pytest

from eksnet.checks.flo_content import all_traffic, fine_grained, shows_places, shows_pods
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Status
from eksnet.model.network import FlowLog
from eksnet.model.snapshot import Snapshot
from tests.build import Example, cluster, flow_log, instance, snapshot, subnet, vpc

CHECKS = (all_traffic, shows_pods, shows_places, fine_grained)
DEFAULT = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr}"
PODS = "${pkt-srcaddr} ${pkt-dstaddr}"
OLD, NITRO = instance("i-1", type="m4.large"), instance("i-1")


def net(*logs: FlowLog, **parts: object) -> Snapshot:
    values: dict[str, object] = {
        "clusters": [cluster()],
        "vpcs": [vpc()],
        "subnets": [subnet("subnet-a"), subnet("subnet-b")],
        "flow_logs": logs,
    }
    return snapshot(**{**values, **parts})


def only(status: str, **parts: object) -> Snapshot:
    return net(flow_log(deliver_status=status, **parts))


FAILED = flow_log("fl-9", deliver_status="FAILED")
UNREPORTED = flow_log("fl-8", deliver_status=None)
FOREIGN = [vpc(owner_id="444455556666")]

EXAMPLES = {
    "FLO003": Example(
        good=(
            net(flow_log()),
            net(flow_log("a", traffic_type="ACCEPT"), flow_log("b", traffic_type="REJECT")),
            net(
                flow_log("a", "subnet-a"),
                flow_log("b", "subnet-b", traffic_type="ACCEPT"),
                flow_log("c", "subnet-b", traffic_type="REJECT"),
            ),
        ),
        bad=(
            net(flow_log(traffic_type="REJECT")),
            net(flow_log(traffic_type="REJECT"), FAILED),
            net(flow_log("a", "subnet-a"), flow_log("b", "subnet-b", traffic_type="ACCEPT")),
        ),
        unknown=(
            net(flow_log(traffic_type="REJECT"), UNREPORTED),
            net(UNREPORTED),
            net(flow_log(traffic_type="REJECT"), vpcs=FOREIGN),
        ),
    ),
    "FLO004": Example(
        good=(net(flow_log()), net(flow_log(log_format=DEFAULT), flow_log("b", log_format=PODS))),
        bad=(
            net(flow_log(log_format=DEFAULT)),
            net(flow_log(log_format=DEFAULT), FAILED),
            net(flow_log(log_format="${pkt-srcaddr}")),
        ),
        unknown=(
            net(flow_log(log_format=None)),
            net(flow_log(log_format=DEFAULT), flow_log("b", log_format=None)),
        ),
    ),
    "FLO005": Example(
        good=(net(flow_log()),),
        bad=(net(flow_log(log_format=PODS)),),
        unknown=(net(flow_log(log_format=None)),),
    ),
    "FLO006": Example(
        good=(
            net(flow_log(), instances=[OLD]),
            net(flow_log(aggregation_seconds=600), instances=[NITRO]),
        ),
        bad=(net(flow_log(aggregation_seconds=600), instances=[OLD]),),
        unknown=(
            net(flow_log(aggregation_seconds=600), instances=[instance("i-1", type="x99.huge")]),
            net(flow_log(aggregation_seconds=None), instances=[OLD]),
        ),
    ),
}


@pytest.mark.parametrize("logs", [(), (FAILED,), (flow_log("a", "subnet-a"),)])
def test_where_coverage_or_delivery_is_missing_nothing_passes(logs: tuple[FlowLog, ...]) -> None:
    findings = run(net(*logs, instances=[OLD]), CHECKS, Limits())
    assert findings == ()


def test_what_one_log_lacks_another_may_have() -> None:
    bare = flow_log(log_format=DEFAULT, traffic_type="REJECT")
    findings = run(net(bare, flow_log("fl-2")), CHECKS, Limits())
    assert {finding.status for finding in findings} == {Status.PASS}


BARE = flow_log("bare", log_format=DEFAULT)
UNTOLD = flow_log("untold", log_format=None, traffic_type="REJECT")
ACCEPTED = flow_log("a", traffic_type="ACCEPT")
REJECTED = flow_log("r", traffic_type="REJECT")
BARE_ACCEPTED = flow_log("bare", log_format=DEFAULT, traffic_type="ACCEPT")


@pytest.mark.parametrize(
    ("logs", "status"),
    [
        ((BARE, REJECTED), Status.FAIL),
        ((BARE_ACCEPTED, REJECTED), Status.FAIL),
        ((BARE, ACCEPTED, REJECTED), Status.PASS),
        ((REJECTED,), Status.PASS),
        ((BARE, UNTOLD), Status.FAIL),
        ((BARE, ACCEPTED, UNTOLD), Status.UNKNOWN),
    ],
)
def test_the_fields_must_be_in_all_the_traffic_that_is_recorded(
    logs: tuple[FlowLog, ...], status: Status
) -> None:
    findings = run(net(*logs), [shows_pods, shows_places], Limits())
    assert [finding.status for finding in findings] == [status, status]


def test_a_vpc_without_nodes_and_slow_records_is_not_judged() -> None:
    assert run(net(flow_log(aggregation_seconds=600)), [fine_grained], Limits()) == ()


def test_a_fine_log_of_rejected_traffic_does_not_make_the_accepted_fine() -> None:
    coarse = flow_log("fl-1", aggregation_seconds=600)
    fine = flow_log("fl-2", traffic_type="REJECT", aggregation_seconds=60)
    (finding,) = run(net(coarse, fine, instances=[OLD]), [fine_grained], Limits())
    assert finding.status is Status.FAIL
