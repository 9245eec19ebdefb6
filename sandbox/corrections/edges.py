"""NAT gateways, interface endpoints and peerings look as EC2 describes them.

EC2 API reference: a NAT gateway's ConnectivityType is ``public`` unless asked otherwise; its
interface is of the type ``nat_gateway`` and an endpoint's of ``vpc_endpoint``, both requester
managed; each side of a peering connection shows all its IPv4 blocks in CidrBlockSet.
"""

import functools
from collections.abc import Callable
from typing import Any

from moto.ec2.models.nat_gateways import NatGateway, NatGatewayBackend
from moto.ec2.models.vpc_peering_connections import VPCPeeringConnection
from moto.ec2.models.vpcs import VPCBackend
from moto.ec2.responses.nat_gateways import NatGateways

from sandbox.corrections.interfaces import hold
from sandbox.corrections.lack import lacks, put

_SERVICE = "amazon-aws"  # the InstanceOwnerId seen on interfaces of NAT gateways and endpoints


def _nat(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def create(
        backend: Any,
        subnet_id: str,
        allocation_id: str,
        tags: Any = None,
        connectivity_type: str | None = None,
    ) -> NatGateway:
        kind = connectivity_type or "public"
        gateway: NatGateway = original(backend, subnet_id, allocation_id, tags, kind)
        eni = gateway._eni
        eni.interface_type = "nat_gateway"
        eni.description = f"Interface for NAT Gateway {gateway.id}"
        hold(eni, _SERVICE)
        return gateway

    return create


def _endpoint(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def create(backend: Any, *args: Any, **kwargs: Any) -> Any:
        endpoint = original(backend, *args, **kwargs)
        for eni_id in endpoint.network_interface_ids:
            eni = backend.get_network_interface(eni_id)
            eni.interface_type = "vpc_endpoint"
            eni.description = f"VPC Endpoint Interface {endpoint.id}"
            hold(eni, _SERVICE)
        return endpoint

    return create


def _side(original: Callable[..., Any], vpc_name: str) -> property:
    def info(peering: VPCPeeringConnection) -> dict[str, Any]:
        blocks = getattr(peering, vpc_name).cidr_block_association_set
        return {
            **original(peering),
            "CidrBlockSet": [{"CidrBlock": each["cidr_block"]} for each in blocks],
        }

    return property(info)


def install() -> None:
    """Correct the three."""
    lacks(NatGateways.create_nat_gateway, '"public"')
    lacks(NatGateway, "interface_type")
    lacks(VPCBackend.create_vpc_endpoint, "interface_type")
    lacks(VPCPeeringConnection, "CidrBlockSet")
    put(NatGatewayBackend, create_nat_gateway=_nat(NatGatewayBackend.create_nat_gateway))
    put(VPCBackend, create_vpc_endpoint=_endpoint(VPCBackend.create_vpc_endpoint))
    peering: Any = VPCPeeringConnection
    put(peering, requester_vpc_info=_side(peering.requester_vpc_info.fget, "vpc"))
    put(peering, accepter_vpc_info=_side(peering.accepter_vpc_info.fget, "peer_vpc"))
