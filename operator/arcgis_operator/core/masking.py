"""Values that must not be shown, found by the name they stand under: as a key, or inside a text.

Assumed: secrets of a service (a data store's connection text, a token in a URL) stand under such names.
What a session itself uses, a password or a token, is known letter for letter: see `adapters.admin.redaction`.
"""

import base64
import binascii
import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

from arcgis_operator.core import jsondoc
from arcgis_operator.core.jsondoc import Json

MASK = "***"
NESTED = 32 * 1024  # so long a text is read as JSON to mask what stands in it
_SECRET = re.compile(
    r"pass(word|wd|phrase|code)|(?<!com)(?<!by)pass$|pwd|secret|token|credential|outputstore"
    r"|(api|private|access|account|shared|signing|encryption|storage|master|license)[_-]?key"
    r"|conn(ection)?[_-]?str(ing)?|(^|[_-])sas$|sas[_-]?(url|uri)|^sig$|signature|cookie"
    r"|(^|[a-z0-9_-])auth$|authorization|bearer",
    re.IGNORECASE,
)
_NAMES = frozenset(("name", "key", "property", "parameter", "paramname"))
_VALUES = frozenset(("value", "defaultvalue", "val", "text", "content"))
_QUOTED = r"""\\+"[^"]*"?|\\+'[^']*'?|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|\{[^{};]*\}|"""
_ASSIGNED = r"""\\*["']?(?:\s*[=:]{1,2}>?\s*|\s+(?=\\*["']))"""
_SCHEMES = r"(?:(?:bearer|basic|negotiate|ntlm|digest|oauth|hawk)\s+)?"
_SAYS = r"\s+(?:is|was)(?:\s+now)?:?\s+(?=\S)"
_NO_SECRETS = (  # what is said of a password, and is none
    r"is|was|are|were|a|an|the|not|no|too|in|on|of|to|at|by|for|from|all|also|already|always|being|"
    r"missing|wrong|invalid|incorrect|empty|blank|required|needed|used|unused|valid|correct|expired|"
    r"expiring|locked|unlocked|unknown|rejected|refused|accepted|denied|set|unset|null|none|disabled|"
    r"enabled|stored|saved|changed|reset|read|unreadable|given|sent|shown|hidden|masked|known|"
    r"encrypted|weak|short|long|old|new|now|still|only|or|and|must|may|can|cannot|has|have|its|it|"
    r"this|that|with|without|same|different|unsupported|supported|revoked|absent|present|malformed|"
    r"mandatory|optional|bad|true|false|your|their|our"
)
_NAME = re.compile(rf"(?<![\w.-])(?P<name>[\w.-]++){_ASSIGNED}{_SCHEMES}", re.IGNORECASE)
_VALUE = re.compile(rf"""{_QUOTED}[^\s&,;"'<>]+""")
_PAIR_NAME = re.compile(r"(?<![\w. -])(?P<name>[\w. -]++)=\s*")
_PAIR_VALUE = re.compile(rf"{_QUOTED}[^;]+")
_QUOTE = re.compile(r"""\\*["']""")
_PAIRS = re.compile(r"\w\s*=[^;=]+;(?:\s*\w[\w ]*=|\s*$)")
_NAMED = re.compile(
    rf"""\b(?:{"|".join(sorted(_NAMES))}){_ASSIGNED}\\*["'](?P<name>[^"'\\]{{1,64}})\\*["']\s*+,?\s*+"""
    rf"""\\*["']?(?:{"|".join(sorted(_VALUES))}){_ASSIGNED}""",
    re.IGNORECASE,
)
_ELEMENT = re.compile(r"<(?P<name>[\w.-]++)(?:\s[^<>]*)?>")
_INSIDE = re.compile(r"[^<]+")
_OPTION = re.compile(r"(?<![\w-])--?(?P<name>[a-z][\w.-]*+)\s+(?!-)", re.IGNORECASE)
_SAID = re.compile(rf"(?<![\w.-])(?P<name>[\w.-]++){_SAYS}", re.IGNORECASE)
_WORD = re.compile(
    rf"""(?!(?:{_NO_SECRETS})\b(?![-+.!@#$%^&*=/]*\w))(?:{_QUOTED}[^\s,;"'<>]+)""", re.IGNORECASE
)
_WAYS = (
    (_PAIR_NAME, _PAIR_VALUE),
    (_NAME, _VALUE),
    (_NAMED, _VALUE),
    (_ELEMENT, _INSIDE),
    (_OPTION, _WORD),
    (_SAID, _WORD),
)
_PARAMETERS = r"""(?:[\w-]++\s*+=\s*+(?:"[^"]*+"|[^\s,"]++)(?:\s*+,\s*+)?)++"""
_WHOLE = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(.*?-----END [A-Z ]*-----|.*)", re.DOTALL), MASK),
    (re.compile(r"\beyJ[\w-]{8,2048}+\.[\w-]+(\.[\w-]*)?"), MASK),  # a signed token
    (re.compile(rf"\b(digest|oauth|hawk)\s+{_PARAMETERS}", re.IGNORECASE), rf"\1 {MASK}"),
    (
        re.compile(r"\b((?:set-)?cookie\s*:\s*+)(?:[^\s=;,\"']++=[^\s;\"']*+(?:;\s*+)?)++", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    (  # account/password@instance
        re.compile(r"(?<![\w/.:@-])([a-z][\w$#]*+)/[^\s/@\"'<>]++@(?=//|(?!sha\d)[a-z])", re.IGNORECASE),
        rf"\1/{MASK}@",
    ),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {MASK}"),
    (re.compile(r"((?<![a-z0-9+.-])[a-z0-9+.-]++://)[^/?#\s]*@", re.IGNORECASE), rf"\1{MASK}@"),
)
_PERCENT = re.compile(r"(?<![\w.~+*-])[\w.~+*-]*+%[\w.~+*%-]*+")
_BASE64 = re.compile(r"(?<![\w+/=-])[\w+/-]{16,}+={0,2}(?![\w=])", re.ASCII)


@functools.lru_cache(maxsize=4096)  # most names are those of the documents of one release
def is_secret(name: str) -> bool:
    """Whether a value under this name is masked wherever it would be shown."""
    return bool(_SECRET.search(unicodedata.normalize("NFKC", name)))


def masked(value: Json, path: Iterable[str] = ()) -> Json:
    """The value with `***` for what stands under a secret name: on the path to it, in it, or in its texts."""
    if any(map(is_secret, path)):
        return MASK
    if isinstance(value, str):
        return _nested(value)
    if isinstance(value, Mapping):
        named = any(key.casefold() in _NAMES and _names_secret(item) for key, item in value.items())
        return {
            key: MASK if named and key.casefold() in _VALUES else masked(item, (key,))
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [masked(item) for item in value]
    return value


def masked_text(text: str) -> str:
    """The text with `***` for what is assigned to a secret name, for tokens and accounts in addresses.

    Also where a part of it is coded as in an address, or in base64.
    """
    return _plainly(_BASE64.sub(_within_base64, _PERCENT.sub(_within_address, text)))


def _within_address(found: re.Match[str]) -> str:
    """Coded twice at most."""
    plain = unquote(unquote(found[0]))
    inside = _plainly(plain)
    return found[0] if inside == plain else quote(inside, safe="*")


def _within_base64(found: re.Match[str]) -> str:
    text = found[0].rstrip("=").replace("-", "+").replace("_", "/")
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return found[0]
    return found[0] if _plainly(plain) == plain else MASK


def _plainly(text: str) -> str:
    for pattern, instead in _WHOLE:
        text = pattern.sub(instead, text)
    ways = _WAYS if _PAIRS.search(text) else _WAYS[1:]
    for named, value in ways:
        text = _without_values(text, named, value)
    return text


def _without_values(text: str, named: re.Pattern[str], value: re.Pattern[str]) -> str:
    parts, at = [], 0
    for found in named.finditer(text):
        here = (
            value.match(text, found.end())
            if at <= found.start() and is_secret(found["name"].strip())
            else None
        )
        if here:
            quote = _QUOTE.match(here[0])
            parts += [text[at : found.end()], f"{quote[0]}{MASK}{quote[0]}" if quote else MASK]
            at = here.end()
    return "".join((*parts, text[at:]))


def _names_secret(item: Json) -> bool:
    return isinstance(item, str) and is_secret(item)


def _nested(text: str) -> str:
    """A text that holds JSON is masked by its own keys."""
    if text[:1] in ("{", "[") and len(text) <= NESTED:
        try:
            value = jsondoc.loads(text)
        except jsondoc.Unreadable:
            return masked_text(text)
        inside = masked(value)
        return text if inside == value else jsondoc.dumps(inside)
    return masked_text(text)
