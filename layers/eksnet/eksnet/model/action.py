"""The changes eksnet can make to AWS, as data: one record a kind of step.

Things that a step makes are named by what is known before they exist: a subnet by its VPC and its
CIDR block. So a plan is the same before, during and after it is carried out.
"""

import typing
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from eksnet.model.record import record


@record
class AssociateCidr:
    """Give a VPC one more IPv4 block."""

    kind: Literal["associate-cidr"] = "associate-cidr"
    vpc_id: str
    cidr: str


@record
class CreateSubnet:
    """Make a subnet; it is made with ``tags`` and with the tag that names the plan."""

    kind: Literal["create-subnet"] = "create-subnet"
    vpc_id: str
    cidr: str
    az_id: str
    tags: Mapping[str, str]


@record
class AssociateRouteTable:
    """Associate a subnet of ``vpc_id``, by its block, with a route table explicitly."""

    kind: Literal["associate-route-table"] = "associate-route-table"
    vpc_id: str
    subnet_cidr: str
    route_table_id: str


@record
class ReservePrefixes:
    """Reserve a block of a subnet for /28 prefixes of network interfaces."""

    kind: Literal["reserve-prefixes"] = "reserve-prefixes"
    vpc_id: str
    subnet_cidr: str
    cidr: str


@record
class TagSubnet:
    """Publish a subnet to whoever looks for the tag, such as the VPC CNI."""

    kind: Literal["tag-subnet"] = "tag-subnet"
    vpc_id: str
    subnet_cidr: str
    key: str
    value: str


@record
class CreateFlowLog:
    """Log the traffic of a VPC. ``destination`` is an ARN, ``role_arn`` who delivers to it.

    ``destination_type`` is ``cloud-watch-logs``, ``s3`` or ``kinesis-data-firehose``; only the
    first takes a role.
    """

    kind: Literal["create-flow-log"] = "create-flow-log"
    vpc_id: str
    traffic_type: str
    destination_type: str
    destination: str
    role_arn: str | None = None
    log_format: str
    aggregation_seconds: int


@record
class DeleteFlowLog:
    """Delete a flow log of a VPC; ``log`` says how to make it again.

    ``replaced_by`` is the log that takes over: only while that very one delivers may this one go.
    """

    kind: Literal["delete-flow-log"] = "delete-flow-log"
    flow_log_id: str
    log: CreateFlowLog
    replaced_by: CreateFlowLog


@record
class UpdateAddon:
    """Set an add-on's configuration, conflicts resolved by PRESERVE.

    ``before`` and ``after`` are canonical JSON, ``null`` for none. A subnet that the plan makes
    stands in ``after`` as ``${subnet:CIDR}``.
    """

    kind: Literal["update-addon"] = "update-addon"
    cluster: str
    vpc_id: str
    addon: str
    before: str
    after: str


Action = typing.Annotated[
    AssociateCidr
    | CreateSubnet
    | AssociateRouteTable
    | ReservePrefixes
    | TagSubnet
    | CreateFlowLog
    | DeleteFlowLog
    | UpdateAddon,
    Field(discriminator="kind"),
]
