"""The engines of this process: which formats are loaded, and loading those that are asked for."""

from threading import Thread

from compat import FORMATS, is_loaded, load
from compat.schema import AVRO


class Engines:
    """Which formats can be read here. Others are loaded when they are first asked for; until then workers read them."""

    def __init__(self) -> None:
        load(AVRO)
        self._loading: set[str] = set()

    def is_here(self, kind: str) -> bool:
        if FORMATS[kind].in_worker:
            return False
        if not is_loaded(kind) and kind not in self._loading:
            self._loading.add(kind)
            Thread(target=self._load, args=(kind,), name=f"loading {kind}", daemon=True).start()
        return is_loaded(kind)

    def _load(self, kind: str) -> None:
        try:
            load(kind)
        finally:  # what failed is tried again
            self._loading.discard(kind)
