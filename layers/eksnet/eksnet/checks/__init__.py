"""The catalogue: every check declared in the modules of this package, found by looking."""

import functools
import importlib
import pkgutil

from eksnet.engine.check import Check


@functools.cache
def catalogue() -> tuple[Check, ...]:
    """Return every declared check, by id.

    Raises:
        ValueError: two checks claim the same id.
    """
    found: dict[str, Check] = {}
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Check) and found.setdefault(value.id, value) is not value:
                msg = f"two checks claim the id {value.id}"
                raise ValueError(msg)
    return tuple(found[each] for each in sorted(found))
