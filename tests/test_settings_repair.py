"""How an installation repairs is read strictly; a wrong word never widens what may be done."""

import datetime as dt

import pytest

from eksnet.model.errors import InputError
from eksnet.settings.repair import read_repair, read_window
from eksnet.settings.terms import Terms


def test_nothing_said_is_the_default_terms_and_no_role() -> None:
    found = read_repair({})
    assert (found.role, found.machine, found.terms) == ("", "", Terms())


def test_terms_are_what_the_environment_says() -> None:
    found = read_repair(
        {
            "EKSNET_REMEDIATION_ROLE": "eksnet-remediation",
            "EKSNET_APPROVERS": "2",
            "EKSNET_MOST_CHANGES_A_DAY": "7",
            "EKSNET_CHANGE_WINDOW": "sat 02:00-04:30",
        }
    )
    assert (found.terms.approvers, found.terms.most_changes_a_day) == (2, 7)
    assert found.terms.window is not None
    assert found.terms.window.days == {5}
    assert found.terms.window.end == dt.time(4, 30)


def test_a_window_of_days_has_both_ends() -> None:
    window = read_window("Mon-Fri 08:00-16:00")
    assert window is not None
    assert window.days == {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    "text",
    [
        "always",
        "mon-fri",
        "mon 16:00-08:00",
        "mon 08:00-08:00",
        "fri-mon 08:00-16:00",
        "mon 25:00-26:00",
        "mon-xyz 08:00-16:00",
        "mon  08:00-16:00",
        "mon 08:00-16:00\n",
    ],
)
def test_what_is_no_window_is_refused_rather_than_taken_for_always(text: str) -> None:
    with pytest.raises(InputError, match="EKSNET_CHANGE_WINDOW"):
        read_window(text)


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5", "²"])
@pytest.mark.parametrize("name", ["EKSNET_APPROVERS", "EKSNET_MOST_CHANGES_A_DAY"])
def test_a_number_is_a_whole_one_of_at_least_one(name: str, value: str) -> None:
    with pytest.raises(InputError, match=name):
        read_repair({name: value})
