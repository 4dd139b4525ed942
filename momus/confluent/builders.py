"""confluent-kafka's builders: what a serializing producer is given that is to make its serializer and client itself.

A builder's values are a table, `takes`; its constructor and its setters, `set_schema(...)`, are made from that.
"""

from collections.abc import Callable, Mapping
from inspect import Parameter, Signature, signature
from typing import Any, ClassVar, Final

from momus.confluent.schema_registry_client import AsyncSchemaRegistryClient, SchemaRegistryClient

_SPELLED: Final = {
    "schema": "schema_str",
    "message_type": "msg_type",
    "serializer_config": "conf",
    "deserializer_config": "conf",
    "rule_config": "rule_conf",
}
_USUAL: Final = {"return_record_name": False}
_OURS: Final = ("schema_registry_config", "schema_registry_client", "serializer_init", "deserializer_init")


class Builder:
    """Each value of `takes` is an argument of the constructor, and has a setter that gives the builder back."""

    takes: ClassVar[tuple[str, ...]]
    serializer: ClassVar[Callable[..., Any]]

    def __init_subclass__(cls) -> None:
        if hasattr(cls, "takes"):
            parameters = [
                Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=_USUAL.get(name)) for name in cls.takes
            ]
            cls.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
            for name in cls.takes:
                setattr(cls, f"set_{name}", _setter(name))

    def __init__(self, *values: Any, **named: Any) -> None:
        bound = signature(type(self)).bind(*values, **named)
        self._values: dict[str, Any] = dict(bound.arguments)

    def _arguments(self) -> dict[str, Any]:
        """Of the serializer: what was set, in its names."""
        known = signature(self.serializer).parameters
        given = {name: value for name, value in self._values.items() if name not in _OURS}
        required = {name: None for name, one in known.items() if one.default is Parameter.empty}
        return required | {name if name in known else _SPELLED[name]: value for name, value in given.items()}

    def _configuration(self) -> Mapping[str, Any] | None:
        """Of the client that is to be made, if one is."""
        conf: Mapping[str, Any] | None = self._values.get("schema_registry_config")
        if conf is not None and self._values.get("schema_registry_client") is not None:
            raise ValueError("give either schema_registry_client or schema_registry_config")
        return conf

    def _made(self, client: Any, *, is_own: bool) -> Any:
        made = self.serializer(**self._arguments() | {"schema_registry_client": client})
        if is_own:
            made.own_schema_registry_client()
        return made

    def _begun(self, made: Any) -> Any:
        """What the user wants done with the serializer first."""
        begin = self._values.get("serializer_init") or self._values.get("deserializer_init")
        return None if begin is None else begin(made)


def _setter(name: str) -> Callable[[Any, Any], Any]:
    def set_value(self: Any, value: Any) -> Any:
        self._values[name] = value
        return self

    set_value.__name__ = f"set_{name}"
    set_value.__doc__ = f"`{name}`, as in the constructor."
    return set_value


class WaitingBuilder(Builder):
    def build(self, conf: Mapping[str, Any], is_key: bool) -> tuple[Any, dict[str, Any]]:  # noqa: ARG002, FBT001
        """The serializer, and the producer's configuration as it was. A client made here is closed with it."""
        settings = self._configuration()
        client: Any = self._values.get("schema_registry_client")
        if settings is not None:
            client = SchemaRegistryClient(settings)
        try:
            made = self._made(client, is_own=settings is not None)
            self._begun(made)
        except BaseException:
            if settings is not None:
                client.close()
            raise
        return made, dict(conf)


class AwaitedBuilder(Builder):
    async def build(self, conf: Mapping[str, Any], is_key: bool) -> tuple[Any, dict[str, Any]]:  # noqa: ARG002, FBT001
        """The serializer, and the producer's configuration as it was. A client made here is closed with it."""
        settings = self._configuration()
        client: Any = self._values.get("schema_registry_client")
        if settings is not None:
            client = AsyncSchemaRegistryClient(settings)
        try:
            made = self._made(client, is_own=settings is not None)
            begun = self._begun(made)
            if begun is not None:
                await begun
        except BaseException:
            if settings is not None:
                await client.close()
            raise
        return made, dict(conf)
