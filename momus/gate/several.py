"""The schemas of files that declare several types: which of them have subjects, and what goes into which.

A template with `{record}`, or a pattern that fits a type's name, gives a type a subject of its own. Any other template
is about the file as a whole: the schema that it says it is of, or the one type that no other in it uses.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from compat import InvalidSchema
from compat.pieces import Piece
from momus.gate.configuration import SEVERAL, Configuration
from momus.gate.declarations import Declarations, broken, facts, imported, texts_in
from momus.gate.facts import Facts, named_in
from momus.gate.faults import WrongConfiguration
from momus.gate.globs import fits
from momus.gate.mapping import Place, subject_of, template_of, template_of_type
from momus.gate.project import FactsByContent, Member, normal
from momus.gate.trees import Tree, blob_id


def members(
    configuration: Configuration, tree: Tree, known: FactsByContent, places: Mapping[str, Place], *, strict: bool
) -> Iterator[Member]:
    """Raises WrongConfiguration, if `strict`."""
    wanted = [path for path in places if path.endswith(SEVERAL)]
    for path, declared in known.declarations(tree, wanted).items():
        yield from _File(configuration, tree, known, places, places[path], declared, strict=strict).members()


class _File:
    def __init__(
        self,
        configuration: Configuration,
        tree: Tree,
        known: FactsByContent,
        places: Mapping[str, Place],
        place: Place,
        declared: Declarations,
        *,
        strict: bool,
    ) -> None:
        self._configuration = configuration
        self._tree = tree
        self._known = known
        self._places = places
        self._place = place
        self._declared = declared
        self._strict = strict

    def members(self) -> Iterator[Member]:
        declared, others = self._declared, {}
        fault = declared.fault
        if fault is None:
            try:
                others = self._others()
            except InvalidSchema as invalid:
                fault = invalid
        if fault is not None:
            yield self._member(template_of(self._place) or "{path}", broken(declared, fault), ())
            return
        written = imported(others, others)
        own = {name: template for name in declared.types if (template := self._own(name)) is not None}
        whole = self._whole(own)
        if self._strict:
            self._refuse_left(own, whole)
        inner = {name: piece for name, piece in declared.types.items() if name not in own} | {
            name: piece for name, piece in written.items() if name not in declared.types
        }
        rings = declared.rings
        for name, template in own.items():
            ring = {other: declared.types[other] for other in rings.get(name, ())}
            yield self._member(template, facts(declared.types[name], inner | ring, name), tuple(others))
        if whole is not None:
            found = replace(facts(whole, inner, ""), subject=named_in(declared.text))
            yield self._member(template_of(self._place), found, tuple(others))

    def _own(self, name: str) -> str | None:
        """The template of a type that has a subject of its own."""
        template, is_own = template_of_type(self._place, name)
        return template if is_own and not self._is_excluded(name) else None

    def _is_of_whole(self, name: str) -> bool:
        template, is_own = template_of_type(self._place, name)
        return template is not None and not is_own and not self._is_excluded(name)

    def _is_excluded(self, name: str) -> bool:
        return any(fits(name, pattern) for pattern in self._place.entry.exclude)

    def _whole(self, own: Mapping[str, str]) -> Piece | None:
        """What the file is about as a whole, if the entry gives it a subject as a whole."""
        place, declared = self._place, self._declared
        asked = [name for name in declared.types if self._is_of_whole(name)]
        template = template_of(place)
        if declared.main is not None and template is not None:
            is_named = "{record}" in template or template in ("record", "topic-record")
            return None if is_named or declared.main.text in own else self._main(declared.main)
        heads = [name for name in declared.heads if name in asked]
        if len(heads) == 1 or not asked:
            return declared.types[heads[0]] if heads else None
        if not self._strict:
            return None
        shown = ", ".join(heads[:5] or asked[:5])
        raise WrongConfiguration(
            f"{self._configuration.file}: {place.path} has several types ({shown}), and none of them uses all others: "
            f"'{template}' could be of any. Give a template with {{record}}, or templates by the types' names"
        )

    def _refuse_left(self, own: Mapping[str, str], whole: Piece | None) -> None:
        """A type that has no subject and is written into none that has one would not be checked, and nobody told."""
        declared, place = self._declared, self._place
        uses = declared.uses
        waiting = [*own, *(texts_in(whole) & declared.types.keys() if whole else ())]
        waiting += [name for name, piece in declared.types.items() if piece is whole]
        kept: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name not in kept:
                kept.add(name)
                waiting += uses[name]
        left = [name for name in declared.types if name not in kept and not self._is_excluded(name)]
        if left:
            shown = ", ".join(left[:5])
            raise WrongConfiguration(
                f"{self._configuration.file}: {place.path} has {shown}, which the entry {place.entry.path} gives no "
                "subject, and which is part of nothing that has one: add a pattern, or name it under `exclude`"
            )

    def _main(self, main: Piece) -> Piece:
        return self._declared.types.get(main.text, main)

    def _member(self, template: str | None, found: Facts, sources: tuple[str, ...]) -> Member:
        place = self._place
        subject = subject_of(self._configuration, place, template, found, strict=self._strict)
        entry = self._configuration.with_settings(place.entry, subject)
        is_whole = found.fault is not None
        id_ = self._tree.ids[place.path] if is_whole else blob_id(found.text.encode())
        return Member(place.path, place.name, subject, "AVRO", entry, found, id_, sources)

    def _others(self) -> dict[str, Declarations]:
        """Imported files that are no schemas of their own, in the order of the imports, theirs after them."""
        found: dict[str, Declarations] = {}
        waiting = [(self._place.path, self._declared)]
        while waiting:
            path, declared = waiting.pop(0)
            for one in declared.imports:
                target = normal(f"{PurePosixPath(path).parent.as_posix()}/{one.path}")
                if target not in self._tree.ids:
                    where = (one.line, one.column) if path == self._place.path else (1, 1)
                    message = f"{path} imports '{one.path}', and there is no {target} here"
                    raise InvalidSchema(f"{message}: paths are relative to the file that imports", "", *where)
                if target not in found and target not in self._places and target != self._place.path:
                    found[target] = self._known.declarations(self._tree, [target])[target]
                    if found[target].fault is not None:
                        fault = found[target].fault
                        raise InvalidSchema(f"the imported {target} is not sound: {fault}", "", one.line, one.column)
                    waiting.append((target, found[target]))
        return found
