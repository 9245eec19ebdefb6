"""EC2 describes page: at most MaxResults items, and a NextToken while there are more.

EC2 API reference, "Pagination": the token of one answer is handed to the next call of the same
operation; one that EC2 did not give is refused. Moto pages only describe_instances among those a
network audit needs, so that a loop which forgets the token would pass.
"""

import base64
import binascii
import functools
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses import EC2Response

from sandbox.corrections.lack import lacks

PAGED = {
    "describe_flow_logs": "FlowLogs",
    "describe_internet_gateways": "InternetGateways",
    "describe_nat_gateways": "NatGateways",
    "describe_network_acls": "NetworkAcls",
    "describe_network_interfaces": "NetworkInterfaces",
    "describe_route_tables": "RouteTables",
    "describe_security_groups": "SecurityGroups",
    "describe_subnets": "Subnets",
    "describe_transit_gateway_attachments": "TransitGatewayAttachments",
    "describe_transit_gateway_vpc_attachments": "TransitGatewayVpcAttachments",
    "describe_vpc_endpoints": "VpcEndpoints",
    "describe_vpc_peering_connections": "VpcPeeringConnections",
    "describe_vpcs": "Vpcs",
}


def _token(operation: str, offset: int) -> str:
    return base64.urlsafe_b64encode(f"{operation}:{offset}".encode()).decode()


def _offset(operation: str, token: str) -> int:
    try:
        issuer, _, offset = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        start = int(offset)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        issuer, start = "", 0
    if issuer != operation:
        msg = "InvalidNextToken"
        raise EC2ClientError(msg, "The specified NextToken is not valid.")
    return start


def _paged(original: Callable[..., Any], items_key: str) -> Callable[..., Any]:
    operation = original.__name__

    @functools.wraps(original)
    def describe(response: Any) -> ActionResult:
        token = response._get_param("NextToken")
        start = _offset(operation, token) if token else 0
        whole: Any = original(response).result
        items = list(whole[items_key])
        size = response._get_int_param("MaxResults") or len(items)
        page = {**whole, items_key: items[start : start + size]}
        if start + size < len(items):
            page["NextToken"] = _token(operation, start + size)
        return ActionResult(page)

    return describe


def install() -> None:
    """Page every operation named above."""
    for operation, items_key in PAGED.items():
        original = getattr(EC2Response, operation)
        lacks(original, "MaxResults")
        setattr(EC2Response, operation, _paged(original, items_key))
