"""Which checks to ask."""

import fnmatch
from collections.abc import Iterable, Sequence

from eksnet.engine.check import Check
from eksnet.engine.profile import Profile
from eksnet.model.errors import InputError


class UnknownCheckError(InputError):
    """A check id or pattern that matches nothing; its text is one line for the user."""


def select(catalogue: Sequence[Check], patterns: Iterable[str]) -> tuple[Check, ...]:
    """Return the checks whose id matches any of ``patterns`` (``XEN002``, ``XEN*``), all if none.

    Raises:
        UnknownCheckError: a pattern matches no check.
    """
    wanted = [pattern.upper() for pattern in patterns]
    for pattern in wanted:
        if not any(fnmatch.fnmatchcase(check.id, pattern) for check in catalogue):
            msg = f"unknown check {pattern!r}: `eksnet checks` lists the {len(catalogue)} there are"
            raise UnknownCheckError(msg)
    if not wanted:
        return tuple(catalogue)
    return tuple(c for c in catalogue if any(fnmatch.fnmatchcase(c.id, p) for p in wanted))


def of_profile(checks: Iterable[Check], profile: Profile) -> tuple[Check, ...]:
    """Return those of ``checks`` that are in a profile."""
    return tuple(check for check in checks if profile in check.profiles)
