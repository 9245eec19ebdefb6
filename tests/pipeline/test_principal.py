"""Who counts as one person is what AWS vouches for, never a name that the caller chose."""

import pytest

from eksnet.pipeline.principal import principal_of
from eksnet.pipeline.requests import RejectedError

USER = ("arn:aws:iam::111122223333:user/ops/ada", "AIDAEXAMPLEEXAMPLE111")
ROLE = "arn:aws:sts::111122223333:assumed-role/platform/{}"
CENTER = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/{}"


def test_an_iam_user_is_its_unique_id() -> None:
    assert principal_of(*USER).id == USER[1]


def test_all_sessions_of_a_role_are_one_person() -> None:
    one = principal_of(ROLE.format("ada"), "AROAEXAMPLEEXAMPLE222:ada")
    other = principal_of(ROLE.format("bob"), "AROAEXAMPLEEXAMPLE222:bob")
    assert one.id == other.id


def test_identity_center_names_its_sessions_itself_so_each_is_a_person() -> None:
    one = principal_of(CENTER.format("ada@example.com"), "AROAEXAMPLEEXAMPLE333:ada@example.com")
    other = principal_of(CENTER.format("bob@example.com"), "AROAEXAMPLEEXAMPLE333:bob@example.com")
    assert one.id != other.id


def test_a_user_of_identity_center_is_one_person_by_every_permission_set() -> None:
    other = "arn:aws:sts::222233334444:assumed-role/AWSReservedSSO_Read_fedcba9876543210/{}"
    one = principal_of(CENTER.format("ada@example.com"), "AROAEXAMPLEEXAMPLE333:ada@example.com")
    same = principal_of(other.format("Ada@example.com"), "AROAEXAMPLEEXAMPLE666:Ada@example.com")
    assert one.id == same.id


def test_a_role_that_only_sounds_like_identity_centers_gains_nothing() -> None:
    named = "arn:aws:sts::111122223333:assumed-role/My-AWSReservedSSO_Admin/{}"
    one = principal_of(named.format("ada"), "AROAEXAMPLEEXAMPLE444:ada")
    assert one.id == "AROAEXAMPLEEXAMPLE444"


def test_who_it_is_is_shown_in_full() -> None:
    assert principal_of(ROLE.format("ada"), "AROAEXAMPLEEXAMPLE222:ada").arn == ROLE.format("ada")


@pytest.mark.parametrize(
    ("arn", "caller"),
    [
        ("arn:aws:iam::111122223333:root", "111122223333"),
        ("arn:aws:sts::111122223333:federated-user/ada", "111122223333:ada"),
        ("", ""),
        (USER[0], "AROAEXAMPLEEXAMPLE222:ada"),
        (ROLE.format("ada"), USER[1]),
        (ROLE.format("ada"), "AROAEXAMPLEEXAMPLE222"),
        (ROLE.format("ada"), "AROAEXAMPLEEXAMPLE222:ada\nAROAEXAMPLEEXAMPLE555:bob"),
        (f"{USER[0]}\n", USER[1]),
        ("arn:aws:sts::111122223333:assumed-role/platform", "AROAEXAMPLEEXAMPLE222:ada"),
        ("arn:aws:iam::111122223333:user/ada", "aidaexampleexample111"),
    ],
)
def test_nobody_else_is_a_person(arn: str, caller: str) -> None:
    with pytest.raises(RejectedError):
        principal_of(arn, caller)
