// What the serializers of Confluent and of kafkajs read of messages and write of values, told as one line of JSON.
// On stdin: the registry's URL and jobs. Bytes are {"$bytes": hex} wherever they stand.
const { createFileRegistry, fromBinary, fromJson, toJson } = require("@bufbuild/protobuf");
const { FileDescriptorSetSchema } = require("@bufbuild/protobuf/wkt");
const { SchemaRegistry, SchemaType } = require("@kafkajs/confluent-schema-registry");
const DIST = "@confluentinc/schemaregistry/dist"; // its index would load what talks to the clouds' key services
const { AvroDeserializer, AvroSerializer } = require(`${DIST}/serde/avro`);
const { JsonDeserializer, JsonSerializer } = require(`${DIST}/serde/json`);
const { ProtobufDeserializer, ProtobufSerializer } = require(`${DIST}/serde/protobuf`);
const { HeaderSchemaIdSerializer, SerdeType } = require(`${DIST}/serde/serde`);
const { SchemaRegistryClient } = require(`${DIST}/schemaregistry-client`);

const KINDS = {
  AVRO: [AvroSerializer, AvroDeserializer],
  JSON: [JsonSerializer, JsonDeserializer],
  PROTOBUF: [ProtobufSerializer, ProtobufDeserializer],
};
const revived = (_, value) => (value?.$bytes === undefined ? value : Buffer.from(value.$bytes, "hex"));
const refused = (error) => ({ $refused: `${error.name}: ${error.message}` });
const shown = (_, value) => (value?.type === "Buffer" ? { $bytes: Buffer.from(value.data).toString("hex") } : value);

async function confluent(url, job) {
  const client = new SchemaRegistryClient({ baseURLs: [url] });
  const [Serializer, Deserializer] = KINDS[job.kind];
  const side = job.isKey ? SerdeType.KEY : SerdeType.VALUE;
  const files = createFileRegistry(fromBinary(FileDescriptorSetSchema, job.files ?? Buffer.alloc(0)));
  const messages = job.kind === "PROTOBUF" ? files.getMessage(job.message) : undefined;
  const conf = messages ? { registry: files, autoRegisterSchemas: true } : { useLatestVersion: true, validate: true };
  if (job.inHeader) conf.schemaIdSerializer = HeaderSchemaIdSerializer;
  const headers = {};
  const value = messages ? fromJson(messages, job.value) : job.value;
  const reading = new Deserializer(client, side, { validate: true }).deserialize(job.topic, job.data, job.headers);
  const read = await reading.then((found) => (messages ? { [found.$typeName]: toJson(messages, found) } : found), refused);
  return { read, written: await new Serializer(client, side, conf).serialize(job.topic, value, headers), headers };
}

async function kafkajs(url, job) {
  const registry = new SchemaRegistry({ host: url }, { [SchemaType.PROTOBUF]: { messageName: job.message } });
  const written = await registry.encode(job.data.readInt32BE(1), job.value);
  return { read: await registry.decode(job.data).catch(refused), written, headers: {} };
}

async function main() {
  const { url, jobs } = JSON.parse(require("node:fs").readFileSync(0, "utf8"), revived);
  const told = [];
  for (const job of jobs) {
    told.push(await { confluent, kafkajs }[job.client](url, job));
  }
  return told;
}

main().then((told) => console.log(JSON.stringify(told, shown)));
