"""Text from elsewhere, made visible: what would act on a terminal or hide in it is written out.

Names, tags, descriptions and messages come from spec files, from AWS and from file names, and any
of them may hold anything.  What is escaped: control characters (and so every terminal sequence),
everything that changes the direction of writing or has no shape of its own (zero-width characters,
variation selectors, tags), line and paragraph separators, spaces that only look like one, lone
surrogates (bytes of a file name that are no UTF-8), private characters, and a pile of more than
three combining marks on one letter.

Standard library only: every command may use it, with or without a terminal library.  What must not
be shown at all is ``masking``.
"""

from __future__ import annotations

import json
import re
from typing import Any

#: Unicode 15 categories Cc, Cf, Cs, Co, Zl, Zp, Zs but the space; Default_Ignorable_Code_Point;
#: noncharacters; the blank Braille pattern.
_UNSEEN = (
    "\x00-\x1f\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164"
    "\ud800-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U000110bd\U000110cd\U00013430-\U00013438\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    + "".join(
        f"{chr(plane | 0xFFFE)}{chr(plane | 0xFFFF)}" for plane in range(0x10000, 0xE0000, 65536)
    )
    + "\U000e0000-\U000e0fff\U000efffe-\U0010ffff"
)
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_HARMFUL = re.compile(f"[{_UNSEEN}]|(?<=[{_MARKS}]{{3}})[{_MARKS}]")
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def harmless(text: str) -> str:
    """The text on one line, with all that is not plainly visible written out."""
    if text.isascii() and text.isprintable():
        return text
    return _HARMFUL.sub(_written, text)


def harmless_lines(text: str) -> str:
    """The same for a text of several lines: their ends stay."""
    return "\n".join(harmless(each) for each in text.split("\n"))


def _written(found: re.Match[str]) -> str:
    character = found[0]
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    return (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )


def json_text(document: Any) -> str:
    """A document as JSON for people's terminals too: the same strings, with JSON's own escapes."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    if text.isascii() and "\x7f" not in text:
        return text
    return "\n".join(_HARMFUL.sub(_escaped, each) for each in text.split("\n"))


def _escaped(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1] if found[0] != "\x7f" else "\\u007f"
