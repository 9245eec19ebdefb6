"""The verdict as text: the control plane's answer, then each node group's."""

from collections.abc import Iterator

from eksnet.capacity.node_need import BLOCK, NodeNeed, Take
from eksnet.capacity.rolling import Judgement, Question
from eksnet.capacity.verdict import Answer, ClusterVerdict, GroupVerdict
from eksnet.cni.upgrade import UpgradeVerdict
from eksnet.model.finding import counted
from eksnet.model.snapshot import Blind, Target
from eksnet.report.escape import visible

INDENT = " " * 9
_ASKED = {
    Question.ROLL: "roll",
    Question.SURGE: "surge",
    Question.MAXIMUM: "reach its maximum",
}


def verdict_lines(target: Target, one: ClusterVerdict) -> Iterator[str]:
    """Yield the lines of one cluster."""
    yield from _upgrade(target, one.upgrade)
    if one.unseen:
        yield visible(f"{INDENT}node groups unknown: {one.unseen.api} answered {one.unseen.error}")
    for group in one.groups:
        yield from _group(group)
    if one.groups and one.quota_unseen:
        why = f"{one.quota_unseen.api} answered {one.quota_unseen.error}"
        yield visible(f"{INDENT}the quota of network interfaces is not regarded: {why}")
    if one.other_nodes:
        count = counted(one.other_nodes, "node")
        yield f"{INDENT}{count} of no managed node group: how many more could come is not known"


def blind_line(blind: Blind) -> str:
    """Return the line of something that was not seen."""
    whose = f" for cluster {blind.cluster}" if blind.cluster else ""
    return visible(f"not seen: {blind.facet}{whose}: {blind.api} answered {blind.error}")


def _upgrade(target: Target, answer: UpgradeVerdict) -> Iterator[str]:
    place = f"{target.account_id} {target.region}"
    yield visible(f"{answer.answer.upper():8} {answer.cluster}  ({place})")
    for room in answer.zones:
        yield visible(f"{INDENT}{room.az_id}: {room.free_ips} free in {room.subnet_id}")
    for reason in answer.reasons:
        yield visible(f"{INDENT}{reason}")
    if answer.answer in (Answer.NO, Answer.AT_RISK):
        yield f"{INDENT}an update may be refused with {answer.avoided_error}"


def _group(one: GroupVerdict) -> Iterator[str]:
    types = ", ".join(one.instance_types) or "type unknown"
    yield visible(f"{INDENT}node group {one.node_group} ({types})")
    if one.need:
        yield visible(f"{INDENT}  {need_text(one.need)}")
    for reason in one.reasons:
        yield visible(f"{INDENT}  {reason}")
    if not one.need:
        codes = {each.health_code for each in one.judgements if each.health_code}
        also = f"; EKS would report {', '.join(sorted(codes))}" if codes else ""
        asked = ", ".join(_ASKED[each.question] for each in one.judgements)
        yield f"{INDENT}  {one.judgements[0].answer.upper():8} {asked}{also}"
        return
    for judgement in one.judgements:
        yield from map(visible, _judgement(judgement))
    avoided = {(each.avoided_error, each.health_code) for each in one.judgements}
    for error, code in sorted((error, code) for error, code in avoided if error and code):
        yield f"{INDENT}  EC2 would answer {error}, and EKS report {code}"


def need_text(need: NodeNeed) -> str:
    """Return what a new node takes, in words."""
    full = "with all its interfaces full" if need.max_pods is None else f"{need.max_pods} pods"
    return (
        f"a new {need.instance_type} takes at least {_take(need.least)} (no pods), "
        f"at most {_take(need.most)} ({full}), {need.mode}"
    )


def _take(take: Take) -> str:
    blocks = take.own.blocks + take.rest.blocks
    singles = take.total - blocks * BLOCK
    if blocks:
        return f"{counted(blocks, '/28')} and {singles:,} more"
    return f"{singles:,} address{'' if singles == 1 else 'es'}"


def _judgement(one: Judgement) -> Iterator[str]:
    nodes = f": {counted(one.nodes, 'new node')}" if one.nodes else ""
    tight = one.binding
    spare = ""
    if one.answer is Answer.YES and tight:
        free = f"{tight.available:,} free {tight.resource}"
        spare = f", at most {tight.needed:,} of the {free} of {tight.subnet_id}"
    yield f"{INDENT}  {one.answer.upper():8} {_ASKED[one.question]}{nodes}{spare}"
    for reason in one.reasons:
        yield f"{INDENT}           {reason}"
