"""What the functions that repair are told by their environment, read strictly."""

import datetime as dt
import re
from collections.abc import Mapping

from eksnet.model.errors import InputError
from eksnet.model.record import record
from eksnet.settings.terms import Terms, Window

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(
    r"(?P<first>[a-z]{3})(-(?P<last>[a-z]{3}))? (?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)"
)
_DEFAULTS = Terms()


@record
class Repair:
    """How an installation repairs: by which role, under which terms, and where it is asked to.

    ``role`` is the name of the role in each account that may change it; "" when nothing may.
    """

    role: str
    machine: str
    terms: Terms


def read_repair(environment: Mapping[str, str]) -> Repair:
    """Return how the environment variables let plans be carried out.

    Raises:
        InputError: one is wrong; the message names it.
    """
    return Repair(
        role=environment.get("EKSNET_REMEDIATION_ROLE", "").strip(),
        machine=environment.get("EKSNET_REPAIR_MACHINE", "").strip(),
        terms=Terms(
            window=read_window(environment.get("EKSNET_CHANGE_WINDOW", "").strip()),
            most_changes_a_day=_number(
                environment, "EKSNET_MOST_CHANGES_A_DAY", _DEFAULTS.most_changes_a_day
            ),
            approvers=_number(environment, "EKSNET_APPROVERS", _DEFAULTS.approvers),
        ),
    )


def read_window(text: str) -> Window | None:
    """Return the window that ``mon-fri 08:00-16:00`` means, in UTC; None for an empty text.

    Raises:
        InputError: it is none.
    """
    if not text:
        return None
    match = _WINDOW.fullmatch(text.lower())
    try:
        if match is None:
            raise ValueError(text)  # noqa: TRY301 - one place says what a window looks like
        first, last = match["first"], match["last"] or match["first"]
        low, high = _DAYS.index(first), _DAYS.index(last)
        start, end = (dt.time.fromisoformat(match[each]) for each in ("start", "end"))
        if low > high or start >= end:
            raise ValueError(text)  # noqa: TRY301 - the same
    except ValueError as problem:
        msg = f"EKSNET_CHANGE_WINDOW: {text!r} is no window such as 'mon-fri 08:00-16:00'"
        raise InputError(msg) from problem
    return Window(days=frozenset(range(low, high + 1)), start=start, end=end)


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "").strip() or str(default)
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        msg = f"{name} is a whole number, 1 or more"
        raise InputError(msg)
    return int(text)
