/// What `kubectl explain` says of kinds and fields, for the commonest ones: a table of
/// `Type: text` and `Type.field: text`. Read anew for each document, and not kept.
struct FieldDescriptions {
    private let texts: [Substring: Substring]

    init() {
        var texts: [Substring: Substring] = [:]
        for line in "\(Self.table)".split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            texts[line[..<colon]] = line[line.index(colon, offsetBy: 2)...]
        }
        self.texts = texts
    }

    /// Of a definition, by its full name (`io.k8s.api.core.v1.PodSpec`).
    func of(_ definition: String) -> String? { texts[Self.short(definition)].map(String.init) }

    /// Of a field; members that every object has are described once, under `any`.
    func of(_ field: String, in definition: String) -> String? {
        (texts["\(Self.short(definition)).\(field)"] ?? texts["any.\(field)"]).map(String.init)
    }

    private static func short(_ definition: String) -> Substring { definition.split(separator: ".").last ?? "" }

    static let table: StaticString = """
        any.apiVersion: The group and version of the API that this object is written in, such as apps/v1.
        any.kind: The kind of the object, such as Deployment. It cannot be changed.
        any.metadata: Name, namespace, labels and what else every object has.
        any.spec: What is asked for.
        any.status: What is, as the controllers see it. Written by the system.
        any.items: The objects.
        any.conditions: The state in single statements, each true, false or unknown, with a reason.
        any.observedGeneration: The generation of the spec that this status is about.
        ObjectMeta: What every object has beside its own content.
        ObjectMeta.name: The object's name: unique among its kind in its namespace, and never changed.
        ObjectMeta.generateName: A beginning to which the server adds five characters, when no name is given.
        ObjectMeta.namespace: The namespace that the object is in. Empty for kinds that are in none.
        ObjectMeta.labels: Keys and values by which objects are selected.
        ObjectMeta.annotations: Keys and values that tools keep with the object. Nothing selects by them.
        ObjectMeta.uid: Tells this object from all others, earlier ones of its name included.
        ObjectMeta.resourceVersion: Changes with every write. Sent back with an update, it makes the update fail if somebody else was faster.
        ObjectMeta.generation: Counts the changes to what is asked for.
        ObjectMeta.creationTimestamp: When the object was created.
        ObjectMeta.deletionTimestamp: When the object is to be gone: set by a deletion that waits for a grace period or finalizers.
        ObjectMeta.deletionGracePeriodSeconds: How many seconds the object is given to end.
        ObjectMeta.finalizers: Who must agree before the object goes: each removes its own entry when it is done.
        ObjectMeta.ownerReferences: The objects that this one belongs to. It is deleted when all of them are gone.
        ObjectMeta.managedFields: Which client set which fields. Kept by the server for server-side apply.
        ListMeta: What every list has.
        ListMeta.continue: Asks for the next part of a list that was limited.
        ListMeta.resourceVersion: The version of which the list is a snapshot. A watch may begin from it.
        NodeMetrics: What a node uses, measured when it is asked for.
        PodMetrics: What the running containers of a pod use, measured when it is asked for.
        PodMetrics.containers: The running containers, with what each uses.
        any.timestamp: When it was measured.
        any.window: The time before that over which the use of processors is averaged.
        any.usage: Use of cpu, on average over the window, and of memory: the working set at its end.
        LabelSelector: Selects objects by their labels. All parts must hold.
        LabelSelector.matchLabels: Labels that must have exactly these values.
        LabelSelector.matchExpressions: Requirements on labels: In, NotIn, Exists, DoesNotExist.
        Pod: One or more containers that run together on one node, share an address, and end together.
        PodSpec: What a pod runs, and where and how.
        PodSpec.containers: The containers that run side by side. At least one; cannot be added to later.
        PodSpec.initContainers: Containers that run before the others, one after another, each to its end. With restartPolicy Always one stays beside the others.
        PodSpec.ephemeralContainers: Containers added to a running pod to look into it.
        PodSpec.volumes: Directories and files that containers can mount.
        PodSpec.restartPolicy: What happens when a container ends: Always, OnFailure or Never start it again.
        PodSpec.terminationGracePeriodSeconds: Seconds between the signal to stop and the end by force. 30 when unset.
        PodSpec.activeDeadlineSeconds: Seconds after which the pod is stopped and counts as failed.
        PodSpec.nodeName: The node that runs the pod. Set by the scheduler.
        PodSpec.nodeSelector: Labels that the node must have.
        PodSpec.affinity: Rules that draw the pod to nodes and other pods, or keep it away from them.
        PodSpec.tolerations: Taints of nodes that do not keep this pod away.
        PodSpec.topologySpreadConstraints: How pods are to be spread over zones or nodes.
        PodSpec.serviceAccountName: The account in whose name the pod calls the API.
        PodSpec.automountServiceAccountToken: Whether the account's token is mounted.
        PodSpec.imagePullSecrets: Secrets with the credentials for pulling images.
        PodSpec.hostNetwork: Whether the pod uses the node's network instead of one of its own.
        PodSpec.hostPID: Whether the pod sees the node's processes.
        PodSpec.hostIPC: Whether the pod shares the node's inter-process communication.
        PodSpec.hostAliases: Lines added to the pod's hosts file.
        PodSpec.hostname: The pod's host name, when not its own name.
        PodSpec.subdomain: The domain under which the pod's host name is found: the name of a headless Service.
        PodSpec.dnsPolicy: Where names are looked up: ClusterFirst, Default, ClusterFirstWithHostNet or None.
        PodSpec.dnsConfig: Name servers, search domains and options beside those of the policy.
        PodSpec.priorityClassName: The class that says how important the pod is.
        PodSpec.priority: How important the pod is. Follows from the class.
        PodSpec.preemptionPolicy: Whether less important pods make room for this one.
        PodSpec.schedulerName: The scheduler that chooses the node.
        PodSpec.schedulingGates: Names that keep the pod from being scheduled until they are removed.
        PodSpec.securityContext: Users, groups and other security settings for all containers.
        PodSpec.shareProcessNamespace: Whether the containers see one another's processes.
        PodSpec.enableServiceLinks: Whether Services are told as environment variables.
        PodSpec.runtimeClassName: The class that says which runtime runs the containers.
        PodSpec.readinessGates: Conditions, beside the containers' own, that must hold before the pod counts as ready.
        PodStatus: What is known of a pod: its phase, addresses and containers.
        PodStatus.phase: Pending, Running, Succeeded, Failed or Unknown.
        PodStatus.podIP: The pod's address.
        PodStatus.podIPs: All of the pod's addresses.
        PodStatus.hostIP: The address of its node.
        PodStatus.startTime: When the node took the pod.
        PodStatus.containerStatuses: The state of each container.
        PodStatus.initContainerStatuses: The state of each init container.
        PodStatus.qosClass: Guaranteed, Burstable or BestEffort, by requests and limits.
        PodStatus.reason: Why the pod is in this state, in one word.
        PodStatus.message: Why the pod is in this state, in words.
        PodTemplateSpec: The pod that a controller creates.
        Container: One program that runs in a pod.
        Container.name: The container's name, unique in the pod.
        Container.image: The image that is run, such as docker.io/library/nginx:1.29.
        Container.imagePullPolicy: When the image is pulled: Always, IfNotPresent or Never.
        Container.command: The program and first arguments, in place of the image's entry point.
        Container.args: The arguments, in place of the image's own.
        Container.workingDir: The directory in which the program starts.
        Container.env: Environment variables, each with a value or the place it comes from.
        Container.envFrom: ConfigMaps and Secrets whose keys all become environment variables.
        Container.ports: The ports that the program listens on. A remark: others are reachable too.
        Container.resources: What the container needs and may use at most of processor, memory and others.
        Container.volumeMounts: Where volumes appear in the container.
        Container.volumeDevices: Where raw block devices appear in the container.
        Container.livenessProbe: A check that, when it fails, has the container started again.
        Container.readinessProbe: A check that, while it fails, keeps Services from sending traffic.
        Container.startupProbe: A check that must succeed once before the other two begin.
        Container.lifecycle: What is run after the start and before the stop.
        Container.restartPolicy: Always makes an init container one that stays beside the others.
        Container.securityContext: User, privileges and other security settings of this container.
        Container.terminationMessagePath: The file whose content becomes the message when the container ends.
        Container.terminationMessagePolicy: Whether the log's end stands in when that file is empty.
        Container.stdin: Whether standard input is kept open.
        Container.tty: Whether the container gets a terminal.
        ContainerPort: One port that a container listens on.
        ContainerPort.containerPort: The port's number, from 1 to 65535.
        ContainerPort.hostPort: The port of the node that leads here.
        ContainerPort.name: The port's name, which Services may use.
        ContainerPort.protocol: TCP, UDP or SCTP.
        EnvVar: One environment variable.
        EnvVar.name: The variable's name.
        EnvVar.value: Its value. $(NAME) stands for an earlier variable.
        EnvVar.valueFrom: Where the value comes from: a ConfigMap, a Secret, a field of the pod.
        Probe: A check of a container, by a command, HTTP, TCP or gRPC.
        Probe.httpGet: A GET that must be answered with a code from 200 to 399.
        Probe.exec: A command that must end with 0.
        Probe.tcpSocket: A port that must accept connections.
        Probe.grpc: A gRPC health service that must answer SERVING.
        Probe.initialDelaySeconds: Seconds from the container's start to the first check.
        Probe.periodSeconds: Seconds between two checks.
        Probe.timeoutSeconds: Seconds after which a check has failed.
        Probe.failureThreshold: How many checks in a row must fail.
        Probe.successThreshold: How many checks in a row must succeed after a failure.
        ResourceRequirements: What a container needs, and what it may use at most.
        ResourceRequirements.requests: What is set aside: the scheduler counts it. Processor in cores (500m is half of one), memory in bytes (1Gi).
        ResourceRequirements.limits: What the container may not exceed.
        VolumeMount: Where a volume appears in a container.
        VolumeMount.name: The volume's name.
        VolumeMount.mountPath: The path in the container.
        VolumeMount.subPath: The path inside the volume that is mounted, when not all of it.
        VolumeMount.readOnly: Whether the container may only read.
        Volume: A directory or device that containers can mount.
        Volume.name: The volume's name, unique in the pod.
        Volume.emptyDir: An empty directory that lives as long as the pod.
        Volume.hostPath: A file or directory of the node.
        Volume.configMap: Files with the content of a ConfigMap.
        Volume.secret: Files with the content of a Secret.
        Volume.persistentVolumeClaim: The volume bound to a claim.
        Volume.projected: Several sources in one directory.
        Volume.downwardAPI: Files with fields of the pod.
        SecurityContext: Security settings of one container.
        SecurityContext.runAsUser: The user's number.
        SecurityContext.runAsNonRoot: Whether to refuse to run as root.
        SecurityContext.privileged: Whether the container may do what the node's root may.
        SecurityContext.readOnlyRootFilesystem: Whether the container's own files can only be read.
        SecurityContext.allowPrivilegeEscalation: Whether a process may gain more rights than its parent.
        SecurityContext.capabilities: Capabilities added and dropped.
        Deployment: Keeps a number of like pods running, and replaces them step by step when their template changes.
        DeploymentSpec: How many pods, which, and how they are replaced.
        DeploymentSpec.replicas: How many pods are to run. 1 when unset.
        DeploymentSpec.selector: Which pods belong to it. Must fit the template's labels, and cannot be changed.
        DeploymentSpec.template: The pods that are created.
        DeploymentSpec.strategy: How old pods are replaced by new ones.
        DeploymentSpec.minReadySeconds: Seconds that a new pod must be ready before it counts as available.
        DeploymentSpec.revisionHistoryLimit: How many old ReplicaSets are kept to go back to.
        DeploymentSpec.paused: Whether changes to the template wait.
        DeploymentSpec.progressDeadlineSeconds: Seconds without progress after which a rollout counts as failed.
        DeploymentStrategy: How old pods are replaced.
        DeploymentStrategy.type: RollingUpdate replaces a few at a time, Recreate ends all first.
        DeploymentStrategy.rollingUpdate: How many at a time.
        RollingUpdateDeployment.maxSurge: How many pods may exist beyond the number asked for, as a number or percentage.
        RollingUpdateDeployment.maxUnavailable: How many pods may be missing meanwhile, as a number or percentage.
        DeploymentStatus.replicas: How many pods there are.
        DeploymentStatus.readyReplicas: How many are ready.
        DeploymentStatus.availableReplicas: How many are ready for long enough.
        DeploymentStatus.updatedReplicas: How many have the present template.
        DeploymentStatus.unavailableReplicas: How many are missing.
        ReplicaSet: Keeps a number of like pods running. Usually made by a Deployment.
        ReplicaSetSpec.replicas: How many pods are to run.
        ReplicaSetSpec.selector: Which pods belong to it.
        ReplicaSetSpec.template: The pods that are created.
        StatefulSet: Keeps numbered pods, each with a name and storage of its own that outlast it.
        StatefulSetSpec.replicas: How many pods are to run.
        StatefulSetSpec.serviceName: The headless Service under which the pods have names.
        StatefulSetSpec.selector: Which pods belong to it.
        StatefulSetSpec.template: The pods that are created.
        StatefulSetSpec.volumeClaimTemplates: The claims that each pod gets.
        StatefulSetSpec.podManagementPolicy: OrderedReady makes one pod after another, Parallel all at once.
        StatefulSetSpec.updateStrategy: How pods are replaced when the template changes.
        DaemonSet: Keeps one pod on every node that fits.
        DaemonSetSpec.selector: Which pods belong to it.
        DaemonSetSpec.template: The pods that are created.
        DaemonSetSpec.updateStrategy: How pods are replaced when the template changes.
        Job: Runs pods until enough of them have succeeded.
        JobSpec.template: The pods that are created. Their restartPolicy is OnFailure or Never.
        JobSpec.completions: How many pods must succeed.
        JobSpec.parallelism: How many pods run at a time.
        JobSpec.backoffLimit: How many failures are borne before the Job fails. 6 when unset.
        JobSpec.activeDeadlineSeconds: Seconds after which the Job fails.
        JobSpec.ttlSecondsAfterFinished: Seconds after its end at which the Job is deleted.
        JobSpec.suspend: Whether the Job waits and its pods are stopped.
        JobSpec.completionMode: NonIndexed counts successes, Indexed wants one for each number.
        CronJob: Makes a Job at the times of a schedule.
        CronJobSpec.schedule: Minute, hour, day, month and weekday, as in cron.
        CronJobSpec.timeZone: The time zone of the schedule, such as Europe/Berlin.
        CronJobSpec.jobTemplate: The Jobs that are made.
        CronJobSpec.concurrencyPolicy: What happens while the last Job still runs: Allow, Forbid or Replace.
        CronJobSpec.suspend: Whether no more Jobs are made.
        Service: One address and name for a set of pods.
        ServiceSpec: Which pods, on which ports, reached from where.
        ServiceSpec.selector: The labels of the pods that the Service leads to.
        ServiceSpec.ports: The ports of the Service, and where each leads.
        ServiceSpec.type: ClusterIP (inside the cluster), NodePort, LoadBalancer or ExternalName.
        ServiceSpec.clusterIP: The Service's address. None makes the name lead to the pods themselves.
        ServiceSpec.clusterIPs: All of the Service's addresses.
        ServiceSpec.externalIPs: Further addresses of the nodes that lead here.
        ServiceSpec.externalName: The name outside that an ExternalName Service stands for.
        ServiceSpec.sessionAffinity: ClientIP leads one client always to the same pod.
        ServiceSpec.externalTrafficPolicy: Local leads traffic from outside only to pods on the node that it came to.
        ServiceSpec.internalTrafficPolicy: Local leads traffic from inside only to pods on the same node.
        ServiceSpec.publishNotReadyAddresses: Whether pods that are not ready are led to as well.
        ServicePort: One port of a Service.
        ServicePort.port: The port under which the Service is reached.
        ServicePort.targetPort: The pods' port, by number or name. The same number when unset.
        ServicePort.nodePort: The port of every node that leads here.
        ServicePort.protocol: TCP, UDP or SCTP.
        ServicePort.name: The port's name. Needed when there are several.
        ConfigMap: Configuration that pods read as files or environment variables.
        ConfigMap.data: Keys and their texts.
        ConfigMap.binaryData: Keys and their bytes, in base64.
        ConfigMap.immutable: Whether the content can never be changed.
        Secret: Configuration that is not for everybody's eyes.
        Secret.data: Keys and their bytes, in base64.
        Secret.stringData: Keys and their texts, for writing: they become data.
        Secret.type: What kind of secret it is, such as Opaque or kubernetes.io/tls.
        Secret.immutable: Whether the content can never be changed.
        Namespace: A part of the cluster with names of its own.
        Node: A machine that runs pods.
        NodeSpec.unschedulable: Whether no new pods are sent there.
        NodeSpec.taints: What keeps pods away that do not tolerate it.
        ServiceAccount: An identity for pods.
        PersistentVolume: Storage that outlasts pods.
        PersistentVolumeClaim: Asks for storage.
        PersistentVolumeClaimSpec.accessModes: ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod.
        PersistentVolumeClaimSpec.resources: How much storage is asked for.
        PersistentVolumeClaimSpec.storageClassName: The class of storage that is asked for.
        PersistentVolumeClaimSpec.volumeName: The volume that the claim is bound to.
        Ingress: Leads HTTP requests from outside to Services.
        NetworkPolicy: Says which traffic pods accept and send.
        HorizontalPodAutoscaler: Changes the number of pods with their load.
        PodDisruptionBudget: Bounds how many pods may be missing by intention.
        Role: Allows verbs on kinds in one namespace.
        ClusterRole: Allows verbs on kinds in the whole cluster.
        RoleBinding: Gives a role to users, groups or accounts in one namespace.
        ClusterRoleBinding: Gives a role to users, groups or accounts in the whole cluster.
        StorageClass: A class of storage, and who provides it.
        CustomResourceDefinition: Adds a kind to the API.
        CustomResourceDefinitionSpec.group: The API group of the kind.
        CustomResourceDefinitionSpec.names: What the kind is called.
        CustomResourceDefinitionSpec.scope: Namespaced, or Cluster for objects in no namespace.
        CustomResourceDefinitionSpec.versions: The versions of the kind, each with its schema. One is stored.
        Application: A part of a git repository that is kept deployed.
        Forecast: What writes would lead to, tried on a fork of the cluster. Created and answered, never stored.
        ForecastSpec.steps: The writes, in order, done as whoever asks. Each has one of apply, replace and delete.
        ForecastSpec.fieldManager: As whose the applied fields count.
        ForecastSpec.budgetMilliseconds: How long the answer may take; what is known by then is answered. 2000 where it is not said, at most 10000.
        ForecastStep.apply: An object to apply on the server, taking over fields that others own.
        ForecastStep.replace: An object to delete and apply anew.
        ForecastStep.delete: The object to delete, in the background.
        ForecastStatus.consequences: What would happen beyond the writes themselves, the worst first.
        ForecastStatus.settled: Whether nothing more would happen by itself.
        ForecastStatus.durationSeconds: How long the cluster would take, containers starting within a second.
        ForecastStatus.notTried: What the answer leaves out.
        Endpoints: The addresses behind a Service, in the old form. EndpointSlice has the same, and more.
        Endpoints.subsets: Addresses that serve the same ports.
        EndpointSlice: A part of the addresses behind a Service.
        EndpointSlice.addressType: What the addresses are: IPv4, IPv6 or FQDN. It cannot be changed.
        EndpointSlice.endpoints: The addresses, each with its readiness and its place.
        EndpointSlice.ports: The ports that each address serves.
        LimitRange: Bounds and defaults for what the pods and claims of a namespace ask for.
        LimitRangeSpec.limits: The bounds, by what they are for: Container, Pod or PersistentVolumeClaim.
        ResourceQuota: What the objects of a namespace may ask for together.
        ResourceQuotaSpec.hard: The most of each resource, and of each kind of object.
        ResourceQuotaStatus.used: What is used of it.
        PodTemplate: A pod to be copied by controllers.
        PodTemplate.template: The pod.
        ReplicationController: Keeps a number of equal pods running, in the old form. Deployment does the same, and more.
        ControllerRevision: An earlier state of a DaemonSet or StatefulSet, to which it can go back.
        ControllerRevision.data: The state.
        ControllerRevision.revision: The state's number: the higher, the newer.
        IngressClass: Says which controller serves the Ingresses that name it.
        IPAddress: An address of a Service, that no other may take.
        ServiceCIDR: A range of addresses for Services.
        VolumeAttributesClass: Qualities of a volume that may be changed while it is used.
        VolumeAttributesClass.driverName: Who provides volumes of the class.
        VolumeAttributesClass.parameters: The qualities, in the driver's own words.
        VolumeAttachment: Asks for a volume to be attached to a node, or detached.
        CSIDriver: What a storage driver can do and needs.
        CSINode: The storage drivers of a node.
        CSIStorageCapacity: How much storage a driver can give in a part of the cluster.
        CSIStorageCapacity.capacity: How much is left.
        CSIStorageCapacity.maximumVolumeSize: The largest volume that can be made.
        CSIStorageCapacity.nodeTopology: The nodes that reach the storage.
        CSIStorageCapacity.storageClassName: The class of the storage.
        PriorityClass: Gives its name to a priority, by which pods are scheduled before others.
        PriorityClass.value: The priority: the higher, the sooner.
        PriorityClass.globalDefault: Whether pods that name no class have this one. At most one class may say so.
        PriorityClass.preemptionPolicy: Whether its pods may displace others: PreemptLowerPriority or Never.
        PriorityClass.description: What the class is for.
        RuntimeClass: A way to run containers that a pod can ask for by its runtimeClassName.
        RuntimeClass.handler: What the node's container runtime calls it. It cannot be changed.
        RuntimeClass.overhead: What such a pod takes beside its containers.
        RuntimeClass.scheduling: The nodes that can run such pods.
        DeviceClass: A kind of devices that claims can ask for.
        ResourceClaim: Asks for devices, and says which were given.
        ResourceClaimTemplate: Makes a ResourceClaim for each pod that names it.
        ResourceSlice: A part of the devices that a driver offers.
        CertificateSigningRequest: Asks a signer for a certificate.
        FlowSchema: Sorts requests to the API server into levels of priority.
        PriorityLevelConfiguration: A share of the API server for the requests that FlowSchemas send there.
        MutatingWebhookConfiguration: Services that are asked before objects are written, and may change them.
        MutatingWebhookConfiguration.webhooks: The services, with what they are asked about.
        ValidatingWebhookConfiguration: Services that are asked before objects are written, and may refuse them.
        ValidatingWebhookConfiguration.webhooks: The services, with what they are asked about.
        MutatingAdmissionPolicy: Changes objects before they are written, by expressions. Kept here, and not evaluated.
        MutatingAdmissionPolicyBinding: Says where a MutatingAdmissionPolicy holds.
        ValidatingAdmissionPolicy: Judges objects before they are written, by expressions. Kept here, and not evaluated.
        ValidatingAdmissionPolicyBinding: Says where a ValidatingAdmissionPolicy holds, and what follows from it.
        Binding: Puts a pod on a node.
        Binding.target: The node.
        ComponentStatus: Whether a part of the cluster is healthy.
        Event: Something that happened to an object.
        Lease: Says who holds something, and until when.
        """
}
