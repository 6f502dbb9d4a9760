"""The resources of the site as values: tolerant where a field only informs, strict where it decides."""

from collections.abc import Mapping
from dataclasses import dataclass

from arcgis_operator.adapters.admin.addresses import is_id
from arcgis_operator.adapters.admin.answers import envelope_of, number_of
from arcgis_operator.adapters.admin.redaction import NOBODY, Redactor
from arcgis_operator.core.failures import Accepted, Applied, Fact, Failure, Kind
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.job import Job
from arcgis_operator.core.jsondoc import Json, dumps
from arcgis_operator.core.likely import Listing
from arcgis_operator.core.masking import masked
from arcgis_operator.core.said import EMPTY, ID_LEAST, Raw, Shown, kept

_LATEST_MS = 253_402_300_799_999  # the end of the year 9999
_MESSAGES = 10
_MESSAGE_LENGTH = 192
_WORD_LENGTH = 64
_RAW_LENGTH = 8192  # of a word that decides: no name or address of a service is longer


@dataclass(frozen=True, slots=True)
class SiteInfo:
    """The site's root; `version` is empty when the site names none, `shown` is what people see of it."""

    version: Raw
    shown: Shown = EMPTY


@dataclass(frozen=True, slots=True)
class SiteMode:
    """Whether the site takes changes, and its administrator's message about it."""

    read_only: bool
    message: str = ""


def site_info(body: Json, redactor: Redactor = NOBODY) -> SiteInfo | Failure:
    """From `<context>/admin`. Source: Root page; Esri's Python client prefers `fullVersion`."""
    if not isinstance(body, dict):
        return _garbled("the root of the site is not an object")
    version = body.get("fullVersion") or body.get("currentVersion") or ""
    raw = "" if isinstance(version, (dict, list)) else str(version)
    return SiteInfo(Raw(raw), redactor.line(raw, _WORD_LENGTH))


def site_mode(body: Json, redactor: Redactor = NOBODY) -> SiteMode | Failure:
    """From `<context>/admin/mode`: `isReadOnly`, `message`. Source: Mode page."""
    words = {True: True, False: False, "true": True, "false": False}
    value = body.get("isReadOnly") if isinstance(body, dict) else None
    value = value.strip().casefold() if isinstance(value, str) else value
    if not isinstance(value, (bool, str)) or value not in words:
        return _garbled("the mode of the site cannot be read")
    return SiteMode(words[value], redactor.line(str(body.get("message") or ""), _MESSAGE_LENGTH))


def service_document(body: Json, ref: ServiceRef) -> dict[str, Json] | Failure:
    """The service's whole document, untouched. It must say that it is this service.

    An edit sends this document back, so anything else that is an object would wipe the service.
    Source: Service page, `serviceName` and `type`.
    """
    if not isinstance(body, dict):
        return _garbled("the service is not an object")
    said = [
        (body[key], wanted) for key, wanted in (("serviceName", ref.name), ("type", ref.type)) if key in body
    ]
    if not said:
        return _garbled("the document names neither a service nor a type")
    if any(not isinstance(value, str) or value.casefold() != wanted.casefold() for value, wanted in said):
        return _garbled("the document is that of another service")
    return body


@dataclass(frozen=True, slots=True)
class FolderAnswer:
    """What a folder says of all its services, by `name.type` in lower case; `digest` is that of its bytes.

    Without documents where these are the bytes that were known.
    """

    digest: str
    documents: Mapping[str, Mapping[str, Json]] | None


def folder_documents(body: Json) -> dict[str, dict[str, Json]] | Failure:
    """From `<context>/admin/services/<folder>`: the documents in it, by `name.type` in lower case.

    What stands there may be less than the service's own document: whoever uses it proves that first.
    One that cannot be read spoils the list: leaving it out would call it absent.
    Source: Folder page.
    """
    listed = body.get("services") if isinstance(body, dict) else None
    if not isinstance(listed, list):
        return _garbled("the folder lists no services")
    if not all(isinstance(item, dict) and {"serviceName", "type"} <= item.keys() for item in listed):
        return _garbled("the folder lists what is no service")
    return {f"{item['serviceName']}.{item['type']}".casefold(): item for item in listed}


def listing(body: Json, folder: str) -> Listing | Failure:
    """From `<context>/admin/services[/<folder>]`: what is there, for a person.

    Nothing is decided by it, so what cannot be read is passed over. Source: Services page, Folder page.
    """
    if not isinstance(body, dict) or not isinstance(body.get("services"), list):
        return _garbled("the folder lists no services")
    named = (
        (_text(item.get("serviceName")), _text(item.get("type")))
        for item in body["services"]
        if isinstance(item, dict)
    )
    folders = body.get("folders") if not folder else None
    return Listing(
        tuple(ServiceRef(name, kind, folder) for name, kind in named if name and kind),
        tuple(filter(None, map(_text, folders if isinstance(folders, list) else []))),
    )


