"""OpenAPI 3.1 from the endpoint table: the one source of the API's shape."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from telemed.http.problem import Problem
from telemed.http.wire import PUBLIC, Endpoint, Nothing, Stream, Upload

PARAMETER = re.compile(r"\{([a-z_]+)(?::[^}]*)?\}")
REF = "#/components/schemas/{name}"


def document(endpoints: Iterable[Endpoint], *, version: str) -> dict[str, Any]:
    """Describe every endpoint; schemas are shared by name."""
    table = sorted(endpoints, key=lambda one: (one.path, one.method))
    types: list[Any] = [Problem]
    for one in table:
        if isinstance(one.body, Upload):
            types.extend([] if one.body.shape is None else [one.body.shape])
        elif one.body is not Nothing:
            types.append(one.body)
        if one.returns is not None and not isinstance(one.returns, Stream):
            types.append(one.returns)
        if one.refusal is not None:
            types.append(one.refusal)
    unique = list(dict.fromkeys(types))
    schemas, components = msgspec.json.schema_components(unique, ref_template=REF)
    by_type = dict(zip(unique, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for one in table:
        path = PARAMETER.sub(r"{\1}", one.path)
        paths.setdefault(path, {})[one.method.lower()] = _operation(one, by_type)
    return {
        "openapi": "3.1.0",
        "info": {"title": "telemed", "version": version},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-telemed"},
                "client": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    }


def _operation(one: Endpoint, schemas: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": one.operation_id,
        "summary": one.summary.en,
        "description": one.summary.zh,
        "x-action": "public" if one.action is PUBLIC else str(one.action),
        "parameters": [*_path_parameters(one), *_query_parameters(one)],
        "responses": {
            str(204 if one.returns is None and one.status == 200 else one.status): _answer(one, schemas),
            "default": {
                "description": "Problem",
                "content": _refusals(one, schemas),
            },
        },
        "security": _security(one),
    }
    if isinstance(one.body, Upload):
        binary = {"type": "string", "format": "binary"}
        schema = binary if one.body.shape is None else schemas[one.body.shape]
        content = {media: {"schema": schema} for media in one.body.media_types}
        operation["requestBody"] = {"required": True, "content": content}
    elif one.body is not Nothing:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schemas[one.body]}}}
    return operation


def _security(one: Endpoint) -> list[dict[str, list[str]]]:
    """What proves who calls: a session, the token of a registered system, or nothing but what a page's form holds."""
    if one.any_origin and one.method != "OPTIONS" and not isinstance(one.returns, Stream):
        return [{"client": []}]
    if one.action is PUBLIC:
        return []
    return [{"session": []}] if one.systems is None else [{"session": []}, {"client": []}]


def _refusals(one: Endpoint, schemas: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    refusals = {"application/problem+json": {"schema": schemas[Problem]}}
    if one.refusal is not None:
        refusals["application/json"] = {"schema": schemas[one.refusal]}
    return refusals


def _answer(one: Endpoint, schemas: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    if one.returns is None:
        return {"description": "Done"}
    if isinstance(one.returns, Stream):
        return {"description": "Stream", "content": {media: {} for media in one.returns.media_types}}
    return {"description": "Answer", "content": {"application/json": {"schema": schemas[one.returns]}}}


def _path_parameters(one: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in PARAMETER.findall(one.path)
    ]


def _query_parameters(one: Endpoint) -> list[dict[str, Any]]:
    if one.query is Nothing:
        return []
    (schema,), components = msgspec.json.schema_components([one.query], ref_template=REF)
    shape = components.get(one.query.__name__, schema)
    required = set(shape.get("required", []))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in shape["properties"].items()
    ]
