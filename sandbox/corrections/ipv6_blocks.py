"""The state of a subnet's IPv6 block is a word.

EC2 API reference, SubnetCidrBlockState: ``State`` is a SubnetCidrBlockStateCode, such as
``associated``. Moto puts the whole state there as the text of a mapping.
"""

from typing import Any

from moto.ec2.models.subnets import Subnet

from sandbox.corrections.lack import lacks, put

_shown: Any = Subnet.ipv6_cidr_block_association_set


def _with_words(subnet: Any) -> list[dict[str, Any]]:
    return [
        {**each, "ipv6CidrBlockState": {"state": each["ipv6CidrBlockState"]["state"]["State"]}}
        for each in _shown.fget(subnet)
    ]


def install() -> None:
    """Show the word."""
    lacks(_shown.fget, '["State"],')
    put(Subnet, ipv6_cidr_block_association_set=property(_with_words))
