"""How one known secret may be written in a text of the site: as it is, or in the codes of what carries it."""

import base64
import html.entities
import json
import re
from functools import cached_property
from urllib.parse import quote

_ENTITIES: dict[str, list[str]] = {}
for _name, _sign in html.entities.html5.items():
    if _name.endswith(";"):
        _ENTITIES.setdefault(_sign, []).append(_name)
_LONGEST_CODE = 32  # of one sign
_LEAST_INSIDE = 8  # letters of base64 or hex that are no chance


class Secret:
    """A password or a token. `mask` finds it in any case of letters and any mixture of the usual codes.

    Percent codes, JSON escapes, HTML entities (each of them also twice), base64 and hexadecimal digits.
    """

    def __init__(self, text: str) -> None:
        self._text = text.rstrip("\r\n") or text
        self._line_end = text[len(self._text) :]  # of a password from a file; it may be echoed without
        self._probe = max(re.findall(r"[a-z0-9]*", self._text.lower()), key=len, default="")
        self._coded = _coded(self._text.encode(errors="surrogatepass"))
        letters = sum(sign.isascii() and sign.isalnum() for sign in text)
        self.longest = 2 * letters + _LONGEST_CODE * (len(text) - letters)
        """Signs of the text that it may take, but for codes of codes of codes."""

    def mask(self, text: str, instead: str) -> str:
        """The text with `instead` in the secret's place."""
        if self._probe in text.lower():  # a letter without an accent is never coded
            text = self._pattern.sub(instead, text)
        return self._coded.sub(instead, text) if self._coded else text

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(_all_written(self._text) + _all_written(self._line_end, "?"), re.IGNORECASE)


def _all_written(text: str, times: str = "") -> str:
    return "".join(_written(sign) + times for sign in text)


def _written(sign: str) -> str:
    """All that may stand for one sign."""
    if sign.isascii() and sign.isalnum():
        return sign
    escaped = json.dumps(sign)[1:-1].lstrip("\\")
    ways = [
        quote(sign, safe="", errors="surrogatepass").replace("%", "%(?:25)*"),
        "".join(rf"\\*\\u{unit}" for unit in _units(sign)),
        f"&(?:amp;)*#(?:0*{ord(sign)}|x0*{ord(sign):x});",
        *(f"&(?:amp;)*{re.escape(name)}" for name in _ENTITIES.get(sign, ())),
    ]
    if sign in "-._~":  # these are never coded in an address, and quote leaves them
        ways[0] = f"%(?:25)*{ord(sign):02x}"
    if escaped.isalpha() and len(escaped) == 1:
        ways.append(rf"\\+{escaped}")
    if sign == " ":
        ways.append(r"\+")
    plain = rf"\\*{re.escape(sign)}"  # last, for a code may begin with the sign itself
    return f"(?:{'|'.join((*ways, plain))})"


def _units(sign: str) -> list[str]:
    """The UTF-16 units, as JSON writes them."""
    raw = sign.encode("utf-16-be", errors="surrogatepass").hex()
    return [raw[at : at + 4] for at in range(0, len(raw), 4)]


def _coded(raw: bytes) -> re.Pattern[str] | None:
    """In base64 of either alphabet, alone or within more, and in hexadecimal digits."""
    found = [rf"(?i:{raw.hex()})"] if len(raw.hex()) >= _LEAST_INSIDE else []
    for offset in range(3):
        text = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        sure = text[(0, 2, 3)[offset] : len(text) - (0 if (len(raw) + offset) % 3 == 0 else 1)]
        if len(sure) >= _LEAST_INSIDE:
            letters = "".join({"+": "[+-]", "/": "[/_]"}.get(sign, sign) for sign in sure)
            found.append(rf"[\w+/-]{{0,4}}{letters}[\w+/-]{{0,4}}=*")
    return re.compile("|".join(found)) if found else None
