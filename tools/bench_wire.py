"""Write an answer as the service would: the XML of EC2 and the query protocol, or JSON."""

import json
from typing import Any
from xml.sax.saxutils import escape

from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape


def body(model: ServiceModel, operation: str, value: dict[str, Any]) -> bytes:
    """Return the body of an operation's answer; members that ``value`` lacks are left out."""
    shape = model.operation_model(operation).output_shape
    if shape is None:
        return b""
    if model.protocol in ("json", "rest-json"):
        return json.dumps(_json(shape, value)).encode()
    inner = xml(shape, value)
    if wrapper := shape.serialization.get("resultWrapper"):
        inner = f"<{wrapper}>{inner}</{wrapper}>"
    space = model.metadata["xmlNamespace"]
    text = f'<{operation}Response xmlns="{space}">{inner}</{operation}Response>'
    return text.encode()


def _json(shape: Shape, value: Any) -> object:  # noqa: ANN401 - JSON
    if isinstance(shape, StructureShape):
        return {
            member.serialization.get("name", name): _json(member, value[name])
            for name, member in shape.members.items()
            if dict.get(value, name) is not None
        }
    if isinstance(shape, ListShape):
        return [_json(shape.member, each) for each in value]
    if isinstance(shape, MapShape):
        return {key: _json(shape.value, each) for key, each in value.items()}
    return value.timestamp() if shape.type_name == "timestamp" else value


def xml(shape: Shape, value: Any) -> str:  # noqa: ANN401 - any answer
    """Return the XML inside the element of ``shape``."""
    if isinstance(shape, StructureShape):
        return "".join(
            _element(member.serialization.get("name", name), member, value[name])
            for name, member in shape.members.items()
            if dict.get(value, name) is not None
        )
    if isinstance(shape, ListShape):
        name = shape.member.serialization.get("name", "member")
        return "".join(_element(name, shape.member, each) for each in value)
    if shape.type_name == "timestamp":
        return str(value.isoformat())
    return str(value).lower() if isinstance(value, bool) else escape(str(value))


def _element(name: str, shape: Shape, value: object) -> str:
    return f"<{name}>{xml(shape, value)}</{name}>"
