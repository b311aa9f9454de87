"""Sessions as a program sees them: a question and its answer on one descriptor."""

import contextlib
import json
import os

SHELLS = ["bash", "dash"]


@contextlib.contextmanager
def session(path, flags=os.O_RDWR):
    fd = os.open(path, flags)
    try:
        yield fd
    finally:
        with contextlib.suppress(OSError):
            os.close(fd)


def rest_of(fd, size=65536):
    """All that the descriptor reads from where it is."""
    pieces = []
    while piece := os.read(fd, size):
        pieces.append(piece)
    return b"".join(pieces)


def ask(fd, question):
    os.write(fd, question.encode())
    return rest_of(fd).decode()


def items_asked(fd, question):
    return [json.loads(line) for line in ask(fd, question + "\n").splitlines()]
