"""Deleting a flow log that a better one replaces; one made again has another id."""

import dataclasses
import datetime as dt

from eksnet.model.action import DeleteFlowLog
from eksnet.model.snapshot import Facet, Snapshot
from eksnet.plan.kind import Kind, Standing, There
from eksnet.plan.kinds import create_flow_log
from eksnet.plan.logs import logs_of, matching

# "ten minutes or more" until records come, the log being ACTIVE: VPC user guide,
# flow-logs-troubleshooting; until then EC2 may well say that it delivers
SETTLED_AFTER = dt.timedelta(minutes=10)


def _standing(snapshot: Snapshot, action: DeleteFlowLog) -> Standing:
    """Say whether the log is gone; one that says the same is the log, made again."""
    if action.flow_log_id in {log.id for log in logs_of(snapshot, action.log.vpc_id)}:
        return _replaced(snapshot, action)
    for log in matching(snapshot, action.log):
        return Standing(there=There.ABSENT, resource_id=log.id)
    return Standing(there=There.THERE)


def _replaced(snapshot: Snapshot, action: DeleteFlowLog) -> Standing:
    """Say whether the log may go: while the one that takes over delivers, and is no new one."""
    new = create_flow_log.standing(snapshot, action.replaced_by)
    if new.there is There.BROKEN:
        return Standing(there=There.BROKEN, resource_id=action.flow_log_id, problem=new.problem)
    problem = new.problem or "the log that takes over is not seen"
    if new.there is There.THERE:
        problem = _young(snapshot, new.resource_id)
    there = There.UNREADY if problem else There.ABSENT
    return Standing(there=there, resource_id=action.flow_log_id, problem=problem)


def _young(snapshot: Snapshot, log_id: str | None) -> str:
    """Say that a log is too new for its word to count, "" when it is not."""
    made = next(log.created_at for log in snapshot.flow_logs if log.id == log_id)
    if made and snapshot.captured_at - made >= SETTLED_AFTER:
        return ""
    since = f"{made:%H:%M:%S} UTC" if made else "nobody knows when"
    return f"{log_id} is there since {since}, and must be for {SETTLED_AFTER}"


def _done(snapshot: Snapshot, action: DeleteFlowLog) -> Snapshot:
    if action.flow_log_id not in {log.id for log in matching(snapshot, action.log)}:
        msg = f"no flow log {action.flow_log_id} of {action.log.vpc_id} that says what is given"
        raise ValueError(msg)
    left = tuple(log for log in snapshot.flow_logs if log.id != action.flow_log_id)
    return dataclasses.replace(snapshot, flow_logs=left)


def _undone(snapshot: Snapshot, action: DeleteFlowLog) -> Snapshot:
    return create_flow_log.made(snapshot, action.log)


KIND = Kind(
    action=DeleteFlowLog,
    facets=frozenset({Facet.VPCS, Facet.FLOW_LOGS}),
    facts=lambda action: create_flow_log.facts(action.log),
    standing=_standing,
    done=_done,
    undone=_undone,
    does=create_flow_log.UNDOES,
    undoes=create_flow_log.DOES,
    rehearsed=True,
    reversible=False,
    counts="deletes",
    tells=lambda action: f"delete flow log {action.flow_log_id} of {action.log.vpc_id}",
    tells_undo=lambda action: f"make a flow log as {action.flow_log_id} was, under another id",
)
