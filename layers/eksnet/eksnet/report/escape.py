"""What others named, made safe to look at: nothing hidden, nothing that steers a terminal."""

import re
import unicodedata

# What JSON lets through unescaped and a terminal or an encoder does not survive: controls of the
# second set, directional marks and overrides, lone surrogates.
_UNSAFE = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str) -> str:
    r"""Return ``text`` with every character that shows nothing written out, such as ``\x1b``.

    Names and tags come from whoever may write them. Control characters could steer a terminal,
    directional overrides (U+202E) make a name read as another, lone surrogates can't be encoded,
    and line ends forge lines. Backslashes are left as they are: the result is to be read, not
    parsed.
    """
    # isprintable() is false for Unicode's "Other" and "Separator" categories, the space excepted.
    if text.isprintable():
        return text
    return "".join(map(_shown, text))


def inert(json_text: str) -> str:
    """Return JSON that says the same and steers no terminal."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json_text)


def _shown(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if code <= 0xFF:  # noqa: PLR2004 - the widest that two digits can write
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - four digits
