"""Network interfaces: their type, their /28 prefixes, and what AWS services attach them to.

EC2 API reference, CreateNetworkInterface: InterfaceType is efa, efa-only, branch or trunk;
Ipv4PrefixCount and Ipv4Prefixes delegate /28 blocks and exclude secondary private addresses.
Moto drops all three, and shows no attachment for an interface that a service holds.
"""

import functools
import ipaddress
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.elastic_network_interfaces import NetworkInterface, NetworkInterfaceBackend
from moto.ec2.responses.elastic_network_interfaces import ElasticNetworkInterfaces
from moto.ec2.utils import random_eni_attach_id

from sandbox.corrections.addresses import (
    InsufficientFreeAddressesError,
    free_count,
    next_addresses,
    next_prefixes,
)
from sandbox.corrections.lack import lacks, put

CREATABLE_TYPES = ("interface", "efa", "efa-only", "branch", "trunk")  # CreateNetworkInterface


def hold(eni: Any, owner: str, *, requester: str | None = None) -> None:
    """Attach the interface to something a service runs: an attachment without an InstanceId."""
    eni.status = "in-use"
    eni.requester_managed = True
    eni.requester_id = requester or owner
    eni.service_attachment = SimpleNamespace(
        attachment_id=random_eni_attach_id(),
        attach_time=utcnow(),
        delete_on_termination=False,
        device_index=1,
        network_card_index=0,
        instance_owner_id=owner,
        status="attached",
    )


def delegate(eni: Any, count: int, prefixes: Iterable[str] = ()) -> list[dict[str, str]]:
    """Give the interface ``prefixes``, or ``count`` free ones; return what was added."""
    wanted = list(prefixes) or next_prefixes(eni.subnet, count)
    added = [{"Ipv4Prefix": str(ipaddress.ip_network(each))} for each in wanted]
    eni.ipv4_prefixes = [*getattr(eni, "ipv4_prefixes", ()), *added]
    return added


def _prefix_request(params: Mapping[str, Any]) -> tuple[int, list[str]]:
    given = params.get("Ipv4Prefixes") or params.get("Ipv4Prefix") or []
    named = [each["Ipv4Prefix"] if isinstance(each, Mapping) else each for each in given]
    return int(params.get("Ipv4PrefixCount") or 0), named


def _create(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def create(backend: Any, subnet: Any, private_ip_address: Any, *args: Any, **kw: Any) -> Any:
        place = backend.get_subnet(subnet) if isinstance(subnet, str) else subnet
        listed = list(args[0] if args else kw.pop("private_ip_addresses", None) or [])
        secondary = int(kw.pop("secondary_ips_count", None) or 0)
        if not isinstance(place.cidr, ipaddress.IPv4Network):
            return original(backend, place, private_ip_address, listed, *args[1:], **kw)
        wanted = max(len(listed), 1) + secondary
        if free_count(place) < wanted:
            raise InsufficientFreeAddressesError(place.id)
        own = private_ip_address[0] if isinstance(private_ip_address, list) else private_ip_address
        inside = bool(own) and ipaddress.ip_address(own) in place.cidr
        primary = own if inside else None
        if not primary and not listed:
            primary = next_addresses(place, 1)[0]
        eni = original(backend, place, primary, listed, *args[1:], **kw)
        eni.private_ip_addresses.extend(_secondary(place, secondary))
        return eni

    return create


def _secondary(subnet: Any, count: int) -> list[dict[str, Any]]:
    if not count:
        return []
    return [{"Primary": False, "PrivateIpAddress": each} for each in next_addresses(subnet, count)]


def _assign(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def assign(
        backend: Any, eni_id: str, private_ip_addresses: Any = None, secondary_ips_count: Any = None
    ) -> Any:
        eni = backend.get_network_interface(eni_id)
        asked = len(private_ip_addresses or ()) or int(secondary_ips_count or 0)
        if free_count(eni.subnet) < asked:
            raise InsufficientFreeAddressesError(eni.subnet.id)
        if private_ip_addresses:
            return original(backend, eni_id, private_ip_addresses)
        eni.private_ip_addresses.extend(_secondary(eni.subnet, asked))
        return eni

    return assign


def _create_operation(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def create_network_interface(response: Any) -> ActionResult:
        kind = response._get_param("InterfaceType") or "interface"
        if kind not in CREATABLE_TYPES:
            msg = "InvalidParameterValue"
            raise EC2ClientError(msg, f"Invalid value {kind} for InterfaceType")
        result: ActionResult = original(response)
        made: Any = result.result
        eni = made["NetworkInterface"]
        eni.interface_type = kind
        count, named = _prefix_request(response.params)
        if count or named:
            try:
                delegate(eni, count, named)
            except EC2ClientError:
                response.ec2_backend.delete_network_interface(eni.id)
                raise
        return result

    return create_network_interface


def _assign_operation(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def assign_private_ip_addresses(response: Any) -> ActionResult:
        count, named = _prefix_request(response.params)
        if not (count or named):
            result: ActionResult = original(response)
            return result
        eni = response.ec2_backend.get_network_interface(response._get_param("NetworkInterfaceId"))
        added = delegate(eni, count, named)
        return ActionResult({"NetworkInterfaceId": eni.id, "AssignedIpv4Prefixes": added})

    return assign_private_ip_addresses


def _unassign_operation(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def unassign_private_ip_addresses(response: Any) -> ActionResult:
        _, named = _prefix_request(response.params)
        eni = response.ec2_backend.get_network_interface(response._get_param("NetworkInterfaceId"))
        eni.ipv4_prefixes = [
            each for each in getattr(eni, "ipv4_prefixes", ()) if each["Ipv4Prefix"] not in named
        ]
        result: ActionResult = original(response)
        return result

    return unassign_private_ip_addresses


def install() -> None:
    """Put types, prefixes, attachments and the limits of a subnet in place."""
    operations = ElasticNetworkInterfaces
    lacks(operations.create_network_interface, "InterfaceType")
    lacks(operations.assign_private_ip_addresses, "Ipv4Prefix")
    lacks(NetworkInterfaceBackend, "InsufficientFreeAddresses")
    interface: Any = NetworkInterface
    own_attachment = interface.attachment.fget

    def attachment(eni: NetworkInterface) -> Any:
        return getattr(eni, "service_attachment", None) or own_attachment(eni)

    put(NetworkInterface, attachment=property(attachment))
    put(
        NetworkInterfaceBackend,
        create_network_interface=_create(NetworkInterfaceBackend.create_network_interface),
    )
    put(
        NetworkInterfaceBackend,
        assign_private_ip_addresses=_assign(NetworkInterfaceBackend.assign_private_ip_addresses),
    )
    put(operations, create_network_interface=_create_operation(operations.create_network_interface))
    put(
        operations,
        assign_private_ip_addresses=_assign_operation(operations.assign_private_ip_addresses),
    )
    put(
        operations,
        unassign_private_ip_addresses=_unassign_operation(operations.unassign_private_ip_addresses),
    )
