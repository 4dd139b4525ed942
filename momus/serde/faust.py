"""A codec for Faust (faust-streaming).

    orders = BlockingAvroSerde(RegistryClient(url), type=Order).prepare("orders")
    topic = app.topic("orders", value_type=Order, value_serializer=faust_codec(orders))

Faust is imported when a codec is made, for nobody else needs it.
"""

from typing import Any, Final

from momus.serde.serde import BlockingChannel

CLASS: Final = "__faust"  # what Faust adds to a record to find its class again; here the topic's `value_type` says it


def faust_codec(channel: BlockingChannel) -> Any:
    """A `faust.Codec` of a topic's key or value: for `value_serializer=`, or to be registered under a name.

    The channel is one that waits: Faust skips a message that cannot be decoded at once. Codecs see no headers, so that
    what says its schema there cannot be read by them.
    """
    from faust import Codec

    if not isinstance(channel, BlockingChannel):
        raise TypeError("Faust's codecs cannot await the schema of a message: prepare the topic with a Blocking…Serde")
    if channel.headers:
        raise ValueError("Faust's codecs cannot send headers: leave the framing as it is, Framing.PREFIX")

    class MomusCodec(Codec):  # type: ignore[misc]
        def _dumps(self, value: Any) -> bytes | None:
            if isinstance(value, dict):
                value = {name: inner for name, inner in value.items() if name != CLASS}
            return channel.encode(value)

        def _loads(self, data: bytes) -> Any:
            return channel.decode(data)

    return MomusCodec()
