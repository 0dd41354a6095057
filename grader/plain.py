"""Text on terminals that cannot show all of Unicode: readable, never an error, escapes or mojibake.

What a stream can encode is left as it is. In ASCII, `Åsa Öberg` becomes `Asa Oberg`; what has none becomes `?`.
"""

from __future__ import annotations

import codecs
import io
import unicodedata
from typing import Any

NAME = "plain"
_SAME = str.maketrans(
    {
        **dict.fromkeys("\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}\N{NON-BREAKING HYPHEN}", "-"),
        **dict.fromkeys("\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}", "'"),
        **dict.fromkeys("\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}", '"'),
        "\N{MULTIPLICATION SIGN}": "x", "\N{MICRO SIGN}": "u", "\N{RIGHTWARDS ARROW}": "->", "\N{BULLET}": "*",
        "\N{GREATER-THAN OR EQUAL TO}": ">=", "\N{LESS-THAN OR EQUAL TO}": "<=", "\N{ALMOST EQUAL TO}": "~",
        "\N{LATIN CAPITAL LETTER O WITH STROKE}": "O", "\N{LATIN SMALL LETTER O WITH STROKE}": "o",
        "\N{LATIN CAPITAL LETTER L WITH STROKE}": "L", "\N{LATIN SMALL LETTER L WITH STROKE}": "l",
        "\N{LATIN CAPITAL LETTER AE}": "AE", "\N{LATIN SMALL LETTER AE}": "ae", "\N{LATIN SMALL LETTER SHARP S}": "ss",
        "\N{LATIN SMALL LETTER D WITH STROKE}": "d", "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    }
)  # fmt: skip
"""Letters and signs that Unicode does not decompose into an ASCII one."""


def protect(*streams: Any) -> None:
    """Let these text streams write `plain` forms for what they cannot encode; other streams stay."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=NAME)


def fit(text: str, stream: Any) -> str:
    """The text as `stream` can show it."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, NAME).decode(encoding)


def plain(text: str) -> str:
    """The nearest text in ASCII."""
    return "".join(_letter(c) for c in text.translate(_SAME))


def _letter(character: str) -> str:
    if character.isascii():
        return character
    parts = unicodedata.normalize("NFKD", character)
    # An accent that was a character of its own just goes.
    return "".join(c for c in parts if c.isascii()) or ("" if unicodedata.combining(character) else "?")


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return plain(error.object[error.start : error.end]), error.end


codecs.register_error(NAME, _replace)
