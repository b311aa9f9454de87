"""Looks for what must not be readable, in every file below a directory."""

import base64
import os
import subprocess
from pathlib import Path

KEY = "a key of more than sixteen bytes\n"


def make_key(directory, name="key", text=KEY, mode=0o600):
    path = Path(directory) / name
    path.write_text(text)
    path.chmod(mode)
    return path


def forms(secret):
    """The secret as programs write it: in encodings, base64 at each alignment, hex."""
    plain = secret.encode()
    yield plain
    yield secret.encode("utf-16-le")
    yield secret.encode("utf-16-be")
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + plain)
        # Without the characters that depend on the neighbours, too.
        yield coded[4 if shift else 0 : -4]
    yield plain[::-1]


def files_below(directory):
    for here, _, names in os.walk(directory):
        for name in names:
            path = Path(here) / name
            if path.is_file() and not path.is_symlink():
                yield path


def readable(directory, *secrets):
    """(file, form) of each secret that a file holds, or is named after."""
    found = []
    for path in files_below(directory):
        content = path.read_bytes() + b"\n" + str(path.relative_to(directory)).encode()
        for secret in secrets:
            found += [(str(path), form) for form in forms(secret) if form in content]
    return found


def strings(directory):
    """What strings(1) makes of all files, 8-bit and 16-bit characters."""
    out = ""
    for path in files_below(directory):
        for encoding in ("S", "l", "b"):
            out += subprocess.run(
                ["strings", "-a", "-e", encoding, path], capture_output=True, text=True, errors="replace",
                check=True,
            ).stdout  # fmt: skip
    return out
