"""Subnets as CreateSubnet makes them, what goes with them, and how they get a route table.

- CreateSubnet takes an AvailabilityZoneId of its own Region; the subnet does not map public
  addresses unless it is asked to (EC2 API reference, CreateSubnet and Subnet). Moto files such a
  subnet under no zone, and takes the first one there for a default subnet.
- A block of a VPC takes subnets only when it is ``associated``; moto takes any it has ever seen.
- A deleted subnet leaves its route table and its network ACL; in moto both still show it.
- A subnet that is explicitly associated with one table is refused by another:
  Resource.AlreadyAssociated (EC2 API reference, AssociateRouteTable and error codes), and so is a
  subnet of another VPC. The same association again is the one there is.
- CreateSubnetCidrReservation keeps the tags it was given.
- CreateTags takes no key that begins with ``aws:`` (EC2 user guide, "Tag restrictions").
"""

import functools
import inspect
import ipaddress
from collections.abc import Callable
from typing import Any

from moto.ec2.exceptions import EC2ClientError, InvalidSubnetRangeError
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.ec2.models.route_tables import RouteBackend
from moto.ec2.models.subnets import SubnetBackend, SubnetCidrReservation
from moto.ec2.responses import EC2Response

from sandbox.corrections.lack import lacks, put


def _zone(backend: Any, zone_id: str) -> str:
    """Return the name of the Region's zone that has the id."""
    for zone in RegionsAndZonesBackend.zones[backend.region_name]:
        if zone.zone_id == zone_id:
            return str(zone.name)
    code = "InvalidParameterValue"
    raise EC2ClientError(code, f"Value ({zone_id}) for parameter availabilityZoneId is invalid.")


def _usable(vpc: Any, block: ipaddress.IPv4Network) -> bool:
    return any(
        block.subnet_of(ipaddress.IPv4Network(each["cidr_block"], strict=False))
        for each in vpc.cidr_block_association_set
        if each["cidr_block_state"]["state"] == "associated"
    )


def _create(original: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(original)

    @functools.wraps(original)
    def create_subnet(*args: Any, **named: Any) -> Any:
        asked = signature.bind(*args, **named)
        backend, vpc_id, cidr_block = asked.args[:3]
        zone_id = asked.arguments.pop("availability_zone_id", None)
        if zone_id and not asked.arguments.get("availability_zone"):
            asked.arguments["availability_zone"] = _zone(backend, zone_id)
        made = original(*asked.args, **asked.kwargs)
        vpc = backend.get_vpc(vpc_id)
        if cidr_block and not _usable(vpc, made.cidr):
            backend.delete_subnet(made.id)
            raise InvalidSubnetRangeError(cidr_block)
        if not vpc.is_default:
            made.default_for_az = made.map_public_ip_on_launch = False
        return made

    return create_subnet


def _delete(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def delete_subnet(backend: Any, subnet_id: str) -> Any:
        gone = original(backend, subnet_id)
        for table in backend.route_tables.values():
            for association_id, target_id in list(table._associations.items()):
                if target_id == subnet_id:
                    del table._associations[association_id]
        for acl in backend.network_acls.values():
            for association_id, association in list(acl._associations.items()):
                if association.subnet_id == subnet_id:
                    del acl._associations[association_id]
        return gone

    return delete_subnet


def _associate(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def associate_route_table(
        backend: Any,
        route_table_id: str,
        gateway_id: str | None = None,
        subnet_id: str | None = None,
    ) -> Any:
        if subnet_id:
            wanted = backend.get_route_table(route_table_id)
            if backend.get_subnet(subnet_id).vpc_id != wanted.vpc_id:
                code, message = "InvalidParameterValue", "belong to different networks"
                raise EC2ClientError(code, f"{route_table_id} and {subnet_id} {message}")
            for table in backend.route_tables.values():
                if table is not wanted and subnet_id in table._associations.values():
                    code = "Resource.AlreadyAssociated"
                    message = "the specified association conflicts with an existing association"
                    raise EC2ClientError(code, message)
        return original(backend, route_table_id, gateway_id, subnet_id)

    return associate_route_table


def _reserve(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def create_subnet_cidr_reservation(
        backend: Any, subnet_id: str, kind: str, cidr: str, tags: Any = None
    ) -> Any:
        made = original(backend, subnet_id, kind, cidr, tags)
        for specification in tags or ():
            made.add_tags({each["Key"]: each["Value"] for each in specification["Tags"]})
        return made

    return create_subnet_cidr_reservation


def _tag(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def create_tags(response: Any) -> Any:
        if any(str(tag["Key"]).startswith("aws:") for tag in response._get_param("Tags", [])):
            code = "InvalidParameterValue"
            raise EC2ClientError(code, "Tag keys starting with 'aws:' are reserved")
        return original(response)

    return create_tags


def install() -> None:
    """Make, associate and delete subnets as AWS does."""
    lacks(SubnetBackend.create_subnet, "associated")
    lacks(SubnetBackend.create_subnet, "availability_zone = availability_zone_data.name")
    lacks(SubnetBackend.delete_subnet, "association")
    lacks(RouteBackend.associate_route_table, "AlreadyAssociated")
    lacks(SubnetCidrReservation.__init__, "add_tag")
    lacks(EC2Response.create_tags, "aws:")
    put(EC2Response, create_tags=_tag(EC2Response.create_tags))
    put(SubnetBackend, create_subnet=_create(SubnetBackend.create_subnet))
    put(SubnetBackend, delete_subnet=_delete(SubnetBackend.delete_subnet))
    put(
        SubnetBackend,
        create_subnet_cidr_reservation=_reserve(SubnetBackend.create_subnet_cidr_reservation),
    )
    put(
        RouteBackend,
        associate_route_table=_associate(RouteBackend.associate_route_table),
    )
