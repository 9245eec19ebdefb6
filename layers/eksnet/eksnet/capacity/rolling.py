"""Whether a managed node group can roll, surge, and reach its maximum size now, zone by zone.

An update first adds nodes: the larger of the maximum unavailable and twice the group's zones, and
at least one must become ready in every zone that has nodes (EKS user guide,
managed-node-update-behavior). With the MINIMAL strategy old nodes go first, and none is added.
Each group is judged by itself, with the addresses that are free now.
"""

import dataclasses
import enum
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from eksnet.capacity.node_need import NodeNeed
from eksnet.capacity.places import Zone
from eksnet.capacity.room import Binding, asks_blocks, binding, possibly, surely
from eksnet.cni.upgrade import Upgrade as Answer
from eksnet.model.cluster import NodeGroup
from eksnet.model.finding import Unread, counted
from eksnet.model.record import record

PER_ZONE = 2  # nodes an update adds in a zone: EKS user guide, managed-node-update-behavior
PARALLEL = 100  # the most that may be unavailable at once: the same page
MINIMAL = "MINIMAL"  # EKS API reference, NodegroupUpdateConfig: updateStrategy
HEALTH_CODE = "InsufficientFreeAddresses"  # EKS API reference, Issue: what the group's health says


class Question(enum.StrEnum):
    """What is asked of a node group."""

    ROLL = "roll"
    SURGE = "surge"
    MAXIMUM = "maximum"


@record
class ZoneAnswer:
    """The answer of one zone: ``nodes`` new ones are to come.

    ``fit_full`` of them have room with as many pods as a node can have, whichever subnet it is;
    ``fit_empty`` without pods, by the kindest placing. Both are None where ``unseen`` tells why.
    """

    az_id: str
    answer: Answer
    nodes: int
    fit_full: int | None
    fit_empty: int | None
    unseen: Unread | None = None


@record
class Judgement:
    """One answer about a node group; ``nodes`` are the new ones, ``binding`` what is tightest.

    ``avoided_error`` is what EC2 would answer, ``health_code`` what EKS would then report; both
    are None unless the answer is no or at-risk for want of room.
    """

    question: Question
    answer: Answer
    nodes: int | None
    zones: tuple[ZoneAnswer, ...] = ()
    binding: Binding | None = None
    avoided_error: str | None = None
    health_code: str | None = None
    reasons: tuple[str, ...] = ()


def surge_nodes(group: NodeGroup, zones: int) -> int:
    """Return how many nodes an update adds at most before it takes old ones away."""
    if group.update_strategy == MINIMAL:
        return 0
    return max(_unavailable(group), PER_ZONE * zones)


