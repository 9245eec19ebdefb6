"""When addresses run out, in words: the same in the mail's subject, its body and on the page."""

from collections import Counter
from collections.abc import Iterator, Sequence

from eksnet.capacity.forecast import HORIZON, Answer
from eksnet.model.audit import Audit, Counted, ForecastShown
from eksnet.model.finding import counted
from eksnet.report.mail_text import fold, listed, place, said

SOON = 30  # days: a month is what a change of a network takes, our own choice
ENDS_SHOWN = 5  # of the mail: the soonest; the page has more
REASONS_SHOWN = 2  # kinds of missing history: nearly always there is one
TENTHS = 9.95  # a pace below is told with a decimal
SINGULAR = {Counted.ADDRESSES: "free address", Counted.BLOCKS: "free /28 block"}


def soon(audit: Audit) -> tuple[ForecastShown, ...]:
    """Return the forecasts with a day whose range begins within SOON days, the soonest first."""
    return tuple(each for each in dated(audit) if (each.earliest or 0) <= SOON)


def dated(audit: Audit) -> tuple[ForecastShown, ...]:
    """Return the forecasts that have a day, the soonest first."""
    found = (each for each in audit.forecasts if each.answer == Answer.DATED)
    return tuple(sorted(found, key=lambda each: each.days or 0))


def certain_words(audit: Audit) -> str:
    """Return how many subnets run out and when the first does: those wholly within SOON days."""
    first: dict[tuple[str, str, str], int] = {}
    for each in dated(audit):
        sure = each.latest is not None and each.latest <= SOON
        if sure and each.subnet_id and each.counted is Counted.ADDRESSES:
            key = (each.target.account_id, each.target.region, each.subnet_id)
            first.setdefault(key, each.days or 0)
    if not first:
        return ""
    days = min(first.values())
    when = f"in {counted(days, 'day')}" if days else "today"
    if len(first) == 1:
        return f"1 subnet runs out {when}"
    return f"{len(first):,} subnets run out, the first {when}"


def in_days(one: ForecastShown) -> str:
    """Return when a forecast with a day says that it ends, with the range."""
    days, earliest = one.days or 0, one.earliest or 0
    when = f"in about {counted(days, 'day')}" if days else "today"
    if one.latest is None:
        return f"{when} ({earliest:,} or more)"
    same = earliest == one.latest
    return when if same else f"{when} ({earliest:,} to {one.latest:,})"


def pace(one: ForecastShown) -> str:
    """Return what there is now and how much less it gets each day."""
    each_day = -(one.per_day or 0.0)
    many = f"{each_day:,.0f}" if each_day >= TENTHS else f"{each_day:.1f}"
    unit = SINGULAR[one.counted] if one.free == 1 else one.counted
    return f"{one.free or 0:,} {unit}, {many} fewer a day"


def ends_lines(audit: Audit) -> Iterator[str]:
    """Yield the mail's section on what runs out; nothing where nothing was forecast."""
    if not audit.forecasts:
        return
    yield ""
    yield "RUNS OUT"
    found = soon(audit)
    yield from listed([_told(each) for each in found[:ENDS_SHOWN]], ENDS_SHOWN, "", total=0)
    rest = len(found) - ENDS_SHOWN
    if rest > 0:
        yield from fold(f"and {rest:,} more within {SOON} days")
    for each in numbers_lines(audit):
        yield from fold(each)


def numbers_lines(audit: Audit) -> Iterator[str]:
    """Yield sentences on what has no day, or none soon: in numbers, for there may be many."""
    yield from _others(audit, quiet=not soon(audit))
    yield from _lacking(audit)


def _lacking(audit: Audit) -> Iterator[str]:
    """Yield what could not be forecast, and what it takes."""
    short = _subnets(audit, Answer.TOO_LITTLE_DATA)
    reasons = Counter(each.missing for each in short).most_common()
    if reasons:
        shown = ", ".join(
            f"{counted(many, 'subnet')} {'needs' if many == 1 else 'need'} {said(missing)}"
            for missing, many in reasons[:REASONS_SHOWN]
        )
        others = sum(many for _, many in reasons[REASONS_SHOWN:])
        more = f", {others:,} more for other reasons" if others else ""
        yield f"No forecast for want of history: {shown}{more}."
    if audit.unforecast:
        yield f"Not forecast: {counted(audit.unforecast, 'subnet')} with more room than these."


def _others(audit: Audit, *, quiet: bool) -> Iterator[str]:
    """Yield what else there is to say in numbers."""
    gone = len(_subnets(audit, Answer.EXHAUSTED))
    open_ = _subnets(audit, Answer.NOT_WITHIN_HORIZON)
    may = sum(each.earliest is not None and each.earliest <= SOON for each in open_)
    later = sum((each.earliest or 0) > SOON for each in _subnets(audit, Answer.DATED))
    if gone:
        yield f"{counted(gone, 'subnet')} {_has(gone)} run out, or {_does(gone)} on most days."
    elif quiet and not may and len(open_) + later:
        yield f"Nothing that was forecast runs out within {SOON} days."
    if may:
        yield f"{counted(may, 'subnet')} may run out within {SOON} days; no day can be told."
    if later:
        yield f"{counted(later, 'subnet')} {_runs(later)} out later, within {HORIZON} days."


def _has(many: int) -> str:
    return "has" if many == 1 else "have"


def _does(many: int) -> str:
    return "does" if many == 1 else "do"


def _runs(many: int) -> str:
    return "runs" if many == 1 else "run"


def _subnets(audit: Audit, answer: Answer) -> Sequence[ForecastShown]:
    """Return the forecasts of subnets' addresses with an answer."""
    return [
        each
        for each in audit.forecasts
        if each.answer == answer and each.subnet_id and each.counted is Counted.ADDRESSES
    ]


def _told(one: ForecastShown) -> str:
    what = "" if one.counted is Counted.ADDRESSES else f" of {one.counted}"
    if one.subnet_id is None:
        name = f"every subnet of {said(', '.join(one.clusters))} in {said(one.az_id)}"
    else:
        users = said(", ".join(one.clusters))
        name = f"{said(one.subnet_id)} of {users}"
    return f"{name}, {place(one.target)}: out{what} {in_days(one)}; {pace(one)}"
