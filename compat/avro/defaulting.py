"""The datum of a field's default: what a reader puts where the writer has no such field.

What fits a type is said in `defaults.py`, which checks the defaults of new schemas; a stored schema may have any.
"""

from typing import Final

from compat.avro.codec import DEPTH, Branch, CodecError, Datum
from compat.avro.defaults import UNFIT, leaf, misfit
from compat.avro.types import ABSENT, Array, Field, Json, Map, Record, Type, Union
from compat.stack import Walk, finish

_UNDER_WAY: Final = object()


def from_default(field: Field) -> Datum:
    """The datum of a field's default: of a union the first branch that takes it, inner fields by their own defaults.

    Raises CodecError when the default is not of the field's type, or when it contains itself and so has no end.
    """
    return finish(_Defaults().default(field), depth=DEPTH)


class _Defaults:
    """The data of some defaults. By nested unions and shared types they may be asked for again and again, so they are
    remembered.
    """

    def __init__(self) -> None:
        self._fields: dict[Field, Datum] = {}
        self._unions: dict[tuple[Union, int], Branch | None] = {}

    def default(self, field: Field) -> Walk[Datum]:
        if field.default is ABSENT:
            raise CodecError(f"field {field.name!r} has no default")
        if field not in self._fields:
            self._fields[field] = _UNDER_WAY
            self._fields[field] = yield self._datum(field.type, field.default)
        if self._fields[field] is _UNDER_WAY:
            raise CodecError(f"the default of field {field.name!r} contains itself")
        return self._fields[field]

    def _datum(self, type_: Type, value: Json) -> Walk[Datum]:
        match type_:
            case Array() if isinstance(value, list):
                array: list[Datum] = []
                for item in value:
                    array += [(yield self._datum(type_.items, item))]
                return array
            case Map() if isinstance(value, dict):
                entries = {}
                for key, item in value.items():
                    entries[key] = yield self._datum(type_.values, item)
                return entries
            case Record() if isinstance(value, dict):
                return (yield self._record(type_, value))
            case Union():
                return (yield self._union(type_, value))
            case Array() | Map() | Record():
                raise CodecError(misfit(type_, value))
            case _:
                datum = leaf(type_, value)
                if datum is UNFIT:
                    raise CodecError(misfit(type_, value))
                return datum

    def _record(self, type_: Record, value: dict[str, Json]) -> Walk[Datum]:
        record = {}
        for field in type_.fields:
            given = field.name in value
            record[field.name] = yield self._datum(field.type, value[field.name]) if given else self.default(field)
        return record

    def _union(self, type_: Union, value: Json) -> Walk[Datum]:
        key = (type_, id(value))
        if key not in self._unions:
            self._unions[key] = yield self._first(type_, value)
        found = self._unions[key]
        if found is None:
            raise CodecError(misfit(type_, value))
        return found

    def _first(self, type_: Union, value: Json) -> Walk[Branch | None]:
        for index, branch in enumerate(type_.branches):
            try:
                return Branch(index, (yield self._datum(branch, value)))
            except CodecError:
                continue
        return None