def _unavailable(group: NodeGroup) -> int:
    """Return the maximum unavailable; a percentage is rounded up, as nothing says how it is."""
    if group.max_unavailable_percent is not None:
        share = -(-group.desired_size * group.max_unavailable_percent // 100)
        return min(max(share, 1), PARALLEL)
    return min(group.max_unavailable or 1, PARALLEL)


def judge(group: NodeGroup, zones: Sequence[Zone], need: NodeNeed) -> tuple[Judgement, ...]:
    """Answer the three questions; ``zones`` are those of the group's subnets."""
    surge = surge_nodes(group, len(zones))
    held = sum(each.nodes for each in zones)
    more = max(group.max_size - held, 0)
    share = _blocks(group.max_size, len(zones))
    roll = [(each, int(surge > 0 and each.replaced)) for each in zones]
    spread = [(each, _blocks(surge, len(zones))) for each in zones]
    grown = [(each, max(share - each.nodes, 0)) for each in zones]
    ways: tuple[tuple[Question, int, Sequence[tuple[Zone, int]]], ...] = (
        (Question.ROLL, sum(count for _, count in roll), roll),
        (Question.SURGE, surge, spread),
        (Question.MAXIMUM, more, grown if more else [(each, 0) for each in zones]),
    )
    fits = {
        each.az_id: _Fits(surely(each.places, need.most), possibly(each.places, need.least))
        for each in zones
    }
    return tuple(_judgement(question, need, nodes, asked, fits) for question, nodes, asked in ways)


def _blocks(count: int, size: int) -> int:
    return -(-count // size) if size else 0


class _Fits(NamedTuple):
    """How many more nodes a zone holds: full of pods surely, and without pods possibly."""

    full: int
    empty: int


def _judgement(
    question: Question,
    need: NodeNeed,
    nodes: int,
    asked: Sequence[tuple[Zone, int]],
    fits: Mapping[str, _Fits],
) -> Judgement:
    answers = tuple(_zone(zone, need, count, fits[zone.az_id]) for zone, count in asked)
    answer = _overall(question, nodes, answers)
    worst = min(answers, key=_badness)
    tight: Binding | None = None
    if nodes and worst.fit_full is not None:
        places = next(zone.places for zone, _ in asked if zone.az_id == worst.az_id)
        take = need.most
        if worst.answer is Answer.NO:
            take, places = need.least, tuple(each.kindest for each in places)
        tight = binding(places, take, max(worst.nodes, 1))
    short = tight if answer in (Answer.NO, Answer.AT_RISK) else None
    found = Judgement(
        question=question,
        answer=answer,
        nodes=nodes,
        zones=answers,
        binding=tight,
        avoided_error=short.error if short else None,
        health_code=HEALTH_CODE if short else None,
    )
    return dataclasses.replace(found, reasons=tuple(_reasons(found, need)))


def _badness(one: ZoneAnswer) -> tuple[int, int, str]:
    order = (Answer.NO, Answer.UNKNOWN, Answer.AT_RISK, Answer.YES)
    return order.index(one.answer), (one.fit_full or 0) - one.nodes, one.az_id


def _zone(zone: Zone, need: NodeNeed, nodes: int, fits: _Fits) -> ZoneAnswer:
    unseen = _unseen(zone, need) if nodes else None
    told = not zone.unseen and all(r.blocks is not None for p in zone.places for r in p.rooms)
    full, empty = fits
    if unseen and not (told and (nodes <= full or nodes > empty)):
        return ZoneAnswer(
            az_id=zone.az_id,
            answer=Answer.UNKNOWN,
            nodes=nodes,
            fit_full=None,
            fit_empty=None,
            unseen=unseen,
        )
    answer = Answer.AT_RISK if nodes <= empty else Answer.NO
    if nodes <= full and not (nodes and need.open_ended):
        answer = Answer.YES
    return ZoneAnswer(az_id=zone.az_id, answer=answer, nodes=nodes, fit_full=full, fit_empty=empty)


def _unseen(zone: Zone, need: NodeNeed) -> Unread | None:
    if zone.unseen or not asks_blocks(need):
        return zone.unseen
    rooms = (room for each in zone.places for room in each.rooms)
    return next((room.unseen for room in rooms if room.unseen), None)


def _overall(question: Question, nodes: int, zones: Sequence[ZoneAnswer]) -> Answer:
    answers = {each.answer for each in zones}
    if not zones:
        return Answer.UNKNOWN
    if question is not Question.ROLL and Answer.NO in answers and Answer.UNKNOWN not in answers:
        fit = sum(each.fit_empty or 0 for each in zones)
        some = question is Question.MAXIMUM or all(each.fit_empty for each in zones)
        return Answer.AT_RISK if some and fit >= nodes else Answer.NO
    if question is Question.ROLL and Answer.NO in answers:
        return Answer.NO
    for worst in (Answer.UNKNOWN, Answer.NO, Answer.AT_RISK):
        if worst in answers:
            return worst
    return Answer.YES


_NOTHING = {
    Question.ROLL: "no node has to be added first: none is there, or old ones go first",
    Question.SURGE: "the MINIMAL strategy takes old nodes away first and adds none",
    Question.MAXIMUM: "the group has as many nodes as its maximum size",
}


def _reasons(one: Judgement, need: NodeNeed) -> Iterator[str]:
    if not one.nodes:
        yield _NOTHING[one.question]
        return
    for each in one.zones:
        if each.unseen:
            yield f"{each.az_id}: {each.unseen.api} answered {each.unseen.error}"
        elif each.answer in (Answer.NO, Answer.AT_RISK):
            yield _shortage(each, need)
    refused = any(each.answer is Answer.NO for each in one.zones)
    if one.binding and one.avoided_error:
        yield from _tightest(one.binding, refused=refused)
    if one.answer is Answer.AT_RISK and refused:
        yield "the other zones have room, and EC2 Auto Scaling tries them: the nodes end up uneven"
    if one.answer is Answer.AT_RISK and need.open_ended:
        yield need.open_ended


def _tightest(tight: Binding, *, refused: bool) -> Iterator[str]:
    kind = "without pods" if refused else "full of pods"
    yield (
        f"{tight.subnet_id} has {tight.available:,} {tight.resource} free, "
        f"{tight.needed:,} needed by the new nodes {kind}"
    )
    if refused and tight.available:
        yield "nodes may start there, but not get what they ask for: pods wait in ContainerCreating"


def _shortage(one: ZoneAnswer, need: NodeNeed) -> str:
    asked = counted(one.nodes, f"new {need.instance_type} node")
    if one.answer is Answer.NO:
        return f"{one.az_id}: {asked} to come, room for {_number(one.fit_empty)} even without pods"
    return (
        f"{one.az_id}: {asked} to come, room for {_number(one.fit_empty)} without pods, "
        f"for {_number(one.fit_full)} full of pods"
    )


def _number(fit: int | None) -> str:
    return f"{fit:,}" if fit else "none"
