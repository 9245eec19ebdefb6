"""Whether a schedule expression is one that EventBridge Scheduler accepts.

Source: EventBridge Scheduler user guide, "Schedule types".
"""

import re
from collections.abc import Iterator

RATE = re.compile(r"rate\(([0-9]+) ([a-z]+)\)")
CRON = re.compile(r"cron\((.+)\)")
UNITS = ("minute", "hour", "day")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
FIELDS = (  # each with its smallest and largest value and the names that stand for values
    ("minutes", 0, 59, ()),
    ("hours", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, MONTHS),
    ("day of week", 1, 7, DAYS),
    ("year", 1970, 2199, ()),
)
DAY, WEEKDAY = 2, 4
LAST = re.compile(r"L|[0-9]{1,2}W|[0-9A-Z]{1,3}L|[0-9A-Z]{1,3}#[1-5]")  # days counted otherwise


def problems(expression: str) -> Iterator[str]:
    """Yield what is wrong with a schedule expression; nothing if it is a valid one."""
    if found := RATE.fullmatch(expression):
        yield from _rate(int(found[1]), found[2])
    elif found := CRON.fullmatch(expression):
        yield from _cron(found[1].split(" "))
    else:
        yield "neither rate(...) nor cron(...)"


def _rate(count: int, unit: str) -> Iterator[str]:
    singular = unit.removesuffix("s")
    if count < 1 or singular not in UNITS:
        yield "a rate is 1 or more minutes, hours or days"
    elif (unit == singular) is not (count == 1):
        yield "one is singular, more are plural"


def _cron(fields: list[str]) -> Iterator[str]:
    if len(fields) != len(FIELDS):
        yield f"{len(fields)} fields where six are needed"
        return
    if (fields[DAY] == "?") is (fields[WEEKDAY] == "?"):
        yield 'either the day of month or the day of week is "?"'
    for position, text in enumerate(fields):
        allowed = "?" if position in {DAY, WEEKDAY} else ""
        if text != allowed and not all(_part(part, position) for part in text.split(",")):
            yield f"{FIELDS[position][0]}: {text} is not one"


def _part(part: str, position: int) -> bool:
    """Return whether a part of a field is a value, a span, all of them, or a step through one."""
    if position in {DAY, WEEKDAY} and LAST.fullmatch(part):
        return True
    span, slash, step = part.partition("/")
    if slash and not (step.isdigit() and int(step) > 0):
        return False
    low, dash, high = span.partition("-")
    if span == "*":
        return True
    first = _value(low, position)
    last = _value(high, position) if dash else first
    return first is not None and last is not None and first <= last


def _value(text: str, position: int) -> int | None:
    _, smallest, largest, names = FIELDS[position]
    if text in names:
        return names.index(text) + smallest
    return int(text) if text.isdigit() and smallest <= int(text) <= largest else None
