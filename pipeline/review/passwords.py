"""Passwords: which are taken, and how they are kept: as argon2id hashes, with the parameters that the library recommends.

Each hash takes 64 MB and noticeable time, so that guessing from a stolen database is dear; two are made at once, so that many sign-ins
cannot take the memory of the machine.
"""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from pipeline.errors import ConfigurationError
from pipeline.review.errors import DeskError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

__all__ = ["MOST_PASSWORD_BYTES", "SHORTEST_PASSWORD", "check_password", "fits", "hash_password", "is_outdated"]

SHORTEST_PASSWORD = 12
"""Characters of a password. Length is what makes guessing dear; rules on kinds of characters only make passwords alike."""

MOST_PASSWORD_BYTES = 1_024
"""Of a password in UTF-8, so that hashing one costs no more than another."""

HASHED_AT_ONCE = 2

_hashing = BoundedSemaphore(HASHED_AT_ONCE)


@cache
def hasher() -> PasswordHasher:
    """Return what hashes. Raises ConfigurationError where its package is missing."""
    try:
        from argon2 import PasswordHasher
    except ModuleNotFoundError as error:
        raise ConfigurationError("passwords need argon2-cffi: run `pip install 'peninsula[web]'`") from error
    return PasswordHasher()


def check_password(password: str) -> str:
    """Return the password; raise DeskError for one that is too short or too long."""
    length = len(unicodedata.normalize("NFC", password))
    if length < SHORTEST_PASSWORD:
        raise DeskError(f"the password has {length} characters: give it at least {SHORTEST_PASSWORD}, such as four words")
    if len(_bytes_of(password)) > MOST_PASSWORD_BYTES:
        raise DeskError(f"the password has more than {MOST_PASSWORD_BYTES:,} bytes: give a shorter one")
    return password


def hash_password(password: str) -> str:
    """Return the hash of a password that was checked."""
    with _hashing:
        return hasher().hash(_bytes_of(password))


def fits(password: str, password_hash: str | None) -> bool:
    """Tell whether a password is the one that was hashed. Without a hash it is not, which takes as long to find out."""
    from argon2.exceptions import VerificationError

    given, of_nobody = _bytes_of(password), _hash_of_nobody()
    if len(given) > MOST_PASSWORD_BYTES:
        return False
    with _hashing:
        try:
            return hasher().verify(password_hash or of_nobody, given) and password_hash is not None
        except VerificationError:
            return False


def is_outdated(password_hash: str) -> bool:
    """Tell whether a hash was made with other parameters than those of today."""
    return hasher().check_needs_rehash(password_hash)


def _bytes_of(password: str) -> bytes:
    """Return what is hashed. Hangul can be written by syllables or by letters: to a person both are the same."""
    return unicodedata.normalize("NFC", password).encode(errors="surrogatepass")


@cache
def _hash_of_nobody() -> str:
    """Return the hash of a password that nobody has, so that an unknown name is answered no faster than a known one."""
    return hasher().hash(secrets.token_bytes(32))
