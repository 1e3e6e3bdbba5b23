import APIMachinery

/// The roles and bindings that every cluster has. Source: kubernetes, plugin/pkg/auth/authorizer/rbac/bootstrappolicy;
/// metrics-server, manifests/base/rbac.yaml.
///
/// A line that is not indented names a role, then `+admin`, `+edit`, `+view` for those that take it
/// in, then `>` and the subjects it is bound to. Indented lines are its rules: verbs, groups,
/// resources, names; or verbs, `url`, paths. `read` and `write` stand for their verbs, `core` for
/// the group without a name, `EVENTS` for the rule by which components record events.
enum BootstrapTable {
    static let clusterRoles = """
        cluster-admin > group:system:masters user:system:gitctl:reconciler
         * * *
         * url *
        system:discovery > group:system:authenticated
         get url /livez /readyz /healthz /version /version/ /openapi /openapi/* /api /api/* /apis /apis/*
        system:public-info-viewer > group:system:authenticated group:system:unauthenticated
         get url /livez /readyz /healthz /version /version/
        system:monitoring > group:system:monitoring
         get url /metrics /metrics/slis /livez /readyz /healthz /livez/* /readyz/* /healthz/*
        system:basic-user > group:system:authenticated
         create authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews
         create authentication.k8s.io selfsubjectreviews
        system:service-account-issuer-discovery > group:system:serviceaccounts
         get url /.well-known/openid-configuration /openid/v1/jwks
        admin =admin
        edit =edit +admin
        view =view +edit
        system:aggregate-to-admin +admin
         create authorization.k8s.io localsubjectaccessreviews
         read,write rbac.authorization.k8s.io roles,rolebindings
        system:aggregate-to-edit +edit
         read core pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy
         impersonate core serviceaccounts
         write core pods,pods/attach,pods/exec,pods/portforward,pods/proxy
         create core pods/eviction
         write core configmaps,events,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy
         create core serviceaccounts/token
         write apps daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale
         write autoscaling horizontalpodautoscalers
         write batch cronjobs,jobs
         write extensions daemonsets,deployments,deployments/rollback,deployments/scale,ingresses,networkpolicies,replicasets,replicasets/scale,replicationcontrollers/scale
         write policy poddisruptionbudgets
         write networking.k8s.io ingresses,networkpolicies
         read,write coordination.k8s.io leases
         write resource.k8s.io resourceclaims,resourceclaimtemplates
        system:aggregate-to-view +view
         read core configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status
         read core bindings,events,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status
         read core namespaces
         read discovery.k8s.io endpointslices
         read apps controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status
         read autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status
         read batch cronjobs,cronjobs/status,jobs,jobs/status
         read extensions daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,networkpolicies,replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale
         read policy poddisruptionbudgets,poddisruptionbudgets/status
         read networking.k8s.io ingresses,ingresses/status,networkpolicies
         read resource.k8s.io resourceclaims,resourceclaims/status,resourceclaimtemplates
        gitctl:aggregate-to-admin +admin
         write gitctl.dev applications
        gitctl:aggregate-to-view +view
         read gitctl.dev applications,applications/status
        system:aggregated-metrics-reader +admin +edit +view
         read metrics.k8s.io nodes,pods
        system:auth-delegator
         create authentication.k8s.io tokenreviews
         create authorization.k8s.io subjectaccessreviews
        system:certificates.k8s.io:certificatesigningrequests:nodeclient
         create certificates.k8s.io certificatesigningrequests/nodeclient
        system:certificates.k8s.io:certificatesigningrequests:selfnodeclient
         create certificates.k8s.io certificatesigningrequests/selfnodeclient
        system:certificates.k8s.io:kube-apiserver-client-approver
         approve certificates.k8s.io signers kubernetes.io/kube-apiserver-client
        system:certificates.k8s.io:kube-apiserver-client-kubelet-approver
         approve certificates.k8s.io signers kubernetes.io/kube-apiserver-client-kubelet
        system:certificates.k8s.io:kubelet-serving-approver
         approve certificates.k8s.io signers kubernetes.io/kubelet-serving
        system:certificates.k8s.io:legacy-unknown-approver
         approve certificates.k8s.io signers kubernetes.io/legacy-unknown
        system:heapster
         read core events,namespaces,nodes,pods
         read extensions deployments
        system:kube-aggregator
         read core endpoints,services
        system:kube-controller-manager > user:system:kube-controller-manager
         EVENTS
         create coordination.k8s.io leases
         get,update coordination.k8s.io leases kube-controller-manager
         create core secrets,serviceaccounts
         delete core secrets
         get core configmaps,namespaces,secrets,serviceaccounts
         update core secrets,serviceaccounts
         create authentication.k8s.io tokenreviews
         create authorization.k8s.io subjectaccessreviews
         list,watch * *
         create core serviceaccounts/token
        system:kube-dns > account:kube-system/kube-dns
         list,watch core endpoints,services
        system:kube-scheduler > user:system:kube-scheduler
         EVENTS
         create coordination.k8s.io leases
         get,update coordination.k8s.io leases kube-scheduler
         read core nodes
         delete,read core pods
         create core bindings,pods/binding
         patch,update core pods/status
         read core replicationcontrollers,services
         read apps,extensions replicasets
         read apps statefulsets
         read policy poddisruptionbudgets
         read core persistentvolumeclaims,persistentvolumes
         create authentication.k8s.io tokenreviews
         create authorization.k8s.io subjectaccessreviews
         read storage.k8s.io csinodes,csidrivers,csistoragecapacities,storageclasses,volumeattachments
         read scheduling.k8s.io priorityclasses
         read core namespaces
        system:kubelet-api-admin
         read core nodes
         proxy core nodes
         * core nodes/log,nodes/metrics,nodes/proxy,nodes/stats
        system:node
         create authentication.k8s.io tokenreviews
         create authorization.k8s.io localsubjectaccessreviews,subjectaccessreviews
         read core services
         create,read core nodes
         patch,update core nodes/status
         patch,update core nodes
         EVENTS
         read core pods
         create,delete core pods
         patch,update core pods/status
         create core pods/eviction
         read core configmaps,secrets
         get core persistentvolumeclaims,persistentvolumes
         get core endpoints
         create,read certificates.k8s.io certificatesigningrequests
         create,delete,get,patch,update coordination.k8s.io leases
         get storage.k8s.io volumeattachments
         create core serviceaccounts/token
         get,patch,update core persistentvolumeclaims/status
         read storage.k8s.io csidrivers
         create,delete,get,patch,update storage.k8s.io csinodes
         read node.k8s.io runtimeclasses
        gitctl:node > group:system:nodes
         list,watch discovery.k8s.io endpointslices
         list,watch networking.k8s.io networkpolicies
         list,watch core namespaces
         list,watch core persistentvolumeclaims,persistentvolumes
        system:node-bootstrapper
         create,read certificates.k8s.io certificatesigningrequests
        system:node-problem-detector
         get core nodes
         patch core nodes/status
         EVENTS
        system:node-proxier > user:system:kube-proxy
         list,watch core endpoints,services
         read core nodes
         EVENTS
         list,watch discovery.k8s.io endpointslices
        system:persistent-volume-provisioner
         create,delete,read core persistentvolumes
         read,update core persistentvolumeclaims
         read storage.k8s.io storageclasses
         watch core events
         EVENTS
        system:volume-scheduler > user:system:kube-scheduler
         patch,read,update core persistentvolumes
         read storage.k8s.io storageclasses
         patch,read,update core persistentvolumeclaims
        """

