import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e import servers
from tests.e2e.inbox import Events, Mails
from tests.e2e.runs import Run, run_id
from tests.e2e.stack import SCHEDULE_SECONDS, Stack
from tests.e2e.waiting import eventually
from tests.e2e.weather import Weather

LOG_LINES = 60
_BEGAN = pytest.StashKey[float]()  # seconds of the epoch
_stacks: list[Stack] = []


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("e2e")


@pytest.fixture(scope="session")
def audited_aws(folder: pathlib.Path) -> Iterator[str]:
    with servers.sandbox(folder) as address:
        yield address


@pytest.fixture(scope="session")
def proxy(folder: pathlib.Path, audited_aws: str) -> Iterator[Weather]:
    with servers.microburst(folder, audited_aws) as address:
        yield Weather(address)


@pytest.fixture(scope="session")
def stack(folder: pathlib.Path, proxy: Weather) -> Iterator[Stack]:
    with servers.ministack(folder) as address:
        made = Stack(address, folder)
        made.deploy()
        made.make_readable()
        made.allow_plain_http()
        made.redirect(proxy.address)
        _stacks.append(made)
        yield made
        _stacks.remove(made)
        made.close()


@pytest.fixture(scope="session")
def mails(stack: Stack) -> Mails:
    return Mails(stack)


@pytest.fixture(scope="session")
def events(stack: Stack) -> Events:
    return Events(stack)


@pytest.fixture(scope="session")
def scheduled(stack: Stack, mails: Mails, events: Events) -> Run:
    """The first run of all, which the schedule started."""
    before = set(stack.executions())
    moment = stack.schedule_soon()
    run = run_id(moment)
    assert not mails.of(run)
    assert not events.of(run)
    (execution,) = eventually(
        "the schedule started an execution",
        lambda: set(stack.executions()) - before,
        SCHEDULE_SECONDS,
    )
    return Run(execution, run, stack.succeeded(execution))


@pytest.fixture
def weather(proxy: Weather) -> Iterator[Weather]:
    proxy.clear()
    yield proxy
    proxy.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    """A failed test shows what the functions logged since it began."""
    began = item.stash.setdefault(_BEGAN, call.start)
    report = yield
    if report.failed:
        for stack in _stacks:
            lines = stack.logs(began * 1000)[-LOG_LINES:]
            report.sections.append(("what the functions logged", "\n".join(lines)))
    return report
