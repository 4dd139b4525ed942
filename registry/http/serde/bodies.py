"""What is asked of messages, out of JSON, or of one message as it is with the rest in the query. Knows no schema."""

import binascii
from dataclasses import dataclass
from typing import Any, Literal, get_args

import msgspec
from aiohttp import hdrs

from registry.http.bodies import Int, bounded
from registry.http.call import INTEGER, Call
from registry.http.replies import BYTES
from registry.refusals import Reason, Refusal

Framing = Literal["prefix", "header", "none"]
IndexForm = Literal["zigzag", "unsigned", "none"]
WORDS = {"$.framing": get_args(Framing), "$.indexes": get_args(IndexForm)}
Members = dict[str, Any]


class SchemaBody(msgspec.Struct):
    """A schema of the registry: by its id (and a subject that holds it), its GUID, or subject and version."""

    id: Int | None = None
    guid: str | None = None
    subject: str | None = None
    version: Int | str | None = None


class MessageBody(msgspec.Struct):
    message: str
    header: str | None = None


class EncodeBody(msgspec.Struct):
    schema: SchemaBody | None = None
    value: msgspec.Raw = msgspec.Raw()
    values: tuple[msgspec.Raw, ...] | None = None
    framing: Framing = "prefix"
    logical: bool = True
    messageType: str = ""
    indexes: IndexForm = "zigzag"
    ignoreUnknown: bool = False


class DecodeBody(msgspec.Struct):
    schema: SchemaBody | None = None
    reader: SchemaBody | None = None
    message: str | None = None
    header: str | None = None
    messages: tuple[str | MessageBody, ...] | None = None
    logical: bool = True
    messageType: str = ""
    indexes: IndexForm = "zigzag"


class ValidateBody(DecodeBody):
    value: msgspec.Raw = msgspec.Raw()
    values: tuple[msgspec.Raw, ...] | None = None
    ignoreUnknown: bool = False


ENCODE_BODY = msgspec.json.Decoder(EncodeBody)
VALIDATE_BODY = msgspec.json.Decoder(ValidateBody)  # decode's, too, which looks at no values


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it was sent, with the value of its header if it has one."""

    data: bytes
    header: bytes | None = None


async def encoding(call: Call) -> EncodeBody:
    """Values stay as they are written, so that the body is read here whatever its size; and so in `reading`."""
    return await call.body(ENCODE_BODY, is_shallow=True, told=_told)


async def reading(call: Call) -> ValidateBody:
    """What is to be read: told in JSON, or one message as it is with the rest in the query."""
    if call.request.content_type != BYTES or hdrs.CONTENT_TYPE not in call.request.headers:
        return await call.body(VALIDATE_BODY, is_shallow=True, told=_told)
    members: Members = {name: call.text(name) for name in ("header", "messageType", "indexes") if call.text(name)}
    named: Members = {name: call.text(name) for name in ("guid", "subject", "version") if call.text(name)}
    if call.text("id"):
        named["id"] = int(call.text("id")) if INTEGER.fullmatch(call.text("id")) else call.text("id")
    if named.keys() - {"subject"}:
        members["schema"] = named
    members["logical"] = call.text("logical").lower() != "false"
    members["message"] = base64(await call.raw_body())
    try:
        return msgspec.convert(members, ValidateBody)
    except msgspec.ValidationError as error:
        raise bad(f"The query is not what is expected here: {_told(error)}") from error


def texts_of(value: msgspec.Raw, values: tuple[msgspec.Raw, ...] | None) -> tuple[bytes, ...] | None:
    """The values as JSON, if there are any."""
    alone = bytes(value)
    if alone and values is not None:
        raise bad("Send either `value` or `values`")
    bounded("values", len(values or ()))
    return tuple(map(bytes, values)) if values is not None else (alone,) if alone else None


def messages_of(body: ValidateBody) -> list[Sent | Refusal]:
    if (body.message is None) is (body.messages is None):
        raise bad("Send either `message`, or a list of them as `messages`")
    if body.messages is None:
        return [_unpacked(body.message or "", body.header)]
    bounded("messages", len(body.messages))
    alone = (MessageBody(each) if isinstance(each, str) else each for each in body.messages)
    return [_unpacked(each.message, body.header if each.header is None else each.header) for each in alone]


def _unpacked(message: str, beside: str | None) -> Sent | Refusal:
    try:
        return Sent(_bytes(message), None if beside is None else _bytes(beside))
    except ValueError as error:
        return Reason.UNFIT_MESSAGE.refusal(details=f"it is no base64: {error}")


def asks_for_bytes(call: Call) -> bool:
    return any(BYTES in accepted.lower() for accepted in call.request.headers.getall(hdrs.ACCEPT, ()))


def _told(error: Exception) -> str:
    """What msgspec says, and the words that may be, which it does not say."""
    said = str(error)
    words = next((words for place, words in WORDS.items() if said.endswith(f" - at `{place}`") and "enum" in said), ())
    return f"{said}, where {', '.join(words)} are known" if words else said


def base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()


def _bytes(text: str) -> bytes:
    return binascii.a2b_base64(text.encode("ascii", "replace"), strict_mode=True) if text else b""


def bad(details: str) -> Refusal:
    return Reason.BAD_REQUEST.refusal(details=details)