    /// Each is `system:controller:NAME`, bound to the service account of that name in kube-system.
    ///
    /// Where Kubernetes' controllers `update`, gitctl's may also `patch`: they write nothing but what they mean to change.
    static let controllers = """
        attachdetach-controller
         list,watch core persistentvolumeclaims,persistentvolumes
         read core nodes
         patch,update core nodes/status
         list,watch core pods
         create,delete,read storage.k8s.io volumeattachments
         read storage.k8s.io csidrivers,csinodes
        certificate-controller
         delete,read certificates.k8s.io certificatesigningrequests
         update certificates.k8s.io certificatesigningrequests/approval,certificatesigningrequests/status
         approve certificates.k8s.io signers kubernetes.io/kube-apiserver-client-kubelet
         sign certificates.k8s.io signers kubernetes.io/kube-apiserver-client,kubernetes.io/kube-apiserver-client-kubelet,kubernetes.io/kubelet-serving,kubernetes.io/legacy-unknown
         create authorization.k8s.io subjectaccessreviews
        clusterrole-aggregation-controller
         escalate,patch,read,update rbac.authorization.k8s.io clusterroles
        cronjob-controller
         read,update batch cronjobs
         create,delete,patch,read,update batch jobs
         update batch cronjobs/status
         update batch cronjobs/finalizers
         delete,list,watch core pods
        daemon-set-controller
         read apps,extensions daemonsets
         update apps,extensions daemonsets/status
         update apps,extensions daemonsets/finalizers
         list,watch core nodes
         create,delete,list,patch,watch core pods
         create core pods/binding
         create,delete,patch,read,update apps controllerrevisions
        deployment-controller
         read,update apps,extensions deployments
         update apps,extensions deployments/status
         update apps,extensions deployments/finalizers
         create,delete,patch,read,update apps,extensions replicasets
         read,update core pods
        disruption-controller
         read apps,extensions deployments,replicasets
         read core replicationcontrollers
         read policy poddisruptionbudgets
         read apps statefulsets
         update policy poddisruptionbudgets/status
         list,patch,watch core pods
         patch,update core pods/status
         get * */scale
        endpoint-controller
         read core pods,services
         create,delete,read,update core endpoints
         create core endpoints/restricted
        endpointslice-controller
         read core nodes,pods,services
         update core services/finalizers
         create,delete,read,update discovery.k8s.io endpointslices
        endpointslicemirroring-controller
         read core endpoints,services
         update core services/finalizers
         update core endpoints/finalizers
         create,delete,read,update discovery.k8s.io endpointslices
        ephemeral-volume-controller
         read core pods
         update core pods/finalizers
         create,read core persistentvolumeclaims
        expand-controller
         patch,read,update core persistentvolumes
         patch,update core persistentvolumeclaims/status
         read core persistentvolumeclaims
        generic-garbage-collector
         delete,patch,read,update * *
        horizontal-pod-autoscaler
         read autoscaling horizontalpodautoscalers
         update autoscaling horizontalpodautoscalers/status
         get,update * */scale
         list,watch core pods
         list,watch metrics.k8s.io pods
         read custom.metrics.k8s.io *
         read external.metrics.k8s.io *
        job-controller
         patch,read,update batch jobs
         update batch jobs/status
         update batch jobs/finalizers
         create,delete,list,patch,watch core pods
         delete batch jobs
        legacy-service-account-token-cleaner
         get core configmaps kube-apiserver-legacy-service-account-token-tracking
         delete,patch core secrets
        namespace-controller
         delete,read core namespaces
         update core namespaces/finalize,namespaces/status
         delete,deletecollection,read * *
        node-controller
         delete,patch,read,update core nodes
         patch,update core nodes/status
         patch,update core pods/status
         delete,read core pods
         get,list,watch coordination.k8s.io leases
        persistent-volume-binder
         create,delete,read,update core persistentvolumes
         update core persistentvolumes/status
         read,update core persistentvolumeclaims
         update core persistentvolumeclaims/status
         create,delete,read core pods
         read storage.k8s.io storageclasses
         list,watch core nodes
         watch core events
        pod-garbage-collector
         delete,list,watch core pods
         read core nodes
         patch core pods/status
        pv-protection-controller
         read,update core persistentvolumes
        pvc-protection-controller
         read,update core persistentvolumeclaims
         update core persistentvolumeclaims/status
         read core pods
         read,update core persistentvolumes
        replicaset-controller
         read,update apps,extensions replicasets
         update apps,extensions replicasets/status
         update apps,extensions replicasets/finalizers
         create,delete,list,patch,watch core pods
        replication-controller
         read,update core replicationcontrollers
         update core replicationcontrollers/status
         update core replicationcontrollers/finalizers
         create,delete,list,patch,watch core pods
        resource-claim-controller
         read core pods
         update core pods/finalizers
         create,delete,read resource.k8s.io resourceclaims
         patch,update resource.k8s.io resourceclaims,resourceclaims/status
         patch,update core pods/status
        resourcequota-controller
         list,watch * *
         update core resourcequotas/status
        root-ca-cert-publisher
         create,update core configmaps
        route-controller
         list,watch core nodes
         patch core nodes/status
        service-account-controller
         create core serviceaccounts
        service-cidrs-controller
         patch,read,update networking.k8s.io servicecidrs
         patch,update networking.k8s.io servicecidrs/finalizers
         patch,update networking.k8s.io servicecidrs/status
         read networking.k8s.io ipaddresses
        service-controller
         read core services
         patch,update core services/status
         list,watch core nodes
        statefulset-controller
         list,watch core pods
         read apps statefulsets
         update apps statefulsets/status
         update apps statefulsets/finalizers
         create,delete,get,patch,update core pods
         create,delete,patch,read,update apps controllerrevisions
         create,read core persistentvolumeclaims
         delete,update core persistentvolumeclaims
        ttl-after-finished-controller
         delete,read batch jobs
        ttl-controller
         list,patch,update,watch core nodes
        validatingadmissionpolicy-status-controller
         read admissionregistration.k8s.io validatingadmissionpolicies
         get,patch,update admissionregistration.k8s.io validatingadmissionpolicies/status
        """

    /// Roles of one namespace, named `NAMESPACE/NAME`.
    static let roles = """
        kube-public/system:controller:bootstrap-signer > account:kube-system/bootstrap-signer
         read core configmaps
         update core configmaps cluster-info
         EVENTS
        kube-system/extension-apiserver-authentication-reader > user:system:kube-controller-manager user:system:kube-scheduler
         read core configmaps extension-apiserver-authentication
        kube-system/system::leader-locking-kube-controller-manager > user:system:kube-controller-manager account:kube-system/kube-controller-manager
         create,read,update coordination.k8s.io leases
         create,read,update coordination.k8s.io leasecandidates
        kube-system/system::leader-locking-kube-scheduler > user:system:kube-scheduler account:kube-system/kube-scheduler
         create,read,update coordination.k8s.io leases
         create,read,update coordination.k8s.io leasecandidates
        kube-system/system:controller:bootstrap-signer > account:kube-system/bootstrap-signer
         read core secrets
        kube-system/system:controller:cloud-provider > account:kube-system/cloud-provider
         create,read core configmaps
        kube-system/system:controller:token-cleaner > account:kube-system/token-cleaner
         delete,read core secrets
         EVENTS
        """
}
