"""A repair as data: what it rests on, what it does step by step, and what it was proven to do.

A plan is named by the digest of its own canonical JSON, so that it can't change and keep its name,
and what was approved is what is done.
"""

import base64
import datetime as dt
import enum
import functools
import hashlib
import json
import typing

from eksnet.model.action import Action
from eksnet.model.finding import Severity
from eksnet.model.record import record
from eksnet.model.snapshot import Resource, Target

if typing.TYPE_CHECKING:
    from pydantic import TypeAdapter

SCHEMA_VERSION = 1
PLAN_TAG = "eksnet:plan"  # on everything a plan makes, as far as AWS lets it be tagged
OPT_IN_TAG, OPTED_IN = "eksnet:remediate", "allowed"  # what a VPC must say to be changed at all
EXPIRES_AFTER = dt.timedelta(hours=24)  # ours: a day of work; the world moves on
UNDO_WITHIN = dt.timedelta(days=7)  # ours: how long the approval of a plan covers its undoing
_ID_LENGTH = 20  # hex digits: 80 bits, so that no two plans share a name
_TOKEN_LENGTH = 64  # the longest client token: EC2 API reference, CreateFlowLogs


class About(enum.StrEnum):
    """What a fact is about. ``of`` then is an id, or an id and a block as ``vpc-1|10.0.0.0/24``."""

    VPC = "vpc"
    BLOCKS = "vpc-blocks"
    SUBNETS_IN = "subnets-in"
    DESTINATIONS = "destinations"
    PEERINGS = "peerings"
    CLUSTERS = "clusters"
    ROUTE_TABLE = "route-table"
    SUBNET = "subnet"
    SUBNET_ROUTES = "subnet-route-table"
    EFFECTIVE_ROUTES = "effective-routes"
    DEFAULT_ACL = "default-network-acl"
    RESERVATIONS = "reservations"
    FLOW_LOGS = "flow-logs"
    ADDON = "addon"
    ADDON_VERSION = "addon-version"


@record
class Fact:
    """One thing a plan rests on: ``value`` is canonical JSON, ``null`` for what is not there."""

    about: About
    of: str
    value: str


@record
class Change:
    """A fact that a step changes: its undoing changes it back."""

    about: About
    of: str
    before: str
    after: str


@record
class Step:
    """One write. Before it all facts of the plan hold, as the steps before it left them.

    After it its ``changes`` do as well. ``waits`` says for what it waits, where that takes long.
    """

    number: int
    action: Action
    changes: tuple[Change, ...]
    waits: str | None = None


@record
class ManualStep:
    """What a person must do after step ``after``, such as applying ``document`` in Kubernetes.

    The proof counts it as done; ``assumes`` is what it comes to in terms of AWS, if anything.
    """

    after: int
    text: str
    document: str = ""
    assumes: Action | None = None


@record
class Opened:
    """A finding that the plan would open; it is of low severity, or there would be no plan."""

    finding_id: str
    check_id: str
    severity: Severity
    resource: Resource
    message: str


@record
class Proof:
    """What asking every check again on the changed copy came to."""

    checks: int
    closes: tuple[str, ...]
    opens: tuple[Opened, ...] = ()


@record
class Blast:
    """How much a plan touches: things made, changed and deleted."""

    creates: int
    changes: int
    deletes: int


@record
class ClusterIdentity:
    """Which cluster is meant: one made again under the same name is another."""

    name: str
    arn: str
    created_at: dt.datetime | None


@record
class Cause:
    """A finding that the plan closes."""

    finding_id: str
    check_id: str
    severity: Severity
    message: str


@record
class Plan:
    """A proven repair of one VPC. ``notes`` are what its reader has to know before approving."""

    schema_version: int = SCHEMA_VERSION
    tool_version: str
    remedy: str
    target: Target
    vpc_id: str
    clusters: tuple[ClusterIdentity, ...]
    causes: tuple[Cause, ...]
    read_at: dt.datetime
    expires_at: dt.datetime
    undo_until: dt.datetime
    facts: tuple[Fact, ...]
    steps: tuple[Step, ...]
    manual: tuple[ManualStep, ...] = ()
    proof: Proof
    blast: Blast
    notes: tuple[str, ...] = ()


@record
class CannotFix:
    """Why there is no plan: the name of the ``rule`` that decides, and what to do instead."""

    rule: str
    reason: str
    advice: str = ""


def canonical(plan: Plan) -> bytes:
    """Return the plan as the one JSON text it has: sorted, without spaces."""
    loaded = json.loads(_adapter().dump_json(plan))
    return json.dumps(loaded, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def plan_of(text: bytes | str) -> Plan:
    """Return the plan of its JSON.

    Raises:
        pydantic.ValidationError: it is of none.
    """
    return _adapter().validate_json(text)


def digest(plan: Plan) -> str:
    """Return what an approval binds: the SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical(plan)).hexdigest()


def plan_id(plan_digest: str) -> str:
    """Return the plan's name: it goes into the name of an execution, and into tags."""
    return f"pl-{plan_digest[:_ID_LENGTH]}"


def token(plan_digest: str, number: int) -> str:
    """Return the client token of a step: the same whoever carries it out, and how often."""
    hashed = hashlib.sha256(f"{plan_digest}/{number}".encode()).digest()
    return base64.b32encode(hashed).decode().rstrip("=")[:_TOKEN_LENGTH]


@functools.cache
def _adapter() -> "TypeAdapter[Plan]":
    from pydantic import TypeAdapter

    return TypeAdapter(Plan)
