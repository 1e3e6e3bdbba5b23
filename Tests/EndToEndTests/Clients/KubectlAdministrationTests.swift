import Foundation
import Testing

extension EndToEnd {
    /// The commands of kubectl that parts of objects, nodes, certificates and the cluster as a whole are worked on with.
    @Suite(.serialized, .timeLimit(.minutes(5)), .onHost)
    struct KubectlAdministrationTests {
        @Test("kubectl on subresources: get, patch, edit, replace, apply and debug")
        func parts() async throws {
            let address = "jsonpath='{.status.loadBalancer.ingress[0].ip}'"
            try await OnHost.host.follow(
                Step("kubectl create namespace parts && kubectl config set-context --current --namespace=parts", "created"),
                Step("kubectl create deployment d --image=nginx:1.27 --replicas=0", "created"),
                Step("kubectl get deployment d --subresource=scale", #"NAME +DESIRED +AVAILABLE +AGE\nd +0 +0 "#),
                Step("kubectl get deployment d --subresource=status -o name", "^deployment.apps/d$"),
                Step("kubectl get configmap kube-root-ca.crt --subresource=status", "NotFound", exit: 1),
                Step(#"kubectl patch deployment d --subresource=scale --type=merge -p '{"spec":{"replicas":1}}'"#, "scale.autoscaling/d patched"),
                Step("kubectl get deployment d -o jsonpath='{.spec.replicas}'", "^1$"),
                Step("kubectl create ingress i --rule='example.com/x=web:80'", "created"),
                Step(#"kubectl patch ingress i --subresource=status --type=merge -p '{"status":{"loadBalancer":{"ingress":[{"ip":"10.9.9.9"}]}}}'"#, "i patched"),
                Step("KUBE_EDITOR='sed -i s/10.9.9.9/10.9.9.8/' kubectl edit ingress i --subresource=status", "i edited"),
                Step("kubectl get ingress i", #"i +<none> +example.com +10.9.9.8 +80"#),
                Step("kubectl get ingress i -o json | jq '.status.loadBalancer.ingress[0].ip = \"10.9.9.7\" | .metadata.resourceVersion = null' | kubectl replace --subresource=status -f -", "i replaced"),
                Step("kubectl get ingress i -o \(address)", "^10.9.9.7$"),
                Step("echo '{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i}, status: {loadBalancer: {ingress: [{ip: 10.9.9.6}]}}}' | kubectl apply --server-side --subresource=status --force-conflicts -f -", "i serverside-applied"),
                Step("kubectl get ingress i -o \(address)", "^10.9.9.6$"),
                Step("kubectl run p --image=busybox:1.36 --command -- sleep 1000", "created"),
                Step("kubectl debug p --image=busybox:1.36 --container=look --target=p -- sleep 1", ""),
                Step("kubectl get pod p -o jsonpath='{.spec.ephemeralContainers[0].name}'", "^look$"),
                Step("kubectl create token default --bound-object-kind=Pod --bound-object-name=p --audience=vault -o json | jq -c .spec.boundObjectRef.name", #"^"p"$"#),
                Step("kubectl delete pod p --grace-period=0 --force", "force deleted"))
        }

        @Test("kubectl apply: sets that are pruned, and what was applied by the client before")
        func apply() async throws {
            func configMap(_ name: String, _ data: String) -> String { "{apiVersion: v1, kind: ConfigMap, metadata: {name: \(name)}, data: {\(data)}}" }
            let set = "KUBECTL_APPLYSET=true kubectl apply -n sets --prune --applyset=parent -f -"
            try await OnHost.host.follow(
                Step("kubectl create namespace sets && kubectl config set-context --current --namespace=sets", "created"),
                Step("printf '\(configMap("one", ""))\\n---\\n\(configMap("two", ""))\\n' | \(set)", "configmap/two created"),
                Step("echo '\(configMap("one", ""))' | \(set)", "configmap/two pruned"),
                Step("kubectl get configmap two", "NotFound", exit: 1),
                Step("echo '\(configMap("moved", "a: b, c: d"))' | kubectl apply -f -", "configmap/moved created"),
                Step("echo '\(configMap("moved", "a: b"))' | kubectl apply --server-side -f -", "serverside-applied"),
                // What the client applied before and no longer states goes, though another manager set it.
                Step("kubectl get configmap moved -o jsonpath='{.data}'", #"^\{"a":"b"\}$"#),
                Step("kubectl get configmap moved -o jsonpath='{.metadata.managedFields[*].operation}' --show-managed-fields", "^Apply Apply$"),
                Step("kubectl get configmap moved -o yaml | kubectl replace --force -f -", "configmap/moved replaced"),
                Step("(sleep 1; kubectl create configmap late) & kubectl wait --for=create configmap/late --timeout=20s; wait", "configmap/late condition met"),
                Step("(sleep 1; kubectl delete configmap late) & kubectl wait --for=delete configmap/late --timeout=20s; wait", "configmap/late"),
                Step("kubectl label configmap one q=r && kubectl label configmap one --list", "q=r"),
                Step("kubectl annotate configmap one q=r && kubectl annotate configmap one --list", "q=r"),
                Step("kubectl get configmap,serviceaccount --show-kind", "configmap/one(.|\n)*serviceaccount/default"))
        }

        @Test("kubectl on nodes and certificates")
        func administration() async throws {
            let request =
                "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIYk1JR0NBZ0VBTUNBeEREQUtCZ05WQkFNTUEyRnViakVRTUE0R0ExVUVDZ3dIY21WaFpHVnljekJaTUJNRwpCeXFHU000OUFnRUdDQ3FHU000OUF3RUhBMElBQkhkb0hGbExhMmlZNFk3bnpHRGxNMEJYTDJkZ2U5bTJndXhaCkg3SUsxeHhVQ3FzRXFNRFp4T3VUSnE3WW9jTGJmY2t6NE9oUGcwMC9CYitiTTBiaS9PdWdBREFLQmdncWhrak8KUFFRREFnTklBREJGQWlFQWljZDNvdEh2TEpvSnlYeC82LysyZ0dUNUlwN0dFbFRwSmVSOENhM1VQdnNDSUJwUAo4K0hpOEh5cDNnQSthWC9tRUU5MVB0RHJuOVc3bUV2TnNrVkdNN1NYCi0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo="
            func signing(_ name: String) -> String {
                "{apiVersion: certificates.k8s.io/v1, kind: CertificateSigningRequest, metadata: {name: \(name)}, spec: {request: \(request), signerName: kubernetes.io/kube-apiserver-client, usages: [client auth]}}"
            }
            try await OnHost.host.follow(
                Step("kubectl config set-context --current --namespace=default", "modified"),
                Step("echo '{apiVersion: v1, kind: Node, metadata: {name: spare}}' | kubectl create -f -", "node/spare created"),
                Step("kubectl taint node spare a=b:NoSchedule", "node/spare tainted"),
                Step("kubectl taint node spare a=b:NoSchedule", "already has", exit: 1),
                Step("kubectl cordon spare && kubectl get node spare", "SchedulingDisabled"),
                Step("kubectl drain spare --ignore-daemonsets", "node/spare drained"),
                Step("kubectl uncordon spare && kubectl taint node spare a-", "node/spare untainted"),
                Step("kubectl label node spare node-role.kubernetes.io/worker= && kubectl get node spare", #"spare +\S+ +worker "#),
                Step("kubectl delete node spare", "deleted"),
                Step("echo '\(signing("approved"))' | kubectl apply -f - && echo '\(signing("denied"))' | kubectl apply -f -", "denied created"),
                Step("kubectl certificate approve approved && kubectl certificate deny denied", "denied denied"),
                Step("kubectl get csr", #"approved +\S+ +\S+ +kubernetes-admin +<none> +Approved\ndenied +\S+ +\S+ +kubernetes-admin +<none> +Denied"#),
                Step("kubectl delete csr approved denied", "deleted"),
                Step("kubectl create clusterrole all --aggregation-rule=part-of=all && kubectl create clusterrole part --verb=get --resource=pods && kubectl label clusterrole part part-of=all", "labeled"),
                Step(#"kubectl wait --for=jsonpath='{.rules[0].resources[0]}'=pods clusterrole/all --timeout=20s"#, "condition met"),
                Step("echo '{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: r, namespace: default}, rules: [{apiGroups: [\"\"], resources: [pods], verbs: [get]}]}' | kubectl auth reconcile -f -", "role.*/r reconciled"),
                Step("kubectl delete clusterrole/all clusterrole/part role/r", "deleted"))
        }

        @Test("kubectl on the cluster as a whole: proxy, dump, resources and explanations")
        func cluster() async throws {
            let definition =
                "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: gadgets.example.com}, spec: {group: example.com, scope: Namespaced, names: {plural: gadgets, singular: gadget, kind: Gadget}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, description: Something small., properties: {spec: {type: object, description: What is asked for., properties: {size: {type: integer, description: How large.}}}}}}}]}}"
            try await OnHost.host.follow(
                Step("kubectl proxy --port=0 > proxy.log & for i in $(seq 100); do grep -q Starting proxy.log && break; sleep 0.1; done; curl -s http://$(grep -o '127.*' proxy.log)/api/; kill $!", #""versions":\["v1"\]"#),
                Step("kubectl proxy --unix-socket=$PWD/proxy.sock > unix.log & for i in $(seq 100); do grep -q Starting unix.log && break; sleep 0.1; done; curl -s --unix-socket proxy.sock http://localhost/api/; kill $!", #""versions":\["v1"\]"#),
                Step("kubectl cluster-info dump --output-directory=dump && cat dump/nodes.json", #""kind": "NodeList""#),
                Step("kubectl api-resources --verbs=list,create --namespaced --sort-by=kind --api-group=apps -o name", "^controllerrevisions.apps\ndaemonsets.apps\ndeployments.apps\nreplicasets.apps\nstatefulsets.apps$"),
                Step("kubectl api-versions", "(^|\n)v1(\n|$)"),
                Step("kubectl version -o json | jq -r '.serverVersion.major + .serverVersion.minor + .clientVersion.major'", "^1361$"),
                Step("kubectl explain horizontalpodautoscaler --api-version=autoscaling/v1 --recursive", "targetCPUUtilizationPercentage"),
                // kubectl itself cannot explain a kind by its group when a group before has one of the same name.
                Step("for kind in $(kubectl api-resources -o name | grep -v -e review -e '^events.events' -e metrics.k8s.io); do kubectl explain $kind | grep -A1 '^DESCRIPTION' | grep -q '<empty>' && echo $kind; done", "^$", exit: 1),
                Step("echo '\(definition)' | kubectl apply -f -", "created"),
                Step("kubectl explain gadgets", "Something small."),
                Step("kubectl explain gadgets.spec.size --api-version=example.com/v1", #"FIELD: size <integer>(.|\n)*How large\."#),
                Step("kubectl explain gadgets --recursive", #"spec\s<Object>\n +size\s<integer>"#),
                Step("kubectl delete crd gadgets.example.com", "deleted"),
                // In kubectl's words when it asks anew what there is, in the server's when it remembers.
                Step("kubectl get gadgets", "doesn't have a resource type|could not find the requested resource", exit: 1))
        }
    }
}
