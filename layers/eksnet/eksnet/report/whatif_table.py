"""A scenario beside today as text: subnets, max-pods, verdicts, findings, and what else to do."""

from collections.abc import Iterable, Iterator, Sequence

from eksnet.capacity.comparison import AnswerChange, Comparison, PodsChange, SubnetChange
from eksnet.capacity.options import Option
from eksnet.capacity.usage import Use
from eksnet.capacity.whatif import Scenario
from eksnet.model.finding import Finding, counted
from eksnet.model.snapshot import Blind, Target
from eksnet.report.escape import visible
from eksnet.report.verdict_table import blind_line

UNKNOWN = "unknown"
SHOWN = 40  # findings shown; the others are counted, and are in --json


def scenario_lines(scenario: Scenario) -> Iterator[str]:
    """Yield what would be different."""
    said = [
        *(f"{name}={text}" for name, text in scenario.env.items()),
        *(f"pod subnets from {each} in each VPC" for each in scenario.pod_cidrs),
        *(f"{name}: {counted(count, 'node')}" for name, count in scenario.nodes.items()),
        *(f"{name}: {type_}" for name, type_ in scenario.types.items()),
    ]
    yield visible(f"If: {', '.join(said)}") if said else "Nothing is changed: this is today."
    yield ""


def target_lines(target: Target, compared: Comparison, unchanged: Sequence[str]) -> Iterator[str]:
    """Yield one target's subnets, max-pods and verdicts."""
    yield visible(f"{target.account_id} {target.region}")
    for name, why in compared.unknown.items():
        also = "; its settings stay as they are" if name in unchanged else ""
        yield visible(f"  {name}: no figures, {why.api} answered {why.error}{also}")
    for text in compared.skipped:
        yield visible(f"  not counted: {text}")
    yield from _subnets(compared.subnets)
    yield from _pods(compared.pods)
    yield from _answers(compared.answers)


def _subnets(found: Sequence[SubnetChange]) -> Iterator[str]:
    if not found:
        return
    yield ""
    yield "  Addresses that nodes hold: seen now, and by the model from nodes without pods to full"
    heads = ("SUBNET", "ZONE", "CLUSTERS", "FREE", "SEEN", "TODAY", "THEN", "FREE THEN")
    blocks = any(use and use.most.blocks for each in found for use in (each.today, each.then))
    more = ("FREE /28", "/28 TODAY", "/28 THEN") if blocks else ()
    rows = [(*_row(each), *(_blocks(each) if blocks else ())) for each in found]
    yield from _table((*heads, *more), rows)
    if any(_short(each) for each in found):
        yield "  A negative figure is what would be missing."


def _row(one: SubnetChange) -> tuple[str, ...]:
    free = one.free_then
    return (
        one.subnet_id,
        one.az_id,
        ", ".join(one.clusters),
        f"{one.free_ips:,}",
        UNKNOWN if one.seen is None else f"{one.seen:,}",
        _totals(one.today),
        _totals(one.then),
        UNKNOWN if free is None else _range(*free),
    )


def _blocks(one: SubnetChange) -> tuple[str, ...]:
    free = UNKNOWN if one.free_28 is None else f"{one.free_28:,}"
    return free, *(
        UNKNOWN if use is None else _range(use.least.blocks, use.most.blocks)
        for use in (one.today, one.then)
    )


def _short(one: SubnetChange) -> bool:
    return one.free_then is not None and one.free_then[0] < 0


def _totals(use: Use | None) -> str:
    return UNKNOWN if use is None else _range(use.least.total, use.most.total)


def _range(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _pods(found: Sequence[PodsChange]) -> Iterator[str]:
    if not found:
        return
    yield ""
    yield "  Max pods of a node (recommended)"
    rows = [
        (
            f"{each.cluster}/{each.node_group}",
            f"{_known(each.pods_today)} ({each.type_today})",
            f"{_known(each.pods_then)} ({each.type_then})",
        )
        for each in found
    ]
    yield from _table(("NODE GROUP", "TODAY", "THEN"), rows)


def _known(number: int | None) -> str:
    return UNKNOWN if number is None else f"{number:,}"


def _answers(found: Sequence[AnswerChange]) -> Iterator[str]:
    moved = [each for each in found if each.today is not each.then]
    same = len(found) - len(moved)
    yield ""
    yield f"  Verdicts with the addresses free today: {len(moved)} change, {same} stay"
    rows = [
        (
            f"{each.cluster}/{each.node_group}" if each.node_group else each.cluster,
            each.question,
            each.today,
            each.then,
        )
        for each in moved
    ]
    if rows:
        yield from _table(("WHO", "QUESTION", "TODAY", "THEN"), rows)


def finding_lines(
    found: Sequence[tuple[Finding | None, Finding | None]],
) -> Iterator[str]:
    """Yield the findings that would change."""
    yield ""
    yield f"  Findings that change: {len(found)}"
    for today, then in found[:SHOWN]:
        about = then or today
        if about is None:
            continue
        whose = f"{about.cluster} " if about.cluster else ""
        yield visible(
            f"    {about.check_id}  {_side(today)} -> {_side(then)}  {whose}{about.resource.id}: "
            f"{about.message}"
        )
    if len(found) > SHOWN:
        yield f"    and {len(found) - SHOWN:,} more: see --json"


def _side(one: Finding | None) -> str:
    if one is None:
        return "none"
    return f"{one.status} {one.severity}" if one.severity else str(one.status)


def option_lines(found: Sequence[Option]) -> Iterator[str]:
    """Yield what could be done about each cluster's addresses."""
    if not found:
        return
    yield ""
    yield "  What could be done, from today's settings"
    for name in dict.fromkeys(each.cluster for each in found):
        yield visible(f"    {name}")
        for number, each in enumerate((one for one in found if one.cluster == name), start=1):
            yield from map(visible, _option(number, each))


def _option(number: int, one: Option) -> Iterator[str]:
    yield f"      {number}. {one.way}: {_back(one)}; {one.change}"
    yield f"         risk {one.risk}"
    for text in one.effects:
        yield f"         {text}"
    for text in one.obstacles:
        yield f"         in the way: {text}"


def _back(one: Option) -> str:
    if one.at_least is None or one.at_most is None:
        return "what it gives back is unknown"
    if one.at_most < 0:
        return f"takes {_range(-one.at_most, -one.at_least)} more"
    if one.at_least < 0:
        return f"from {-one.at_least:,} more taken to {one.at_most:,} given back"
    return f"gives back {_range(one.at_least, one.at_most)}"


def blind_lines(blinds: Iterable[Blind]) -> Iterator[str]:
    """Yield what was not seen, and an empty line."""
    yield from map(blind_line, blinds)
    yield ""


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    shown = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(heads, *shown, strict=True)]
    for row in (heads, *shown):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"    {'  '.join(cells)}".rstrip()
