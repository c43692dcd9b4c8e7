"""Sending stored bytes: whole, or the range a client asks for, always as a download and never as a page.

Single byte ranges of RFC 9110 with `If-Range`; a request for several ranges gets the whole file, as the RFC allows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

_CHUNK = 1 << 18
_RANGE = re.compile(r"bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*")


def send_bytes(request: HttpRequest, stream: BinaryIO, *, size: int, name: str, tag: str) -> HttpResponseBase:
    """The bytes of a stream, or a range of them.

    Args:
        request: Asks with `Range`, `If-Range` or `If-None-Match`.
        stream: Positioned at the start; closed when all is sent.
        size: How many bytes there are.
        name: Name of the downloaded file.
        tag: Hash of the bytes.
    """
    entity_tag = f'"{tag}"'
    headers = {
        "ETag": entity_tag,
        "Accept-Ranges": "bytes",
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-cache",
    }
    if request.headers.get("If-None-Match") == entity_tag:
        stream.close()
        return HttpResponse(status=304, headers=headers)
    wanted = _wanted_range(request, size, entity_tag)
    if wanted is not None and wanted[0] >= wanted[1]:
        stream.close()
        headers |= {"Content-Range": f"bytes */{size}"}
        return HttpResponse(status=416, headers=headers, content_type="application/octet-stream")
    start, stop = wanted or (0, size)
    headers["Content-Length"] = str(stop - start)
    if wanted is not None:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return StreamingHttpResponse(
        _Pieces(stream, start, stop),
        status=200 if wanted is None else 206,
        headers=headers,
        content_type="application/octet-stream",
    )


def _wanted_range(request: HttpRequest, size: int, entity_tag: str) -> tuple[int, int] | None:
    """First byte and the one after the last; None for the whole; an empty interval for one beyond the file."""
    if request.headers.get("If-Range", entity_tag) != entity_tag:
        return None
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        return max(size - int(match[2]), 0), size
    start, last = int(match[1]), int(match[2]) if match[2] else size - 1
    if match[2] and last < start:
        return None
    return start, min(last + 1, size)


class _Pieces:
    """Bytes of a stream from one place to another; the server closes it, also when nothing was read."""

    def __init__(self, stream: BinaryIO, start: int, stop: int) -> None:
        self._stream = stream
        self._left = stop - start
        stream.seek(start)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = self._stream.read(min(_CHUNK, self._left)) if self._left > 0 else b""
        if not piece:
            raise StopIteration
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        """Lets go of the file."""
        self._stream.close()
