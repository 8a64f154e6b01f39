"""Who may score: a key in VITCOURSE_API_KEY or in a file, compared in constant time.

Taught in lesson 13.
"""

import hmac
import ipaddress
import os
from pathlib import Path

from vitcourse.endpoint.schema import RequestError

VARIABLE = "VITCOURSE_API_KEY"
UNAUTHORIZED = 401


class AccessError(ValueError):
    """The endpoint would start without the protection that its address needs."""


def read_key(api_key_file: str | None) -> bytes | None:
    """Return the key of a file or of the environment, or None if there is neither.

    Raises:
        AccessError: If a key is empty, or the file cannot be read.
    """
    if api_key_file:
        try:
            key, source = Path(api_key_file).read_text(encoding="utf-8"), api_key_file
        except (OSError, UnicodeDecodeError) as error:
            raise AccessError(f"api_key_file {api_key_file} cannot be read ({error})") from error
    elif VARIABLE in os.environ:
        key, source = os.environ[VARIABLE], VARIABLE
    else:
        return None
    key = key.strip()
    if not key.isascii() or not key.isprintable() or not key or " " in key:
        raise AccessError(f"the key in {source} is empty or has spaces; expected letters and digits")
    return key.encode()


def check(key: bytes | None, authorization: str | None) -> None:
    """Require `Authorization: Bearer KEY`, if there is a key.

    Raises:
        RequestError: Status 401.

    Taught in lesson 13.
    """
    if key is None:
        return
    scheme, _, given = (authorization or "").partition(" ")
    matches = hmac.compare_digest(given.strip().encode("utf-8", "replace"), key)
    if scheme.lower() != "bearer" or not matches:
        raise RequestError(
            UNAUTHORIZED, "expected the header `Authorization: Bearer` with the endpoint's key"
        )


def is_loopback(host: str) -> bool:
    """Tell whether a server that binds to a host can be reached from this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_binding(host: str, key: bytes | None, without_key: bool, open_to_network: bool) -> None:
    """Refuse to serve beyond this machine without a key, unless told so twice.

    Raises:
        AccessError: If there is no key, and `without_key` and `open_to_network` are not both true.

    Taught in lesson 13.
    """
    if key is None and not is_loopback(host) and not (without_key and open_to_network):
        raise AccessError(
            f"host {host} can be reached from other machines, and there is no key; set {VARIABLE}, or give "
            "--api_key_file FILE (or, if everyone may use it, both --without_key and --open_to_network)"
        )
