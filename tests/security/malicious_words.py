"""Words that would like to be more than words where they are shown: in a status, an event or a log.

`SPOKEN` are declared by a tenant. `SAID` are what a site says: of an error, of a job, or of its service.
"""

from evil_answers import MIB, Evil, error
from malicious_specs import CARRIED, Malice, service

WORDS: dict[str, str] = {
    "colours": "\x1b[31mred\x1b[0m",
    "a cleared screen": "\x1b[2J\x1b[H",
    "a title of the window": "\x1b]0;owned\x07",
    "a link of the terminal": "\x1b]8;;https://evil.invalid\x1b\\click\x1b]8;;\x1b\\",
    "an answer of the terminal": "\x1b[6n\x1bP$q\x1b\\",
    "escapes of one byte": "\x9b31mred\x9d0;x\x9c",
    "a line of a log": 'x\n{"level":"error","msg":"forged"}',
    "lines of every kind": "a\rb\nc\x0bd\x0ce\x85f\u2028g\u2029h",
    "backspaces": "good\b\b\b\bevil",
    "a bell": "\x07" * 50,
    "a form of Python": "{0.__class__.__init__.__globals__} {} {password}",
    "forms of C": "%s%s%s%n %(password)s %x",
    "a form of a shell": "$(id) `id` ${HOME}",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "markup of a document": "[click](javascript:alert(1)) ![x](https://evil.invalid/x)",
    "words from right to left": "\u202eevil\u202c \u2066x\u2069 \u200fy",
    "signs without width": "a\u200b\u200c\u200d\u2060\ufeffb",
    "marks on marks": "Z" + "\u0300\u0301\u0302\u0303" * 200,
    "tags that are not seen": "x\U000e0001\U000e0041\U000e007f",
    "private signs": "\ue000\uf8ff\U0010fffd",
    "a comment in a metric": 'x"} 1\n# HELP forged\nforged{a="b',
    "YAML": "--- !!python/object/apply:os.system ['id']",
    "a table of a spreadsheet": "=cmd|' /C calc'!A0",
    "a nothing": "a\x00b",
}
WORDS_ASSIGNED = "token=stolen&password=stolen Authorization: Bearer stolen https://u:p@evil.invalid/?token=x"

SPOKEN: tuple[Malice, ...] = tuple(
    service(f"words: {what}", CARRIED, settings={"description": text, "properties": {"said": text}})
    for what, text in WORDS.items()
)
SAID: dict[str, Evil] = {
    **{f"an error with {what}": Evil("service", error(text)) for what, text in WORDS.items()},
    **{
        f"a job with {what}": Evil(job={"messages": [text], "result": {"said": text}})
        for what, text in WORDS.items()
    },
    **{f"a service that is {what}": Evil(said={"provider": text}) for what, text in WORDS.items()},
    "a refusal of 1 MB": Evil("edit", error("x\n" * (MIB // 2), 503)),
    "a job with 10,000 messages": Evil(job={"messages": ["x"] * 10_000}),
    "a refusal that names secrets": Evil("edit", error(WORDS_ASSIGNED, 503)),
}
