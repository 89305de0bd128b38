"""A seal that is as good as none, but shows whether it was used."""


class WeakSeal:
    """Turns every bit around behind a mark."""

    _MARK = b"sealed "

    def seal(self, data: bytes) -> bytes:
        """Give what no reader of JSON understands."""
        return self._MARK + bytes(255 - byte for byte in data)

    def open(self, sealed: bytes) -> bytes:
        """Give it back. Raises ValueError for what has no mark."""
        if not sealed.startswith(self._MARK):
            raise ValueError(sealed[:20])
        return bytes(255 - byte for byte in sealed.removeprefix(self._MARK))
