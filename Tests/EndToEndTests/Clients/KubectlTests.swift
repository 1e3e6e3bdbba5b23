import Foundation
import Testing

extension EndToEnd {
    /// Unmodified kubectl, command by command, each family in a namespace of its own.
    @Suite(.serialized, .timeLimit(.minutes(10)), .onHost)
    struct KubectlTests {
        @Test("kubectl create: every generator")
        func create() async throws {
            try await OnHost.host.follow(
                Step("kubectl create namespace generators", "^namespace/generators created"),
                Step("kubectl config set-context --current --namespace=generators", "modified"),
                Step("kubectl create configmap c --from-literal=a=b --from-file=/etc/hostname", "configmap/c created"),
                Step("kubectl create secret generic s --from-literal=a=b", "secret/s created"),
                Step("kubectl create secret docker-registry d --docker-username=u --docker-password=p", "secret/d created"),
                Step("kubectl create serviceaccount robot", "serviceaccount/robot created"),
                Step("kubectl create token robot --duration=10m", #"^eyJ[^.]+\.[^.]+\.[^.]+$"#),
                Step("kubectl create deployment web --image=nginx:1.27 --replicas=0", "deployment.apps/web created"),
                Step("kubectl create job once --image=busybox:1.36 -- true", "job.batch/once created"),
                Step("kubectl create cronjob often --image=busybox:1.36 --schedule='0 0 1 1 *' -- true", "cronjob.batch/often created"),
                Step("kubectl create job --from=cronjob/often now", "job.batch/now created"),
                Step("kubectl create role reader --verb=get,list --resource=pods", "role.*/reader created"),
                Step("kubectl create rolebinding reads --role=reader --serviceaccount=generators:robot", "rolebinding.*/reads created"),
                Step("kubectl create clusterrole nodes --verb=get --resource=nodes", "clusterrole.*/nodes created"),
                Step("kubectl create clusterrolebinding nodes --clusterrole=nodes --user=ann", "clusterrolebinding.*/nodes created"),
                Step("kubectl create quota q --hard=pods=50", "resourcequota/q created"),
                Step("kubectl create poddisruptionbudget p --selector=app=web --min-available=1", "poddisruptionbudget.policy/p created"),
                Step("kubectl create ingress i --rule='example.com/x=web:80'", "ingress.networking.k8s.io/i created"),
                Step("kubectl create priorityclass high --value=5", "priorityclass.*/high created"),
                Step("kubectl create service clusterip one --tcp=80:80", "service/one created"),
                Step("kubectl create service nodeport two --tcp=80:80", "service/two created"),
                Step("kubectl create service externalname three --external-name=example.com", "service/three created"),
                Step("kubectl create service loadbalancer four --tcp=80:80", "service/four created"),
                Step("kubectl create configmap c --from-literal=a=b", #"configmaps "c" already exists"#, exit: 1),
                Step("kubectl get configmap c -o jsonpath='{.data.a}'", "^b$"),
                Step("kubectl delete clusterrole/nodes clusterrolebinding/nodes priorityclass/high", "deleted"))
        }

        @Test("kubectl get: tables, selectors and every output format")
        func get() async throws {
            try await OnHost.host.follow(
                Step("kubectl create namespace views && kubectl config set-context --current --namespace=views", "created"),
                Step("kubectl run p --image=busybox:1.36 --labels=app=p,tier=x --command -- sleep 1000", "pod/p created"),
                Step("kubectl wait --for=condition=Ready pod/p --timeout=30s", "condition met"),
                Step("kubectl get pods", #"NAME +READY +STATUS +RESTARTS +AGE\np +1/1 +Running +0 +"#),
                Step("kubectl get pods -o wide", #"NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES"#),
                Step("kubectl get pods -A --show-labels", "views +p .*app=p,tier=x"),
                Step("kubectl get pods -l 'app in (p,q),tier!=y' -o name", "^pod/p$"),
                Step("kubectl get pods -l app=q", "No resources found in views namespace"),
                Step("kubectl get pods --field-selector=status.phase=Running,spec.nodeName!=nowhere -o name", "^pod/p$"),
                Step("kubectl get pod p -o yaml", "apiVersion: v1\nkind: Pod"),
                Step("kubectl get pod p -o json | jq -r .kind", "^Pod$"),
                Step("kubectl get pod p -o jsonpath='{.spec.containers[0].image}'", "^busybox:1.36$"),
                Step("kubectl get pods -o custom-columns=N:.metadata.name,T:.metadata.labels.tier", #"N +T\np +x"#),
                Step("kubectl get pods -o go-template='{{range .items}}{{.metadata.name}}{{end}}'", "^p$"),
                Step("kubectl get pods --sort-by=.metadata.creationTimestamp -L app", "APP"),
                Step("kubectl get pods --chunk-size=1 -o name", "^pod/p$"),
                Step("kubectl get pods --watch --output-watch-events --request-timeout=2s", #"ADDED +p +1/1"#),
                Step("kubectl get pod q", #"Error from server \(NotFound\): pods "q" not found"#, exit: 1),
                Step("kubectl get nonsense", "doesn't have a resource type \"nonsense\"", exit: 1),
                Step("kubectl get all", "pod/p"),
                Step("kubectl get --raw /api/v1/namespaces/views/pods/p | jq -r .metadata.name", "^p$"),
                Step("kubectl describe pod p", #"Name: +p(.|\n)*Status: +Running(.|\n)*Events:(.|\n)*Started"#),
                Step("kubectl describe node", #"Conditions:(.|\n)*Ready +True(.|\n)*Allocated resources:"#),
                Step("kubectl events", "Normal +Scheduled +Pod/p"),
                Step("kubectl get events --field-selector=involvedObject.name=p,reason=Started", "Started"),
                Step("kubectl logs p", "^$"),
                Step("kubectl get componentstatuses", "NAME +STATUS"))
        }

        @Test("kubectl apply, diff, edit, patch, replace, label and annotate")
        func change() async throws {
            let manifest = #"{apiVersion: v1, kind: ConfigMap, metadata: {name: c, labels: {set: one}}, data: {a: "1"}}"#
            let changed = manifest.replacingOccurrences(of: #""1""#, with: #""2""#)
            try await OnHost.host.follow(
                Step("kubectl create namespace changes && kubectl config set-context --current --namespace=changes", "created"),
                Step("echo '\(manifest)' | kubectl apply -f -", "configmap/c created"),
                Step("echo '\(manifest)' | kubectl apply -f -", "configmap/c unchanged"),
                Step("echo '\(changed)' | kubectl diff -f -", #"-  a: "1"\n\+  a: "2""#, exit: 1),
                Step("echo '\(changed)' | kubectl apply -f - --dry-run=server", #"configmap/c configured \(server dry run\)"#),
                Step("kubectl get configmap c -o jsonpath='{.data.a}'", "^1$"),
                Step("echo '\(changed)' | kubectl apply -f -", "configmap/c configured"),
                Step("echo '\(changed)' | kubectl diff -f -", "^$"),
                Step("kubectl apply view-last-applied configmap c", "a: \"2\""),
                Step("kubectl create configmap d --from-literal=x=y --dry-run=client -o yaml | kubectl label --local -f - set=one -o yaml | kubectl apply -f -", "configmap/d created"),
                Step("echo '\(changed)' | kubectl apply --prune -l set=one -f -", "configmap/d pruned"),
                Step("echo '{apiVersion: v1, kind: ConfigMap, metadata: {name: s}, data: {k: v}}' | kubectl apply --server-side --field-manager=one -f -", "configmap/s serverside-applied"),
                Step("echo '{apiVersion: v1, kind: ConfigMap, metadata: {name: s}, data: {k: w}}' | kubectl apply --server-side --field-manager=two -f -", #"conflict with "one": \.data\.k"#, exit: 1),
                Step("echo '{apiVersion: v1, kind: ConfigMap, metadata: {name: s}, data: {k: w}}' | kubectl apply --server-side --field-manager=two --force-conflicts -f -", "serverside-applied"),
                Step("kubectl get configmap s -o yaml --show-managed-fields", "manager: two"),
                Step("echo '{apiVersion: v1, kind: ConfigMap, metadata: {name: t}, dta: {k: v}}' | kubectl apply -f -", #"unknown field "dta""#, exit: 1),
                Step("KUBE_EDITOR='sed -i s/w$/edited/' kubectl edit configmap s", "configmap/s edited"),
                Step("kubectl get configmap s -o jsonpath='{.data.k}'", "^edited$"),
                Step(#"kubectl patch configmap s --type=merge -p '{"data":{"m":"1"}}'"#, "configmap/s patched"),
                Step(#"kubectl patch configmap s --type=json -p '[{"op":"test","path":"/data/m","value":"1"},{"op":"remove","path":"/data/m"}]'"#, "configmap/s patched"),
                Step(#"kubectl patch configmap s --type=strategic -p '{"data":{"k":null}}'"#, "configmap/s patched"),
                Step(#"kubectl patch configmap s --type=merge -p '{"data":{"k":null}}'"#, #"patched \(no change\)"#),
                Step("kubectl get configmap c -o json | jq '.data.a = \"3\"' | kubectl replace -f -", "configmap/c replaced"),
                Step("kubectl get configmap c -o json | jq '.data.a = \"4\" | .metadata.resourceVersion = \"1\"' | kubectl replace -f -", "Conflict.*the object has been modified", exit: 1),
                Step("kubectl label configmap c a=b", "configmap/c labeled"),
                Step("kubectl label configmap c a=c", "already has a value", exit: 1),
                Step("kubectl label configmap c a=c --overwrite && kubectl label configmap c a-", "configmap/c unlabeled"),
                Step("kubectl annotate configmap c note='two words'", "configmap/c annotated"),
                Step("kubectl label configmap c 'a=no spaces'", "Invalid value|invalid label value", exit: 1))
        }

        @Test("kubectl rollout, scale, autoscale, expose, set and wait")
        func workloads() async throws {
            try await OnHost.host.follow(
                Step("kubectl create namespace workloads && kubectl config set-context --current --namespace=workloads", "created"),
                Step("kubectl create deployment d --image=busybox:1.36 --replicas=2 -- sleep 1000", "created"),
                Step("kubectl rollout status deployment/d --timeout=30s", "successfully rolled out"),
                Step("kubectl wait --for=condition=Available deployment/d --timeout=30s", "condition met"),
                Step("kubectl set env deployment/d A=b", "env updated"),
                Step("kubectl rollout status deployment/d --timeout=30s", "successfully rolled out"),
                Step("kubectl rollout history deployment/d", #"REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>"#),
                Step("kubectl rollout history deployment/d --revision=2", "A:\tb"),
                Step("kubectl rollout undo deployment/d", "rolled back"),
                Step("kubectl get deployment d -o jsonpath='{.spec.template.spec.containers[0].env}'", "^$"),
                Step("kubectl rollout pause deployment/d", "paused"),
                Step("kubectl set image deployment/d busybox=busybox:stable", "image updated"),
                Step("kubectl rollout undo deployment/d", "cannot rollback a paused deployment", exit: 1),
                Step("kubectl set image deployment/d busybox=busybox:1.36 && kubectl rollout resume deployment/d", "resumed"),
                Step("kubectl rollout restart deployment/d", "restarted"),
                Step("kubectl set resources deployment/d --limits=memory=64Mi --requests=cpu=10m", "resource requirements updated"),
                Step("kubectl set serviceaccount deployment d default", "serviceaccount updated"),
                Step("kubectl rollout status deployment/d --timeout=40s", "successfully rolled out"),
                Step("kubectl scale deployment/d --replicas=3 --current-replicas=9", "Expected replicas to be 9, was 2", exit: 1),
                Step("kubectl scale deployment/d --replicas=1", "scaled"),
                Step("kubectl wait --for=jsonpath='{.status.readyReplicas}'=1 deployment/d --timeout=30s", "condition met"),
                Step("kubectl expose deployment d --port=80", "service/d exposed"),
                Step("kubectl set selector service d app=other && kubectl get service d -o wide", "app=other"),
                Step("kubectl autoscale deployment d --min=1 --max=3 --cpu=50%", "autoscaled"),
                Step("kubectl get hpa d", "Deployment/d"),
                Step("kubectl describe deployment d", #"Replicas: +1 desired(.|\n)*ScalingReplicaSet"#),
                Step("kubectl wait --for=delete pod/none --timeout=5s", ""))
        }

        @Test("kubectl top: pods, their containers and the node")
        func top() async throws {
            let container = #"{"name":"busy","image":"busybox:1.36","command":["sh","-c","while :; do :; done"],"resources":{"limits":{"cpu":"100m","memory":"32Mi"}}}"#
            try await OnHost.host.follow(
                Step("kubectl create namespace usage && kubectl config set-context --current --namespace=usage", "created"),
                Step("kubectl top pods", "No resources found in usage namespace"),
                Step(#"kubectl run busy --image=busybox:1.36 --overrides='{"spec":{"containers":[\#(container)]}}'"#, "pod/busy created"),
                Step("kubectl wait --for=condition=Ready pod/busy --timeout=30s", "condition met"),
                // Until the container is old enough to say anything, as with metrics-server.
                Step("timeout 20 sh -c 'until kubectl top pod busy 2>/dev/null; do :; done'", #"NAME +CPU\(cores\) +MEMORY\(bytes\) *\nbusy +[1-9]\d*m +\d+Mi"#),
                Step("kubectl top pods --no-headers", #"busy +([3-9]\d|1\d\d)m +\d+Mi"#),
                Step("kubectl top pods --containers -A --sum", #"NAMESPACE +POD +NAME +CPU\(cores\) +MEMORY\(bytes\) *\n(.|\n)*usage +busy +busy +[1-9]\d*m +\d+Mi *\n(.|\n)*_+ +_+ *\n +\d+m +\d+Mi"#),
                Step("kubectl top pods -l run=other", "No resources found in usage namespace"),
                Step("kubectl top pods --field-selector=metadata.name=busy --sort-by=cpu", "busy"),
                Step("kubectl top nodes", #"NAME +CPU\(cores\) +CPU\(%\) +MEMORY\(bytes\) +MEMORY\(%\) *\n\S+ +[1-9]\d*m +\d+% +[1-9]\d*Mi +\d+%"#),
                Step("kubectl top node --show-capacity --sort-by=memory", #"[1-9]\d*Mi"#),
                Step("kubectl get pods.metrics.k8s.io", #"NAME +CPU +MEMORY +WINDOW\nbusy +\d+[nu]? +\d+(Ki|Mi)? +[0-9.ms]+"#),
                Step("kubectl get nodes.metrics.k8s.io -o jsonpath='{.items[0].kind}'", "^NodeMetrics$"),
                Step("kubectl explain podmetrics.containers", "FIELD: containers"),
                Step("kubectl top pod other", #"Error from server \(NotFound\): pods "other" not found"#, exit: 1),
                Step("kubectl create rolebinding viewers --clusterrole=view --user=ann", "created"),
                Step("kubectl top pods --as=ann", "busy"),
                Step("kubectl top nodes --as=ann", #"nodes.metrics.k8s.io is forbidden: User "ann" cannot list resource"#, exit: 1),
                Step("kubectl delete pod busy --now", "deleted"))
        }

        @Test("kubectl drain: evictions within a disruption budget")
        func drain() async throws {
            let drain = "kubectl drain $(kubectl get nodes -o name) --pod-selector=app=guarded --grace-period=1"
            try await OnHost.host.follow(
                Step("kubectl create namespace drains && kubectl config set-context --current --namespace=drains", "created"),
                Step("kubectl create deployment guarded --image=busybox:1.36 --replicas=2 -- sleep 1000", "created"),
                Step("kubectl create poddisruptionbudget all --selector=app=guarded --min-available=100%", "created"),
                Step("kubectl rollout status deployment/guarded --timeout=30s", "successfully rolled out"),
                Step("kubectl wait --for=jsonpath='{.status.currentHealthy}'=2 pdb/all --timeout=30s", "condition met"),
                Step("kubectl get pdb all", #"NAME +MIN AVAILABLE +MAX UNAVAILABLE +ALLOWED DISRUPTIONS +AGE\nall +100% +N/A +0 +"#),
                Step(drain + " --timeout=2s", "Cannot evict pod as it would violate the pod's disruption budget", exit: 1),
                Step("kubectl get pods -l app=guarded -o jsonpath='{.items[*].metadata.deletionTimestamp}'", "^$"),
                Step(#"kubectl patch pdb all --type=merge -p '{"spec":{"minAvailable":"0%"}}'"#, "patched"),
                Step("kubectl wait --for=jsonpath='{.status.disruptionsAllowed}'=2 pdb/all --timeout=30s", "condition met"),
                Step(drain + " --timeout=30s", "node/.* drained"),
                Step("kubectl uncordon $(kubectl get nodes -o name)", "uncordoned"),
                Step("kubectl rollout status deployment/guarded --timeout=30s", "successfully rolled out"),
                Step("kubectl describe pdb all", #"Allowed disruptions: +2\n(.|\n)*Current: +2\n"#),
                Step("kubectl delete deployment guarded", "deleted"))
        }

        @Test("kubectl delete: cascades and selectors")
        func delete() async throws {
            try await OnHost.host.follow(
                Step("kubectl create namespace deletions && kubectl config set-context --current --namespace=deletions", "created"),
                Step("for n in a b c; do kubectl create deployment $n --image=busybox:1.36 -- sleep 1000; done", "c created"),
                Step("kubectl wait --for=jsonpath='{.status.replicas}'=1 deployment/a deployment/b deployment/c --timeout=30s", "met"),
                Step("kubectl delete deployment a --cascade=orphan", "deleted"),
                Step("kubectl get replicasets -l app=a -o jsonpath='{.items[*].metadata.ownerReferences}'", "^$"),
                Step("kubectl get replicasets -l app=a -o name", "replicaset.apps/a"),
                Step("kubectl delete deployment b --cascade=foreground", "deleted"),
                Step("kubectl get replicasets,pods -l app=b -o name", "^$"),
                Step("kubectl delete deployment c --cascade=background", "deleted"),
                Step("kubectl wait --for=delete pod -l app=c --timeout=40s", ""),
                Step("kubectl delete replicaset -l app=a", "deleted"),
                Step("kubectl create configmap x && kubectl create configmap y && kubectl delete configmap x y", "\"y\" deleted"),
                Step("kubectl delete configmap x", "NotFound", exit: 1),
                Step("kubectl delete configmap x --ignore-not-found", "^$"),
                Step("kubectl run p --image=busybox:1.36 --command -- sleep 1000 && kubectl delete pod p --now", "deleted"),
                Step("kubectl delete all --all", ""),
                Step("kubectl delete namespace deletions --timeout=40s", "deleted"),
                Step("kubectl get namespace deletions", "NotFound", exit: 1))
        }

        @Test("kubectl explain, api-resources, auth, cluster-info, version and config")
        func introspection() async throws {
            try await OnHost.host.follow(
                Step("kubectl config set-context --current --namespace=default", "modified"),
                Step("kubectl explain pod.spec.containers.image", #"FIELD: image <string>(.|\n)*DESCRIPTION:\n +\S"#),
                Step("kubectl explain deployment --recursive", "minReadySeconds"),
                Step("kubectl explain pod.spec.nonsense", "field \"nonsense\" does not exist", exit: 1),
                Step("kubectl api-resources", #"deployments +deploy +apps/v1 +true +Deployment"#),
                Step("kubectl api-resources --namespaced=false -o name", "nodes"),
                Step("kubectl api-versions", "rbac.authorization.k8s.io/v1"),
                Step("kubectl auth can-i create pods", "^yes"),
                Step("kubectl auth can-i create pods --as=system:serviceaccount:default:default", "^no", exit: 1),
                Step("kubectl auth can-i --list", #"\*\.\* "#),
                Step("kubectl auth whoami", "kubernetes-admin"),
                Step("kubectl get pods --as=ann", #"pods is forbidden: User "ann" cannot list resource "pods" in API group "" in the namespace "default""#, exit: 1),
                Step("kubectl cluster-info", "control plane.* is running at"),
                Step("kubectl version", "Server Version: v1.36"),
                Step("kubectl get --raw '/readyz?verbose'", "readyz check passed"),
                Step("kubectl get --raw /metrics", "apiserver_request_total"),
                Step("kubectl config view --minify -o jsonpath='{.clusters[0].cluster.server}'", "https://127.0.0.1:6443"))
        }
    }
}
