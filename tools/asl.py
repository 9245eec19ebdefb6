"""The laws that a state machine's definition keeps, in Amazon States Language."""

from collections.abc import Iterator, Mapping
from typing import Any

State = Mapping[str, Any]
ENDS = {"Succeed", "Fail"}
NUMBERS = {"TimeoutSeconds", "MaxAttempts", "IntervalSeconds", "BackoffRate", "MaxDelaySeconds"}
BRACKETS = {")": "(", "]": "[", "}": "{"}


def problems(machine: State, where: str = "") -> Iterator[str]:
    """Yield each law that a machine, or the one inside a map, breaks and where."""
    states: Mapping[str, State] = machine["States"]
    for name, state in states.items():
        place = f"{where}{name}"
        for follower in followers(state):
            if follower not in states:
                yield f"{place}: goes on to {follower}, which is not there"
        yield from _ending(place, state)
        if state["Type"] == "Task":
            yield from _task(place, state)
        inside = {key: value for key, value in state.items() if key != "ItemProcessor"}
        yield from _expressions(place, inside, jsonata=state.get("QueryLanguage") == "JSONata")
        if "ItemProcessor" in state:
            yield from problems(state["ItemProcessor"], f"{place}/")
    for name in sorted(states.keys() - reached(machine)):
        yield f"{where}{name}: nothing leads to it"


def followers(state: State) -> tuple[str, ...]:
    """Return the states that one names as next, in whatever case."""
    branches = (*state.get("Choices", ()), *state.get("Catch", ()))
    named = (state.get("Next"), state.get("Default"), *(each["Next"] for each in branches))
    return tuple(name for name in named if name is not None)


def reached(machine: State) -> set[str]:
    """Return the states that the start leads to."""
    found: set[str] = set()
    waiting = [machine["StartAt"]]
    while waiting:
        name = waiting.pop()
        if name not in found and name in machine["States"]:
            found.add(name)
            waiting += followers(machine["States"][name])
    return found


def _ending(place: str, state: State) -> Iterator[str]:
    if state["Type"] == "Choice":
        if "Default" not in state:
            yield f"{place}: a choice without a default fails on what nobody thought of"
    elif state["Type"] not in ENDS and ("Next" in state) is bool(state.get("End")):
        yield f"{place}: goes on to a state or ends, one of both"


def _task(place: str, state: State) -> Iterator[str]:
    if "TimeoutSeconds" not in state:
        yield f"{place}: may wait for ever"
    caught = {error for retry in state.get("Retry", ()) for error in retry["ErrorEquals"]}
    for error in ("Lambda.TooManyRequestsException", "States.TaskFailed", "States.Timeout"):
        if error not in caught:
            yield f"{place}: does not try again after {error}"
    for retry in state.get("Retry", ()):
        for name in ("MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"):
            if name not in retry:
                yield f"{place}: a retry without {name}"


def _fields(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - JSON
    """Yield every field's name and value within a state, a list's items under the list's name."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _fields(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _fields(each, name)
    else:
        yield name, value


def _expressions(place: str, state: State, *, jsonata: bool) -> Iterator[str]:
    for name, value in _fields(state):
        if name.endswith(".$") and jsonata:
            yield f"{place}: {name} is JSONPath in a JSONata state"
        if name in NUMBERS and not isinstance(value, int):
            yield f"{place}: {name} is no number"
        if isinstance(value, str) and ("{%" in value or "%}" in value):
            whole = value.startswith("{%") and value.endswith("%}")
            if not jsonata:
                yield f"{place}: {value} is JSONata in a JSONPath state"
            if not whole or not balanced(value[2:-2]):
                yield f"{place}: {value} is not balanced"


def balanced(expression: str) -> bool:
    """Return whether every bracket and quote of an expression has its other half."""
    waiting: list[str] = []
    quote = ""
    for letter in expression:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"`":
            quote = letter
        elif letter in BRACKETS.values():
            waiting.append(letter)
        elif letter in BRACKETS and (not waiting or waiting.pop() != BRACKETS[letter]):
            return False
    return not quote and not waiting
