// What Confluent's Java client makes of Momus, told as lines of a name, a tab and a value. Arguments: the registry's URL,
// and a message in hex that another client wrote there.
import io.confluent.kafka.schemaregistry.CompatibilityLevel;
import io.confluent.kafka.schemaregistry.avro.AvroSchema;
import io.confluent.kafka.schemaregistry.avro.AvroSchemaProvider;
import io.confluent.kafka.schemaregistry.client.CachedSchemaRegistryClient;
import io.confluent.kafka.schemaregistry.client.SchemaRegistryClient;
import io.confluent.kafka.schemaregistry.client.rest.RestService;
import io.confluent.kafka.schemaregistry.client.rest.entities.Config;
import io.confluent.kafka.schemaregistry.client.rest.entities.Metadata;
import io.confluent.kafka.schemaregistry.client.rest.entities.SchemaReference;
import io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import io.confluent.kafka.serializers.KafkaAvroDeserializer;
import io.confluent.kafka.serializers.KafkaAvroSerializer;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.avro.generic.GenericData;

public class Client {
  static final String CUSTOMER = record("Customer", "{\"name\":\"name\",\"type\":\"string\"}");
  static final String ORDER =
      record("Order", "{\"name\":\"n\",\"type\":\"long\"},{\"name\":\"customer\",\"type\":\"Customer\"}");

  static String record(String name, String fields) {
    return "{\"type\":\"record\",\"name\":\"" + name + "\",\"namespace\":\"shop\",\"fields\":[" + fields + "]}";
  }

  static void tell(String name, Callable<?> asked) throws Exception {
    Object told;
    try {
      told = asked.call();
    } catch (RestClientException refused) {
      told = refused.getStatus() + " " + refused.getErrorCode() + " " + refused.getMessage();
    }
    System.out.println(name + "\t" + told);
  }

  public static void main(String[] arguments) throws Exception {
    RestService rest = new RestService(arguments[0]);
    SchemaRegistryClient client =
        new CachedSchemaRegistryClient(rest, 100, List.of(new AvroSchemaProvider()), Map.of(), Map.of());
    AvroSchema customer = new AvroSchema(CUSTOMER);
    AvroSchema other = new AvroSchema(record("Customer", "{\"name\":\"name\",\"type\":\"int\"}"));
    AvroSchema order =
        new AvroSchema(
            ORDER,
            List.of(new SchemaReference("shop.Customer", "customer", 1)),
            Map.of("shop.Customer", CUSTOMER),
            new Metadata(null, Map.of("owner", "us"), null),
            null,
            null,
            true);

    tell("customer", () -> client.register("customer", customer));
    tell("order", () -> client.register("orders-value", order));
    client.reset();
    tell("again", () -> client.register("customer", customer));
    tell("by id", () -> client.getSchemaById(3).canonicalString());
    tell("references", () -> client.getSchemaBySubjectAndId("orders-value", 3).references());
    tell("metadata", () -> client.getLatestSchemaMetadata("orders-value").getMetadata().getProperties());
    tell("found by metadata",
        () -> client.getLatestWithMetadata("orders-value", Map.of("owner", "us"), false).getVersion());
    tell("not found by metadata",
        () -> client.getLatestWithMetadata("orders-value", Map.of("owner", "them"), false).getVersion());
    tell("referenced by", () -> rest.getReferencedBy("customer", 1));
    tell("version", () -> client.getVersion("orders-value", order));
    tell("subjects", client::getAllSubjects);
    tell("subjects of id", () -> client.getAllSubjectsById(2));
    tell("versions of id", () -> client.getAllVersionsById(2));
    tell("incompatible", () -> client.register("customer", other));
    tell("messages", () -> client.testCompatibilityVerbose("customer", other).get(0));
    tell("level", () -> client.updateCompatibility("customer", CompatibilityLevel.NONE.name));
    tell("config", () -> client.getConfig("customer").getCompatibilityLevel());
    tell("inherited", () -> client.getConfig("orders-value").getCompatibilityLevel());
    tell("second", () -> client.register("customer", other));
    tell("settings", () -> client.updateConfig("other",
        new Config(null, true, null, null, "FULL", "group", null, null, null, null)).getCompatibilityGroup());
    tell("mode", () -> client.setMode("READONLY", "customer"));
    tell("read-only", () -> client.deleteSubject("customer"));
    client.deleteMode("customer");
    tell("no mode", () -> client.getMode("customer"));
    tell("mode of all", client::getMode);
    tell("referred to", () -> client.deleteSchemaVersion("customer", "1"));
    tell("deleted version", () -> client.deleteSchemaVersion("customer", "2"));
    tell("deleted for good", () -> client.deleteSchemaVersion("customer", "2", true));
    tell("unknown id", () -> client.getSchemaById(99));
    tell("unknown subject", () -> client.getLatestSchemaMetadata("nobody"));
    tell("types", () -> rest.getSchemaTypes());
    tell("in a context", () -> client.register(":.teamA:customer", customer));
    tell("contexts", client::getAllContexts);

    KafkaAvroSerializer serializer = new KafkaAvroSerializer(client);
    serializer.configure(
        Map.of("schema.registry.url", arguments[0], "auto.register.schemas", false, "use.latest.version", true), false);
    KafkaAvroDeserializer deserializer = new KafkaAvroDeserializer(client);
    GenericData.Record who = new GenericData.Record(customer.rawSchema());
    who.put("name", "Ann");
    GenericData.Record what = new GenericData.Record(order.rawSchema());
    what.put("n", 7L);
    what.put("customer", who);
    byte[] encoded = serializer.serialize("orders", what);
    tell("encoded", () -> HexFormat.of().formatHex(encoded));
    tell("decoded", () -> deserializer.deserialize("orders", encoded));
    tell("other", () -> deserializer.deserialize("users", HexFormat.of().parseHex(arguments[1])));
  }
}
