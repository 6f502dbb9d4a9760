"""Names as sites compare them, and as people may disguise them.

How a site compares names is not documented. So there are several folds: `same_name` for what every site takes
for one name (it may grant), and `skeleton` for what any site might take for one (it may only refuse).
"""

import functools
import re
import unicodedata

UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
"""Drawn as nothing although Python calls it printable. Source: Unicode, Default_Ignorable_Code_Point."""


def same_name(one: str, other: str) -> bool:
    """Whether every site takes the two for one name: case and the form of accents do not count."""
    return canonical(one) == canonical(other)


def canonical(text: str) -> str:
    """The form in which two spellings of one name are equal."""
    return unicodedata.normalize("NFC", text).lower()


def folded(text: str) -> str:
    """The form that is compared where taking two names for one is the careful thing to do."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


@functools.lru_cache(maxsize=4096)  # most texts are the folders of a few sites
def skeleton(text: str) -> str:
    """What is left of a name when all that a site might overlook is taken away.

    Width, ligatures, case, accents, the dot of an i, signs that are not seen, spaces and dots at the end.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ı", "i")
    marked = unicodedata.normalize("NFKD", UNSEEN.sub("", folded))
    return "".join(sign for sign in marked if not unicodedata.category(sign).startswith(("C", "M"))).rstrip(
        " ."
    )


@functools.lru_cache(maxsize=4096)  # most keys are those of the documents of one release
def bare(key: str) -> str:
    """The skeleton of a key without its separators: `File_Path` is `filepath`."""
    return "".join(filter(str.isalnum, skeleton(key)))


def unseen(text: str) -> bool:
    """Whether the text holds a sign that is not seen, so that nobody could tell it from another one."""
    return not text.isprintable() or UNSEEN.search(text) is not None
