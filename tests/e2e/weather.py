"""Bad weather between the functions and the AWS they look at: faults of a proxy in between."""

import json
import urllib.request
from typing import Any


class Weather:
    """The proxy's faults; each rule is one of microburst's, the first that matches a call wins."""

    def __init__(self, address: str) -> None:
        self.address = address

    def bring(self, *rules: dict[str, Any]) -> None:
        """Spoil calls from now on as the rules say.

        The proxy ignores words it does not know, so what it understood is compared.
        """
        understood = self._call("POST", "rules", rules)
        for rule, taken in zip(rules, understood, strict=True):
            assert _within(rule, taken), (rule, taken)

    def clear(self) -> None:
        """Spoil nothing any more, and forget what was spoilt."""
        self._call("POST", "rules", [])
        self._call("DELETE", "fired")

    def spoilt(self) -> list[dict[str, Any]]:
        """Return the calls that were spoilt."""
        fired: list[dict[str, Any]] = self._call("GET", "fired?limit=100000")
        return fired

    def _call(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.address}/_microburst/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
            return json.load(answer)


def _within(asked: Any, understood: Any) -> bool:
    if isinstance(asked, dict):
        return all(_within(value, understood.get(name)) for name, value in asked.items())
    return bool(asked == understood)
