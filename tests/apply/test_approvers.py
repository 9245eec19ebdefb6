"""How many people have to agree."""

import pytest

from eksnet.apply.approval import needed
from eksnet.settings.terms import Terms


@pytest.mark.parametrize(
    ("approvers", "reversible", "people"),
    [(1, True, 1), (1, False, 2), (2, True, 2), (2, False, 2), (3, True, 3), (3, False, 3)],
)
def test_what_can_not_be_undone_never_needs_fewer_people(
    approvers: int, *, reversible: bool, people: int
) -> None:
    assert needed(Terms(approvers=approvers), reversible=reversible) == people
