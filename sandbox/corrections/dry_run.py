"""DryRun changes nothing: the answer is the error DryRunOperation (EC2 API reference).

Moto carries some requests out although DryRun is set.
"""

import functools
from collections.abc import Callable
from typing import Any

from moto.ec2.responses import EC2Response

from sandbox.corrections.lack import lacks

OPERATIONS = (
    "associate_route_table",
    "create_nat_gateway",
    "create_subnet",
    "create_vpc",
    "create_vpc_endpoint",
    "delete_subnet",
    "delete_vpc",
    "describe_route_tables",
    "describe_security_groups",
    "disassociate_route_table",
)


def _honoured(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def operation(response: Any) -> Any:
        response.error_on_dryrun()
        return original(response)

    return operation


def install() -> None:
    """Ask about DryRun before anything else."""
    for name in OPERATIONS:
        original = getattr(EC2Response, name)
        lacks(original, "dryrun")
        setattr(EC2Response, name, _honoured(original))
