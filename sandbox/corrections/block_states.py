"""A VPC's block comes and goes by and by, and is of no use in between.

EC2 API reference, VpcCidrBlockState: ``associating`` before ``associated``, ``disassociating``
before ``disassociated``; then it is no longer shown. Moto answers so and is done at once. Here a
state on the way is shown by as many DescribeVpcs as ``LOOKS`` says, so that a test needs no clock.
What calls moto's backend instead of the API, as the demo does, is served at once.
"""

import functools
from collections.abc import Callable
from typing import Any

from moto.ec2.models.vpcs import VPC
from moto.ec2.responses import EC2Response

from sandbox.corrections.lack import lacks

LOOKS = 1  # AWS says no number; most often it takes seconds
_LEFT = "looks_left"
_NEXT = {"associating": "associated", "disassociating": "disassociated"}


def _begin(association: dict[str, Any], state: str) -> None:
    association["cidr_block_state"]["state"] = state
    association[_LEFT] = LOOKS


def _look(vpc: VPC) -> None:
    """Let one more look at the VPC's blocks have passed."""
    for association_id, association in list(vpc._cidr_block_association_set.items()):
        if _LEFT not in association:
            continue
        if association[_LEFT]:
            association[_LEFT] -= 1
            continue
        state = association["cidr_block_state"]["state"]
        del association[_LEFT]
        if state == "disassociated":
            del vpc._cidr_block_association_set[association_id]
        elif state == "disassociating":
            _begin(association, _NEXT[state])
        else:
            association["cidr_block_state"]["state"] = _NEXT[state]


def _in_steps(original: Callable[..., Any], state: str) -> Callable[..., Any]:
    @functools.wraps(original)
    def operation(response: Any) -> Any:
        answer = original(response)
        shown = answer.result.get("CidrBlockAssociation")
        if shown:
            vpc = response.ec2_backend.get_vpc(answer.result["VpcId"])
            _begin(vpc._cidr_block_association_set[shown["AssociationId"]], state)
        return answer

    return operation


def _describe(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def describe_vpcs(response: Any) -> Any:
        for vpc in response.ec2_backend.vpcs.values():
            _look(vpc)
        return original(response)

    return describe_vpcs


def install() -> None:
    """Let blocks come and go in steps."""
    lacks(VPC.associate_vpc_cidr_block, "associating")
    lacks(EC2Response.describe_vpcs, "state")
    for name, state in (
        ("associate_vpc_cidr_block", "associating"),
        ("disassociate_vpc_cidr_block", "disassociating"),
    ):
        setattr(EC2Response, name, _in_steps(getattr(EC2Response, name), state))
    setattr(EC2Response, "describe_vpcs", _describe(EC2Response.describe_vpcs))  # noqa: B010 - moto's class
