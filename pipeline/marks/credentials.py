"""C2PA Content Credentials: a signature over a finished file that says AI made it, and its check.

Any byte that is changed later is noticed; writing the file again removes the signature. It is issued by
the bot itself: it shows that a file came from this bot, and that nobody changed it. Nothing is asked of
the network, neither for a time stamp nor about somebody else's certificate. Needs a key that was made
elsewhere. Any thread may call it; what is read is what a stranger may have written.

Source: C2PA specification 2.4, sections 13 and 15.
"""

import io
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import c2pa

from pipeline.errors import NotMarked
from pipeline.marks.text import SourceType

_AGENT = "geuryeojwo"
# A preview of the picture inside the signature would cost 30 times the time, and 200 KB.
_SETTINGS = {
    "builder": {"thumbnail": {"enabled": False}},
    "verify": {"verify_after_sign": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
}
_TRACE = b"c2pa"  # stands in every file that has credentials


class Credentials(StrEnum):
    """What the signature of a file is worth."""

    NONE = "none"
    OURS = "ours"  # signed here, and nothing was changed since
    OTHERS = "others"  # signed elsewhere, and nothing was changed since
    CHANGED = "changed"  # something was changed after it was signed
    INVALID = "invalid"  # there is one that cannot be read or does not hold


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """What signs: a key for ES256, and its certificate with the root that issued it, both in PEM."""

    key_pem: bytes = field(repr=False)
    chain_pem: bytes
    expires_s: float  # Unix time


def sign(data: bytes, key: SigningKey, *, source_type: SourceType, version: str) -> bytes:
    """Sign a PNG, JPEG or WebP file that has all its other marks. Raises NotMarked."""
    agent = {"name": _AGENT, "version": version}
    action = {"action": "c2pa.created", "digitalSourceType": source_type, "softwareAgent": agent}
    manifest = {
        "claim_generator_info": [agent],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }
    info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, key.chain_pem, key.key_pem, None)
    signed = io.BytesIO()
    try:
        with (
            c2pa.Context(settings=c2pa.Settings.from_dict(_SETTINGS)) as context,
            c2pa.Builder(json.dumps(manifest), context) as builder,
            c2pa.Signer.from_info(info) as signer,
        ):
            builder.sign(signer, _mime_type(data), io.BytesIO(data), signed)
    except c2pa.C2paError as error:
        raise NotMarked(mark="credentials") from error
    return signed.getvalue()


def credentials_in(data: bytes, *, roots_pem: bytes) -> Credentials:
    """Check the signature of a PNG, JPEG or WebP file. Raises nothing.

    roots_pem: the roots of everything that was ever signed here, one after the other.
    """
    if _TRACE not in data:
        return Credentials.NONE
    trust = {"trust": {"user_anchors": roots_pem.decode()}} if roots_pem else {}
    try:
        with (
            c2pa.Context(settings=c2pa.Settings.from_dict(_SETTINGS | trust)) as context,
            c2pa.Reader(_mime_type(data), io.BytesIO(data), context=context) as reader,
        ):
            state, results = reader.get_validation_state(), reader.get_validation_results()
    except c2pa.C2paError.ManifestNotFound:
        return Credentials.NONE
    except (c2pa.C2paError, ValueError):
        return Credentials.INVALID
    return _worth(state, results or {})


def _worth(state: str | None, results: dict[str, Any]) -> Credentials:
    if state == "Trusted":
        return Credentials.OURS
    if state == "Valid":
        return Credentials.OTHERS
    failures = results.get("activeManifest", {}).get("failure", ())
    if any(str(failure.get("code")).endswith("mismatch") for failure in failures):
        return Credentials.CHANGED
    return Credentials.INVALID


def _mime_type(data: bytes) -> str:
    if data.startswith(b"\x89PNG"):
        return "image/png"
    return "image/jpeg" if data.startswith(b"\xff\xd8") else "image/webp"
