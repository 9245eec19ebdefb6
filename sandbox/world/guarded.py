"""A store of plans that can fail at every call, and says what was written in it."""

from collections.abc import Callable
from typing import Any

from eksnet.store.interface import StoreError
from eksnet.store.plans import Commit
from sandbox.world.points import BROKEN, DENIED, THROTTLE, TIMEOUT, Points

_CODES = {
    THROTTLE: "ThrottlingException",
    BROKEN: "InternalServerError",
    DENIED: "AccessDeniedException",
    TIMEOUT: "ReadTimeoutError",
}


class GuardedStore:
    """Stands before a store: each of its calls is a point; ``kept`` hears of each commit kept."""

    def __init__(self, store: Any, points: Points, kept: Callable[[Commit], None]) -> None:
        self._store, self._points, self._kept = store, points, kept

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._store, name)

        def call(*args: Any, **parameters: Any) -> Any:
            def carry_out() -> Any:
                result = method(*args, **parameters)
                if name == "commit" and result:
                    self._kept(args[0])
                return result

            def answer(fault: str) -> Any:
                api = f"dynamodb:{name}"
                raise StoreError(api, _CODES[fault])

            return self._points.around(f"store {name}", carry_out, answer)

        return call
