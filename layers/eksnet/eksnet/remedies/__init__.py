"""The kinds of repair: each makes a plan of a finding, or says why there is none."""

from collections.abc import Mapping
from types import MappingProxyType

from eksnet.model.errors import InputError
from eksnet.remedies import flow_logs, secondary_cidr
from eksnet.remedies.remedy import Remedy

REMEDIES: Mapping[str, Remedy] = MappingProxyType(
    {each.name: each for each in (secondary_cidr.REMEDY, flow_logs.REMEDY)}
)


def remedy(name: str) -> Remedy:
    """Return a remedy by its name.

    Raises:
        InputError: there is none of that name.
    """
    if name in REMEDIES:
        return REMEDIES[name]
    msg = f"no remedy {name!r}; there are {', '.join(REMEDIES)}"
    raise InputError(msg)
