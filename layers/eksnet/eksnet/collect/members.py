"""The kinds of thing that each cluster lists by name and describes one by one."""

import re
from collections.abc import Callable
from typing import Any

from eksnet.collect import parse_eks
from eksnet.collect.parse_ec2 import Raw
from eksnet.model.record import record
from eksnet.model.snapshot import Facet


@record
class Members:
    """``list_key`` and ``key`` hold the answers, ``parameter`` names one, ``field`` keeps them."""

    noun: str
    list_key: str
    key: str
    parameter: str
    field: str
    parse: Callable[[Raw], Any]

    @property
    def operation(self) -> str:
        """Return the operation that describes one."""
        return f"Describe{self.noun}"

    @property
    def list_operation(self) -> str:
        """Return the operation that lists a cluster's."""
        return f"List{self.noun}s"


MEMBERS = {
    Facet.NODE_GROUPS: Members(
        noun="Nodegroup",
        list_key="nodegroups",
        key="nodegroup",
        parameter="nodegroupName",
        field="node_groups",
        parse=parse_eks.node_group,
    ),
    Facet.FARGATE_PROFILES: Members(
        noun="FargateProfile",
        list_key="fargateProfileNames",
        key="fargateProfile",
        parameter="fargateProfileName",
        field="fargate_profiles",
        parse=parse_eks.fargate_profile,
    ),
}
ADDON = Members(
    noun="Addon",
    list_key="addons",
    key="addon",
    parameter="addonName",
    field="addons",
    parse=parse_eks.addon,
)


def command_word(name: str) -> str:
    """Return an operation's or parameter's name as the `aws` command spells it."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
