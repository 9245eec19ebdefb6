"""What EC2 lets one instance have, by type: interfaces, addresses, branch interfaces.

The facts are in ``instance_limits.csv``, whose head names their sources and commits.
"""

import csv
import functools
import importlib.resources
from collections.abc import Mapping
from types import MappingProxyType

from eksnet.model.record import record

COMMENT = "#"


@record
class InstanceLimit:
    """The network limits of one instance type; None where the sources do not say.

    ``max_enis`` counts the default network card only, the one the VPC CNI fills;
    ``all_cards_enis`` counts every card. ``max_branch_enis`` and ``trunking`` are those of security
    groups for pods. ``published_max_pods`` is the CNI's own eni-max-pods.txt. ``source`` is
    ``cni``, ``rc`` (the resource controller) or both.
    """

    instance_type: str
    max_enis: int
    ipv4_per_eni: int
    hypervisor: str | None
    bare_metal: bool
    max_branch_enis: int | None
    trunking: bool | None
    network_cards: int
    all_cards_enis: int
    vcpus: int | None
    published_max_pods: int | None
    source: str

    @property
    def nitro(self) -> bool | None:
        """Tell whether prefixes work on it: Nitro or bare metal, as ipamd decides (awsutils.go)."""
        if self.bare_metal:
            return True
        return None if self.hypervisor is None else self.hypervisor == "nitro"


@functools.cache
def limits() -> Mapping[str, InstanceLimit]:
    """Return the limits of every known instance type, by its name."""
    text = importlib.resources.files("eksnet.cni").joinpath("instance_limits.csv").read_text("utf8")
    lines = (line for line in text.splitlines() if not line.startswith(COMMENT))
    return MappingProxyType({row["instance_type"]: _limit(row) for row in csv.DictReader(lines)})


def _limit(row: Mapping[str, str]) -> InstanceLimit:
    return InstanceLimit(
        instance_type=row["instance_type"],
        max_enis=int(row["max_enis"]),
        ipv4_per_eni=int(row["ipv4_per_eni"]),
        hypervisor=row["hypervisor"] or None,
        bare_metal=row["bare_metal"] == "true",
        max_branch_enis=_number(row["max_branch_enis"]),
        trunking=row["trunking"] == "true" if row["trunking"] else None,
        network_cards=int(row["network_cards"]),
        all_cards_enis=int(row["all_cards_enis"]),
        vcpus=_number(row["vcpus"]),
        published_max_pods=_number(row["published_max_pods"]),
        source=row["source"],
    )


def _number(text: str) -> int | None:
    return int(text) if text else None
