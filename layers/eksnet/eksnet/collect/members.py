"""The things that each cluster lists by name and describes one by one."""

from collections.abc import Callable

from eksnet.collect import parse_eks
from eksnet.collect.parse_ec2 import Raw
from eksnet.model.cluster import FargateProfile, NodeGroup
from eksnet.model.record import record
from eksnet.model.snapshot import Facet


@record
class Members:
    """A kind of thing that each cluster lists by name and describes one by one."""

    noun: str
    list_key: str
    key: str
    parameter: str
    field: str
    parse: Callable[[Raw], NodeGroup | FargateProfile]

    @property
    def operation(self) -> str:
        """Return the operation that describes one."""
        return f"Describe{self.noun}"

    @property
    def list_operation(self) -> str:
        """Return the operation that lists the names."""
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
