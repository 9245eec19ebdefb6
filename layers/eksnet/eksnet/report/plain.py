"""Values become what JSON can hold, the same way in every report."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet


def instant(time: dt.datetime) -> str:
    """Return an aware time as ISO 8601 in UTC with a Z, as the AWS APIs write it."""
    return time.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def plain(value: object) -> object:  # noqa: PLR0911 - one return a kind of value
    """Return ``value`` as JSON's own types; sets are sorted, what JSON can't hold becomes text."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return str(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case dt.datetime():
            return instant(value)
        case Mapping():
            return {str(key): plain(each) for key, each in value.items()}
        case AbstractSet():
            return sorted((plain(each) for each in value), key=str)
        case Sequence():
            return [plain(each) for each in value]
    return str(value)
