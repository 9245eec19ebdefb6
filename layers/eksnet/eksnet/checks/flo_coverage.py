"""Flow logs: whether the network of each cluster has any, and whether they arrive."""

from collections.abc import Iterator
from typing import Any

from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.finding import Severity
from eksnet.model.network import FlowLog
from eksnet.model.resource import flow_log_resource, vpc_resource
from eksnet.model.snapshot import Facet, Resource, Snapshot
from eksnet.network.flow_logs import ACTIVE, Coverage, coverage, delivering

FLOW_LOGS = "https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html"


@check(
    id="FLO001",
    title="Flow logs cover the clusters' VPC",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.VPCS, Facet.SUBNETS, Facet.FLOW_LOGS},
    source=FLOW_LOGS,
    remedies=("flow-logs",),
    rules=(53, 56),
    frameworks=("EC2.6",),
    since="0.1.0",
)
def vpc_covered(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Without flow logs nobody can tell afterwards who talked to whom, or what was refused.

    A log on the VPC covers whatever is made in it later. Logs on every one of its subnets cover
    as much, until somebody adds a subnet.

    **Passes** with a log on the VPC, or one on every subnet. **Fails** otherwise. Logs of single
    interfaces are not counted: nodes come and go, and no new interface would have one. In a VPC
    that another account shares, that account's logs can't be seen: unknown.

    **What to do.** Create a flow log on the VPC, with a format that shows pods.
    """
    for cover in coverage(snapshot):
        yield _covered(snapshot, cover)


def _covered(snapshot: Snapshot, cover: Coverage) -> Answer:
    resource = (
        vpc_resource(snapshot, cover.vpc)
        if cover.vpc
        else Resource(type="AWS::EC2::VPC", id=cover.vpc_id)
    )
    bare, all_subnets = len(cover.uncovered), len(cover.by_subnet)
    seen: dict[str, Any] = {
        "clusters": list(cover.clusters),
        "vpc_logs": [log.id for log in cover.own],
        "subnets": all_subnets,
        "uncovered_subnets": list(cover.uncovered),
    }
    if cover.own:
        text = f"{cover.own[0].id} covers the VPC"
        return passed(resource, text, positive=True, **seen)
    if cover.covered:
        return passed(resource, f"all {all_subnets} subnets have flow logs", **seen)
    if cover.foreign:
        return Unseen(
            resource=resource,
            cluster=None,
            api="ec2:DescribeFlowLogs",
            error="OwnedByAnotherAccount" if cover.vpc else "VpcNotFound",
            message="the VPC's owner may have flow logs on it that this account does not see",
        )
    return failed(resource, f"no flow log covers {bare} of {all_subnets} subnets", **seen)


@check(
    id="FLO002",
    title="Flow logs are active and deliver",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS, Facet.SUBNETS, Facet.FLOW_LOGS},
    source="https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-troubleshooting.html",
    remedies=("flow-logs",),
    rules=(54,),
    since="0.1.0",
)
def logs_deliver(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A flow log that exists may still deliver nothing: its status stays ACTIVE all the same.

    EC2 tells the truth in the delivery status. "Access error" means the role or the bucket policy
    refuses, "Rate limited" that CloudWatch Logs throttles.

    **Passes** with status ACTIVE and delivery SUCCESS. **Fails** with anything else. A log whose
    delivery EC2 has not reported on yet can't be judged. Judged are the logs of VPCs that hold
    clusters, and of those VPCs' subnets.

    **What to do.** Repair what the error names: the role's trust and permissions, the bucket or
    key policy, the log group's quota. If the log itself is at fault, create a new one before
    deleting the old.
    """
    for cover in coverage(snapshot):
        for log in cover.logs:
            yield _delivers(snapshot, cover, log)


def _delivers(snapshot: Snapshot, cover: Coverage, log: FlowLog) -> Answer:
    resource = flow_log_resource(snapshot, log)
    seen: dict[str, Any] = {
        "clusters": list(cover.clusters),
        "covers": log.resource_id,
        "status": log.status,
        "delivery": log.deliver_status,
    }
    arrives = delivering(log)
    if arrives is None:
        return Unseen(
            resource=resource,
            cluster=None,
            api="ec2:DescribeFlowLogs",
            error="NoDeliverLogsStatus",
            message="EC2 has not reported yet whether this log delivers",
        )
    if arrives:
        return passed(resource, "active and delivering", positive=True, **seen)
    if log.status != ACTIVE:
        text = f"the log's status is {log.status or 'not given'}"
    else:
        text = f"delivery is {log.deliver_status}: {log.deliver_error or 'no reason given'}"
    return failed(
        resource, " ".join(text.split()), positive=True, delivery_error=log.deliver_error, **seen
    )
