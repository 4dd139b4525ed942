// What kafkajs' registry client makes of Momus, told as one line of JSON. Arguments: the registry's URL, and a message
// in hex that another client wrote there.
const { COMPATIBILITY, SchemaRegistry, SchemaType } = require("@kafkajs/confluent-schema-registry");

const [host, message] = process.argv.slice(2);
const registry = () => new SchemaRegistry({ host, retry: { retries: 0 } }); // a new one remembers nothing
const refusal = (promise) => promise.then(() => null, (error) => `${error.name}: ${error.message}`);
const avro = (schema, references) => ({ type: SchemaType.AVRO, schema: JSON.stringify(schema), references });
const record = (name, ...fields) => ({ type: "record", namespace: "shop", name, fields });

const customer = record("Customer", { name: "name", type: "string" });
const order = record("Order", { name: "n", type: "long" }, { name: "customer", type: "shop.Customer" });
const references = [{ name: "shop.Customer", subject: "shop.Customer", version: 1 }];
const first = { n: 7, customer: { name: "Ann" } };

async function main() {
  const { id: customerId } = await registry().register(avro(customer));
  const { id } = await registry().register(avro(order, references), { subject: "orders-value" });
  const encoded = await registry().encode(id, first);
  return {
    ids: [customerId, id],
    again: (await registry().register(avro(customer))).id,
    latest: await registry().getLatestSchemaId("orders-value"),
    version: await registry().getRegistryId("orders-value", 1),
    bySchema: await registry().getRegistryIdBySchema("shop.Customer", avro(customer)),
    encoded: encoded.toString("hex"),
    decoded: await registry().decode(encoded),
    other: await registry().decode(Buffer.from(message, "hex")),
    incompatible: await refusal(registry().register(avro(record("Customer", { name: "name", type: "int" })))),
    unwanted: await refusal(registry().register(avro(customer), { compatibility: COMPATIBILITY.FULL })),
    unknown: await refusal(registry().getLatestSchemaId("nobody")),
  };
}

main().then((told) => console.log(JSON.stringify(told)));
