"""The CapabilityStatement, made from the table the routes are made from.  Pure."""

from __future__ import annotations

from collections.abc import Iterable

from telemed.fhir.datatypes import Json, coding, concept, whole
from telemed.fhir.table import BASE, VERSION, Served

_SECURITY = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_OPERATION = "http://hl7.org/fhir/OperationDefinition"
#: The day this form of the facade was agreed.
_DATE = "2026-11-26"


def statement(table: Iterable[Served], *, public_url: str, release: str) -> Json:
    """What this server does.  public_url: as callers write it before the path."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": _DATE,
        "publisher": "telemed",
        "kind": "instance",
        "software": {"name": "telemed", "version": release},
        "implementation": {"description": "县域医共体互认登记 FHIR 接口", "url": f"{public_url}{BASE}"},
        "fhirVersion": VERSION,
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "证件号码不得出现在地址中，请用 POST _search。"
                " Numbers of persons never stand in an address: search by POST.",
                "security": {
                    "cors": False,
                    "service": [concept([coding(_SECURITY, "OAuth", "OAuth")], "JWT (ES384, RS384)")],
                    "description": "已登记系统以一次有效的 JWT 调用，aud 为所调用的完整地址。"
                    " A registered system calls with a token good once, made out to the exact address.",
                },
                "resource": [_resource(one) for one in table],
                "interaction": [{"code": "transaction", "documentation": _TRANSACTION}],
            }
        ],
    }


_TRANSACTION = (
    "检验结果接收：DiagnosticReport、Observation、Specimen、Patient、Organization。全部入库或全部不入库。"
    " Takes laboratory results, all or nothing."
)


def _resource(one: Served) -> Json:
    return whole(
        {
            "type": one.kind,
            "documentation": f"{one.text.zh} / {one.text.en}",
            "interaction": [{"code": "read"}, {"code": "search-type"}],
            "versioning": "versioned",
            "readHistory": False,
            "searchParam": [
                {
                    "name": param.name,
                    "type": param.kind,
                    "documentation": f"{param.text.zh} / {param.text.en}",
                }
                for param in one.params
            ],
            "operation": [{"name": name, "definition": f"{_OPERATION}/{one.kind}-{name}"} for name in one.operations],
        }
    )
