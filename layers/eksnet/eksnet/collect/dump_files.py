"""A folder of what `aws ... --output json` printed: files known by their keys, lists by owner."""

import contextlib
import json
import logging
import pathlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from eksnet.collect.facets import SWEEPS
from eksnet.collect.members import ADDON, MEMBERS, command_word
from eksnet.collect.parse_ec2 import Raw
from eksnet.collect.quotas import KEY as QUOTAS
from eksnet.model.errors import InputError
from eksnet.model.record import record

NOT_RECORDED = "NotRecorded"
TRUNCATED = "Truncated"  # a token says that more was to come
NO_OWNER = "OwnerUnknown"  # a list that does not tell whose it is

CLUSTERS, CLUSTER = "clusters", "cluster"
POLICIES = "AttachedPolicies"
INSTANCE_TYPES = "InstanceTypes"
RESERVATIONS = "SubnetIpv4CidrReservations"
DNS_SUPPORT, DNS_HOSTNAMES = "EnableDnsSupport", "EnableDnsHostnames"
CALLER = "Account"

_KNOWN = frozenset(
    {
        *(sweep.key for sweep in SWEEPS),
        *(key for each in (*MEMBERS.values(), ADDON) for key in (each.list_key, each.key)),
        *(CLUSTERS, CLUSTER, POLICIES, INSTANCE_TYPES, RESERVATIONS, DNS_SUPPORT, DNS_HOSTNAMES),
        *(CALLER, QUOTAS),
    }
)
_LOG = logging.getLogger(__name__)


@record
class Page:
    """One file: its path, and the object it holds."""

    path: pathlib.Path
    raw: Raw

    @property
    def whole(self) -> bool:
        """Tell whether nothing more was to come after this page."""
        raw = self.raw
        more = raw.get("NextToken") or raw.get("nextToken") or raw.get("Marker")
        return not (more or raw.get("IsTruncated"))

    def owner(self, operation: str) -> str | None:
        """Return whose list this is by ``<operation>-<owner>.json``, None when not told."""
        words = rf"(?:ec2-|eks-|iam-)?{command_word(operation)}-(.+)"
        named = re.fullmatch(words, self.path.stem)
        return named[1] if named else None


@record
class Listing:
    """The names one owner's list files hold, and what keeps the list from being whole."""

    names: frozenset[str]
    error: str | None


class Recording:
    """What a folder's files hold, by kind."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self.pages = tuple(pages)

    def having(self, key: str) -> tuple[Page, ...]:
        """Return the files with a top-level ``key``."""
        return tuple(page for page in self.pages if key in page.raw)

    def error(self, key: str) -> str | None:
        """Return what keeps a region's list from being whole, None when it is."""
        pages = self.having(key)
        if not pages:
            return NOT_RECORDED
        return None if all(page.whole for page in pages) else TRUNCATED

    def things(self, key: str, parse: Callable[[Raw], Iterable[Any]]) -> list[Any]:
        """Return what ``parse`` makes of every item listed under ``key``.

        Raises:
            InputError: an item is malformed.
        """
        found: list[Any] = []
        for page in self.having(key):
            for number, item in enumerate(_list(page, key)):
                with _blaming(page, f"{key}[{number}]"):
                    found.extend(parse(item))
        return _distinct(found)

    def described(self, key: str, parse: Callable[[Raw], Any]) -> list[Any]:
        """Return what ``parse`` makes of every single thing described under ``key``.

        Raises:
            InputError: one is malformed.
        """
        found = []
        for page in self.having(key):
            with _blaming(page, key):
                found.append(parse(page.raw[key]))
        return _distinct(found)

    def listings(
        self, key: str, operation: str, name: Callable[[Any], str] = str
    ) -> Mapping[str | None, Listing]:
        """Return the names listed under ``key`` by owner, None for the owner nobody told.

        Raises:
            InputError: an item is malformed.
        """
        found: dict[str | None, Listing] = {}
        for page in self.having(key):
            owner = page.owner(operation)
            known = found.get(owner, Listing(names=frozenset(), error=None))
            with _blaming(page, key):
                names = known.names.union(name(item) for item in _list(page, key))
            error = known.error or (None if page.whole else TRUNCATED)
            found[owner] = Listing(names=names, error=error)
        return found


def read_recording(folder: pathlib.Path) -> Recording:
    """Read every ``*.json`` file of ``folder`` itself; what is in its folders is left alone.

    Raises:
        InputError: there are none, or one is no whole JSON object.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".json")
        pages = [_page(path) for path in paths if path.is_file()]
    except OSError as problem:
        msg = f"{problem.filename or folder}: {problem.strerror}"
        raise InputError(msg) from problem
    if not pages:
        msg = f"{folder}: holds no .json file; `eksnet dump-commands` prints what to record"
        raise InputError(msg)
    for page in pages:
        if not page.raw.keys() & _KNOWN:
            _LOG.warning("%s: not used: %s", page.path, ", ".join(page.raw) or "holds nothing")
    return Recording(pages)


def _page(path: pathlib.Path) -> Page:
    data = path.read_bytes()
    if not data.strip():
        msg = f"{path}: empty: the command that was to write it failed"
        raise InputError(msg)
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError) as problem:
        msg = f"{path}: not whole JSON: {problem}"
        raise InputError(msg) from problem
    if not isinstance(raw, dict):
        msg = f"{path}: a JSON object is expected, as `aws ... --output json` prints it"
        raise InputError(msg)
    return Page(path=path, raw=raw)


def _list(page: Page, key: str) -> list[Any]:
    items = page.raw[key]
    if not isinstance(items, list):
        msg = f"{page.path}: {key} is not a list"
        raise InputError(msg)
    return items


@contextlib.contextmanager
def _blaming(page: Page, place: str) -> Iterator[None]:
    """Say in which file and where a parser met what AWS never answers."""
    try:
        yield
    except KeyError as problem:
        msg = f"{page.path}: {place} has no {problem}"
        raise InputError(msg) from problem
    except (TypeError, AttributeError, ValueError) as problem:
        msg = f"{page.path}: {place} can't be read: {problem}"
        raise InputError(msg) from problem


def identity(item: object) -> tuple[str, str]:
    """Return what tells a thing from all others of its kind; also the order they are kept in."""
    names = (getattr(item, attribute, "") for attribute in ("id", "name", "arn"))
    return getattr(item, "cluster", ""), str(next(filter(None, names), ""))


def _distinct(items: Iterable[Any]) -> list[Any]:
    """Keep the first of those recorded twice."""
    first: dict[tuple[str, str], Any] = {}
    for item in items:
        first.setdefault(identity(item), item)
    return list(first.values())
