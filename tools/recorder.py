"""Clients that answer from botocore's full shapes and note what is asked and read of them."""

import collections
import datetime as dt
import typing
from collections.abc import Iterator, Mapping

import botocore.loaders
from botocore import xform_name
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from eksnet.collect.session import BOTOCORE

MOMENT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
REGION = "us-east-1"
Model = dict[str, typing.Any]
Member = tuple[str, str]


class Service:
    """A service's full model, and the calls and members that the collector used of it."""

    def __init__(self, name: str) -> None:
        loader = botocore.loaders.Loader()
        self.name = name
        self.version = loader.determine_latest_version(name, "service-2")
        self.full: Model = loader.load_service_model(name, "service-2")
        self.pages: Model = loader.load_service_model(name, "paginators-1")["pagination"]
        self.model = ServiceModel(self.full, name)
        self.operations = {xform_name(each): each for each in self.model.operation_names}
        self.used: set[str] = set()
        self.members: dict[str, set[str]] = collections.defaultdict(set)
        self.strange: set[Member] = set()

    def passed(self, operation: str, parameters: Mapping[str, object]) -> None:
        """Note a call and the input members it sets."""
        self.used.add(operation)
        self._pass(self.model.operation_model(operation).input_shape, parameters)

    def _pass(self, shape: Shape | None, value: object) -> None:
        if isinstance(shape, StructureShape) and isinstance(value, Mapping):
            for name, each in value.items():
                self.read(shape, name)
                self._pass(shape.members.get(name), each)
        elif isinstance(shape, ListShape) and isinstance(value, (list, tuple)):
            for each in value:
                self._pass(shape.member, each)

    def read(self, shape: StructureShape, member: str) -> None:
        """Note that a member was read or set; one that the shape lacks is kept to complain of."""
        if member in shape.members:
            self.members[shape.name].add(member)
        else:
            self.strange.add((shape.name, member))


class Recorded(dict[str, typing.Any]):
    """A structure of an answer that notes which of its members are read."""

    def __init__(self, service: Service, shape: StructureShape, values: Model) -> None:
        super().__init__(values)
        self._service, self._shape = service, shape

    def __getitem__(self, member: str) -> object:
        self._service.read(self._shape, member)
        return super().__getitem__(member)

    def get(self, member: str, default: object = None) -> object:
        """Return a member as ``dict.get`` does."""
        self._service.read(self._shape, member)
        return super().get(member, default)

    def __contains__(self, member: object) -> bool:
        self._service.read(self._shape, str(member))
        return super().__contains__(member)

    def __iter__(self) -> Iterator[str]:
        for member in self._shape.members:
            self._service.read(self._shape, member)
        return super().__iter__()


def answer(service: Service, shape: Shape, missing: Member | None, name: str = "") -> object:
    """Return a value of ``shape`` with every member but ``missing``: one item in each list."""
    if isinstance(shape, StructureShape):
        values = {
            member: answer(service, each, missing, member)
            for member, each in shape.members.items()
            if (shape.name, member) != missing
        }
        return Recorded(service, shape, values)
    if isinstance(shape, ListShape):
        return [answer(service, shape.member, missing, name)]
    if isinstance(shape, MapShape):
        return {"key": answer(service, shape.value, missing, name)}
    return _scalar(shape, name)


def _scalar(shape: Shape, name: str) -> object:
    if shape.type_name == "boolean":
        return True
    if shape.type_name == "timestamp":
        return MOMENT
    if shape.type_name in ("integer", "long", "float", "double"):
        return 1
    if enum := getattr(shape, "enum", ()):
        return enum[0]
    lower = name.lower()  # the same name has the same value everywhere, so that ids find each other
    if lower.endswith("arn"):
        return f"arn:aws:iam:{REGION}:111122223333:{lower}/{lower}"
    return "10.0.0.0/16" if "cidr" in lower else lower


class Client:
    """Answers every operation of a service from its shapes and notes what is asked."""

    def __init__(self, service: Service, missing: Member | None) -> None:
        self._service, self._missing = service, missing

    def __getattr__(self, method: str) -> typing.Any:  # noqa: ANN401 - a method made at run time
        operation = self._service.operations[method]

        def call(**parameters: object) -> object:
            self._service.passed(operation, parameters)
            shape = self._service.model.operation_model(operation).output_shape
            return {} if shape is None else answer(self._service, shape, self._missing)

        return call

    def can_paginate(self, method: str) -> bool:
        """Tell whether botocore has a paginator for the method."""
        return self._service.operations[method] in self._service.pages

    def get_paginator(self, method: str) -> "Paginator":
        """Return a paginator of one page."""
        return Paginator(getattr(self, method))


class Paginator:
    """Gives the one page that the answer is."""

    def __init__(self, call: typing.Any) -> None:  # noqa: ANN401 - a client's method
        self._call = call

    def paginate(self, **parameters: object) -> Iterator[object]:
        """Yield the page; its own configuration is no parameter of the call."""
        parameters.pop("PaginationConfig", None)
        yield self._call(**parameters)


class Session:
    """Stands in for the collector's session: the same services, recorded, in every region."""

    def __init__(self) -> None:
        self.services: dict[str, Service] = {}
        self.missing: tuple[str, Member] | None = None

    def region(self) -> str:
        """Return a region."""
        return REGION

    def client(self, name: str, region: str) -> Client:  # noqa: ARG002 - as the real one is called
        """Return a recording client."""
        name = BOTOCORE.get(name, name)
        if name not in self.services:
            self.services[name] = Service(name)
        missing = self.missing[1] if self.missing and self.missing[0] == name else None
        return Client(self.services[name], missing)
