"""A difference made small: fewer requests before it, and less in its own.

Each trial runs on new tables; what still gives the same signature is kept.
"""

import copy
import dataclasses
import time

from generator import spots
from rounds import WRITES


class Shrinker:
    def __init__(self, turn, found, deadline):
        self.turn = turn  # the round it was found in
        self.best = found
        self.signature = found.signature
        self.deadline = deadline

    def shrunk(self):
        if self.best.request.operation == "State" and self.best.request.body["Stream"]:
            return self.best  # dynoxide's streams hold what a table of that name held before
        self.shorten()
        if isinstance(self.best.request.body, dict) and self.best.request.operation != "State":
            self.simplify()
        return self.best

    def holds(self, history, request):
        """Whether the difference is still there; if so it becomes the best."""
        if time.monotonic() > self.deadline:
            return False
        self.turn.remove_all()
        self.turn.create()
        for earlier in history:
            self.turn.even_out(earlier, *self.turn.ask(earlier))
        _, found = self.turn.ask(request)
        if found is None or found.signature != self.signature:
            return False
        found.history = history
        self.best = found
        return True

    def shorten(self):
        request = self.best.request
        if self.holds([], request):
            return
        self.holds([one for one in self.best.history if one.operation in WRITES], request)
        size = max(1, len(self.best.history) // 2)
        while True:
            place = 0
            while place < len(self.best.history):
                history = self.best.history
                if not self.holds(history[:place] + history[place + size :], request):
                    place += size
            if size == 1:
                return
            size //= 2

    def simplify(self):
        progress = True
        while progress and time.monotonic() < self.deadline:
            progress = False
            for number in range(sum(1 for _ in spots(self.best.request.body))):
                request = without(self.best.request, number)
                if request and self.holds(self.best.history, request):
                    progress = True
                    break


def without(request, number):
    """A copy of a request without the value at the spot with this number."""
    body = copy.deepcopy(request.body)
    for place, (holder, key) in enumerate(spots(body)):
        if place == number:
            if isinstance(holder, dict) and key == "TableName":
                return None
            del holder[key]
            return dataclasses.replace(request, body=body)
    return None
