"""What the deployed functions are told by their environment, read strictly."""

import dataclasses
import enum
import json
import re
from collections.abc import Mapping

from eksnet.engine.limits import Limits
from eksnet.engine.profile import Profile
from eksnet.model.errors import InputError
from eksnet.model.finding import Severity
from eksnet.model.record import record

ORGANIZATION = "organization"
ALL_REGIONS = "all"
_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d")


@record
class Deployment:
    """One installation: whom it audits, what it compares with, and where results go.

    ``accounts`` None means every account of the organization, ``regions`` None every Region that
    the own account has enabled. ``suppressions`` is a key of the bucket, None for none.
    """

    account: str
    region: str
    partition: str
    accounts: tuple[str, ...] | None
    regions: tuple[str, ...] | None
    member_role: str
    external_id: str
    limits: Limits
    profile: Profile
    fail_severity: Severity
    suppressions: str | None
    history_days: int
    table: str
    bucket: str
    topic: str
    bus: str


def read_deployment(environment: Mapping[str, str]) -> Deployment:
    """Return the deployment that the environment variables describe.

    Raises:
        InputError: one is missing or wrong; the message names it.
    """
    text = _Texts(environment)
    account, region = text.need("EKSNET_ACCOUNT"), text.need("AWS_REGION")
    accounts, regions = text.get("EKSNET_ACCOUNTS"), text.get("EKSNET_REGIONS")
    return Deployment(
        account=account,
        region=region,
        partition=text.get("EKSNET_PARTITION") or "aws",
        accounts=None if accounts == ORGANIZATION else text.each("EKSNET_ACCOUNTS", _ACCOUNT),
        regions=None if regions == ALL_REGIONS else text.each("EKSNET_REGIONS", _REGION),
        member_role=text.get("EKSNET_MEMBER_ROLE"),
        external_id=text.get("EKSNET_EXTERNAL_ID"),
        limits=_limits(text.get("EKSNET_LIMITS")),
        profile=text.choice("EKSNET_PROFILE", Profile.ALL),
        fail_severity=text.choice("EKSNET_FAIL_SEVERITY", Severity.HIGH),
        suppressions=text.get("EKSNET_SUPPRESSIONS") or None,
        history_days=text.number("EKSNET_HISTORY_DAYS", 400),
        table=text.need("EKSNET_TABLE"),
        bucket=text.need("EKSNET_BUCKET"),
        topic=text.need("EKSNET_TOPIC"),
        bus=text.need("EKSNET_BUS"),
    )


class _Texts:
    """Environment variables, those of only white space counting as empty."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def get(self, name: str) -> str:
        return self._environment.get(name, "").strip()

    def need(self, name: str) -> str:
        if not (value := self.get(name)):
            msg = f"{name} is not set"
            raise InputError(msg)
        return value

    def each(self, name: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
        values = [part.strip() for part in self.get(name).split(",") if part.strip()]
        for value in values:
            if not pattern.fullmatch(value):
                msg = f"{name}: {value!r} is not one"
                raise InputError(msg)
        return tuple(dict.fromkeys(values))

    def choice[T: enum.StrEnum](self, name: str, default: T) -> T:
        kind = type(default)
        value = self.get(name) or default
        if value not in list(kind):
            msg = f"{name}: {value!r} is none of {', '.join(kind)}"
            raise InputError(msg)
        return kind(value)

    def number(self, name: str, default: int) -> int:
        value = self.get(name) or str(default)
        if not value.isascii() or not value.isdigit():
            msg = f"{name} is a whole number"
            raise InputError(msg)
        return int(value)


def _limits(text: str) -> Limits:
    try:
        values = json.loads(text or "{}")
    except ValueError:
        values = None
    if not isinstance(values, dict):
        msg = "EKSNET_LIMITS is a JSON object of thresholds"
        raise InputError(msg)
    known = {field.name for field in dataclasses.fields(Limits)}
    for name, value in values.items():
        if name not in known:
            msg = f"EKSNET_LIMITS: unknown threshold {name!r}: {', '.join(sorted(known))}"
            raise InputError(msg)
        if type(value) is not int or value < 0:
            msg = f"EKSNET_LIMITS: {name} is a whole number, 0 or more"
            raise InputError(msg)
    return Limits(**values)
