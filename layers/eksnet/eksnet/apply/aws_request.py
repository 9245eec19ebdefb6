"""A write as the one call that it is: what is sent, and what of the answer is kept."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from eksnet.apply.interface import WriteError
from eksnet.model.network import Subnet
from eksnet.model.plan import PLAN_TAG
from eksnet.model.snapshot import Snapshot

Raw = Mapping[str, Any]


class NotSeenError(WriteError):
    """What the call would be about was not there when it was looked for: nothing is sent."""

    def __init__(self, api: str) -> None:
        super().__init__(api, "NotSeen", sure=True)


def _nothing(_: Raw) -> None:
    """Keep nothing: a setting has no id of its own."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call of ``api``, spelled as in IAM; ``made`` returns the id of what its answer tells of.

    ``made`` raises WriteError where an answer is a failure, KeyError where it tells no id.
    """

    api: str
    parameters: Raw
    made: Callable[[Raw], str | None] = _nothing


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """By what AWS knows whose write it is: the plan's id for a tag, the step's client token."""

    plan_id: str
    token: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hand[A]:
    """How actions of one type are done and undone; both raise NotSeenError.

    ``undo`` is given the id that ``do`` came to, None where that is not known.
    """

    action: type[A]
    do: Callable[[A, Mark, Snapshot], Request]
    undo: Callable[[A, str | None, Mark, Snapshot], Request]


def tagged(kind: str, mark: Mark, tags: Mapping[str, str]) -> list[Raw]:
    """Return the TagSpecifications of a thing that is made; the plan's tag can't be overruled."""
    every = {**tags, PLAN_TAG: mark.plan_id}
    listed = [{"Key": key, "Value": every[key]} for key in sorted(every)]
    return [{"ResourceType": kind, "Tags": listed}]


def subnet_of(seen: Snapshot, vpc_id: str, cidr: str, api: str) -> Subnet:
    """Return the subnet that has a block of a VPC.

    Raises:
        NotSeenError: there is none.
    """
    for subnet in seen.subnets:
        if (subnet.vpc_id, subnet.cidr) == (vpc_id, cidr):
            return subnet
    raise NotSeenError(api)
