"""Compute the codes of an authenticator app.

Source: https://datatracker.ietf.org/doc/html/rfc6238
"""

import base64
import hashlib
import hmac

_SECONDS = 30


def codes(seed: bytes | str, moment: float) -> tuple[str, str]:
    """Return two consecutive six-digit codes for EnableMFADevice, the older one first.

    Args:
        seed: Base32, as CreateVirtualMFADevice returns it.
        moment: Seconds since 1970.

    >>> codes(base64.b32encode(b"12345678901234567890"), 59)
    ('755224', '287082')
    """
    key = base64.b32decode(seed)
    now = int(moment // _SECONDS)
    return _code(key, now - 1), _code(key, now)


def _code(key: bytes, counter: int) -> str:
    digest = hmac.digest(key, counter.to_bytes(8), hashlib.sha1)
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF
    return f"{number % 1_000_000:06d}"
