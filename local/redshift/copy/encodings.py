"""Objects in other encodings than UTF-8 (COPY's ENCODING, Developer Guide: copy-parameters-data-conversion)."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from itertools import chain

# By ENCODING's value. UTF16 asks for a byte order mark; with the others it may be there or not.
ENCODINGS = {"utf8": "utf-8", "utf16": "", "utf16le": "utf-16-le", "utf16be": "utf-16-be"}
_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class WrongEncodingError(Exception):
    """An object is not in the encoding that the statement names."""


def as_utf8(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Yield a stream's text in UTF-8, without its byte order mark.

    :param encoding: a key of ENCODINGS. What is no character becomes bytes that are not UTF-8 either, for the rows'
        own check. Raises WrongEncodingError where 'utf16' finds no byte order mark, or half a character ends the data.
    """
    if encoding == "utf8":
        yield from chunks
        return
    first = b""
    for chunk in chunks:
        first += chunk
        if len(first) > 1:
            break
    mark = _MARKS.get(first[:2])
    if mark is None and encoding == "utf16" and first:
        raise WrongEncodingError("stand-in: no byte order mark, which ENCODING UTF16 asks for")
    name = ENCODINGS[encoding] or mark or "utf-16-le"
    body = first[2:] if mark == name else first
    decoder = codecs.getincrementaldecoder(name)(errors="surrogatepass")
    try:
        for chunk in chain([body], chunks):
            yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise WrongEncodingError(f"stand-in: not {encoding.upper()}: {error.reason}") from error
