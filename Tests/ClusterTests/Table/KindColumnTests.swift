import APIMachinery
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(1))) struct KindColumnTests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    struct Case: Sendable, CustomTestStringConvertible {
        var type: ResourceType
        /// The columns always shown, then those of `-o wide`, separated by a bar.
        var columns: String
        var fields: String
        /// The cells but for the name, all of them.
        var cells: [JSON]
        var testDescription: String { type.description }

        init(_ type: ResourceType, _ columns: String, _ fields: String, _ cells: JSON...) {
            (self.type, self.columns, self.fields, self.cells) = (type, columns, fields, cells)
        }
    }

    static let cases: [Case] = [
        Case(
            .podTemplates, "Name,Containers,Images,Pod Labels",
            #"{"template":{"metadata":{"labels":{"b":"2","a":"1"}},"spec":{"containers":[{"name":"x","image":"i"},{"name":"y","image":"j"}]}}}"#,
            "x,y", "i,j", "a=1,b=2"),
        Case(
            .replicationControllers, "Name,Desired,Current,Ready,Age|Containers,Images,Selector",
            #"{"spec":{"replicas":3,"selector":{"a":"b"}},"status":{"replicas":2,"readyReplicas":1}}"#, 3, 2, 1, "<unknown>", "", "", "a=b"),
        Case(
            .daemonSets, "Name,Desired,Current,Ready,Up-to-date,Available,Node Selector,Age|Containers,Images,Selector",
            #"{"spec":{"selector":{"matchLabels":{"a":"b"}}},"status":{"desiredNumberScheduled":5,"currentNumberScheduled":4,"numberReady":3,"updatedNumberScheduled":2,"numberAvailable":1}}"#,
            5, 4, 3, 2, 1, "<none>", "<unknown>", "", "", "a=b"),
        Case(
            .statefulSets, "Name,Ready,Age|Containers,Images", #"{"spec":{"replicas":2},"status":{"readyReplicas":1}}"#, "1/2", "<unknown>", "", ""),
        Case(
            .cronJobs, "Name,Schedule,Timezone,Suspend,Active,Last Schedule,Age|Containers,Images,Selector",
            #"{"spec":{"schedule":"@daily","suspend":false},"status":{"active":[{}],"lastScheduleTime":"2027-01-15T07:59:00Z"}}"#,
            "@daily", "<none>", "False", 1, "60s", "<unknown>", "", "", "<none>"),
        Case(
            .controllerRevisions, "Name,Controller,Revision,Age",
            #"{"revision":4,"metadata":{"ownerReferences":[{"apiVersion":"apps/v1","kind":"DaemonSet","name":"d","uid":"u","controller":true}]}}"#,
            "daemonset.apps/d", 4, "<unknown>"),
        Case(
            .horizontalPodAutoscalers, "Name,Reference,Targets,MinPods,MaxPods,Replicas,Age",
            #"{"apiVersion":"autoscaling/v2","spec":{"scaleTargetRef":{"kind":"Deployment","name":"web"},"minReplicas":1,"maxReplicas":5,"metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"averageUtilization":80}}},{"type":"Pods","pods":{"target":{"averageValue":"10"}}},{"type":"External","external":{"target":{"value":"3"}}}]},"status":{"currentReplicas":2,"currentMetrics":[{"type":"Resource","resource":{"name":"cpu","current":{"averageUtilization":12}}}]}}"#,
            "Deployment/web", "cpu: 12%/80%, <unknown>/10 + 1 more...", "1", "5", "2", "<unknown>"),
        Case(
            .podDisruptionBudgets, "Name,Min Available,Max Unavailable,Allowed Disruptions,Age",
            #"{"spec":{"maxUnavailable":"30%"},"status":{"disruptionsAllowed":2}}"#, "N/A", "30%", 2, "<unknown>"),
        Case(
            .resourceQuotas, "Name,Request,Limit,Age",
            #"{"status":{"hard":{"pods":"4","limits.cpu":"2","requests.cpu":"1"},"used":{"pods":"1","limits.cpu":"500m"}}}"#,
            "pods: 1/4, requests.cpu: 0/1", "limits.cpu: 500m/2", "<unknown>"),
        Case(
            .priorityClasses, "Name,Value,Global-Default,Age,PreemptionPolicy", #"{"value":7,"preemptionPolicy":"Never"}"#, 7, false, "<unknown>", "Never"),
        Case(.runtimeClasses, "Name,Handler,Age", #"{"handler":"kata"}"#, "kata", "<unknown>"),
        Case(
            .flowSchemas, "Name,PriorityLevel,MatchingPrecedence,DistinguisherMethod,Age,MissingPL",
            #"{"spec":{"priorityLevelConfiguration":{"name":"p"},"matchingPrecedence":9,"distinguisherMethod":{"type":"ByUser"}},"status":{"conditions":[{"type":"Dangling","status":"False"}]}}"#,
            "p", 9, "ByUser", "<unknown>", "False"),
        Case(
            .priorityLevelConfigurations, "Name,Type,NominalConcurrencyShares,Queues,HandSize,QueueLengthLimit,Age",
            #"{"spec":{"type":"Limited","limited":{"nominalConcurrencyShares":30,"limitResponse":{"type":"Queue","queuing":{"queues":64,"handSize":8,"queueLengthLimit":50}}}}}"#,
            "Limited", 30, 64, 8, 50, "<unknown>"),
        Case(
            .ingresses, "Name,Class,Hosts,Address,Ports,Age",
            #"{"spec":{"ingressClassName":"nginx","tls":[{}],"rules":[{"host":"a"},{"host":"b"},{"host":"c"},{"host":"d"}]},"status":{"loadBalancer":{"ingress":[{"ip":"10.0.0.2"},{"hostname":"lb"}]}}}"#,
            "nginx", "a,b,c + 1 more...", "10.0.0.2,lb", "80, 443", "<unknown>"),
        Case(
            .ingressClasses, "Name,Controller,Parameters,Age",
            #"{"spec":{"controller":"k8s.io/x","parameters":{"apiGroup":"k8s.io","kind":"Conf","name":"c"}}}"#, "k8s.io/x", "Conf.k8s.io/c", "<unknown>"),
        Case(.networkPolicies, "Name,Pod-Selector,Age", #"{"spec":{"podSelector":{}}}"#, "<none>", "<unknown>"),
        Case(
            .ipAddresses, "Name,ParentRef", #"{"spec":{"parentRef":{"resource":"services","namespace":"default","name":"web"}}}"#,
            "services/default/web"),
        Case(.serviceCIDRs, "Name,CIDRs,Age", #"{"spec":{"cidrs":["10.0.0.0/16","fd00::/112"]}}"#, "10.0.0.0/16,fd00::/112", "<unknown>"),
        Case(.roles, "Name,Created At", #"{"metadata":{"creationTimestamp":"2026-01-01T00:00:00Z"}}"#, "2026-01-01T00:00:00Z"),
        Case(.limitRanges, "Name,Created At", #"{"metadata":{"creationTimestamp":"2026-01-01T00:00:00Z"}}"#, "2026-01-01T00:00:00Z"),
        Case(
            .roleBindings, "Name,Role,Age|Users,Groups,ServiceAccounts",
            #"{"roleRef":{"kind":"Role","name":"r"},"subjects":[{"kind":"User","name":"u"},{"kind":"User","name":"v"},{"kind":"ServiceAccount","namespace":"n","name":"s"}]}"#,
            "Role/r", "<unknown>", "u, v", "", "n/s"),
        Case(
            .certificateSigningRequests, "Name,Age,SignerName,Requestor,RequestedDuration,Condition",
            #"{"spec":{"signerName":"e.com/s","username":"alice","expirationSeconds":86400},"status":{"conditions":[{"type":"Approved"}],"certificate":"YQ=="}}"#,
            "<unknown>", "e.com/s", "alice", "24h", "Approved,Issued"),
        Case(
            .storageClasses, "Name,Provisioner,ReclaimPolicy,VolumeBindingMode,AllowVolumeExpansion,Age",
            #"{"provisioner":"p","reclaimPolicy":"Retain"}"#, "p", "Retain", "Immediate", false, "<unknown>"),
        Case(
            .volumeAttachments, "Name,Attacher,PV,Node,Attached,Age",
            #"{"spec":{"attacher":"a","nodeName":"n","source":{"persistentVolumeName":"v"}},"status":{"attached":true}}"#, "a", "v", "n", true, "<unknown>"),
        Case(
            .csiDrivers, "Name,AttachRequired,PodInfoOnMount,StorageCapacity,TokenRequests,RequiresRepublish,Modes,Age",
            #"{"spec":{"volumeLifecycleModes":["Persistent"]}}"#, true, false, false, "<unset>", false, "Persistent", "<unknown>"),
        Case(.mutatingWebhookConfigurations, "Name,Webhooks,Age", #"{"webhooks":[{},{}]}"#, 2, "<unknown>"),
        Case(
            .validatingAdmissionPolicies, "Name,Validations,ParamKind,Age", #"{"spec":{"validations":[{}],"paramKind":{"apiVersion":"v1","kind":"ConfigMap"}}}"#,
            1, "v1/ConfigMap", "<unknown>"),
        Case(.validatingAdmissionPolicyBindings, "Name,PolicyName,ParamRef,Age", #"{"spec":{"policyName":"p"}}"#, "p", "<unset>", "<unknown>"),
        Case(
            .componentStatuses, "Name,Status,Message,Error", #"{"conditions":[{"type":"Healthy","status":"True","message":"ok"}]}"#, "Healthy", "ok", ""),
    ]

    @Test("columns and cells are those that kubectl's users know", arguments: cases) func columns(_ test: Case) throws {
        let columns = TableColumns.of(test.type)
        let shown = columns.filter { $0.priority == 0 }.map(\.name).joined(separator: ",")
        let wide = columns.filter { $0.priority == 1 }.map(\.name).joined(separator: ",")
        #expect((wide.isEmpty ? shown : "\(shown)|\(wide)") == test.columns)
        let object = Object(try #require(try JSON(parsing: test.fields).object))
        #expect(columns.dropFirst().map { $0.cell(object, Self.now) } == test.cells)
    }
}
