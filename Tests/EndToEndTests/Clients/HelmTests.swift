import TestSupport
import Testing

extension EndToEnd {
    /// Unmodified helm with a chart that has hooks before and after each step.
    @Suite(.serialized, .timeLimit(.minutes(5)), .onHost)
    struct HelmTests {
        @Test("helm install, upgrade, history, rollback and uninstall, with hooks")
        func release() async throws {
            let chart = Host.checkout + "/Tests/EndToEndTests/Fixtures/chart"
            let page = "curl -sS --max-time 3 http://$(kubectl get service site -o jsonpath='{.spec.clusterIP}')"
            try await OnHost.host.follow(
                Step("kubectl create namespace shop && kubectl config set-context --current --namespace=shop", "created"),
                Step("helm install site \(chart) --wait --timeout 60s", "STATUS: deployed"),
                Step("kubectl wait --for=condition=Complete job/site-pre-install job/site-post-install --timeout=5s", "post-install condition met"),
                Step("kubectl logs job/site-pre-install", "^pre-install$"),
                Step(page, "^one$"),
                Step("helm upgrade site \(chart) --set page=two,replicas=2 --wait --timeout 60s", "REVISION: 2"),
                Step("kubectl get job site-post-upgrade -o jsonpath='{.status.succeeded}'", "^1$"),
                Step(page, "^two$"),
                Step("helm upgrade site \(chart) --set image=nginx:absent --wait --timeout 5s", "context deadline exceeded|not ready", exit: 1),
                Step("helm history site", #"1 .*superseded(.|\n)*2 .*deployed|superseded(.|\n)*3 .*failed"#),
                Step("helm rollback site 1 --wait --timeout 60s", "Rollback was a success"),
                Step(page, "^one$"),
                Step("helm get values site --revision 2", "page: two"),
                Step("helm get manifest site", "kind: Deployment"),
                Step("helm list", #"site\s+shop\s+4"#),
                Step("helm status site -o json | jq -r .info.status", "^deployed$"),
                Step("helm uninstall site --wait", "uninstalled"),
                Step("kubectl logs job/site-pre-delete", "^pre-delete$"),
                Step("kubectl get deployments,services,configmaps -o name | grep -v kube-root-ca", "^$", exit: 1),
                Step("helm list", #"^NAME[^\n]*$"#))
        }

        @Test("A chart can be tried by a dry run, and helm tells what the server refuses of one")
        func refusal() async throws {
            let chart = Host.checkout + "/Tests/EndToEndTests/Fixtures/chart"
            try await OnHost.host.follow(
                Step("kubectl create namespace empty && kubectl config set-context --current --namespace=empty", "created"),
                Step("helm template site \(chart) | kubectl apply --dry-run=server -f - | grep -c 'server dry run'", "^9$"),
                Step("helm install site \(chart) --set replicas=-1 --no-hooks", "must be greater than or equal to 0", exit: 1),
                Step("kubectl get deployments", "No resources found"))
        }
    }
}
