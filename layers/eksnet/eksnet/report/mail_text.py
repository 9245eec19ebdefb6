"""The words of a mail: lines that a phone shows whole, and foreign text made harmless."""

import datetime as dt
import unicodedata
from collections.abc import Iterator, Sequence

from eksnet.model.snapshot import Target
from eksnet.report.escape import visible

COLUMNS = 72  # RFC 3676 section 4.2: at most 78, and two of them are lost with each quoting
NAME_BYTES = (
    300  # the longest AWS name is a tag's 256 characters (EC2 user guide, tag restrictions)
)
TEXT_BYTES = 600  # eight lines: what is longer is not read in a mail
WIDE = frozenset("WF")  # Unicode annex 11: these take two columns


def said(text: str, limit: int = NAME_BYTES) -> str:
    """Return ``text`` with nothing hidden; a text over ``limit`` bytes is named by its length.

    Nothing is ever cut: half a name is another name.
    """
    shown = " ".join(visible(text).split())
    if len(shown.encode()) <= limit:
        return shown
    return f"({len(text):,} characters, in the report)"


def place(target: Target) -> str:
    """Return a target's account and Region."""
    return f"{said(target.account_id)} {said(target.region)}"


def moment(time: dt.datetime) -> str:
    """Return a time as a person reads it, in UTC."""
    return time.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M UTC")


def day(time: dt.datetime) -> str:
    """Return the day of a time, in UTC."""
    return time.astimezone(dt.UTC).date().isoformat()


def columns(text: str) -> int:
    """Return how many columns ``text`` takes at most."""
    if text.isascii():
        return len(text)
    return sum(1 + (unicodedata.east_asian_width(each) in WIDE) for each in text)


def fold(text: str, first: str = "", rest: str = "") -> Iterator[str]:
    """Yield ``text`` as lines of at most COLUMNS; only a longer word makes a longer line.

    ``first`` stands before the first line, ``rest`` before all others.
    """
    line, empty = first, True
    for word in text.split():
        joined = f"{line}{word}" if empty else f"{line} {word}"
        if empty or columns(joined) <= COLUMNS:
            line, empty = joined, False
        else:
            yield line
            line = f"{rest}{word}"
    yield line


def bullet(text: str) -> Iterator[str]:
    """Yield ``text`` as an item of a list."""
    return fold(text, "- ", "  ")


def listed(
    texts: Sequence[str], limit: int, rest: str, *, total: int | None = None
) -> Iterator[str]:
    """Yield the first ``limit`` texts as items; those left out are counted as ``rest``.

    ``total`` is how many there are when ``texts`` holds only the first.
    """
    for text in texts[:limit]:
        yield from bullet(text)
    left = (len(texts) if total is None else total) - limit
    if left > 0:
        yield f"and {left:,} more {rest}"
