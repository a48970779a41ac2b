// SPDX-License-Identifier: BSD-3-Clause
// The least that a sink connector does, for no connector to an index is served by the registry: each record becomes a
// document, named by its topic and key. It tries until the index answers; what the index refuses it reports.
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.sink.SinkConnector;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;

public class BulkSink extends SinkConnector {
    private Map<String, String> properties;

    @Override public String version() { return "1"; }
    @Override public void start(Map<String, String> given) { properties = given; }
    @Override public void stop() { }
    @Override public ConfigDef config() { return new ConfigDef(); }
    @Override public Class<? extends Task> taskClass() { return BulkTask.class; }
    @Override public List<Map<String, String>> taskConfigs(int most) { return List.of(properties); }

    public static class BulkTask extends SinkTask {
        private static final ObjectMapper JSON = new ObjectMapper();
        private final HttpClient client = HttpClient.newHttpClient();
        private final JsonConverter converter = new JsonConverter();
        private URI url;

        @Override public String version() { return "1"; }
        @Override public void stop() { }

        @Override public void start(Map<String, String> properties) {
            url = URI.create(properties.get("connection.url") + "/_bulk");
            converter.configure(Map.of("schemas.enable", "false"), false);
        }

        @Override public void put(Collection<SinkRecord> given) {
            var records = new ArrayList<>(given);
            var body = new StringBuilder();
            for (var record : records) {
                JsonNode name = JSON.valueToTree(Map.of("index", Map.of("_index", record.topic(), "_id", String.valueOf(record.key()))));
                var text = converter.fromConnectData(record.topic(), record.valueSchema(), record.value());
                body.append(name).append('\n').append(new String(text, StandardCharsets.UTF_8)).append('\n');
            }
            if (!records.isEmpty())
                check(records, send(body.toString()));
        }

        private JsonNode send(String body) {
            var request = HttpRequest.newBuilder(url).header("Content-Type", "application/x-ndjson")
                .POST(HttpRequest.BodyPublishers.ofString(body)).build();
            try {
                var answer = client.send(request, HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() != 200)
                    throw new RetriableException(answer.statusCode() + " " + answer.body());
                return JSON.readTree(answer.body()).get("items");
            } catch (java.io.IOException | InterruptedException e) {
                throw new RetriableException(e);
            }
        }

        private void check(List<SinkRecord> records, JsonNode items) {
            for (int i = 0; i < records.size(); i++) {
                var item = items.get(i).elements().next();
                int status = item.get("status").asInt();
                if (status == 429 || status >= 500)
                    throw new RetriableException(item.toString());
                if (status >= 400)
                    context.errantRecordReporter().report(records.get(i), new Exception(item.get("error").toString()));
            }
        }
    }
}
