from eksnet.checks.flo_coverage import logs_deliver, vpc_covered
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Status
from eksnet.model.network import FlowLog
from eksnet.model.snapshot import Snapshot
from tests.build import Example, cluster, flow_log, snapshot, subnet, vpc


def net(*logs: FlowLog, **parts: object) -> Snapshot:
    values: dict[str, object] = {
        "clusters": [cluster()],
        "vpcs": [vpc()],
        "subnets": [subnet("subnet-a"), subnet("subnet-b")],
        "flow_logs": logs,
    }
    return snapshot(**{**values, **parts})


FOREIGN = [vpc(owner_id="444455556666")]

EXAMPLES = {
    "FLO001": Example(
        good=(
            net(flow_log()),
            net(flow_log("fl-1", "subnet-a"), flow_log("fl-2", "subnet-b")),
            net(flow_log(), vpcs=FOREIGN),
        ),
        bad=(net(), net(flow_log("fl-1", "subnet-a")), net(flow_log("fl-1", "eni-1"))),
        unknown=(net(vpcs=FOREIGN), net(vpcs=[])),
    ),
    "FLO002": Example(
        good=(net(flow_log()), net(flow_log("fl-1", "subnet-a"))),
        bad=(
            net(flow_log(deliver_status="FAILED", deliver_error="Access error")),
            net(flow_log("fl-1", "subnet-b", status="DELETING")),
        ),
        unknown=(net(flow_log(deliver_status=None)),),
    ),
}


def test_a_vpc_is_judged_once_for_all_of_its_clusters() -> None:
    (finding,) = run(net(clusters=[cluster("b"), cluster("a")]), [vpc_covered], Limits())
    assert finding.cluster is None
    assert finding.evidence["clusters"] == ["a", "b"]


def test_a_vpc_without_subnets_or_logs_is_not_covered() -> None:
    (finding,) = run(net(subnets=[]), [vpc_covered], Limits())
    assert finding.status is Status.FAIL


def test_logs_of_other_vpcs_are_not_judged() -> None:
    assert run(net(flow_log("fl-9", "vpc-other")), [logs_deliver], Limits()) == ()


def test_the_error_is_told() -> None:
    (finding,) = run(EXAMPLES["FLO002"].bad[0], [logs_deliver], Limits())
    assert "Access error" in finding.message
