"""Values of users' own types: which classes have schemas and go there and back, which are refused, and how errors read.

Annotations are texts here, as with `from __future__ import annotations`: types may be named before they are there.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, make_dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import (
    Annotated,
    Any,
    Final,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Required,
    TypedDict,
    TypeVar,
)
from uuid import UUID

import attrs
import msgspec
import pydantic
import pytest

from compat import Source, parse
from momus.client import RegistryClient
from momus.serde import (
    Avro,
    BlockingAvroSerde,
    BlockingJsonSerde,
    BlockingProtobufSerde,
    DecodeError,
    EncodeError,
    Framing,
    ReadOnly,
    SerdeError,
    avro_schema,
    json_schema,
)
from tests.clients.schemas import field as avro_field
from tests.clients.schemas import record
from tests.serde.messages import Order as ProtobufOrder
from tests.serde.messages import Second

T = TypeVar("T")


@dataclass
class Box(Generic[T]):
    item: T


@dataclass
class Boxes:
    number: Box[int]
    text: Box[str]


@dataclass
class Tree:
    value: int
    children: list[Tree] = field(default_factory=list)
    parent: Tree | None = None


@dataclass
class Base:
    id: int


@dataclass
class Child(Base):
    name: str = "x"


class Colour(Enum):
    RED = "RED"
    BLUE = "BLUE"


class Size(StrEnum):
    S = "S"
    L = "L"


class Rank(IntEnum):
    LOW = 1
    HIGH = 2


class Wording(Enum):
    NOT_YET = "not yet"
    DONE = "done"


@dataclass
class Enums:
    colour: Colour
    rank: Rank
    wording: Wording
    size: Size = Size.S
    maybe: Colour | None = None


class Name(str):
    """A text of a class of its own."""

    __slots__ = ()


Number = NewType("Number", int)


@dataclass
class Wrapped:
    name: Name
    number: Number
    words: list[Name]


@dataclass
class Literals:
    word: Literal["a", "b"]
    number: Literal[1, 2]
    maybe: Literal["a", None] = None  # noqa: PYI061 - as one may write it


class Part(TypedDict):
    sku: Required[str]
    count: int


@dataclass
class Parts:
    parts: list[Part]


@dataclass
class Containers:
    numbers: set[int]
    words: frozenset[str]
    row: tuple[int, ...]
    any: Sequence[int]
    by_name: Mapping[str, int]
    deep: dict[str, list[int | None]]


Money = Annotated[Decimal, Avro(precision=9, scale=2)]


@dataclass
class Logical:
    at: datetime
    day: date
    hour: time
    key: UUID
    price: Money
    rest: Money | None = None
    small: Annotated[int, Avro(type="int")] | None = None


@dataclass
class Choice:
    one: int | str
    two: Base | Colour | None = None


class Camel(msgspec.Struct, rename="camel"):
    first_name: str
    last_name: str = "x"


class Cat(msgspec.Struct, tag=True):
    lives: int


class Dog(msgspec.Struct, tag=True):
    lives: int


class Pet(msgspec.Struct):
    pet: Cat | Dog


@attrs.define
class Attrs:
    id: int
    children: list[Child] = attrs.Factory(list)


class Model(pydantic.BaseModel):
    id: int = pydantic.Field(alias="theId", ge=0)
    inner: Model | None = None
    bases: list[Base] = []
    at: datetime = pydantic.Field(default_factory=lambda: datetime(2020, 1, 1, tzinfo=UTC))
    price: Decimal = pydantic.Field(default=Decimal(1), max_digits=9, decimal_places=2)


class Page(pydantic.BaseModel, Generic[T]):
    items: list[T]


class Small(pydantic.BaseModel):
    id: int


class Large(pydantic.BaseModel):
    id: int
    name: str


class Either(pydantic.BaseModel):
    one: Small | Large
    many: list[Small | Large] = []


@dataclass
class HoldsModels:
    model: Large
    models: list[Small]


@dataclass
class Defaults:
    raw: bytes = b"\xff\x00"
    ratio: float = 1.5
    flag: bool = True
    numbers: list[int] = field(default_factory=lambda: [1, 2])
    base: Base = field(default_factory=lambda: Base(1))
    only_named: int = field(kw_only=True, default=5)


class Strictly(pydantic.BaseModel):
    """Takes no texts for enums and bytes from Python, and no members that it does not know."""

    model_config = pydantic.ConfigDict(strict=True, extra="forbid")

    raw: bytes
    colour: Colour
    at: datetime
    ids: set[int]

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def size(self) -> int:
        return len(self.raw)


@dataclass
class HoldsStrictly:
    one: Strictly


class Numbers(pydantic.RootModel[list[int]]):
    """Is the list, on the wire."""


class HoldsNumbers(pydantic.BaseModel):
    numbers: Numbers


@dataclass
class Settled:
    id: Final[int]


@dataclass
class Pairs:
    one: tuple[int, str]


class ModelOfPairs(pydantic.BaseModel):
    one: tuple[int, str]


AT = datetime(2024, 2, 29, 12, tzinfo=UTC)
STRICTLY = Strictly(raw=b"abc=", colour=Colour.RED, at=AT, ids={1, 2})
VALUES: list[tuple[Any, Any]] = [
    (Boxes, Boxes(Box(1), Box("a"))),
    (Box[int], Box(1)),
    (Tree, Tree(1, [Tree(2, [], Tree(5))])),
    (Child, Child(1)),
    (Enums, Enums(Colour.RED, Rank.HIGH, Wording.NOT_YET, Size.L, Colour.BLUE)),
    (Wrapped, Wrapped(Name("a"), Number(5), [Name("b")])),
    (Literals, Literals("a", 2)),
    (Part, {"sku": "a", "count": 1}),
    (Parts, Parts([{"sku": "a", "count": 1}])),
    (Containers, Containers({1}, frozenset({"a"}), (1, 2), [1], {"a": 1}, {"a": [1, None]})),
    (Logical, Logical(AT, date(2024, 2, 29), time(1, 2), UUID(int=1), Decimal("1.50"), Decimal("2.50"), 5)),
    (Choice, Choice("x", Base(1))),
    (Choice, Choice(5, Colour.RED)),
    (Camel, Camel("a")),
    (Pet, Pet(Dog(5))),
    (Attrs, Attrs(1, [Child(1)])),
    (Model, Model(theId=5, inner=Model(theId=1), bases=[Base(1)], at=AT)),
    (Page[int], Page[int](items=[1])),
    (Either, Either(one=Large(id=1, name="y"), many=[Small(id=2), Large(id=3, name="z")])),
    (HoldsModels, HoldsModels(Large(id=1, name="a"), [Small(id=1)])),
    (Defaults, Defaults()),
    (Strictly, STRICTLY),
    (HoldsStrictly, HoldsStrictly(STRICTLY)),
    (Numbers, Numbers([1, 2])),
    (HoldsNumbers, HoldsNumbers(numbers=Numbers([1]))),
    (Settled, Settled(5)),
]


@pytest.mark.parametrize(("class_", "value"), VALUES, ids=[str(getattr(one, "__name__", one)) for one, _ in VALUES])
@pytest.mark.parametrize("serde", [BlockingAvroSerde, BlockingJsonSerde])
def test_classes_of_all_kinds(client: RegistryClient, topic: str, serde: Any, class_: Any, value: Any) -> None:
    """A schema is derived, registered by the real registry, and values come back as they were, of their classes."""
    channel = serde(client, type=class_).prepare(topic)
    got = channel.decode(channel.encode(value))
    assert got == value
    assert type(got) is type(value)


def test_subclasses_of_plain_types_stay_what_they_are(client: RegistryClient, topic: str) -> None:
    """A text of a class of its own is written as a text, and read as that class."""
    channel = BlockingAvroSerde(client, type=Wrapped).prepare(topic)
    got = channel.decode(channel.encode(Wrapped(Name("a"), Number(5), [Name("b")])))
    assert (type(got.name), type(got.words[0])) == (Name, Name)


def test_derived_types() -> None:
    """Generics have names that Avro takes; enums are enums where their values may be symbols, else what they are."""
    boxes = {one["name"]: one["type"] for one in json.loads(avro_schema(Boxes))["fields"]}
    assert (boxes["number"]["name"], boxes["text"]["name"]) == ("Box_int", "Box_str")
    enums = {one["name"]: one["type"] for one in json.loads(avro_schema(Enums))["fields"]}
    assert (enums["rank"], enums["wording"], enums["colour"]["symbols"]) == ("long", "string", ["RED", "BLUE"])
    logical = {one["name"]: one["type"] for one in json.loads(avro_schema(Logical))["fields"]}
    assert logical["rest"] == ["null", {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}]
    assert logical["small"] == ["null", {"type": "int"}]
    model = {one["name"]: one for one in json.loads(avro_schema(Model))["fields"]}
    assert model["price"]["type"]["precision"] == 9
    pet = json.loads(avro_schema(Pet))["fields"][0]["type"]
    assert [branch["fields"][0] for branch in pet] == [
        {"name": "type", "type": "string", "default": tag} for tag in ("Cat", "Dog")
    ]
    for class_, _ in VALUES:
        parse(Source("JSON", json_schema(class_)))


class Pair(NamedTuple):
    a: int


class Row(msgspec.Struct, array_like=True):
    a: int


class Dashed(msgspec.Struct):
    x: int = msgspec.field(name="x-y")


class Missing(TypedDict):
    a: NotRequired[int]


class Web(pydantic.BaseModel):
    url: pydantic.HttpUrl


def of_field(kind: Any, default: Any = ...) -> type:
    return make_dataclass("Made", [("f", kind) if default is ... else ("f", kind, field(default=default))])


class Torn(pydantic.BaseModel):
    id: int = pydantic.Field(default=0, validation_alias="uid", serialization_alias="userId")


@attrs.define
class Private:
    _id: int


REFUSED: list[tuple[Any, str]] = [
    (Torn, "Torn.id: 'userId' is what the field is written as, and it is read as 'uid'"),
    (pydantic.create_model("Around", torn=(list[Torn], ...)), "torn.*id: 'userId' is what the field is written as"),
    (Private, "Private: names that begin with an underscore are not written"),
    (of_field(Pair), "Made.f: Avro has no type for Pair"),
    (of_field(list), r"Made.f: Avro needs to know of what: list\[...\]"),
    (of_field(list[Any]), r"Made.f\[\]: Avro has no type for Any"),
    (of_field(dict[int, int]), "Made.f: keys of Avro's maps are strings"),
    (of_field(tuple[int, str]), "Made.f: Avro has no type for tuple"),
    (of_field(timedelta), "Made.f: Avro has no type for timedelta"),
    (of_field(Decimal), r"a decimal needs its digits: Annotated\[Decimal, Avro\(precision=9, scale=2\)\]"),
    (of_field(Literal["a", b"b"]), "Literal may only contain"),
    (of_field(int, 2**70), "it is out of range"),
    (of_field(Base | Child), "may not contain more than one dataclass.*Pydantic's models may, and msgspec's structs"),
    (Row, "structs that are arrays"),
    (Dashed, "'x-y' is no name that a field of Avro's may have"),
    (Missing, "Missing.a: Avro has no fields that may be missing"),
    (Web, "Web.url: Avro has no type for HttpUrl"),
    (of_field("NotThere"), "Made: name 'NotThere' is not defined"),
    (make_dataclass("Both", [("x", Base), ("y", make_dataclass("Base", [("id", str)]))]), "'Base' is already defined"),
]


@pytest.mark.parametrize(("class_", "why"), REFUSED, ids=[why for _, why in REFUSED])
def test_types_without_one_avro_type_are_refused(class_: Any, why: str) -> None:
    """Before anything is registered, with the field, and the way to a type where there is one."""
    with pytest.raises(SerdeError, match=why):
        avro_schema(class_)


@pytest.mark.parametrize("value", [Pairs((1, "a")), ModelOfPairs(one=(1, "a"))], ids=["dataclass", "model"])
def test_tuples_of_several_types_are_json(client: RegistryClient, topic: str, value: Any) -> None:
    """Held to each of their types; the schema says in which draft."""
    channel = BlockingJsonSerde(client, type=type(value)).prepare(topic)
    assert channel.decode(channel.encode(value)) == value
    for wrong in ([1, 2], [1, "a", 3]):
        with pytest.raises(EncodeError, match="one"):
            channel.encode({"one": wrong})


class Cart(pydantic.BaseModel):
    class Item(pydantic.BaseModel):
        count: int

    items: list[Item]


class Parcel(pydantic.BaseModel):
    class Item(pydantic.BaseModel):
        weight: float

    items: list[Item]


def test_types_without_a_json_schema_are_refused() -> None:
    """With the class and one sentence."""
    other: type = dataclass(type("Base", (), {"__annotations__": {"id": str}, "__module__": __name__}))
    twice = make_dataclass("Both", [("x", Base), ("y", other)])
    with pytest.raises(SerdeError, match="Both has no JSON schema: there is another class of the name"):
        json_schema(twice)
    with pytest.raises(SerdeError, match=r"Made has no JSON schema: .*more than one dataclass"):
        json_schema(of_field(Base | Child))
    with pytest.raises(SerdeError, match=r"Torn\.id: 'userId' is what the field is written as"):
        json_schema(pydantic.create_model("Around", torn=(list[Torn] | None, ...)))
    with pytest.raises(SerdeError, match=r"Torn\.id: 'userId' is what the field is written as"):
        json_schema(of_field(Torn))
    with pytest.raises(SerdeError, match=r"Both has no JSON schema: there is another class of the name of 'Item'"):
        json_schema(make_dataclass("Both", [("cart", Cart), ("parcel", Parcel)]))
    assert "count" in json_schema(make_dataclass("Twice", [("cart", Cart), ("carts", list[Cart])]))
    with pytest.raises(SerdeError, match=r"Made has no JSON schema: there is none for deque$"):
        json_schema(of_field(deque[int]))
    with pytest.raises(SerdeError, match=r"NoNumber has no JSON schema: .*float"):
        json_schema(make_dataclass("NoNumber", [("x", float, float("nan"))]))
    with pytest.raises(TypeError, match=r"Base \| .*Child is no dataclass"):
        BlockingJsonSerde(None, "true", type=Base | Child)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Pair is no dataclass"):
        BlockingJsonSerde(None, "true", type=Pair)  # type: ignore[arg-type]


@dataclass
class Line:
    sku: str
    price: float


@dataclass
class Order:
    id: int
    items: list[Line] = field(default_factory=list)
    extra: dict[str, Line] = field(default_factory=dict)


def test_decimals_are_numbers_where_the_schema_says_so(client: RegistryClient, topic: str) -> None:
    """A message is of its schema: a decimal is written as the number or the text that it was validated as."""
    kind = '{"type": "object", "properties": {"n": {"type": "number"}, "t": {"type": "string"}}}'
    channel = BlockingJsonSerde(client, kind, framing=Framing.NONE).prepare(topic)
    assert channel.encode({"n": Decimal("1.50")}) == b'{"n":1.50}'
    assert channel.encode({"t": Decimal("1.50")}) == b'{"t":"1.50"}'
    assert channel.encode(make_dataclass("One", [("n", Decimal)])(Decimal("1.50"))) == b'{"n":1.50}'
    untyped = BlockingJsonSerde(client, "true", framing=Framing.NONE).prepare(f"{topic}-any")
    assert untyped.encode([Decimal("NaN")]) == b'["NaN"]'
    assert untyped.encode([Decimal("1E+5"), Decimal("-1E-5")]) == b"[1E+5,-0.00001]"
    assert untyped.encode([Decimal("1E+999999")]) == b'["1E+999999"]'  # no reader has such a number
    with pytest.raises(EncodeError, match="nan is no number that JSON has"):
        untyped.encode([Decimal("1E+5"), float("nan")])


def test_keys_of_maps_come_back(client: RegistryClient, topic: str) -> None:
    """JSON's are texts; the class says of what, and a wrong one is told with its map."""
    channel = BlockingJsonSerde(client, type=of_field(dict[int, int])).prepare(topic)
    assert channel.decode(channel.encode({"f": {1: 2}})).f == {1: 2}
    with pytest.raises(DecodeError) as refused:
        channel.decode(channel.encode({"f": {"x": 2}}))
    assert refused.value.path == "f"


