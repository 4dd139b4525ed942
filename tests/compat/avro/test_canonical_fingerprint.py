"""The Parsing Canonical Form and its fingerprints; the check values are Java's."""

import hashlib
import json

import pytest

from compat.avro import parse
from compat.avro.fingerprint import md5, parsing_form, rabin, sha256
from compat.avro.types import Type
from compat.schema import Source


def root(text: str) -> Type:
    return parse(Source("AVRO", text), strict=True).root


RABIN = {
    '"int"': "7275d51a3f395c8f",
    '"string"': "8f014872634503c7",
    '"long"': "d054e14493f41db7",
    '"bytes"': "4fc016dac3201965",
    '{"name":"R","type":"record","fields":[{"name":"a","type":"int"}]}': "35b061f31ba01537",
}


@pytest.mark.parametrize(("text", "fingerprint"), RABIN.items())
def test_crc_64_avro_has_the_check_values(text: str, fingerprint: str) -> None:
    """The most significant digit comes first, as Java's Long.toHexString writes it."""
    assert rabin(root(text)) == fingerprint


def test_other_fingerprints_are_of_the_form() -> None:
    """MD5 and SHA-256 of "int" are those of the Avro project's own tests."""
    assert md5(root('"int"')) == "ef524ea1b91e73173d938ade36c1db32"
    assert sha256(root('"int"')) == "3f2b87a9fe7cc9b13835598c3981cd45e3e355309e5090aa0933d7becb6fba45"
    text = '{"type":"map","values":"int","p":1}'
    assert sha256(root(text)) == hashlib.sha256(b'{"type":"map","values":"int"}').hexdigest()


E = {"type": "enum", "name": "E", "symbols": ["A"], "doc": "d", "default": "A"}
FORMS = {
    "logical type": ('{"type":"long","logicalType":"timestamp-millis","p":1}', '"long"'),
    "second use of a fixed": (
        '[{"type":"fixed","name":"n.F","size":2},{"type":"array","items":"n.F"}]',
        '[{"name":"n.F","type":"fixed","size":2},{"type":"array","items":"n.F"}]',
    ),
    "nested null namespace": (
        '{"type":"record","name":"a.R","fields":[{"name":"f","type":{"type":"fixed","name":"S","namespace":"","size":1}}]}',
        '{"name":"a.R","type":"record","fields":[{"name":"f","type":{"name":"S","type":"fixed","size":1}}]}',
    ),
    "error": ('{"type":"error","name":"R","fields":[]}', '{"name":"R","type":"record","fields":[]}'),
    "fall back to the null namespace": (
        '[{"type":"enum","name":"S","symbols":[]},{"type":"record","name":"n.R","fields":[{"name":"f","type":"S"}]}]',
        '[{"name":"S","type":"enum","symbols":[]},{"name":"n.R","type":"record","fields":[{"name":"f","type":"S"}]}]',
    ),
    "all that does not change the bytes": (
        json.dumps({
            "type": "record", "name": "R", "doc": "d", "aliases": ["Q"], "p": 1,
            "fields": [{"name": "f", "type": E, "default": "A", "order": "ignore", "doc": "d", "aliases": ["q"]}],
        }),
        '{"name":"R","type":"record","fields":[{"name":"f","type":{"name":"E","type":"enum","symbols":["A"]}}]}',
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", FORMS.values(), ids=FORMS)
def test_the_parsing_canonical_form(row: tuple[str, str]) -> None:
    """Names in full, what changes no byte left out, and each named type defined once: where others are wrong."""
    text, form = row
    assert parsing_form(root(text)) == form
