// SPDX-License-Identifier: BSD-3-Clause
// One node of Elasticsearch, until SIGTERM: Elasticsearch DIRECTORY PORT.
import org.codelibs.elasticsearch.runner.ElasticsearchClusterRunner;

class Elasticsearch {
    public static void main(String[] arguments) throws Exception {
        var runner = new ElasticsearchClusterRunner();
        runner.onBuild((number, settings) -> {
            settings.put("http.port", arguments[1]);
            settings.put("discovery.type", "single-node");
            settings.putList("node.roles", "master", "data", "ingest");
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                runner.close();
            } catch (Exception e) {
                e.printStackTrace();
            }
        }));
        runner.build(ElasticsearchClusterRunner.newConfigs().numOfNode(1).basePath(arguments[0]));
        Thread.currentThread().join();
    }
}