def test_what_a_model_cannot_write_is_named(client: RegistryClient, topic: str) -> None:
    """Pydantic's own fault, with the field, which it does not tell."""
    channel = BlockingJsonSerde(client, type=Strictly).prepare(topic)
    with pytest.raises(EncodeError, match="invalid utf-8") as refused:
        channel.encode(Strictly(raw=b"\xff", colour=Colour.RED, at=AT, ids=set()))
    assert refused.value.path == "raw"


BOTH = pytest.mark.parametrize("serde", [BlockingAvroSerde, BlockingJsonSerde])


@BOTH
def test_objects_within_dicts(client: RegistryClient, topic: str, serde: Any) -> None:
    """A dict may hold objects, and a list in it, at any depth."""
    channel = serde(client, type=Order).prepare(topic)
    value = {"id": 1, "items": [Line("a", 1.0)], "extra": {"x": Line("b", 2.0)}}
    assert channel.decode(channel.encode(value)) == Order(1, [Line("a", 1.0)], {"x": Line("b", 2.0)})


class Vector:
    """As numpy's arrays and its own booleans are: neither sequences nor bools, and plain when asked."""

    def __init__(self, plain: Any) -> None:
        self.tolist = lambda: plain


@BOTH
def test_values_that_make_themselves_plain(client: RegistryClient, topic: str, serde: Any) -> None:
    """In objects and in dicts."""
    channel = serde(client, type=Order).prepare(topic)
    order = Order(1, Vector([Line("a", 1.0)]), {"x": Vector(Line("b", 2.0))})  # type: ignore[arg-type, dict-item]
    for value in (order, vars(order)):
        assert channel.decode(channel.encode(value)) == Order(1, [Line("a", 1.0)], {"x": Line("b", 2.0)})


