import pytest

from eksnet.checks import catalogue
from eksnet.collect.facets import READABLE
from eksnet.model.errors import InputError
from eksnet.remedies import REMEDIES, remedy

CLOSED = {each.id: each.remedies for each in catalogue()}


def test_a_name_that_is_none_is_answered_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"secondary-cidr, flow-logs"):
        remedy("reboot")


@pytest.mark.parametrize("name", REMEDIES)
def test_a_remedy_and_its_checks_name_each_other(name: str) -> None:
    naming = {check_id for check_id, names in CLOSED.items() if name in names}
    assert set(remedy(name).checks) == naming


@pytest.mark.parametrize("name", REMEDIES)
def test_a_remedy_has_a_page_and_needs_only_what_can_be_read(name: str) -> None:
    one = remedy(name)
    assert "**Refuses**" in one.doc
    assert one.source.startswith("https://docs.aws.amazon.com/")
    assert one.needs <= READABLE
