"""The OpenAPI document of the steering, made from its endpoints.

`python -m simulator.openapi` writes it to `simulator/openapi.json`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec

from simulator.control import endpoints
from simulator.control_api import Endpoint

FILE = Path(__file__).with_name("openapi.json")
NAMES = "#/components/schemas/{name}"
JSON = "application/json"


def document() -> dict[str, Any]:
    """The description of every endpoint and of the bodies that they take."""
    known = endpoints()
    types = list(dict.fromkeys(t for e in known if (t := _type(e)) is not None))
    schemas, components = msgspec.json.schema_components(types, ref_template=NAMES)
    by_type = dict(zip(types, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in known:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, by_type)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Simulator control",
            "version": "1",
            "description": "Steers the pretend broker. Loopback only, without a token. Errors have "
            "the form of the broker's own.",
        },
        "paths": paths,
        "components": {"schemas": {**components, "Error": ERROR}},
    }


def _type(endpoint: Endpoint) -> Any:
    return endpoint.shown or (None if endpoint.body in (None, dict) else endpoint.body)


def _operation(endpoint: Endpoint, by_type: dict[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.handler.__name__,
        "summary": endpoint.summary,
        "responses": {
            "200": {"description": "Done", "content": {endpoint.answers: {}}},
            "default": {"description": "Refused", "content": {JSON: {"schema": _REF}}},
        },
    }
    names = re.findall(r"\{(\w+)\}", endpoint.path)
    if names:
        operation["parameters"] = [
            {"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names
        ]
    if endpoint.body is not None:
        schema = by_type.get(_type(endpoint), {"type": "object"})
        operation["requestBody"] = {"content": {JSON: {"schema": schema}}}
    return operation


_REF = {"$ref": NAMES.format(name="Error")}
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": ["string", "integer"]},
                "message": {"type": "string"},
                "errors": {"type": "array", "items": {"type": "object"}},
            },
        }
    },
}


def text() -> str:
    """The file's content."""
    return json.dumps(document(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