LINES: Any = [Line("a", 1.0), Line("b", "no")]  # type: ignore[arg-type]
WRONG: list[tuple[Any, str, str]] = [
    (Order(1, LINES), "items[1].price", "str where a"),
    ({"id": 1, "items": LINES, "extra": {}}, "items[1].price", "str where a"),
    ({"id": 1, "items": [], "extra": {"a b": {"sku": "x", "price": None}}}, "extra['a b'].price", "null where a"),
    (Order(1, [object()]), "items[0]", "object is none of the types that are understood"),  # type: ignore[list-item]
    (Order(1, {}, {"k": object()}), "extra.k", "object is none"),  # type: ignore[arg-type, dict-item]
    (Order("1"), "id", "str where a"),  # type: ignore[arg-type]
    ([Line("a", 1.0)], "", "list where a"),
    (object(), "", "object"),
]


@pytest.mark.parametrize(("value", "path", "sentence"), WRONG, ids=[f"{path} {why}" for _, path, why in WRONG])
@BOTH
def test_errors_name_path_and_type(
    client: RegistryClient, topic: str, serde: Any, value: Any, path: str, sentence: str
) -> None:
    """Of objects as of dicts: the field's path, the value's type, and what is expected."""
    with pytest.raises(EncodeError) as refused:
        serde(client, type=Order).prepare(topic).encode(value)
    assert refused.value.path == path
    assert sentence in str(refused.value)


