"""Where something can go wrong: every call is a numbered point, and a schedule says what happens.

A schedule is text, so that a failure can be replayed: ``12:crash-before 30:edit/tag-subnet``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

THROTTLE, BROKEN, DENIED = "throttle", "server-error", "denied"
CRASH_BEFORE, CRASH_AFTER, TIMEOUT = "crash-before", "crash-after", "timeout-after"
FAULTS = (THROTTLE, BROKEN, DENIED, CRASH_BEFORE, TIMEOUT, CRASH_AFTER)
_ANSWERS = frozenset({THROTTLE, BROKEN, DENIED})
AFTER = "+"
"""An event with this at its end happens after the call instead of before it."""

Schedule = Mapping[int, tuple[str, ...]]


class Crash(BaseException):
    """The worker is gone at once, as when Lambda ends it."""


def written(schedule: Schedule) -> str:
    """Return a schedule as text."""
    return " ".join(f"{point}:{what}" for point in sorted(schedule) for what in schedule[point])


def schedule_of(words: Iterable[str]) -> Schedule:
    """Return the schedule of its text, split into words."""
    schedule: dict[int, tuple[str, ...]] = {}
    for word in words:
        point, _, what = word.partition(":")
        schedule[int(point)] = (*schedule.get(int(point), ()), what)
    return schedule


class Points:
    """Counts the calls and does at each what the schedule says.

    ``happen`` carries out what is no fault of the call itself: a person's edit, another worker.
    """

    def __init__(self, schedule: Schedule | None = None) -> None:
        self.schedule = schedule or {}
        self.happen: Callable[[str], None] = lambda _: None
        self.names: list[str] = []

    def around[T](self, name: str, call: Callable[[], T], answer: Callable[[str], T]) -> T:
        """Make a call. ``answer`` says what each fault of it looks like to the caller."""
        events = self.schedule.get(len(self.names), ())
        self.names.append(name)
        faults = [each for each in events if each in FAULTS]
        self._events(each for each in events if each not in FAULTS and each[-1] != AFTER)
        for fault in faults:
            if fault == CRASH_BEFORE:
                raise Crash(name)
            if fault in _ANSWERS:
                return answer(fault)
        result = call()
        self._events(each[:-1] for each in events if each[-1] == AFTER)
        return self._after(name, faults, result, answer)

    def _after[T](
        self, name: str, faults: Sequence[str], result: T, answer: Callable[[str], T]
    ) -> T:
        if CRASH_AFTER in faults:
            raise Crash(name)
        return answer(TIMEOUT) if TIMEOUT in faults else result

    def _events(self, events: Iterable[str]) -> None:
        for event in events:
            self.happen(event)
