"""Flow logs: whether what they deliver shows pods, where they run, and all of their traffic."""

from collections.abc import Callable, Iterator
from typing import Any

from eksnet.cni.limits import limits as instance_limits
from eksnet.cni.membership import nodes_by_cluster
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.finding import Severity
from eksnet.model.network import FlowLog
from eksnet.model.resource import vpc_resource
from eksnet.model.snapshot import Facet, Resource, Snapshot
from eksnet.network.flow_logs import Coverage, Logs, Shown, Trait, coverage, fields, shown

RECORDS = "https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html"
NEEDS = frozenset({Facet.CLUSTERS, Facet.VPCS, Facet.SUBNETS, Facet.FLOW_LOGS})
POD_FIELDS = frozenset({"pkt-srcaddr", "pkt-dstaddr"})  # VPC user guide, flow log records: v3
PLACE_FIELDS = frozenset(  # VPC user guide, flow log records: v3 to v5
    {"vpc-id", "subnet-id", "instance-id", "az-id", "flow-direction"}
)
ALL = "ALL"
BOTH = frozenset({"ACCEPT", "REJECT"})
FINE_SECONDS = 60  # VPC user guide, flow logs: the shorter aggregation interval, Nitro's own


@check(
    id="FLO003",
    title="Flow logs record accepted and rejected traffic",
    severity=Severity.MEDIUM,
    needs=NEEDS,
    source="https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-basics.html",
    remedies=("flow-logs",),
    rules=(55,),
    since="0.1.0",
)
def all_traffic(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Half of the traffic answers half of the questions.

    Rejected packets show the security group or network ACL in the way; accepted ones show that a
    packet arrived and the fault lies further on.

    **Passes** where each covered place has a delivering log of ALL traffic, or one of ACCEPT and
    one of REJECT. **Fails** where it has not. A VPC none of whose logs deliver is not judged here.

    **What to do.** Add a flow log for what is missing; an existing one can't be changed.
    """
    yield from _judge(snapshot, _all_traffic, "ACCEPT and REJECT traffic")


def _all_traffic(logs: Logs) -> bool:
    return _recorded(logs) >= BOTH


@check(
    id="FLO004",
    title="Flow logs show the pods' own addresses",
    severity=Severity.MEDIUM,
    needs=NEEDS,
    source=RECORDS,
    remedies=("flow-logs",),
    rules=(57,),
    since="0.1.0",
)
def shows_pods(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """The default format shows an interface's primary address for every pod behind it.

    Pods take secondary addresses or prefixes of their node's interfaces, so that srcaddr and
    dstaddr name the node. Only pkt-srcaddr and pkt-dstaddr name the pod.

    **Passes** where the delivering logs with both fields record, in each covered place, all the
    traffic that is recorded there. **Fails** where some, such as the accepted, is recorded without
    them. A log whose format EC2 does not return can't be judged.

    **What to do.** Create a new flow log with pkt-srcaddr and pkt-dstaddr in its format, then
    delete the old one; a format can't be changed.
    """
    yield from _judge(snapshot, _with(POD_FIELDS), "pkt-srcaddr and pkt-dstaddr")


@check(
    id="FLO005",
    title="Flow logs say where traffic was seen",
    severity=Severity.LOW,
    needs=NEEDS,
    source=RECORDS,
    remedies=("flow-logs",),
    rules=(58,),
    since="0.1.0",
)
def shows_places(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """An address alone does not say on which node, in which subnet or zone a flow was seen.

    Pods' addresses are reused within a minute. With vpc-id, subnet-id, instance-id, az-id and
    flow-direction a record can be ascribed to a node, and traffic between zones be counted.

    **Passes** where the delivering logs with these five fields record, in each covered place, all
    the traffic that is recorded there. **Fails** where some is recorded without them. A log whose
    format EC2 does not return can't be judged.

    **What to do.** Create a new flow log with these fields, then delete the old one.
    """
    yield from _judge(snapshot, _with(PLACE_FIELDS), ", ".join(sorted(PLACE_FIELDS)))


def _with(wanted: frozenset[str]) -> Trait:
    """Ask for the fields in all traffic recorded; what nobody records is not judged here."""

    def has(log: FlowLog) -> bool | None:
        names = fields(log)
        return None if names is None else wanted <= names

    return lambda logs: _throughout(logs, has)


def _throughout(logs: Logs, has: Callable[[FlowLog], bool | None]) -> bool | None:
    """Tell whether the logs that have something record all that is recorded; None if unsure."""
    told = [(log, has(log)) for log in logs]
    sure = [log for log, answer in told if answer]
    perhaps = [log for log, answer in told if answer is not False]
    if _recorded(sure) >= _recorded(logs):
        return True
    return None if _recorded(perhaps) >= _recorded(logs) else False


def _recorded(logs: Logs) -> frozenset[str]:
    """Return which of ACCEPT and REJECT the logs record together."""
    types = frozenset(log.traffic_type for log in logs)
    return types - {ALL} | BOTH if ALL in types else types


@check(
    id="FLO006",
    title="Flow logs of nodes that are not Nitro aggregate over a minute",
    severity=Severity.LOW,
    needs=NEEDS | {Facet.INSTANCES, Facet.NETWORK_INTERFACES},
    source="https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-basics.html",
    remedies=("flow-logs",),
    rules=(59,),
    since="0.1.0",
)
def fine_grained(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Ten minutes of traffic in one record hide which of several short-lived pods sent it.

    Nitro instances always aggregate over a minute or less, whatever the log says; older ones keep
    to its interval, 600 seconds by default.

    **Passes** where the delivering logs aggregate over at most 60 seconds, or all nodes seen are
    Nitro. **Fails** where they don't and some node is not. A VPC without nodes is not judged.

    **What to do.** Move to Nitro types, or create the flow log anew with an interval of 60.
    """
    for cover in coverage(snapshot):
        found = shown(cover, _fine)
        if found is Shown.YES:
            yield _answer(snapshot, cover, found, f"records of {FINE_SECONDS} seconds or less")
        elif found is not Shown.NOTHING:
            yield from _by_nodes(snapshot, cover, found)


def _fine(logs: Logs) -> bool | None:
    def has(log: FlowLog) -> bool | None:
        seconds = log.aggregation_seconds
        return None if seconds is None else seconds <= FINE_SECONDS

    return _throughout(logs, has)


def _by_nodes(snapshot: Snapshot, cover: Coverage, found: Shown) -> Iterator[Answer]:
    nodes = nodes_by_cluster(snapshot)
    types = sorted({node.type for name in cover.clusters for node in nodes.get(name, ())})
    known = instance_limits()
    nitro = {each: known[each].nitro if each in known else None for each in types}
    old = [each for each in types if nitro[each] is False]
    odd = [each for each in types if nitro[each] is None]
    if old:
        what = f"records of {FINE_SECONDS} seconds or less for {', '.join(old)}"
        yield _answer(snapshot, cover, found, what, not_nitro=old)
    elif odd:
        yield Unseen(
            resource=_resource(snapshot, cover),
            cluster=None,
            api="eksnet:instance-limits",
            error="UnknownInstanceType",
            message=f"not known whether {', '.join(odd)} is Nitro",
        )
    elif types:
        text = "every node is Nitro, which aggregates over a minute or less"
        yield passed(_resource(snapshot, cover), text, **_seen(cover), types=types)


def _judge(snapshot: Snapshot, trait: Trait, what: str) -> Iterator[Answer]:
    for cover in coverage(snapshot):
        found = shown(cover, trait)
        if found is not Shown.NOTHING:
            yield _answer(snapshot, cover, found, what)


def _answer(snapshot: Snapshot, cover: Coverage, found: Shown, what: str, **more: object) -> Answer:
    resource = _resource(snapshot, cover)
    seen: dict[str, Any] = {**_seen(cover), **more}
    if found is Shown.YES:
        return passed(resource, f"the delivering flow logs have {what}", **seen)
    if found is Shown.NO:
        return failed(resource, f"the delivering flow logs lack {what}", **seen)
    foreign = "OwnedByAnotherAccount" if cover.foreign else "NotReported"
    return Unseen(
        resource=resource,
        cluster=None,
        api="ec2:DescribeFlowLogs",
        error=foreign,
        message=f"what is seen of the flow logs does not tell whether they have {what}",
    )


def _resource(snapshot: Snapshot, cover: Coverage) -> Resource:
    if cover.vpc:
        return vpc_resource(snapshot, cover.vpc)
    return Resource(type="AWS::EC2::VPC", id=cover.vpc_id)


def _seen(cover: Coverage) -> dict[str, Any]:
    return {"clusters": list(cover.clusters), "logs": [log.id for log in cover.logs]}
