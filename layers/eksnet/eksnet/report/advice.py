"""The next step, in one sentence of the check's own page."""

import functools
import re

from eksnet.checks import catalogue

_WHAT_TO_DO = re.compile(r"\*\*What to do\.\*\*\s+(?P<text>.+?)(?:\n\s*\n|\Z)", re.DOTALL)
_SENTENCE = re.compile(r"(.+?[.!?])(?:\s+[A-Z`*\[]|\Z)", re.DOTALL)


def advice(check_id: str) -> str | None:
    """Return the first sentence of what a check's page says to do."""
    doc = _docs().get(check_id)
    return first_step(doc) if doc else None


def first_step(doc: str) -> str | None:
    """Return the first sentence after "What to do." in a page, without its markup."""
    found = _WHAT_TO_DO.search(doc)
    if not found:
        return None
    text = " ".join(found["text"].split())
    sentence = _SENTENCE.match(text)
    return (sentence[1] if sentence else text).replace("`", "").replace("**", "")


@functools.cache
def _docs() -> dict[str, str]:
    return {check.id: check.doc for check in catalogue()}
