"""What is made once and kept in this process, up to a number: what was not asked for longest goes first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock


class Kept[K: Hashable, V]:
    """Like `functools.lru_cache`, for what is made of more than its key."""

    def __init__(self, most: int):
        self.most = most
        self._found: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """What is kept under the key, or what `make` makes of it now. Two that ask at once may both make it."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        made = make()
        with self._lock:
            self._found[key] = made
            if len(self._found) > self.most:
                self._found.popitem(last=False)
        return made

    def all(self) -> dict[K, V]:
        with self._lock:
            return dict(self._found)

    def clear(self) -> None:
        with self._lock:
            self._found.clear()
