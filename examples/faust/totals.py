"""Orders in Faust (faust-streaming): a command that writes some, and an agent that sums each account.

export KAFKA=localhost:9092 REGISTRY=http://127.0.0.1:8081
python examples/faust/totals.py produce
python examples/faust/totals.py worker --without-web
"""

import os

import faust

from momus.client import RegistryClient
from momus.serde import BlockingAvroSerde
from momus.serde.faust import faust_codec

KAFKA = os.environ.get("KAFKA", "localhost:9092")
REGISTRY = os.environ.get("REGISTRY", "http://127.0.0.1:8081")
TOPIC = os.environ.get("TOPIC", "orders")


class Order(faust.Record):
    account_id: str
    amount: float


ORDERS = [("ann", 12.5), ("bob", 3.0), ("ann", 7.5), ("bob", 0.25)]

app = faust.App(f"{TOPIC}-faust", broker=f"kafka://{KAFKA}")
schemas = BlockingAvroSerde(RegistryClient(REGISTRY), type=Order).prepare(TOPIC)  # registers the schema of Order
orders = app.topic(TOPIC, key_type=str, value_type=Order, value_serializer=faust_codec(schemas))
totals = app.Table("totals", default=float, partitions=1)


@app.agent(orders)
async def total(stream):
    async for order in stream:
        totals[order.account_id] += order.amount
        print(f"{order.account_id} {order.amount:.2f} total {totals[order.account_id]:.2f}", flush=True)


@app.command()
async def produce():
    """Write some orders."""
    for account_id, amount in ORDERS:
        sent = await orders.send(key=account_id, value=Order(account_id=account_id, amount=amount))
        print(f"{account_id} is at offset {(await sent).offset}")


if __name__ == "__main__":
    app.main()
