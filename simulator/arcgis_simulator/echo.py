"""What a site says back of a request, in its error texts and in its jobs. Assumed: some do, and proxies too.

A text is added where there is one already; what cannot be read as an error or a job stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from arcgis_simulator import jsontext
from arcgis_simulator.api.call import Call

Body = Mapping[str, Any]
LONGEST = 64 * 1024  # a longer body is no error


@dataclass(frozen=True, slots=True)
class Echo:
    """``{token}`` in the text is the request's own; ``{password}`` that of its login, or of its token's."""

    text: str = ""

    def add(self, call: Call, response: Response) -> None:
        """Puts the text into an answer, if there is a text and the answer has a place for it."""
        if not self.text or len(response.body) > LONGEST:
            return
        try:
            said = jsontext.loads(bytes(response.body))
        except jsontext.BadJson:
            return
        job = call.address.operation == "job" and call.world.switches.job_messages != "absent"
        told = (_job if job and isinstance(said, dict) and "jobid" in said else _told)(said, self._of(call))
        if told is not said:
            response.body = jsontext.encode(told, pretty=call.format == "pjson")
            response.headers["content-length"] = str(len(response.body))

    def _of(self, call: Call) -> str:
        token = call.token or ""
        password = call.form.get("password") or call.world.tokens.given.get(token, "")
        return self.text.replace("{token}", token).replace("{password}", password)


def _job(said: dict[str, Any], text: str) -> Any:
    """One that has not ended gets no messages, nor one whose result alone says what went wrong, or that was
    told to say none."""
    result, messages = said.get("result"), said.get("messages")
    told = _told(result, text)
    shown = said if told is result else {**said, "result": told}
    if messages is None and (told is not result or not said.get("endtime")):
        return shown
    return {**shown, "messages": _and(messages, text)}


def _told(said: Any, text: str) -> Any:
    """The same object where nothing is added."""
    if not isinstance(said, dict):
        return said
    error = said.get("error")
    if isinstance(error, dict) and error.get("message"):
        return {**said, "error": {**error, "details": _and(error.get("details") or None, text)}}
    if said.get("status") == "error" and said.get("messages"):
        return {**said, "messages": _and(said["messages"], text)}
    return said


def _and(texts: Any, text: str) -> Any:
    if texts is None:
        return [text]
    return [*texts, text] if isinstance(texts, list) and texts else texts