def folder_names(body: Json) -> frozenset[str] | Failure:
    """From `<context>/admin/services`: all folders, without regard to case. Source: Services page."""
    listed = body.get("folders") if isinstance(body, dict) else None
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        return _garbled("the site lists no folders")
    return frozenset(name.casefold() for name in listed)


def job_ids(body: Json) -> tuple[str, ...] | Failure:
    """From `<context>/admin/jobs`: `{jobs: [id]}`. Source: Jobs page.

    One bad id spoils the list: leaving it out could hide a job that runs.
    """
    listed = body.get("jobs") if isinstance(body, dict) else None
    if not isinstance(listed, list) or not all(is_id(item) for item in listed):
        return _garbled("the list of jobs cannot be read")
    return tuple(dict.fromkeys(listed))


def job_of(body: Json, job_id: str, redactor: Redactor = NOBODY) -> Job | Failure:
    """From `<context>/admin/jobs/<id>`. Only `status` is required. Source: Job page.

    Its words stay the site's own; `redactor` makes fit what is only shown.
    """
    fields = _fields(body)
    status = _word(fields.get("status"))
    if not status.strip():
        return _garbled("the job has no status")
    if "jobid" in fields and str(fields["jobid"]).casefold() != job_id.casefold():
        return _garbled("the answer is about another job")
    result = fields.get("result")
    return Job(
        id=Raw(job_id),
        status=status,
        operation_uri=_word(fields.get("operationuri")),
        username=_word(fields.get("username")),
        start_ms=number_of(fields.get("starttime"), _LATEST_MS) or 0,
        update_ms=number_of(fields.get("updatedtime"), _LATEST_MS) or 0,
        end_ms=number_of(fields.get("endtime"), _LATEST_MS) or 0,
        messages=_messages(fields.get("messages"), result, redactor),
        result=redactor.tree(result) if isinstance(result, dict) else {},
        error=_error_inside(fields.get("error"), result, redactor),
        show=redactor.show,
    )


def submit_reply(body: Json, redactor: Redactor = NOBODY) -> Fact:
    """Both documented replies to an asynchronous edit, and the bare success of releases before 10.9.1.

    `{jobsUrl, jobID, jobStatus}` (Source: Stop Service page) or `{jobsUrl, jobid, status}` (Source: Refresh
    All Services page). Anything else is UNSURE: something may have been started. So is an id
    that holds a secret: the status could not store it.
    """
    fields = _fields(body)
    last = _text(fields.get("jobsurl")).partition("?")[0].rstrip("/").rpartition("/")[2]
    job_id = next((text for text in (fields.get("jobid"), last) if is_id(text)), None)
    status = _word(fields.get("jobstatus")) or _word(fields.get("status"))
    if job_id is not None:
        return _named(Raw(str(job_id)), status, redactor)
    if status.strip().casefold() == "success" and not {"jobid", "jobsurl"} & set(fields):
        return Applied()
    return Failure(Kind.UNSURE, "the answer names no job")


def _named(job_id: Raw, status: Raw, redactor: Redactor) -> Fact:
    if not kept(job_id, redactor.show, ID_LEAST):
        return Failure(Kind.UNSURE, "the answer to the edit names a job that cannot be named here")
    return Accepted(job_id, status)


def _fields(body: Json) -> Mapping[str, Json]:
    return {key.casefold(): value for key, value in body.items()} if isinstance(body, dict) else {}


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _word(value: Json) -> Raw:
    return Raw(_text(value)[:_RAW_LENGTH])


def _messages(listed: Json, result: Json, redactor: Redactor) -> tuple[Shown, ...]:
    """At most ten; a result that is a bare text is one of them."""
    items = [*(listed if isinstance(listed, list) else [listed])[:_MESSAGES], _text(result)]
    lines = (redactor.line(_message(item), _MESSAGE_LENGTH) for item in items)
    return tuple(line for line in lines if line)[:_MESSAGES]


def _message(item: Json) -> str:
    if not isinstance(item, dict):
        return _text(item)
    named = (_text(item.get(key)) for key in ("message", "description", "text"))
    return next((text for text in named if text), None) or dumps(masked(item))


def _error_inside(error: Json, result: Json, redactor: Redactor) -> Shown:
    """The text of an error body beside, as or one level inside the result. Source: ArcGIS Server's Job page.

    `result.service` is the service's own document and is not searched.
    """
    inner = [value for key, value in result.items() if key != "service"] if isinstance(result, dict) else []
    found = next(filter(None, map(envelope_of, ({"error": error}, result, *inner))), None)
    if found is None:
        return EMPTY
    return redactor.line(found.text, _MESSAGE_LENGTH) or Shown("the result holds an error")


def _garbled(detail: str) -> Failure:
    return Failure(Kind.GARBLED, detail)