def test_a_value_that_holds_itself_is_refused(client: RegistryClient, topic: str) -> None:
    """Of all formats, in writing; no stack overflows."""
    tree = Tree(1)
    tree.children.append(tree)
    endless: dict[str, Any] = {}
    endless["items"] = [endless]
    for serde, value in ((BlockingAvroSerde, tree), (BlockingJsonSerde, tree)):
        channel: Any = serde(client, type=Tree).prepare(f"{topic}-{serde.__name__}")
        with pytest.raises(EncodeError, match="nested"):
            channel.encode(value)
    with pytest.raises(EncodeError):
        BlockingProtobufSerde(client, ProtobufOrder).prepare(f"{topic}-p").encode(endless)
    with pytest.raises(EncodeError, match="nested"):
        BlockingJsonSerde(client, "true").prepare(f"{topic}-j").encode(endless)


@BOTH
def test_reading_names_path_and_class(client: RegistryClient, topic: str, serde: Any) -> None:
    """A message that is no value of the reader's class says where: for dataclasses and for models."""
    loose = record("Order", avro_field("id", "long"), avro_field("items", {"type": "array", "items": "string"}))
    schema = loose if serde is BlockingAvroSerde else '{"title": "Order", "type": "object"}'
    message = serde(client, schema).prepare(topic).encode({"id": 1, "items": ["a"]})
    for class_ in (Order, pydantic.create_model("Order", id=(int, ...), items=(list[int], ...))):
        with pytest.raises(
            DecodeError, match=r"items\[0\]: the message cannot be made a value of its class"
        ) as refused:
            serde(client, type=class_, write=ReadOnly()).prepare(topic).decode(message)
        assert refused.value.path == "items[0]"


