import datetime as dt
from typing import Any

from eksnet.model.audit import TargetCoverage
from eksnet.model.finding import Finding, Severity, Status, Suppression, Unread, finding_id
from eksnet.model.history import CapacityRow, Judgement, Latest, RunKind, RunRecord
from eksnet.model.snapshot import Resource, Target
from eksnet.model.tracked import Mark, Resolution, State, Tracked
from tests.build import ACCOUNT, NOW, REGION, TARGET

DENIED = Unread(api="eks:DescribeAddon", error="AccessDeniedException")
OTHER = Target(account_id="444455556666", region=REGION)
EVIDENCE = {"free_ips": 4, "zones": ["euw1-az1", "euw1-az2"], "share": 0.5, "tags": {"a": None}}


def later(seconds: int) -> dt.datetime:
    return NOW + dt.timedelta(seconds=seconds)


def run(run_id: str = "2026-03-01", kind: RunKind = RunKind.FULL, **more: Any) -> RunRecord:
    values: dict[str, Any] = {
        "id": run_id,
        "kind": kind,
        "started_at": NOW,
        "execution": "first",
        "version": "0.2.0",
        "targets": (TARGET, OTHER),
    }
    return RunRecord(**{**values, **more})


def finding(number: int = 1, status: Status = Status.FAIL, **more: Any) -> Finding:
    resource = Resource(type="AWS::EC2::Subnet", id=f"subnet-{number}")
    values: dict[str, Any] = {
        "finding_id": finding_id("XEN002", TARGET, "payments", resource),
        "check_id": "XEN002",
        "title": "Cluster subnets have room for an upgrade",
        "status": status,
        "severity": None if status is Status.PASS else Severity.HIGH,
        "account_id": ACCOUNT,
        "region": REGION,
        "cluster": "payments",
        "resource": resource,
        "message": "4 free addresses",
        "evidence": EVIDENCE,
        "unknown": DENIED if status is Status.UNKNOWN else None,
        "remedies": (),
        "source": "https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html",
        "first_seen": NOW,
        "last_seen": NOW,
    }
    return Finding(**{**values, **more})


def tracked(number: int = 1, state: State = State.OPEN, **more: Any) -> Tracked:
    mark = Mark(run_id="2026-03-01", at=NOW)
    statuses = {State.OPEN: Status.FAIL, State.UNKNOWN: Status.UNKNOWN, State.RESOLVED: Status.PASS}
    values: dict[str, Any] = {
        "finding": finding(number, more.pop("status", statuses[state])),
        "state": state,
        "seen": mark,
        "opened": None if state is State.UNKNOWN else mark,
        "resolved": mark if state is State.RESOLVED else None,
        "resolution": Resolution.PASSED if state is State.RESOLVED else None,
    }
    return Tracked(**{**values, **more})


def latest(run_id: str = "2026-03-01", seconds: int = 0) -> Latest:
    return Latest(run_id=run_id, captured_at=later(seconds), complete=True)


def judgement(run_id: str = "2026-03-01", target: Target = TARGET, **more: Any) -> Judgement:
    coverage = TargetCoverage(target=target, captured_at=NOW, clusters_known=1, clusters_assessed=1)
    values: dict[str, Any] = {
        "run_id": run_id,
        "version": "0.2.0",
        "coverage": coverage,
        "findings": (finding(),),
        "finished_at": later(9),
    }
    return Judgement(**{**values, **more})


def row(seconds: int = 0, subnet: str = "subnet-a", **more: Any) -> CapacityRow:
    values: dict[str, Any] = {
        "run_id": "2026-03-01",
        "seen_at": later(seconds),
        "target": TARGET,
        "subnet_id": subnet,
        "vpc_id": "vpc-0a",
        "az_id": "euw1-az1",
        "cidr": "10.0.0.0/24",
        "usable": 251,
        "free_ips": 200,
        "free_28": None,
        "x_enis": 2,
        "clusters": ("payments",),
    }
    return CapacityRow(**{**values, **more})


def suppression(reason: str = "moves in May") -> Suppression:
    return Suppression(reason=reason, owner="net", expires=dt.date(2026, 5, 31))
