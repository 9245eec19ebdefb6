"""Profiles: sets of checks with a name, so that nobody has to list ids."""

import enum
from collections.abc import Mapping


class Profile(enum.StrEnum):
    """What a set of checks is about; every check is in ``ALL`` and in another one."""

    CORE = "core"
    SECURITY = "security"
    COST = "cost"
    ALL = "all"

    @property
    def about(self) -> str:
        """Return what the checks of the profile look for."""
        return _ABOUT[self]


_ABOUT = {
    Profile.CORE: "what can break an upgrade, scaling, the start of pods or the cluster's traffic",
    Profile.SECURITY: "what is exposed, isolated and observed",
    Profile.COST: "addresses, interfaces and traffic that are paid for in vain",
    Profile.ALL: "everything",
}
OF_TOPIC: Mapping[str, frozenset[Profile]] = {
    "IPH": frozenset({Profile.CORE}),
    "XEN": frozenset({Profile.CORE}),
    "EPA": frozenset({Profile.SECURITY}),
    "PFX": frozenset({Profile.CORE}),
    "CNI": frozenset({Profile.CORE}),
    "CUS": frozenset({Profile.CORE}),
    "SGP": frozenset({Profile.CORE, Profile.SECURITY}),
    "FLO": frozenset({Profile.SECURITY}),
    "V6X": frozenset({Profile.CORE}),
    "RTE": frozenset({Profile.CORE}),
    "VPC": frozenset({Profile.CORE}),
    "SGR": frozenset({Profile.CORE}),
    "ENI": frozenset({Profile.CORE, Profile.COST}),
    "LBS": frozenset({Profile.CORE}),
    "DNS": frozenset({Profile.CORE}),
}
"""The profiles of a topic's checks, unless a check declares its own."""
