"""Say loudly when moto has learned what we correct: a correction must then be taken out."""

import inspect
from collections.abc import Callable
from typing import Any


class MotoHasItError(RuntimeError):
    """Moto has changed where we correct it; the correction has to be looked at again."""


def lacks(place: Callable[..., Any], word: str) -> None:
    """Raise unless ``word`` is absent from the source of ``place``, a moto class or function."""
    if word in inspect.getsource(place):
        message = f"{place.__module__}.{place.__qualname__} now knows {word!r}"
        raise MotoHasItError(message)


def lacks_operation(response_class: type, operation: str) -> None:
    """Raise if moto's ``response_class`` has a method of the name ``operation``."""
    if hasattr(response_class, operation):
        message = f"{response_class.__name__} now has {operation}"
        raise MotoHasItError(message)


def put(owner: Any, **replacements: Any) -> None:
    """Replace attributes of a moto class or module."""
    for name, value in replacements.items():
        setattr(owner, name, value)
