// SPDX-License-Identifier: BSD-3-Clause
// One node of OpenSearch, until SIGTERM: OpenSearch DIRECTORY PORT.
import org.codelibs.opensearch.runner.OpenSearchRunner;

class OpenSearch {
    public static void main(String[] arguments) throws Exception {
        var runner = new OpenSearchRunner();
        runner.onBuild((number, settings) -> {
            settings.put("http.port", arguments[1]);
            settings.put("discovery.type", "single-node");
            settings.putList("node.roles", "cluster_manager", "data", "ingest");
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                runner.close();
            } catch (Exception e) {
                e.printStackTrace();
            }
        }));
        runner.build(OpenSearchRunner.newConfigs().numOfNode(1).basePath(arguments[0]));
        Thread.currentThread().join();
    }
}