def test_bytes_that_are_wrong_are_told_with_their_place(client: RegistryClient, topic: str) -> None:
    """In Avro by field and byte, in JSON by byte or by field, in Protobuf by message."""
    avro = BlockingAvroSerde(client, type=Order).prepare(f"{topic}-avro")
    message = avro.encode(Order(1, [Line("a", 1.0)])) or b""
    with pytest.raises(DecodeError, match=r"items\[0\]\.price: the bytes end too early.*\(at byte 4\)") as refused:
        avro.decode(message[:-3])
    assert (refused.value.path, refused.value.at) == ("items[0].price", 4)
    json_ = BlockingJsonSerde(client, type=Order).prepare(f"{topic}-json")
    frame = (json_.encode(Order(1)) or b"")[:5]
    with pytest.raises(DecodeError, match=r"no JSON: JSON is malformed: .*\(byte 6\)"):
        json_.decode(frame + b'{"id":x}')
    with pytest.raises(DecodeError, match=r"items\[0\]\.price: str where a number is expected"):
        json_.decode(frame + b'{"id":1,"items":[{"sku":"a","price":"x"}]}')
    protobuf = BlockingProtobufSerde(client, ProtobufOrder).prepare(f"{topic}-p")
    order = protobuf.encode(ProtobufOrder(id=5)) or b""
    with pytest.raises(DecodeError, match=r"the bytes are no shop\.Order"):
        protobuf.decode(order[:6] + b"\xff")
    other = BlockingProtobufSerde(client, Second).prepare(f"{topic}-p").encode(Second(text="x"))
    with pytest.raises(DecodeError, match=r"shop\.Second where shop\.Order is expected"):
        protobuf.decode(other)
