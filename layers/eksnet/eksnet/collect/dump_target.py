"""Which account and region a recording is of, by what the things in it say themselves."""

import logging
import pathlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from eksnet.collect.dump_files import CALLER, Recording
from eksnet.model.errors import InputError
from eksnet.model.network import FlowLog, Vpc, Zone
from eksnet.model.snapshot import Target

UNKNOWN_ACCOUNT = "unknown"
EKS = ("clusters", "node_groups", "fargate_profiles", "addons")
Found = Mapping[str, Sequence[Any]]

_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+?-\d+")  # also the head of a zone's name
_PARTITIONS = {"cn": "aws-cn", "us-gov": "aws-us-gov"}  # AWS reference, "Amazon Resource Names"
_LOG = logging.getLogger(__name__)


def find_target(
    folder: pathlib.Path,
    recording: Recording,
    found: Found,
    account: str | None,
    region: str | None,
) -> Target:
    """Return the target: ``account`` and ``region`` where given, else what the things say.

    Raises:
        InputError: they tell several accounts or regions, or no region at all.
    """
    for option, given, form in (("--account", account, _ACCOUNT), ("--region", region, _REGION)):
        if given is not None and not form.fullmatch(given):
            msg = f"{option} {given!r} is none"
            raise InputError(msg)
    if account is None:
        account = _account(folder, recording, found)
    if region is None:
        regions = _regions(found)
        if not regions:
            msg = f"{folder}: nothing tells the region: give --region"
            raise InputError(msg)
        region = _only(folder, "regions", regions, "--region")
    partitions = {_arn(item)[1] for field in EKS for item in found[field]} - {""}
    told = next((name for head, name in _PARTITIONS.items() if region.startswith(head)), "aws")
    partition = partitions.pop() if len(partitions) == 1 else told
    return Target(account_id=account, region=region, partition=partition)


def _account(folder: pathlib.Path, recording: Recording, found: Found) -> str:
    """Ask the surest first: what is shared with an account has another owner's id."""
    reservations = (
        each.get("OwnerId")
        for page in recording.having("Reservations")
        for each in page.raw["Reservations"]
    )
    owners = (getattr(item, "owner_id", None) for items in found.values() for item in items)
    sources: tuple[Iterable[Any], ...] = (
        (page.raw[CALLER] for page in recording.having(CALLER)),
        (_arn(item)[4] for field in EKS for item in found[field]),
        reservations,
        owners,
    )
    for source in sources:
        accounts = {str(each) for each in source if _ACCOUNT.fullmatch(str(each))}
        if accounts:
            return _only(folder, "accounts", accounts, "--account")
    return UNKNOWN_ACCOUNT


def _only(folder: pathlib.Path, what: str, names: set[str], option: str) -> str:
    if len(names) > 1:
        msg = f"{folder}: tells several {what}, {', '.join(sorted(names))}: give {option}"
        raise InputError(msg)
    return next(iter(names))


def keep_target(found: Found, target: Target) -> tuple[dict[str, list[Any]], frozenset[str]]:
    """Leave out what is of other targets; return the rest, and the fields no longer known.

    In a recording of several regions a list is known to be the target's own only when something in
    it is: an empty list may be another region's.
    """
    foreign = _regions(found) - {target.region}
    clusters_vpcs = {
        getattr(item, "vpc_id", "")
        for items in found.values()
        for item in items
        if _region(item) == target.region and not _elsewhere(item, target)
    } - {""}
    kept: dict[str, list[Any]] = {}
    lost: set[str] = set()
    for field, items in found.items():
        kept[field] = [item for item in items if not _elsewhere(item, target)]
        ours = any(
            _region(item) == target.region or _vpc(item) in clusters_vpcs for item in kept[field]
        )
        if foreign and field not in EKS and not ours:
            lost.add(field)
    dropped = sum(map(len, found.values())) - sum(map(len, kept.values()))
    if dropped:
        _LOG.warning("%d things are not of %s and are left out", dropped, target.region)
    return kept, frozenset(lost)


def _elsewhere(item: object, target: Target) -> bool:
    if _region(item) not in (None, target.region):
        return True
    _, _, service, _, account = _arn(item)
    ours = {target.account_id, UNKNOWN_ACCOUNT}
    known = _ACCOUNT.fullmatch(account) and target.account_id != UNKNOWN_ACCOUNT
    return bool(service == "eks" and known and account not in ours)


def _regions(found: Found) -> set[str]:
    return {
        region
        for items in found.values()
        for item in items
        if (region := _region(item)) is not None
    }


def _region(item: object) -> str | None:
    for text in _places(item):
        named = _REGION.match(text)
        if named:
            return named[0]
    return None


def _places(item: object) -> Iterator[str]:
    yield _arn(item)[3]
    yield getattr(item, "az", "")
    if isinstance(item, Zone):
        yield item.name


def _vpc(item: object) -> str:
    if isinstance(item, Vpc):
        return item.id
    vpc_id: str = item.resource_id if isinstance(item, FlowLog) else getattr(item, "vpc_id", "")
    return vpc_id


def _arn(item: object) -> tuple[str, str, str, str, str]:
    """Return an ARN's first five parts, empty where the thing has none."""
    head, partition, service, region, account, *_ = f"{getattr(item, 'arn', '')}:::::".split(":")
    return head, partition, service, region, account
