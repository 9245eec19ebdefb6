import pytest

from sandbox import denials, offline, organization, serve
from tests.sandbox.clients import connect


def test_seeding_again_starts_from_nothing() -> None:
    for _ in range(2):
        with offline():
            organization.seed()
            clusters = connect("eks", "us-east-1").list_clusters()["clusters"]
            assert len(clusters) == 4
        assert not denials.active()


def test_a_running_server_is_not_emptied_by_a_block_in_its_process() -> None:
    with serve(demo=False), pytest.raises(RuntimeError, match="server"), offline():
        pass
