"""The terms under which plans are carried out: set by whoever deploys, with safe defaults."""

import datetime as dt

from eksnet.model.record import record


@record
class Window:
    """When changes may be made: weekdays (0 is Monday) and hours, in UTC, the end left out."""

    days: frozenset[int]
    start: dt.time
    end: dt.time


@record
class Terms:
    """How many changes, by how many people's approval, when, and with how much patience.

    Seconds are of the clock; ``most_tries`` counts calls of one write, ``most_looks`` the looks for
    what one write makes.
    """

    window: Window | None = None
    most_steps: int = 40  # ours: six zones, of which each takes four steps, and room
    most_changes_a_day: int = 100  # ours: of an account; two of the largest plans
    approvers: int = 1
    approvers_if_irreversible: int = 2
    lease_seconds: int = 300  # ours: outlives an invocation that makes one call
    margin_seconds: int = 60  # ours: longer than the slowest write call may take to give up
    most_tries: int = 6
    most_looks: int = 60  # ours: with the waits between, about half an hour
