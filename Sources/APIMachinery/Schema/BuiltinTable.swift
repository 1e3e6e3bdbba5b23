// Written by scripts/generate-schema, which also explains the format. Do not edit.

/// The kinds of Kubernetes 1.36.0 and gitctl's own, one definition per line, sorted.
let builtinSchemaTable: StaticString = #"""
    admissionregistration.v1.ApplyConfiguration||expression:s
    admissionregistration.v1.AuditAnnotation||key!:s valueExpression!:s
    admissionregistration.v1.ExpressionWarning||fieldRef!:s warning!:s
    admissionregistration.v1.JSONPatch||expression:s
    admissionregistration.v1.MatchCondition||expression!:s name!:s
    admissionregistration.v1.MatchResources;A||excludeResourceRules:[NamedRuleWithOperations matchPolicy:s;e(Equivalent|Exact) namespaceSelector:meta.v1.LabelSelector objectSelector:meta.v1.LabelSelector resourceRules:[NamedRuleWithOperations
    admissionregistration.v1.MutatingAdmissionPolicy|admissionregistration.k8s.io/v1/MutatingAdmissionPolicy|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:MutatingAdmissionPolicySpec
    admissionregistration.v1.MutatingAdmissionPolicyBinding|admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:MutatingAdmissionPolicyBindingSpec
    admissionregistration.v1.MutatingAdmissionPolicyBindingList|admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBindingList|apiVersion:s items!:[MutatingAdmissionPolicyBinding kind:s metadata:meta.v1.ListMeta
    admissionregistration.v1.MutatingAdmissionPolicyBindingSpec||matchResources:MatchResources paramRef:ParamRef policyName:s
    admissionregistration.v1.MutatingAdmissionPolicyList|admissionregistration.k8s.io/v1/MutatingAdmissionPolicyList|apiVersion:s items!:[MutatingAdmissionPolicy kind:s metadata:meta.v1.ListMeta
    admissionregistration.v1.MutatingAdmissionPolicySpec||failurePolicy:s;e(Fail|Ignore) matchConditions:[MatchCondition;m(name);pm;k(name) matchConstraints:MatchResources mutations:[Mutation paramKind:ParamKind reinvocationPolicy:s;e(IfNeeded|Never) variables:[Variable
    admissionregistration.v1.MutatingWebhook||admissionReviewVersions:[s clientConfig!:WebhookClientConfig failurePolicy:s;e(Fail|Ignore) matchConditions:[MatchCondition;m(name);pm;k(name) matchPolicy:s;e(Equivalent|Exact) name!:s namespaceSelector:meta.v1.LabelSelector objectSelector:meta.v1.LabelSelector reinvocationPolicy:s;e(IfNeeded|Never) rules:[RuleWithOperations sideEffects:s;e(None|NoneOnDryRun) timeoutSeconds:i
    admissionregistration.v1.MutatingWebhookConfiguration|admissionregistration.k8s.io/v1/MutatingWebhookConfiguration|apiVersion:s kind:s metadata:meta.v1.ObjectMeta webhooks:[MutatingWebhook;m(name);pm;k(name)
    admissionregistration.v1.MutatingWebhookConfigurationList|admissionregistration.k8s.io/v1/MutatingWebhookConfigurationList|apiVersion:s items!:[MutatingWebhookConfiguration kind:s metadata:meta.v1.ListMeta
    admissionregistration.v1.Mutation||applyConfiguration:ApplyConfiguration jsonPatch:JSONPatch patchType!:s;e(ApplyConfiguration|JSONPatch)
    admissionregistration.v1.NamedRuleWithOperations;A||apiGroups:[s apiVersions:[s operations:[s resourceNames:[s resources:[s scope:s;e(*|Cluster|Namespaced)
    admissionregistration.v1.ParamKind;A||apiVersion:s kind:s
    admissionregistration.v1.ParamRef;A||name:s namespace:s parameterNotFoundAction:s;e(Allow|Deny) selector:meta.v1.LabelSelector
    admissionregistration.v1.RuleWithOperations||apiGroups:[s apiVersions:[s operations:[s resources:[s scope:s;e(*|Cluster|Namespaced)
    admissionregistration.v1.ServiceReference||name!:s namespace!:s path:s port:i
    admissionregistration.v1.TypeChecking||expressionWarnings:[ExpressionWarning
    admissionregistration.v1.ValidatingAdmissionPolicy|admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:ValidatingAdmissionPolicySpec status:ValidatingAdmissionPolicyStatus
    admissionregistration.v1.ValidatingAdmissionPolicyBinding|admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:ValidatingAdmissionPolicyBindingSpec
    admissionregistration.v1.ValidatingAdmissionPolicyBindingList|admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBindingList|apiVersion:s items!:[ValidatingAdmissionPolicyBinding kind:s metadata:meta.v1.ListMeta
    admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec||matchResources:MatchResources paramRef:ParamRef policyName!:s validationActions!:[s;s
    admissionregistration.v1.ValidatingAdmissionPolicyList|admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyList|apiVersion:s items!:[ValidatingAdmissionPolicy kind:s metadata:meta.v1.ListMeta
    admissionregistration.v1.ValidatingAdmissionPolicySpec||auditAnnotations:[AuditAnnotation failurePolicy:s;e(Fail|Ignore) matchConditions:[MatchCondition;m(name);pm;k(name) matchConstraints:MatchResources paramKind:ParamKind validations:[Validation variables:[Variable;m(name);pm;k(name)
    admissionregistration.v1.ValidatingAdmissionPolicyStatus||conditions:[meta.v1.Condition;m(type) observedGeneration:l typeChecking:TypeChecking
    admissionregistration.v1.ValidatingWebhook||admissionReviewVersions:[s clientConfig!:WebhookClientConfig failurePolicy:s;e(Fail|Ignore) matchConditions:[MatchCondition;m(name);pm;k(name) matchPolicy:s;e(Equivalent|Exact) name!:s namespaceSelector:meta.v1.LabelSelector objectSelector:meta.v1.LabelSelector rules:[RuleWithOperations sideEffects:s;e(None|NoneOnDryRun) timeoutSeconds:i
    admissionregistration.v1.ValidatingWebhookConfiguration|admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration|apiVersion:s kind:s metadata:meta.v1.ObjectMeta webhooks:[ValidatingWebhook;m(name);pm;k(name)
    admissionregistration.v1.ValidatingWebhookConfigurationList|admissionregistration.k8s.io/v1/ValidatingWebhookConfigurationList|apiVersion:s items!:[ValidatingWebhookConfiguration kind:s metadata:meta.v1.ListMeta
    admissionregistration.v1.Validation||expression!:s message:s messageExpression:s reason:s
    admissionregistration.v1.Variable;A||expression!:s name!:s
    admissionregistration.v1.WebhookClientConfig||caBundle:y service:ServiceReference url:s
    admissionregistration.v1alpha1.ApplyConfiguration||expression:s
    admissionregistration.v1alpha1.JSONPatch||expression:s
    admissionregistration.v1alpha1.MatchCondition||expression!:s name!:s
    admissionregistration.v1alpha1.MatchResources;A||excludeResourceRules:[NamedRuleWithOperations matchPolicy:s namespaceSelector:meta.v1.LabelSelector objectSelector:meta.v1.LabelSelector resourceRules:[NamedRuleWithOperations
    admissionregistration.v1alpha1.MutatingAdmissionPolicy|admissionregistration.k8s.io/v1alpha1/MutatingAdmissionPolicy|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:MutatingAdmissionPolicySpec
    admissionregistration.v1alpha1.MutatingAdmissionPolicyBinding|admissionregistration.k8s.io/v1alpha1/MutatingAdmissionPolicyBinding|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:MutatingAdmissionPolicyBindingSpec
    admissionregistration.v1alpha1.MutatingAdmissionPolicyBindingList|admissionregistration.k8s.io/v1alpha1/MutatingAdmissionPolicyBindingList|apiVersion:s items!:[MutatingAdmissionPolicyBinding kind:s metadata:meta.v1.ListMeta
    admissionregistration.v1alpha1.MutatingAdmissionPolicyBindingSpec||matchResources:MatchResources paramRef:ParamRef policyName:s
    admissionregistration.v1alpha1.MutatingAdmissionPolicyList|admissionregistration.k8s.io/v1alpha1/MutatingAdmissionPolicyList|apiVersion:s items!:[MutatingAdmissionPolicy kind:s metadata:meta.v1.ListMeta
    admissionregistration.v1alpha1.MutatingAdmissionPolicySpec||failurePolicy:s matchConditions:[MatchCondition;m(name);pm;k(name) matchConstraints:MatchResources mutations:[Mutation paramKind:ParamKind reinvocationPolicy:s variables:[Variable
    admissionregistration.v1alpha1.Mutation||applyConfiguration:ApplyConfiguration jsonPatch:JSONPatch patchType!:s
    admissionregistration.v1alpha1.NamedRuleWithOperations;A||apiGroups:[s apiVersions:[s operations:[s resourceNames:[s resources:[s scope:s
    admissionregistration.v1alpha1.ParamKind;A||apiVersion:s kind:s
    admissionregistration.v1alpha1.ParamRef;A||name:s namespace:s parameterNotFoundAction:s selector:meta.v1.LabelSelector
    admissionregistration.v1alpha1.Variable||expression!:s name!:s
    admissionregistration.v1beta1.ApplyConfiguration||expression:s
    admissionregistration.v1beta1.JSONPatch||expression:s
    admissionregistration.v1beta1.MatchCondition||expression!:s name!:s
    admissionregistration.v1beta1.MatchResources;A||excludeResourceRules:[NamedRuleWithOperations matchPolicy:s namespaceSelector:meta.v1.LabelSelector objectSelector:meta.v1.LabelSelector resourceRules:[NamedRuleWithOperations
    admissionregistration.v1beta1.MutatingAdmissionPolicy|admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicy|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:MutatingAdmissionPolicySpec
    admissionregistration.v1beta1.MutatingAdmissionPolicyBinding|admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicyBinding|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:MutatingAdmissionPolicyBindingSpec
    admissionregistration.v1beta1.MutatingAdmissionPolicyBindingList|admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicyBindingList|apiVersion:s items!:[MutatingAdmissionPolicyBinding kind:s metadata:meta.v1.ListMeta
    admissionregistration.v1beta1.MutatingAdmissionPolicyBindingSpec||matchResources:MatchResources paramRef:ParamRef policyName:s
    admissionregistration.v1beta1.MutatingAdmissionPolicyList|admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicyList|apiVersion:s items!:[MutatingAdmissionPolicy kind:s metadata:meta.v1.ListMeta
    admissionregistration.v1beta1.MutatingAdmissionPolicySpec||failurePolicy:s matchConditions:[MatchCondition;m(name);pm;k(name) matchConstraints:MatchResources mutations:[Mutation paramKind:ParamKind reinvocationPolicy:s variables:[Variable
    admissionregistration.v1beta1.Mutation||applyConfiguration:ApplyConfiguration jsonPatch:JSONPatch patchType!:s
    admissionregistration.v1beta1.NamedRuleWithOperations;A||apiGroups:[s apiVersions:[s operations:[s resourceNames:[s resources:[s scope:s
    admissionregistration.v1beta1.ParamKind;A||apiVersion:s kind:s
    admissionregistration.v1beta1.ParamRef;A||name:s namespace:s parameterNotFoundAction:s selector:meta.v1.LabelSelector
    admissionregistration.v1beta1.Variable;A||expression!:s name!:s
    apiextensions.v1.CustomResourceColumnDefinition||description:s format:s jsonPath!:s name!:s priority:i type!:s
    apiextensions.v1.CustomResourceConversion||strategy!:s webhook:WebhookConversion
    apiextensions.v1.CustomResourceDefinition|apiextensions.k8s.io/v1/CustomResourceDefinition|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:CustomResourceDefinitionSpec status:CustomResourceDefinitionStatus
    apiextensions.v1.CustomResourceDefinitionCondition||lastTransitionTime:meta.v1.Time message:s observedGeneration:l reason:s status!:s type!:s
    apiextensions.v1.CustomResourceDefinitionList|apiextensions.k8s.io/v1/CustomResourceDefinitionList|apiVersion:s items!:[CustomResourceDefinition kind:s metadata:meta.v1.ListMeta
    apiextensions.v1.CustomResourceDefinitionNames||categories:[s kind!:s listKind:s plural!:s shortNames:[s singular:s
    apiextensions.v1.CustomResourceDefinitionSpec||conversion:CustomResourceConversion group!:s names!:CustomResourceDefinitionNames preserveUnknownFields:b scope!:s versions!:[CustomResourceDefinitionVersion
    apiextensions.v1.CustomResourceDefinitionStatus||acceptedNames:CustomResourceDefinitionNames conditions:[CustomResourceDefinitionCondition;m(type) observedGeneration:l storedVersions:[s
    apiextensions.v1.CustomResourceDefinitionVersion||additionalPrinterColumns:[CustomResourceColumnDefinition deprecated:b deprecationWarning:s name!:s schema:CustomResourceValidation selectableFields:[SelectableField served!:b storage!:b subresources:CustomResourceSubresources
    apiextensions.v1.CustomResourceSubresourceScale||labelSelectorPath:s specReplicasPath!:s statusReplicasPath!:s
    apiextensions.v1.CustomResourceSubresourceStatus||
    apiextensions.v1.CustomResourceSubresources||scale:CustomResourceSubresourceScale status:CustomResourceSubresourceStatus
    apiextensions.v1.CustomResourceValidation||openAPIV3Schema:JSONSchemaProps
    apiextensions.v1.ExternalDocumentation||description:s url:s
    apiextensions.v1.JSON||=*
    apiextensions.v1.JSONSchemaProps||$ref:s $schema:s additionalItems:JSONSchemaPropsOrBool additionalProperties:JSONSchemaPropsOrBool allOf:[JSONSchemaProps anyOf:[JSONSchemaProps default:JSON definitions:{JSONSchemaProps dependencies:{JSONSchemaPropsOrStringArray description:s enum:[JSON example:JSON exclusiveMaximum:b exclusiveMinimum:b externalDocs:ExternalDocumentation format:s id:s items:JSONSchemaPropsOrArray maxItems:l maxLength:l maxProperties:l maximum:d minItems:l minLength:l minProperties:l minimum:d multipleOf:d not:JSONSchemaProps nullable:b oneOf:[JSONSchemaProps pattern:s patternProperties:{JSONSchemaProps properties:{JSONSchemaProps required:[s title:s type:s uniqueItems:b x-kubernetes-embedded-resource:b x-kubernetes-int-or-string:b x-kubernetes-list-map-keys:[s x-kubernetes-list-type:s x-kubernetes-map-type:s x-kubernetes-preserve-unknown-fields:b x-kubernetes-validations:[ValidationRule;m(rule);pm;k(rule)
    apiextensions.v1.JSONSchemaPropsOrArray||=*
    apiextensions.v1.JSONSchemaPropsOrBool||=*
    apiextensions.v1.JSONSchemaPropsOrStringArray||=*
    apiextensions.v1.SelectableField||jsonPath!:s
    apiextensions.v1.ServiceReference||name!:s namespace!:s path:s port:i
    apiextensions.v1.ValidationRule||fieldPath:s message:s messageExpression:s optionalOldSelf:b reason:s rule!:s
    apiextensions.v1.WebhookClientConfig||caBundle:y service:ServiceReference url:s
    apiextensions.v1.WebhookConversion||clientConfig:WebhookClientConfig conversionReviewVersions!:[s
    apiregistration.v1.APIService|apiregistration.k8s.io/v1/APIService|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:APIServiceSpec status:APIServiceStatus
    apiregistration.v1.APIServiceCondition||lastTransitionTime:meta.v1.Time message:s reason:s status!:s type!:s
    apiregistration.v1.APIServiceList|apiregistration.k8s.io/v1/APIServiceList|apiVersion:s items!:[APIService kind:s metadata:meta.v1.ListMeta
    apiregistration.v1.APIServiceSpec||caBundle:y group:s groupPriorityMinimum!:i insecureSkipTLSVerify:b service:ServiceReference version:s versionPriority!:i
    apiregistration.v1.APIServiceStatus||conditions:[APIServiceCondition;m(type);pm;k(type)
    apiregistration.v1.ServiceReference||name:s namespace:s port:i
    apiserverinternal.v1alpha1.ServerStorageVersion||apiServerID!:s decodableVersions!:[s;s encodingVersion!:s servedVersions:[s;s
    apiserverinternal.v1alpha1.StorageVersion|internal.apiserver.k8s.io/v1alpha1/StorageVersion|apiVersion:s kind:s metadata!:meta.v1.ObjectMeta spec:StorageVersionSpec status:StorageVersionStatus
    apiserverinternal.v1alpha1.StorageVersionCondition||lastTransitionTime:meta.v1.Time message!:s observedGeneration:l reason!:s status!:s type!:s
    apiserverinternal.v1alpha1.StorageVersionList|internal.apiserver.k8s.io/v1alpha1/StorageVersionList|apiVersion:s items!:[StorageVersion kind:s metadata:meta.v1.ListMeta
    apiserverinternal.v1alpha1.StorageVersionSpec||
    apiserverinternal.v1alpha1.StorageVersionStatus||commonEncodingVersion:s conditions:[StorageVersionCondition;m(type) storageVersions:[ServerStorageVersion;m(apiServerID)
    apps.v1.ControllerRevision|apps/v1/ControllerRevision|apiVersion:s data:machinery.runtime.RawExtension kind:s metadata:meta.v1.ObjectMeta revision:l
    apps.v1.ControllerRevisionList|apps/v1/ControllerRevisionList|apiVersion:s items!:[ControllerRevision kind:s metadata:meta.v1.ListMeta
    apps.v1.DaemonSet|apps/v1/DaemonSet|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:DaemonSetSpec status:DaemonSetStatus
    apps.v1.DaemonSetCondition||lastTransitionTime:meta.v1.Time message:s reason:s status!:s type!:s
    apps.v1.DaemonSetList|apps/v1/DaemonSetList|apiVersion:s items!:[DaemonSet kind:s metadata:meta.v1.ListMeta
    apps.v1.DaemonSetSpec||minReadySeconds:i revisionHistoryLimit:i selector!:meta.v1.LabelSelector template!:core.v1.PodTemplateSpec updateStrategy:DaemonSetUpdateStrategy
    apps.v1.DaemonSetStatus||collisionCount:i conditions:[DaemonSetCondition;m(type);pm;k(type) currentNumberScheduled!:i desiredNumberScheduled!:i numberAvailable:i numberMisscheduled!:i numberReady!:i numberUnavailable:i observedGeneration:l updatedNumberScheduled:i
    apps.v1.DaemonSetUpdateStrategy||rollingUpdate:RollingUpdateDaemonSet type:s;e(OnDelete|RollingUpdate)
    apps.v1.Deployment|apps/v1/Deployment|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:DeploymentSpec status:DeploymentStatus
    apps.v1.DeploymentCondition||lastTransitionTime:meta.v1.Time lastUpdateTime:meta.v1.Time message:s reason:s status!:s type!:s
    apps.v1.DeploymentList|apps/v1/DeploymentList|apiVersion:s items!:[Deployment kind:s metadata:meta.v1.ListMeta
    apps.v1.DeploymentSpec||minReadySeconds:i paused:b progressDeadlineSeconds:i replicas:i revisionHistoryLimit:i selector!:meta.v1.LabelSelector strategy:DeploymentStrategy;pk template!:core.v1.PodTemplateSpec
    apps.v1.DeploymentStatus||availableReplicas:i collisionCount:i conditions:[DeploymentCondition;m(type);pm;k(type) observedGeneration:l readyReplicas:i replicas:i terminatingReplicas:i unavailableReplicas:i updatedReplicas:i
    apps.v1.DeploymentStrategy||rollingUpdate:RollingUpdateDeployment type:s;e(Recreate|RollingUpdate)
    apps.v1.ReplicaSet|apps/v1/ReplicaSet|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:ReplicaSetSpec status:ReplicaSetStatus
    apps.v1.ReplicaSetCondition||lastTransitionTime:meta.v1.Time message:s reason:s status!:s type!:s
    apps.v1.ReplicaSetList|apps/v1/ReplicaSetList|apiVersion:s items!:[ReplicaSet kind:s metadata:meta.v1.ListMeta
    apps.v1.ReplicaSetSpec||minReadySeconds:i replicas:i selector!:meta.v1.LabelSelector template:core.v1.PodTemplateSpec
    apps.v1.ReplicaSetStatus||availableReplicas:i conditions:[ReplicaSetCondition;m(type);pm;k(type) fullyLabeledReplicas:i observedGeneration:l readyReplicas:i replicas!:i terminatingReplicas:i
    apps.v1.RollingUpdateDaemonSet||maxSurge:machinery.util.intstr.IntOrString maxUnavailable:machinery.util.intstr.IntOrString
    apps.v1.RollingUpdateDeployment||maxSurge:machinery.util.intstr.IntOrString maxUnavailable:machinery.util.intstr.IntOrString
    apps.v1.RollingUpdateStatefulSetStrategy||maxUnavailable:machinery.util.intstr.IntOrString partition:i
    apps.v1.StatefulSet|apps/v1/StatefulSet|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:StatefulSetSpec status:StatefulSetStatus
    apps.v1.StatefulSetCondition||lastTransitionTime:meta.v1.Time message:s reason:s status!:s type!:s
    apps.v1.StatefulSetList|apps/v1/StatefulSetList|apiVersion:s items!:[StatefulSet kind:s metadata:meta.v1.ListMeta
    apps.v1.StatefulSetOrdinals||start:i
    apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy||whenDeleted:s;e(Delete|Retain) whenScaled:s;e(Delete|Retain)
    apps.v1.StatefulSetSpec||minReadySeconds:i ordinals:StatefulSetOrdinals persistentVolumeClaimRetentionPolicy:StatefulSetPersistentVolumeClaimRetentionPolicy podManagementPolicy:s;e(OrderedReady|Parallel) replicas:i revisionHistoryLimit:i selector!:meta.v1.LabelSelector serviceName:s template!:core.v1.PodTemplateSpec updateStrategy:StatefulSetUpdateStrategy volumeClaimTemplates:[core.v1.PersistentVolumeClaim
    apps.v1.StatefulSetStatus||availableReplicas:i collisionCount:i conditions:[StatefulSetCondition;m(type);pm;k(type) currentReplicas:i currentRevision:s observedGeneration:l readyReplicas:i replicas!:i updateRevision:s updatedReplicas:i
    apps.v1.StatefulSetUpdateStrategy||rollingUpdate:RollingUpdateStatefulSetStrategy type:s;e(OnDelete|RollingUpdate)
    authentication.v1.BoundObjectReference||apiVersion:s kind:s name:s uid:s
    authentication.v1.SelfSubjectReview|authentication.k8s.io/v1/SelfSubjectReview|apiVersion:s kind:s metadata:meta.v1.ObjectMeta status:SelfSubjectReviewStatus
    authentication.v1.SelfSubjectReviewStatus||userInfo:UserInfo
    authentication.v1.TokenRequest|authentication.k8s.io/v1/TokenRequest|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:TokenRequestSpec status:TokenRequestStatus
    authentication.v1.TokenRequestSpec||audiences:[s boundObjectRef:BoundObjectReference expirationSeconds:l
    authentication.v1.TokenRequestStatus||expirationTimestamp:meta.v1.Time token:s
    authentication.v1.TokenReview|authentication.k8s.io/v1/TokenReview|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:TokenReviewSpec status:TokenReviewStatus
    authentication.v1.TokenReviewSpec||audiences:[s token!:s
    authentication.v1.TokenReviewStatus||audiences:[s authenticated:b error:s user:UserInfo
    authentication.v1.UserInfo||extra:{[s groups:[s uid:s username:s
    authorization.v1.FieldSelectorAttributes||rawSelector:s requirements:[meta.v1.FieldSelectorRequirement
    authorization.v1.LabelSelectorAttributes||rawSelector:s requirements:[meta.v1.LabelSelectorRequirement
    authorization.v1.LocalSubjectAccessReview|authorization.k8s.io/v1/LocalSubjectAccessReview|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:SubjectAccessReviewSpec status:SubjectAccessReviewStatus
    authorization.v1.NonResourceAttributes||path:s verb:s
    authorization.v1.NonResourceRule||nonResourceURLs:[s verbs!:[s
    authorization.v1.ResourceAttributes||fieldSelector:FieldSelectorAttributes group:s labelSelector:LabelSelectorAttributes name:s namespace:s resource:s subresource:s verb:s version:s
    authorization.v1.ResourceRule||apiGroups:[s resourceNames:[s resources:[s verbs!:[s
    authorization.v1.SelfSubjectAccessReview|authorization.k8s.io/v1/SelfSubjectAccessReview|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:SelfSubjectAccessReviewSpec status:SubjectAccessReviewStatus
    authorization.v1.SelfSubjectAccessReviewSpec||nonResourceAttributes:NonResourceAttributes resourceAttributes:ResourceAttributes
    authorization.v1.SelfSubjectRulesReview|authorization.k8s.io/v1/SelfSubjectRulesReview|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:SelfSubjectRulesReviewSpec status:SubjectRulesReviewStatus
    authorization.v1.SelfSubjectRulesReviewSpec||namespace:s
    authorization.v1.SubjectAccessReview|authorization.k8s.io/v1/SubjectAccessReview|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:SubjectAccessReviewSpec status:SubjectAccessReviewStatus
    authorization.v1.SubjectAccessReviewSpec||extra:{[s groups:[s nonResourceAttributes:NonResourceAttributes resourceAttributes:ResourceAttributes uid:s user:s
    authorization.v1.SubjectAccessReviewStatus||allowed!:b denied:b evaluationError:s reason:s
    authorization.v1.SubjectRulesReviewStatus||evaluationError:s incomplete!:b nonResourceRules!:[NonResourceRule resourceRules!:[ResourceRule
    autoscaling.v1.CrossVersionObjectReference;A||apiVersion:s kind!:s name!:s
    autoscaling.v1.HorizontalPodAutoscaler|autoscaling/v1/HorizontalPodAutoscaler|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:HorizontalPodAutoscalerSpec status:HorizontalPodAutoscalerStatus
    autoscaling.v1.HorizontalPodAutoscalerList|autoscaling/v1/HorizontalPodAutoscalerList|apiVersion:s items!:[HorizontalPodAutoscaler kind:s metadata:meta.v1.ListMeta
    autoscaling.v1.HorizontalPodAutoscalerSpec||maxReplicas:i minReplicas:i scaleTargetRef!:CrossVersionObjectReference targetCPUUtilizationPercentage:i
    autoscaling.v1.HorizontalPodAutoscalerStatus||currentCPUUtilizationPercentage:i currentReplicas!:i desiredReplicas!:i lastScaleTime:meta.v1.Time observedGeneration:l
    autoscaling.v1.Scale|autoscaling/v1/Scale|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:ScaleSpec status:ScaleStatus
    autoscaling.v1.ScaleSpec||replicas:i
    autoscaling.v1.ScaleStatus||replicas!:i selector:s
    autoscaling.v2.ContainerResourceMetricSource||container!:s name!:s target!:MetricTarget
    autoscaling.v2.ContainerResourceMetricStatus||container!:s current!:MetricValueStatus name!:s
    autoscaling.v2.CrossVersionObjectReference||apiVersion:s kind!:s name!:s
    autoscaling.v2.ExternalMetricSource||metric!:MetricIdentifier target!:MetricTarget
    autoscaling.v2.ExternalMetricStatus||current!:MetricValueStatus metric!:MetricIdentifier
    autoscaling.v2.HPAScalingPolicy||periodSeconds:i type!:s;e(Percent|Pods) value:i
    autoscaling.v2.HPAScalingRules||policies:[HPAScalingPolicy selectPolicy:s;e(Disabled|Max|Min) stabilizationWindowSeconds:i tolerance:machinery.api.resource.Quantity
    autoscaling.v2.HorizontalPodAutoscaler|autoscaling/v2/HorizontalPodAutoscaler|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:HorizontalPodAutoscalerSpec status:HorizontalPodAutoscalerStatus
    autoscaling.v2.HorizontalPodAutoscalerBehavior||scaleDown:HPAScalingRules scaleUp:HPAScalingRules
    autoscaling.v2.HorizontalPodAutoscalerCondition||lastTransitionTime:meta.v1.Time message:s reason:s status!:s type!:s
    autoscaling.v2.HorizontalPodAutoscalerList|autoscaling/v2/HorizontalPodAutoscalerList|apiVersion:s items!:[HorizontalPodAutoscaler kind:s metadata:meta.v1.ListMeta
    autoscaling.v2.HorizontalPodAutoscalerSpec||behavior:HorizontalPodAutoscalerBehavior maxReplicas:i metrics:[MetricSpec minReplicas:i scaleTargetRef!:CrossVersionObjectReference
    autoscaling.v2.HorizontalPodAutoscalerStatus||conditions:[HorizontalPodAutoscalerCondition;m(type);pm;k(type) currentMetrics:[MetricStatus currentReplicas:i desiredReplicas!:i lastScaleTime:meta.v1.Time observedGeneration:l
    autoscaling.v2.MetricIdentifier||name!:s selector:meta.v1.LabelSelector
    autoscaling.v2.MetricSpec||containerResource:ContainerResourceMetricSource external:ExternalMetricSource object:ObjectMetricSource pods:PodsMetricSource resource:ResourceMetricSource type!:s;e(ContainerResource|External|Object|Pods|Resource)
    autoscaling.v2.MetricStatus||containerResource:ContainerResourceMetricStatus external:ExternalMetricStatus object:ObjectMetricStatus pods:PodsMetricStatus resource:ResourceMetricStatus type!:s
    autoscaling.v2.MetricTarget||averageUtilization:i averageValue:machinery.api.resource.Quantity type!:s;e(AverageValue|Utilization|Value) value:machinery.api.resource.Quantity
    autoscaling.v2.MetricValueStatus||averageUtilization:i averageValue:machinery.api.resource.Quantity value:machinery.api.resource.Quantity
    autoscaling.v2.ObjectMetricSource||describedObject!:CrossVersionObjectReference metric!:MetricIdentifier target!:MetricTarget
    autoscaling.v2.ObjectMetricStatus||current!:MetricValueStatus describedObject!:CrossVersionObjectReference metric!:MetricIdentifier
    autoscaling.v2.PodsMetricSource||metric!:MetricIdentifier target!:MetricTarget
    autoscaling.v2.PodsMetricStatus||current!:MetricValueStatus metric!:MetricIdentifier
    autoscaling.v2.ResourceMetricSource||name!:s target!:MetricTarget
    autoscaling.v2.ResourceMetricStatus||current!:MetricValueStatus name!:s
    batch.v1.CronJob|batch/v1/CronJob|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:CronJobSpec status:CronJobStatus
    batch.v1.CronJobList|batch/v1/CronJobList|apiVersion:s items!:[CronJob kind:s metadata:meta.v1.ListMeta
    batch.v1.CronJobSpec||concurrencyPolicy:s;e(Allow|Forbid|Replace) failedJobsHistoryLimit:i jobTemplate!:JobTemplateSpec schedule!:s startingDeadlineSeconds:l successfulJobsHistoryLimit:i suspend:b timeZone:s
    batch.v1.CronJobStatus||active:[core.v1.ObjectReference lastScheduleTime:meta.v1.Time lastSuccessfulTime:meta.v1.Time
    batch.v1.Job|batch/v1/Job|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:JobSpec status:JobStatus
    batch.v1.JobCondition||lastProbeTime:meta.v1.Time lastTransitionTime:meta.v1.Time message:s reason:s status!:s type!:s
    batch.v1.JobList|batch/v1/JobList|apiVersion:s items!:[Job kind:s metadata:meta.v1.ListMeta
    batch.v1.JobSpec||activeDeadlineSeconds:l backoffLimit:i backoffLimitPerIndex:i completionMode:s;e(Indexed|NonIndexed) completions:i managedBy:s manualSelector:b maxFailedIndexes:i parallelism:i podFailurePolicy:PodFailurePolicy podReplacementPolicy:s;e(Failed|TerminatingOrFailed) selector:meta.v1.LabelSelector successPolicy:SuccessPolicy suspend:b template!:core.v1.PodTemplateSpec ttlSecondsAfterFinished:i
    batch.v1.JobStatus||active:i completedIndexes:s completionTime:meta.v1.Time conditions:[JobCondition;pm;k(type) failed:i failedIndexes:s ready:i startTime:meta.v1.Time succeeded:i terminating:i uncountedTerminatedPods:UncountedTerminatedPods
    batch.v1.JobTemplateSpec||metadata:meta.v1.ObjectMeta spec:JobSpec
    batch.v1.PodFailurePolicy||rules!:[PodFailurePolicyRule
    batch.v1.PodFailurePolicyOnExitCodesRequirement||containerName:s operator!:s;e(In|NotIn) values!:[i;s
    batch.v1.PodFailurePolicyOnPodConditionsPattern||status:s type!:s
    batch.v1.PodFailurePolicyRule||action!:s;e(Count|FailIndex|FailJob|Ignore) onExitCodes:PodFailurePolicyOnExitCodesRequirement onPodConditions:[PodFailurePolicyOnPodConditionsPattern
    batch.v1.SuccessPolicy||rules!:[SuccessPolicyRule
    batch.v1.SuccessPolicyRule||succeededCount:i succeededIndexes:s
    batch.v1.UncountedTerminatedPods||failed:[s;s succeeded:[s;s
    certificates.v1.CertificateSigningRequest|certificates.k8s.io/v1/CertificateSigningRequest|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:CertificateSigningRequestSpec status:CertificateSigningRequestStatus
    certificates.v1.CertificateSigningRequestCondition||lastTransitionTime:meta.v1.Time lastUpdateTime:meta.v1.Time message:s reason:s status!:s type!:s
    certificates.v1.CertificateSigningRequestList|certificates.k8s.io/v1/CertificateSigningRequestList|apiVersion:s items!:[CertificateSigningRequest kind:s metadata:meta.v1.ListMeta
    certificates.v1.CertificateSigningRequestSpec||expirationSeconds:i extra:{[s groups:[s request!:y signerName!:s uid:s usages:[s username:s
    certificates.v1.CertificateSigningRequestStatus||certificate:y conditions:[CertificateSigningRequestCondition;m(type)
    certificates.v1alpha1.ClusterTrustBundle|certificates.k8s.io/v1alpha1/ClusterTrustBundle|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:ClusterTrustBundleSpec
    certificates.v1alpha1.ClusterTrustBundleList|certificates.k8s.io/v1alpha1/ClusterTrustBundleList|apiVersion:s items!:[ClusterTrustBundle kind:s metadata:meta.v1.ListMeta
    certificates.v1alpha1.ClusterTrustBundleSpec||signerName:s trustBundle!:s
    certificates.v1beta1.ClusterTrustBundle|certificates.k8s.io/v1beta1/ClusterTrustBundle|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:ClusterTrustBundleSpec
    certificates.v1beta1.ClusterTrustBundleList|certificates.k8s.io/v1beta1/ClusterTrustBundleList|apiVersion:s items!:[ClusterTrustBundle kind:s metadata:meta.v1.ListMeta
    certificates.v1beta1.ClusterTrustBundleSpec||signerName:s trustBundle!:s
    certificates.v1beta1.PodCertificateRequest|certificates.k8s.io/v1beta1/PodCertificateRequest|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:PodCertificateRequestSpec status:PodCertificateRequestStatus
    certificates.v1beta1.PodCertificateRequestList|certificates.k8s.io/v1beta1/PodCertificateRequestList|apiVersion:s items!:[PodCertificateRequest kind:s metadata:meta.v1.ListMeta
    certificates.v1beta1.PodCertificateRequestSpec||maxExpirationSeconds:i nodeName!:s nodeUID!:s pkixPublicKey:y podName!:s podUID!:s proofOfPossession:y serviceAccountName!:s serviceAccountUID!:s signerName!:s stubPKCS10Request!:y unverifiedUserAnnotations:{s
    certificates.v1beta1.PodCertificateRequestStatus||beginRefreshAt:meta.v1.Time certificateChain:s conditions:[meta.v1.Condition;m(type);pm;k(type) notAfter:meta.v1.Time notBefore:meta.v1.Time
    coordination.v1.Lease|coordination.k8s.io/v1/Lease|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:LeaseSpec
    coordination.v1.LeaseList|coordination.k8s.io/v1/LeaseList|apiVersion:s items!:[Lease kind:s metadata:meta.v1.ListMeta
    coordination.v1.LeaseSpec||acquireTime:meta.v1.MicroTime holderIdentity:s leaseDurationSeconds:i leaseTransitions:i preferredHolder:s renewTime:meta.v1.MicroTime strategy:s
    coordination.v1alpha2.LeaseCandidate|coordination.k8s.io/v1alpha2/LeaseCandidate|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:LeaseCandidateSpec
    coordination.v1alpha2.LeaseCandidateList|coordination.k8s.io/v1alpha2/LeaseCandidateList|apiVersion:s items!:[LeaseCandidate kind:s metadata:meta.v1.ListMeta
    coordination.v1alpha2.LeaseCandidateSpec||binaryVersion!:s emulationVersion:s leaseName!:s pingTime:meta.v1.MicroTime renewTime:meta.v1.MicroTime strategy!:s
    coordination.v1beta1.LeaseCandidate|coordination.k8s.io/v1beta1/LeaseCandidate|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:LeaseCandidateSpec
    coordination.v1beta1.LeaseCandidateList|coordination.k8s.io/v1beta1/LeaseCandidateList|apiVersion:s items!:[LeaseCandidate kind:s metadata:meta.v1.ListMeta
    coordination.v1beta1.LeaseCandidateSpec||binaryVersion!:s emulationVersion:s leaseName!:s pingTime:meta.v1.MicroTime renewTime:meta.v1.MicroTime strategy!:s
    core.v1.AWSElasticBlockStoreVolumeSource||fsType:s partition:i readOnly:b volumeID!:s
    core.v1.Affinity||nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAntiAffinity
    core.v1.AppArmorProfile||localhostProfile:s type!:s;e(Localhost|RuntimeDefault|Unconfined)
    core.v1.AttachedVolume||devicePath!:s name!:s
    core.v1.AzureDiskVolumeSource||cachingMode:s diskName!:s diskURI!:s fsType:s kind:s readOnly:b
    core.v1.AzureFilePersistentVolumeSource||readOnly:b secretName!:s secretNamespace:s shareName!:s
    core.v1.AzureFileVolumeSource||readOnly:b secretName!:s shareName!:s
    core.v1.Binding|/v1/Binding|apiVersion:s kind:s metadata:meta.v1.ObjectMeta target!:ObjectReference
    core.v1.CSIPersistentVolumeSource||controllerExpandSecretRef:SecretReference controllerPublishSecretRef:SecretReference driver!:s fsType:s nodeExpandSecretRef:SecretReference nodePublishSecretRef:SecretReference nodeStageSecretRef:SecretReference readOnly:b volumeAttributes:{s volumeHandle!:s
    core.v1.CSIVolumeSource||driver!:s fsType:s nodePublishSecretRef:LocalObjectReference readOnly:b volumeAttributes:{s
    core.v1.Capabilities||add:[s drop:[s
    core.v1.CephFSPersistentVolumeSource||monitors!:[s path:s readOnly:b secretFile:s secretRef:SecretReference user:s
    core.v1.CephFSVolumeSource||monitors!:[s path:s readOnly:b secretFile:s secretRef:LocalObjectReference user:s
    core.v1.CinderPersistentVolumeSource||fsType:s readOnly:b secretRef:SecretReference volumeID!:s
    core.v1.CinderVolumeSource||fsType:s readOnly:b secretRef:LocalObjectReference volumeID!:s
    core.v1.ClientIPConfig||timeoutSeconds:i
    core.v1.ClusterTrustBundleProjection||labelSelector:meta.v1.LabelSelector name:s optional:b path!:s signerName:s
    core.v1.ComponentCondition||error:s message:s status!:s type!:s
    core.v1.ComponentStatus|/v1/ComponentStatus|apiVersion:s conditions:[ComponentCondition;m(type);pm;k(type) kind:s metadata:meta.v1.ObjectMeta
    core.v1.ComponentStatusList|/v1/ComponentStatusList|apiVersion:s items!:[ComponentStatus kind:s metadata:meta.v1.ListMeta
    core.v1.ConfigMap|/v1/ConfigMap|apiVersion:s binaryData:{y data:{s immutable:b kind:s metadata:meta.v1.ObjectMeta
    core.v1.ConfigMapEnvSource||name:s optional:b
    core.v1.ConfigMapKeySelector;A||key!:s name:s optional:b
    core.v1.ConfigMapList|/v1/ConfigMapList|apiVersion:s items!:[ConfigMap kind:s metadata:meta.v1.ListMeta
    core.v1.ConfigMapNodeConfigSource||kubeletConfigKey!:s name!:s namespace!:s resourceVersion:s uid:s
    core.v1.ConfigMapProjection||items:[KeyToPath name:s optional:b
    core.v1.ConfigMapVolumeSource||defaultMode:i items:[KeyToPath name:s optional:b
    core.v1.Container||args:[s command:[s env:[EnvVar;m(name);pm;k(name) envFrom:[EnvFromSource image:s imagePullPolicy:s;e(Always|IfNotPresent|Never) lifecycle:Lifecycle livenessProbe:Probe name!:s ports:[ContainerPort;m(containerPort,protocol);pm;k(containerPort) readinessProbe:Probe resizePolicy:[ContainerResizePolicy resources:ResourceRequirements restartPolicy:s;e(Always|Never|OnFailure) restartPolicyRules:[ContainerRestartRule securityContext:SecurityContext startupProbe:Probe stdin:b stdinOnce:b terminationMessagePath:s terminationMessagePolicy:s;e(FallbackToLogsOnError|File) tty:b volumeDevices:[VolumeDevice;m(devicePath);pm;k(devicePath) volumeMounts:[VolumeMount;m(mountPath);pm;k(mountPath) workingDir:s
    core.v1.ContainerExtendedResourceRequest||containerName!:s requestName!:s resourceName!:s
    core.v1.ContainerImage||names:[s sizeBytes:l
    core.v1.ContainerPort||containerPort!:i hostIP:s hostPort:i name:s protocol:s;e(SCTP|TCP|UDP)
    core.v1.ContainerResizePolicy||resourceName!:s restartPolicy!:s;e(NotRequired|RestartContainer)
    core.v1.ContainerRestartRule||action!:s exitCodes:ContainerRestartRuleOnExitCodes
    core.v1.ContainerRestartRuleOnExitCodes||operator!:s values:[i;s
    core.v1.ContainerState||running:ContainerStateRunning terminated:ContainerStateTerminated waiting:ContainerStateWaiting
    core.v1.ContainerStateRunning||startedAt:meta.v1.Time
    core.v1.ContainerStateTerminated||containerID:s exitCode!:i finishedAt:meta.v1.Time message:s reason:s signal:i startedAt:meta.v1.Time
    core.v1.ContainerStateWaiting||message:s reason:s
    core.v1.ContainerStatus||allocatedResources:{machinery.api.resource.Quantity allocatedResourcesStatus:[ResourceStatus;m(name);pm;k(name) containerID:s image!:s imageID!:s lastState:ContainerState name!:s ready!:b resources:ResourceRequirements restartCount!:i started:b state:ContainerState stopSignal:s user:ContainerUser volumeMounts:[VolumeMountStatus;m(mountPath);pm;k(mountPath)
    core.v1.ContainerUser||linux:LinuxContainerUser
    core.v1.DaemonEndpoint||Port!:i
    core.v1.DownwardAPIProjection||items:[DownwardAPIVolumeFile
    core.v1.DownwardAPIVolumeFile||fieldRef:ObjectFieldSelector mode:i path!:s resourceFieldRef:ResourceFieldSelector
    core.v1.DownwardAPIVolumeSource||defaultMode:i items:[DownwardAPIVolumeFile
    core.v1.EmptyDirVolumeSource||medium:s sizeLimit:machinery.api.resource.Quantity
    core.v1.EndpointAddress;A||hostname:s ip!:s nodeName:s targetRef:ObjectReference
    core.v1.EndpointPort;A||appProtocol:s name:s port!:i protocol:s;e(SCTP|TCP|UDP)
    core.v1.EndpointSubset||addresses:[EndpointAddress notReadyAddresses:[EndpointAddress ports:[EndpointPort
    core.v1.Endpoints|/v1/Endpoints|apiVersion:s kind:s metadata:meta.v1.ObjectMeta subsets:[EndpointSubset
    core.v1.EndpointsList|/v1/EndpointsList|apiVersion:s items!:[Endpoints kind:s metadata:meta.v1.ListMeta
    core.v1.EnvFromSource||configMapRef:ConfigMapEnvSource prefix:s secretRef:SecretEnvSource
    core.v1.EnvVar||name!:s value:s valueFrom:EnvVarSource
    core.v1.EnvVarSource||configMapKeyRef:ConfigMapKeySelector fieldRef:ObjectFieldSelector fileKeyRef:FileKeySelector resourceFieldRef:ResourceFieldSelector secretKeyRef:SecretKeySelector
    core.v1.EphemeralContainer||args:[s command:[s env:[EnvVar;m(name);pm;k(name) envFrom:[EnvFromSource image:s imagePullPolicy:s;e(Always|IfNotPresent|Never) lifecycle:Lifecycle livenessProbe:Probe name!:s ports:[ContainerPort;m(containerPort,protocol);pm;k(containerPort) readinessProbe:Probe resizePolicy:[ContainerResizePolicy resources:ResourceRequirements restartPolicy:s restartPolicyRules:[ContainerRestartRule securityContext:SecurityContext startupProbe:Probe stdin:b stdinOnce:b targetContainerName:s terminationMessagePath:s terminationMessagePolicy:s;e(FallbackToLogsOnError|File) tty:b volumeDevices:[VolumeDevice;m(devicePath);pm;k(devicePath) volumeMounts:[VolumeMount;m(mountPath);pm;k(mountPath) workingDir:s
    core.v1.EphemeralVolumeSource||volumeClaimTemplate:PersistentVolumeClaimTemplate
    core.v1.Event|/v1/Event|action:s apiVersion:s count:i eventTime:meta.v1.MicroTime firstTimestamp:meta.v1.Time involvedObject:ObjectReference kind:s lastTimestamp:meta.v1.Time message:s metadata:meta.v1.ObjectMeta reason:s related:ObjectReference reportingComponent:s reportingInstance:s series:EventSeries source:EventSource type:s
    core.v1.EventList|/v1/EventList|apiVersion:s items!:[Event kind:s metadata:meta.v1.ListMeta
    core.v1.EventSeries||count:i lastObservedTime:meta.v1.MicroTime
    core.v1.EventSource||component:s host:s
    core.v1.ExecAction||command:[s
    core.v1.FCVolumeSource||fsType:s lun:i readOnly:b targetWWNs:[s wwids:[s
    core.v1.FileKeySelector;A||key!:s optional:b path!:s volumeName!:s
    core.v1.FlexPersistentVolumeSource||driver!:s fsType:s options:{s readOnly:b secretRef:SecretReference
    core.v1.FlexVolumeSource||driver!:s fsType:s options:{s readOnly:b secretRef:LocalObjectReference
    core.v1.FlockerVolumeSource||datasetName:s datasetUUID:s
    core.v1.GCEPersistentDiskVolumeSource||fsType:s partition:i pdName!:s readOnly:b
    core.v1.GRPCAction||port!:i service:s
    core.v1.GitRepoVolumeSource||directory:s repository!:s revision:s
    core.v1.GlusterfsPersistentVolumeSource||endpoints!:s endpointsNamespace:s path!:s readOnly:b
    core.v1.GlusterfsVolumeSource||endpoints!:s path!:s readOnly:b
    core.v1.HTTPGetAction||host:s httpHeaders:[HTTPHeader path:s port!:machinery.util.intstr.IntOrString scheme:s;e(HTTP|HTTPS)
    core.v1.HTTPHeader||name!:s value!:s
    core.v1.HostAlias||hostnames:[s ip!:s
    core.v1.HostIP||ip!:s
    core.v1.HostPathVolumeSource||path!:s type:s;e(|BlockDevice|CharDevice|Directory|DirectoryOrCreate|File|FileOrCreate|Socket)
    core.v1.ISCSIPersistentVolumeSource||chapAuthDiscovery:b chapAuthSession:b fsType:s initiatorName:s iqn!:s iscsiInterface:s lun!:i portals:[s readOnly:b secretRef:SecretReference targetPortal!:s
    core.v1.ISCSIVolumeSource||chapAuthDiscovery:b chapAuthSession:b fsType:s initiatorName:s iqn!:s iscsiInterface:s lun!:i portals:[s readOnly:b secretRef:LocalObjectReference targetPortal!:s
    core.v1.ImageVolumeSource||pullPolicy:s;e(Always|IfNotPresent|Never) reference:s
    core.v1.ImageVolumeStatus||imageRef!:s
    core.v1.KeyToPath||key!:s mode:i path!:s
    core.v1.Lifecycle||postStart:LifecycleHandler preStop:LifecycleHandler stopSignal:s
    core.v1.LifecycleHandler||exec:ExecAction httpGet:HTTPGetAction sleep:SleepAction tcpSocket:TCPSocketAction
    core.v1.LimitRange|/v1/LimitRange|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:LimitRangeSpec
    core.v1.LimitRangeItem||default:{machinery.api.resource.Quantity defaultRequest:{machinery.api.resource.Quantity max:{machinery.api.resource.Quantity maxLimitRequestRatio:{machinery.api.resource.Quantity min:{machinery.api.resource.Quantity type!:s
    core.v1.LimitRangeList|/v1/LimitRangeList|apiVersion:s items!:[LimitRange kind:s metadata:meta.v1.ListMeta
    core.v1.LimitRangeSpec||limits:[LimitRangeItem
    core.v1.LinuxContainerUser||gid!:l supplementalGroups:[l uid!:l
    core.v1.LoadBalancerIngress||hostname:s ip:s ipMode:s ports:[PortStatus
    core.v1.LoadBalancerStatus||ingress:[LoadBalancerIngress
    core.v1.LocalObjectReference;A||name:s
    core.v1.LocalVolumeSource||fsType:s path!:s
    core.v1.ModifyVolumeStatus||status!:s targetVolumeAttributesClassName:s
    core.v1.NFSVolumeSource||path!:s readOnly:b server!:s
    core.v1.Namespace|/v1/Namespace|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:NamespaceSpec status:NamespaceStatus
    core.v1.NamespaceCondition||lastTransitionTime:meta.v1.Time message:s reason:s status!:s type!:s
    core.v1.NamespaceList|/v1/NamespaceList|apiVersion:s items!:[Namespace kind:s metadata:meta.v1.ListMeta
    core.v1.NamespaceSpec||finalizers:[s
    core.v1.NamespaceStatus||conditions:[NamespaceCondition;m(type);pm;k(type) phase:s
    core.v1.Node|/v1/Node|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:NodeSpec status:NodeStatus
    core.v1.NodeAddress||address!:s type!:s
    core.v1.NodeAffinity||preferredDuringSchedulingIgnoredDuringExecution:[PreferredSchedulingTerm requiredDuringSchedulingIgnoredDuringExecution:NodeSelector
    core.v1.NodeAllocatableResourceClaimStatus||containers:[s;s resourceClaimName!:s resources!:{machinery.api.resource.Quantity
    core.v1.NodeCondition||lastHeartbeatTime:meta.v1.Time lastTransitionTime:meta.v1.Time message:s reason:s status!:s type!:s
    core.v1.NodeConfigSource||configMap:ConfigMapNodeConfigSource
    core.v1.NodeConfigStatus||active:NodeConfigSource assigned:NodeConfigSource error:s lastKnownGood:NodeConfigSource
    core.v1.NodeDaemonEndpoints||kubeletEndpoint:DaemonEndpoint
    core.v1.NodeFeatures||supplementalGroupsPolicy:b
    core.v1.NodeList|/v1/NodeList|apiVersion:s items!:[Node kind:s metadata:meta.v1.ListMeta
    core.v1.NodeRuntimeHandler||features:NodeRuntimeHandlerFeatures name:s
    core.v1.NodeRuntimeHandlerFeatures||recursiveReadOnlyMounts:b userNamespaces:b
    core.v1.NodeSelector;A||nodeSelectorTerms!:[NodeSelectorTerm
    core.v1.NodeSelectorRequirement||key!:s operator!:s;e(DoesNotExist|Exists|Gt|In|Lt|NotIn) values:[s
    core.v1.NodeSelectorTerm;A||matchExpressions:[NodeSelectorRequirement matchFields:[NodeSelectorRequirement
    core.v1.NodeSpec||configSource:NodeConfigSource externalID:s podCIDR:s podCIDRs:[s;s;pm providerID:s taints:[Taint unschedulable:b
    core.v1.NodeStatus||addresses:[NodeAddress;m(type);pm;k(type) allocatable:{machinery.api.resource.Quantity capacity:{machinery.api.resource.Quantity conditions:[NodeCondition;m(type);pm;k(type) config:NodeConfigStatus daemonEndpoints:NodeDaemonEndpoints declaredFeatures:[s features:NodeFeatures images:[ContainerImage nodeInfo:NodeSystemInfo phase:s runtimeHandlers:[NodeRuntimeHandler volumesAttached:[AttachedVolume volumesInUse:[s
    core.v1.NodeSwapStatus||capacity:l
    core.v1.NodeSystemInfo||architecture!:s bootID!:s containerRuntimeVersion!:s kernelVersion!:s kubeProxyVersion!:s kubeletVersion!:s machineID!:s operatingSystem!:s osImage!:s swap:NodeSwapStatus systemUUID!:s
    core.v1.ObjectFieldSelector;A||apiVersion:s fieldPath!:s
    core.v1.ObjectReference;A||apiVersion:s fieldPath:s kind:s name:s namespace:s resourceVersion:s uid:s
    core.v1.PersistentVolume|/v1/PersistentVolume|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:PersistentVolumeSpec status:PersistentVolumeStatus
    core.v1.PersistentVolumeClaim|/v1/PersistentVolumeClaim|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:PersistentVolumeClaimSpec status:PersistentVolumeClaimStatus
    core.v1.PersistentVolumeClaimCondition||lastProbeTime:meta.v1.Time lastTransitionTime:meta.v1.Time message:s reason:s status!:s type!:s
    core.v1.PersistentVolumeClaimList|/v1/PersistentVolumeClaimList|apiVersion:s items!:[PersistentVolumeClaim kind:s metadata:meta.v1.ListMeta
    core.v1.PersistentVolumeClaimSpec||accessModes:[s dataSource:TypedLocalObjectReference dataSourceRef:TypedObjectReference resources:VolumeResourceRequirements selector:meta.v1.LabelSelector storageClassName:s volumeAttributesClassName:s volumeMode:s;e(Block|Filesystem) volumeName:s
    core.v1.PersistentVolumeClaimStatus||accessModes:[s allocatedResourceStatuses:{s allocatedResources:{machinery.api.resource.Quantity capacity:{machinery.api.resource.Quantity conditions:[PersistentVolumeClaimCondition;m(type);pm;k(type) currentVolumeAttributesClassName:s modifyVolumeStatus:ModifyVolumeStatus phase:s
    core.v1.PersistentVolumeClaimTemplate||metadata:meta.v1.ObjectMeta spec!:PersistentVolumeClaimSpec
    core.v1.PersistentVolumeClaimVolumeSource||claimName!:s readOnly:b
    core.v1.PersistentVolumeList|/v1/PersistentVolumeList|apiVersion:s items!:[PersistentVolume kind:s metadata:meta.v1.ListMeta
    core.v1.PersistentVolumeSpec||accessModes:[s awsElasticBlockStore:AWSElasticBlockStoreVolumeSource azureDisk:AzureDiskVolumeSource azureFile:AzureFilePersistentVolumeSource capacity:{machinery.api.resource.Quantity cephfs:CephFSPersistentVolumeSource cinder:CinderPersistentVolumeSource claimRef:ObjectReference csi:CSIPersistentVolumeSource fc:FCVolumeSource flexVolume:FlexPersistentVolumeSource flocker:FlockerVolumeSource gcePersistentDisk:GCEPersistentDiskVolumeSource glusterfs:GlusterfsPersistentVolumeSource hostPath:HostPathVolumeSource iscsi:ISCSIPersistentVolumeSource local:LocalVolumeSource mountOptions:[s nfs:NFSVolumeSource nodeAffinity:VolumeNodeAffinity persistentVolumeReclaimPolicy:s;e(Delete|Recycle|Retain) photonPersistentDisk:PhotonPersistentDiskVolumeSource portworxVolume:PortworxVolumeSource quobyte:QuobyteVolumeSource rbd:RBDPersistentVolumeSource scaleIO:ScaleIOPersistentVolumeSource storageClassName:s storageos:StorageOSPersistentVolumeSource volumeAttributesClassName:s volumeMode:s;e(Block|Filesystem) vsphereVolume:VsphereVirtualDiskVolumeSource
    core.v1.PersistentVolumeStatus||lastPhaseTransitionTime:meta.v1.Time message:s phase:s reason:s
    core.v1.PhotonPersistentDiskVolumeSource||fsType:s pdID!:s
    core.v1.Pod|/v1/Pod|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:PodSpec status:PodStatus
    core.v1.PodAffinity||preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm
    core.v1.PodAffinityTerm||labelSelector:meta.v1.LabelSelector matchLabelKeys:[s mismatchLabelKeys:[s namespaceSelector:meta.v1.LabelSelector namespaces:[s topologyKey!:s
    core.v1.PodAntiAffinity||preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm
    core.v1.PodCertificateProjection||certificateChainPath:s credentialBundlePath:s keyPath:s keyType!:s maxExpirationSeconds:i signerName!:s userAnnotations:{s
    core.v1.PodCondition||lastProbeTime:meta.v1.Time lastTransitionTime:meta.v1.Time message:s observedGeneration:l reason:s status!:s type!:s
    core.v1.PodDNSConfig||nameservers:[s options:[PodDNSConfigOption searches:[s
    core.v1.PodDNSConfigOption||name:s value:s
    core.v1.PodExtendedResourceClaimStatus||requestMappings!:[ContainerExtendedResourceRequest resourceClaimName!:s
    core.v1.PodIP||ip!:s
    core.v1.PodList|/v1/PodList|apiVersion:s items!:[Pod kind:s metadata:meta.v1.ListMeta
    core.v1.PodOS||name!:s;e(linux|windows)
    core.v1.PodReadinessGate||conditionType!:s
    core.v1.PodResourceClaim||name!:s resourceClaimName:s resourceClaimTemplateName:s
    core.v1.PodResourceClaimStatus||name!:s resourceClaimName:s
    core.v1.PodSchedulingGate||name!:s
    core.v1.PodSchedulingGroup||podGroupName:s
    core.v1.PodSecurityContext||appArmorProfile:AppArmorProfile fsGroup:l fsGroupChangePolicy:s;e(Always|OnRootMismatch) runAsGroup:l runAsNonRoot:b runAsUser:l seLinuxChangePolicy:s seLinuxOptions:SELinuxOptions seccompProfile:SeccompProfile supplementalGroups:[l supplementalGroupsPolicy:s sysctls:[Sysctl windowsOptions:WindowsSecurityContextOptions
    core.v1.PodSpec||activeDeadlineSeconds:l affinity:Affinity automountServiceAccountToken:b containers!:[Container;m(name);pm;k(name) dnsConfig:PodDNSConfig dnsPolicy:s;e(ClusterFirst|ClusterFirstWithHostNet|Default|None) enableServiceLinks:b ephemeralContainers:[EphemeralContainer;m(name);pm;k(name) hostAliases:[HostAlias;m(ip);pm;k(ip) hostIPC:b hostNetwork:b hostPID:b hostUsers:b hostname:s hostnameOverride:s imagePullSecrets:[LocalObjectReference;m(name);pm;k(name) initContainers:[Container;m(name);pm;k(name) nodeName:s nodeSelector:{s;A os:PodOS overhead:{machinery.api.resource.Quantity preemptionPolicy:s;e(Never|PreemptLowerPriority) priority:i priorityClassName:s readinessGates:[PodReadinessGate resourceClaims:[PodResourceClaim;m(name);pm;pk;k(name) resources:ResourceRequirements restartPolicy:s;e(Always|Never|OnFailure) runtimeClassName:s schedulerName:s schedulingGates:[PodSchedulingGate;m(name);pm;k(name) schedulingGroup:PodSchedulingGroup securityContext:PodSecurityContext serviceAccount:s serviceAccountName:s setHostnameAsFQDN:b shareProcessNamespace:b subdomain:s terminationGracePeriodSeconds:l tolerations:[Toleration topologySpreadConstraints:[TopologySpreadConstraint;m(topologyKey,whenUnsatisfiable);pm;k(topologyKey) volumes:[Volume;m(name);pm;pk;k(name)
    core.v1.PodStatus||allocatedResources:{machinery.api.resource.Quantity conditions:[PodCondition;m(type);pm;k(type) containerStatuses:[ContainerStatus ephemeralContainerStatuses:[ContainerStatus extendedResourceClaimStatus:PodExtendedResourceClaimStatus hostIP:s hostIPs:[HostIP;pm;k(ip) initContainerStatuses:[ContainerStatus message:s nodeAllocatableResourceClaimStatuses:[NodeAllocatableResourceClaimStatus nominatedNodeName:s observedGeneration:l phase:s podIP:s podIPs:[PodIP;m(ip);pm;k(ip) qosClass:s reason:s resize:s resourceClaimStatuses:[PodResourceClaimStatus;m(name);pm;pk;k(name) resources:ResourceRequirements startTime:meta.v1.Time
    core.v1.PodTemplate|/v1/PodTemplate|apiVersion:s kind:s metadata:meta.v1.ObjectMeta template:PodTemplateSpec
    core.v1.PodTemplateList|/v1/PodTemplateList|apiVersion:s items!:[PodTemplate kind:s metadata:meta.v1.ListMeta
    core.v1.PodTemplateSpec||metadata:meta.v1.ObjectMeta spec:PodSpec
    core.v1.PortStatus||error:s port!:i protocol!:s
    core.v1.PortworxVolumeSource||fsType:s readOnly:b volumeID!:s
    core.v1.PreferredSchedulingTerm||preference!:NodeSelectorTerm weight!:i
    core.v1.Probe||exec:ExecAction failureThreshold:i grpc:GRPCAction httpGet:HTTPGetAction initialDelaySeconds:i periodSeconds:i successThreshold:i tcpSocket:TCPSocketAction terminationGracePeriodSeconds:l timeoutSeconds:i
    core.v1.ProjectedVolumeSource||defaultMode:i sources:[VolumeProjection
    core.v1.QuobyteVolumeSource||group:s readOnly:b registry!:s tenant:s user:s volume!:s
    core.v1.RBDPersistentVolumeSource||fsType:s image!:s keyring:s monitors!:[s pool:s readOnly:b secretRef:SecretReference user:s
    core.v1.RBDVolumeSource||fsType:s image!:s keyring:s monitors!:[s pool:s readOnly:b secretRef:LocalObjectReference user:s
    core.v1.ReplicationController|/v1/ReplicationController|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:ReplicationControllerSpec status:ReplicationControllerStatus
    core.v1.ReplicationControllerCondition||lastTransitionTime:meta.v1.Time message:s reason:s status!:s type!:s
    core.v1.ReplicationControllerList|/v1/ReplicationControllerList|apiVersion:s items!:[ReplicationController kind:s metadata:meta.v1.ListMeta
    core.v1.ReplicationControllerSpec||minReadySeconds:i replicas:i selector:{s;A template:PodTemplateSpec
    core.v1.ReplicationControllerStatus||availableReplicas:i conditions:[ReplicationControllerCondition;m(type);pm;k(type) fullyLabeledReplicas:i observedGeneration:l readyReplicas:i replicas!:i
    core.v1.ResourceClaim||name!:s request:s
    core.v1.ResourceFieldSelector;A||containerName:s divisor:machinery.api.resource.Quantity resource!:s
    core.v1.ResourceHealth||health:s message:s resourceID!:s
    core.v1.ResourceQuota|/v1/ResourceQuota|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:ResourceQuotaSpec status:ResourceQuotaStatus
    core.v1.ResourceQuotaList|/v1/ResourceQuotaList|apiVersion:s items!:[ResourceQuota kind:s metadata:meta.v1.ListMeta
    core.v1.ResourceQuotaSpec||hard:{machinery.api.resource.Quantity scopeSelector:ScopeSelector scopes:[s
    core.v1.ResourceQuotaStatus||hard:{machinery.api.resource.Quantity used:{machinery.api.resource.Quantity
    core.v1.ResourceRequirements||claims:[ResourceClaim;m(name) limits:{machinery.api.resource.Quantity requests:{machinery.api.resource.Quantity
    core.v1.ResourceStatus||name!:s resources:[ResourceHealth;m(resourceID)
    core.v1.SELinuxOptions||level:s role:s type:s user:s
    core.v1.ScaleIOPersistentVolumeSource||fsType:s gateway!:s protectionDomain:s readOnly:b secretRef!:SecretReference sslEnabled:b storageMode:s storagePool:s system!:s volumeName:s
    core.v1.ScaleIOVolumeSource||fsType:s gateway!:s protectionDomain:s readOnly:b secretRef!:LocalObjectReference sslEnabled:b storageMode:s storagePool:s system!:s volumeName:s
    core.v1.ScopeSelector;A||matchExpressions:[ScopedResourceSelectorRequirement
    core.v1.ScopedResourceSelectorRequirement||operator!:s scopeName!:s values:[s
    core.v1.SeccompProfile||localhostProfile:s type!:s;e(Localhost|RuntimeDefault|Unconfined)
    core.v1.Secret|/v1/Secret|apiVersion:s data:{y immutable:b kind:s metadata:meta.v1.ObjectMeta stringData:{s type:s
    core.v1.SecretEnvSource||name:s optional:b
    core.v1.SecretKeySelector;A||key!:s name:s optional:b
    core.v1.SecretList|/v1/SecretList|apiVersion:s items!:[Secret kind:s metadata:meta.v1.ListMeta
    core.v1.SecretProjection||items:[KeyToPath name:s optional:b
    core.v1.SecretReference;A||name:s namespace:s
    core.v1.SecretVolumeSource||defaultMode:i items:[KeyToPath optional:b secretName:s
    core.v1.SecurityContext||allowPrivilegeEscalation:b appArmorProfile:AppArmorProfile capabilities:Capabilities privileged:b procMount:s;e(Default|Unmasked) readOnlyRootFilesystem:b runAsGroup:l runAsNonRoot:b runAsUser:l seLinuxOptions:SELinuxOptions seccompProfile:SeccompProfile windowsOptions:WindowsSecurityContextOptions
    core.v1.Service|/v1/Service|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:ServiceSpec status:ServiceStatus
    core.v1.ServiceAccount|/v1/ServiceAccount|apiVersion:s automountServiceAccountToken:b imagePullSecrets:[LocalObjectReference kind:s metadata:meta.v1.ObjectMeta secrets:[ObjectReference;m(name);pm;k(name)
    core.v1.ServiceAccountList|/v1/ServiceAccountList|apiVersion:s items!:[ServiceAccount kind:s metadata:meta.v1.ListMeta
    core.v1.ServiceAccountTokenProjection||audience:s expirationSeconds:l path!:s
    core.v1.ServiceList|/v1/ServiceList|apiVersion:s items!:[Service kind:s metadata:meta.v1.ListMeta
    core.v1.ServicePort||appProtocol:s name:s nodePort:i port!:i protocol:s;e(SCTP|TCP|UDP) targetPort:machinery.util.intstr.IntOrString
    core.v1.ServiceSpec||allocateLoadBalancerNodePorts:b clusterIP:s clusterIPs:[s externalIPs:[s externalName:s externalTrafficPolicy:s;e(Cluster|Local) healthCheckNodePort:i internalTrafficPolicy:s;e(Cluster|Local) ipFamilies:[s ipFamilyPolicy:s;e(PreferDualStack|RequireDualStack|SingleStack) loadBalancerClass:s loadBalancerIP:s loadBalancerSourceRanges:[s ports:[ServicePort;m(port,protocol);pm;k(port) publishNotReadyAddresses:b selector:{s;A sessionAffinity:s;e(ClientIP|None) sessionAffinityConfig:SessionAffinityConfig trafficDistribution:s type:s;e(ClusterIP|ExternalName|LoadBalancer|NodePort)
    core.v1.ServiceStatus||conditions:[meta.v1.Condition;m(type);pm;k(type) loadBalancer:LoadBalancerStatus
    core.v1.SessionAffinityConfig||clientIP:ClientIPConfig
    core.v1.SleepAction||seconds!:l
    core.v1.StorageOSPersistentVolumeSource||fsType:s readOnly:b secretRef:ObjectReference volumeName:s volumeNamespace:s
    core.v1.StorageOSVolumeSource||fsType:s readOnly:b secretRef:LocalObjectReference volumeName:s volumeNamespace:s
    core.v1.Sysctl||name!:s value!:s
    core.v1.TCPSocketAction||host:s port!:machinery.util.intstr.IntOrString
    core.v1.Taint||effect!:s;e(NoExecute|NoSchedule|PreferNoSchedule) key!:s timeAdded:meta.v1.Time value:s
    core.v1.Toleration||effect:s key:s operator:s tolerationSeconds:l value:s
    core.v1.TopologySelectorLabelRequirement||key!:s values!:[s
    core.v1.TopologySelectorTerm;A||matchLabelExpressions:[TopologySelectorLabelRequirement
    core.v1.TopologySpreadConstraint||labelSelector:meta.v1.LabelSelector matchLabelKeys:[s maxSkew!:i minDomains:i nodeAffinityPolicy:s;e(Honor|Ignore) nodeTaintsPolicy:s;e(Honor|Ignore) topologyKey!:s whenUnsatisfiable!:s;e(DoNotSchedule|ScheduleAnyway)
    core.v1.TypedLocalObjectReference;A||apiGroup:s kind!:s name!:s
    core.v1.TypedObjectReference||apiGroup:s kind!:s name!:s namespace:s
    core.v1.Volume||awsElasticBlockStore:AWSElasticBlockStoreVolumeSource azureDisk:AzureDiskVolumeSource azureFile:AzureFileVolumeSource cephfs:CephFSVolumeSource cinder:CinderVolumeSource configMap:ConfigMapVolumeSource csi:CSIVolumeSource downwardAPI:DownwardAPIVolumeSource emptyDir:EmptyDirVolumeSource ephemeral:EphemeralVolumeSource fc:FCVolumeSource flexVolume:FlexVolumeSource flocker:FlockerVolumeSource gcePersistentDisk:GCEPersistentDiskVolumeSource gitRepo:GitRepoVolumeSource glusterfs:GlusterfsVolumeSource hostPath:HostPathVolumeSource image:ImageVolumeSource iscsi:ISCSIVolumeSource name!:s nfs:NFSVolumeSource persistentVolumeClaim:PersistentVolumeClaimVolumeSource photonPersistentDisk:PhotonPersistentDiskVolumeSource portworxVolume:PortworxVolumeSource projected:ProjectedVolumeSource quobyte:QuobyteVolumeSource rbd:RBDVolumeSource scaleIO:ScaleIOVolumeSource secret:SecretVolumeSource storageos:StorageOSVolumeSource vsphereVolume:VsphereVirtualDiskVolumeSource
    core.v1.VolumeDevice||devicePath!:s name!:s
    core.v1.VolumeMount||mountPath!:s mountPropagation:s;e(Bidirectional|HostToContainer|None) name!:s readOnly:b recursiveReadOnly:s;e(Disabled|Enabled|IfPossible) subPath:s subPathExpr:s
    core.v1.VolumeMountStatus||mountPath!:s name!:s readOnly:b recursiveReadOnly:s volumeStatus:VolumeStatus
    core.v1.VolumeNodeAffinity||required:NodeSelector
    core.v1.VolumeProjection||clusterTrustBundle:ClusterTrustBundleProjection configMap:ConfigMapProjection downwardAPI:DownwardAPIProjection podCertificate:PodCertificateProjection secret:SecretProjection serviceAccountToken:ServiceAccountTokenProjection
    core.v1.VolumeResourceRequirements||limits:{machinery.api.resource.Quantity requests:{machinery.api.resource.Quantity
    core.v1.VolumeStatus||image:ImageVolumeStatus
    core.v1.VsphereVirtualDiskVolumeSource||fsType:s storagePolicyID:s storagePolicyName:s volumePath!:s
    core.v1.WeightedPodAffinityTerm||podAffinityTerm!:PodAffinityTerm weight!:i
    core.v1.WindowsSecurityContextOptions||gmsaCredentialSpec:s gmsaCredentialSpecName:s hostProcess:b runAsUserName:s
    discovery.v1.Endpoint||addresses!:[s;s conditions:EndpointConditions deprecatedTopology:{s hints:EndpointHints hostname:s nodeName:s targetRef:core.v1.ObjectReference zone:s
    discovery.v1.EndpointConditions||ready:b serving:b terminating:b
    discovery.v1.EndpointHints||forNodes:[ForNode forZones:[ForZone
    discovery.v1.EndpointPort;A||appProtocol:s name:s port:i protocol:s
    discovery.v1.EndpointSlice|discovery.k8s.io/v1/EndpointSlice|addressType!:s;e(FQDN|IPv4|IPv6) apiVersion:s endpoints:[Endpoint kind:s metadata:meta.v1.ObjectMeta ports:[EndpointPort
    discovery.v1.EndpointSliceList|discovery.k8s.io/v1/EndpointSliceList|apiVersion:s items!:[EndpointSlice kind:s metadata:meta.v1.ListMeta
    discovery.v1.ForNode||name!:s
    discovery.v1.ForZone||name!:s
    events.v1.Event|events.k8s.io/v1/Event|action:s apiVersion:s deprecatedCount:i deprecatedFirstTimestamp:meta.v1.Time deprecatedLastTimestamp:meta.v1.Time deprecatedSource:core.v1.EventSource eventTime:meta.v1.MicroTime kind:s metadata:meta.v1.ObjectMeta note:s reason:s regarding:core.v1.ObjectReference related:core.v1.ObjectReference reportingController:s reportingInstance:s series:EventSeries type:s
    events.v1.EventList|events.k8s.io/v1/EventList|apiVersion:s items!:[Event kind:s metadata:meta.v1.ListMeta
    events.v1.EventSeries||count!:i lastObservedTime!:meta.v1.MicroTime
    flowcontrol.v1.ExemptPriorityLevelConfiguration||lendablePercent:i nominalConcurrencyShares:i
    flowcontrol.v1.FlowDistinguisherMethod||type!:s;e(ByNamespace|ByUser)
    flowcontrol.v1.FlowSchema|flowcontrol.apiserver.k8s.io/v1/FlowSchema|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:FlowSchemaSpec status:FlowSchemaStatus
    flowcontrol.v1.FlowSchemaCondition||lastTransitionTime:meta.v1.Time message:s reason:s status:s type:s
    flowcontrol.v1.FlowSchemaList|flowcontrol.apiserver.k8s.io/v1/FlowSchemaList|apiVersion:s items!:[FlowSchema kind:s metadata:meta.v1.ListMeta
    flowcontrol.v1.FlowSchemaSpec||distinguisherMethod:FlowDistinguisherMethod matchingPrecedence:i priorityLevelConfiguration!:PriorityLevelConfigurationReference rules:[PolicyRulesWithSubjects
    flowcontrol.v1.FlowSchemaStatus||conditions:[FlowSchemaCondition;m(type);pm;k(type)
    flowcontrol.v1.GroupSubject||name!:s
    flowcontrol.v1.LimitResponse||queuing:QueuingConfiguration type!:s;e(Queue|Reject)
    flowcontrol.v1.LimitedPriorityLevelConfiguration||borrowingLimitPercent:i lendablePercent:i limitResponse:LimitResponse nominalConcurrencyShares:i
    flowcontrol.v1.NonResourcePolicyRule||nonResourceURLs!:[s;s verbs!:[s;s
    flowcontrol.v1.PolicyRulesWithSubjects||nonResourceRules:[NonResourcePolicyRule resourceRules:[ResourcePolicyRule subjects!:[Subject
    flowcontrol.v1.PriorityLevelConfiguration|flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:PriorityLevelConfigurationSpec status:PriorityLevelConfigurationStatus
    flowcontrol.v1.PriorityLevelConfigurationCondition||lastTransitionTime:meta.v1.Time message:s reason:s status:s type:s
    flowcontrol.v1.PriorityLevelConfigurationList|flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfigurationList|apiVersion:s items!:[PriorityLevelConfiguration kind:s metadata:meta.v1.ListMeta
    flowcontrol.v1.PriorityLevelConfigurationReference||name!:s
    flowcontrol.v1.PriorityLevelConfigurationSpec||exempt:ExemptPriorityLevelConfiguration limited:LimitedPriorityLevelConfiguration type!:s;e(Exempt|Limited)
    flowcontrol.v1.PriorityLevelConfigurationStatus||conditions:[PriorityLevelConfigurationCondition;m(type);pm;k(type)
    flowcontrol.v1.QueuingConfiguration||handSize:i queueLengthLimit:i queues:i
    flowcontrol.v1.ResourcePolicyRule||apiGroups!:[s;s clusterScope:b namespaces:[s;s resources!:[s;s verbs!:[s;s
    flowcontrol.v1.ServiceAccountSubject||name!:s namespace!:s
    flowcontrol.v1.Subject||group:GroupSubject kind!:s;e(Group|ServiceAccount|User) serviceAccount:ServiceAccountSubject user:UserSubject
    flowcontrol.v1.UserSubject||name!:s
    gitctl.v1alpha1.Application|gitctl.dev/v1alpha1/Application|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:ApplicationSpec status:ApplicationStatus
    gitctl.v1alpha1.ApplicationBackoff||duration:s factor:l maxDuration:s
    gitctl.v1alpha1.ApplicationDependency||name!:s namespace:s
    gitctl.v1alpha1.ApplicationDestination||createNamespace:b namespace:s
    gitctl.v1alpha1.ApplicationDiscovery||directories!:[s exclude:[s template:o
    gitctl.v1alpha1.ApplicationHealthCheck||apiVersion!:s current:s failed:s inProgress:s kind!:s
    gitctl.v1alpha1.ApplicationHistoryEntry||author:s message:s result:s revision:s time:meta.v1.Time
    gitctl.v1alpha1.ApplicationIgnoredDifference||group:s jsonPointers:[s kind!:s managedFieldsManagers:[s name:s namespace:s
    gitctl.v1alpha1.ApplicationInventoryEntry||group:s kind!:s names!:[s namespace:s
    gitctl.v1alpha1.ApplicationList|gitctl.dev/v1alpha1/ApplicationList|apiVersion:s items!:[Application kind:s metadata:meta.v1.ListMeta
    gitctl.v1alpha1.ApplicationRetry||backoff:ApplicationBackoff limit:l
    gitctl.v1alpha1.ApplicationSecretReference||name!:s
    gitctl.v1alpha1.ApplicationSource||path:s repository:s revision:s secretRef:ApplicationSecretReference semver:s submodules:b url:s
    gitctl.v1alpha1.ApplicationSpec||deletionPolicy:s;e(Delete|Orphan) dependsOn:[ApplicationDependency destination:ApplicationDestination discovery:ApplicationDiscovery healthCheckExprs:[ApplicationHealthCheck ignoreDifferences:[ApplicationIgnoredDifference serviceAccountName:s source!:ApplicationSource substitute:ApplicationSubstitution suspend:b sync:ApplicationSync
    gitctl.v1alpha1.ApplicationStatus||conditions:[meta.v1.Condition;m(type);pm;k(type) health:s history:[ApplicationHistoryEntry inventory:[ApplicationInventoryEntry lastAttemptedRevision:s lastHandledSync:s lastHealthyRevision:s observedGeneration:l observedHooks:s observedRevision:s summary:s
    gitctl.v1alpha1.ApplicationSubstitution||from:[ApplicationSubstitutionSource variables:{s
    gitctl.v1alpha1.ApplicationSubstitutionSource||kind!:s name!:s optional:b
    gitctl.v1alpha1.ApplicationSync||interval:s maxDeletions:l onFailure:s;e(none|revert) prune:b replace:b retry:ApplicationRetry selfHeal:b timeout:s
    gitctl.v1alpha1.Forecast|gitctl.dev/v1alpha1/Forecast|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:ForecastSpec status:ForecastStatus
    gitctl.v1alpha1.ForecastConsequence||message:s names:[s object:ForecastSubject type:s
    gitctl.v1alpha1.ForecastSpec||budgetMilliseconds:l fieldManager:s steps!:[ForecastStep
    gitctl.v1alpha1.ForecastStatus||consequences:[ForecastConsequence durationSeconds:l notTried:[s settled:b
    gitctl.v1alpha1.ForecastStep||apply:o delete:ForecastTarget replace:o
    gitctl.v1alpha1.ForecastSubject||group:s kind:s name:s namespace:s
    gitctl.v1alpha1.ForecastTarget||apiVersion!:s kind!:s name!:s namespace:s
    machinery.api.resource.Quantity||=q
    machinery.runtime.RawExtension||=o
    machinery.util.intstr.IntOrString||=x
    machinery.version.Info||buildDate!:s compiler!:s emulationMajor:s emulationMinor:s gitCommit!:s gitTreeState!:s gitVersion!:s goVersion!:s major!:s minCompatibilityMajor:s minCompatibilityMinor:s minor!:s platform!:s
    meta.v1.APIGroup|/v1/APIGroup|apiVersion:s kind:s name!:s preferredVersion:GroupVersionForDiscovery serverAddressByClientCIDRs:[ServerAddressByClientCIDR versions!:[GroupVersionForDiscovery
    meta.v1.APIGroupList|/v1/APIGroupList|apiVersion:s groups!:[APIGroup kind:s
    meta.v1.APIResource||categories:[s group:s kind!:s name!:s namespaced!:b shortNames:[s singularName!:s storageVersionHash:s verbs!:[s version:s
    meta.v1.APIResourceList|/v1/APIResourceList|apiVersion:s groupVersion!:s kind:s resources!:[APIResource
    meta.v1.APIVersions|/v1/APIVersions|apiVersion:s kind:s serverAddressByClientCIDRs!:[ServerAddressByClientCIDR versions!:[s
    meta.v1.Condition||lastTransitionTime!:Time message!:s observedGeneration:l reason!:s status!:s type!:s
    meta.v1.DeleteOptions|/v1/DeleteOptions|apiVersion:s dryRun:[s gracePeriodSeconds:l ignoreStoreReadErrorWithClusterBreakingPotential:b kind:s orphanDependents:b preconditions:Preconditions propagationPolicy:s
    meta.v1.FieldSelectorRequirement||key!:s operator!:s values:[s
    meta.v1.FieldsV1||=o
    meta.v1.GroupResource||group!:s resource!:s
    meta.v1.GroupVersionForDiscovery||groupVersion!:s version!:s
    meta.v1.LabelSelector;A||matchExpressions:[LabelSelectorRequirement matchLabels:{s
    meta.v1.LabelSelectorRequirement||key!:s operator!:s;e(DoesNotExist|Exists|In|NotIn) values:[s
    meta.v1.ListMeta||continue:s remainingItemCount:l resourceVersion:s selfLink:s shardInfo:ShardInfo
    meta.v1.ManagedFieldsEntry||apiVersion:s fieldsType:s fieldsV1:FieldsV1 manager:s operation:s subresource:s time:Time
    meta.v1.MicroTime||=t
    meta.v1.ObjectMeta||annotations:{s creationTimestamp:Time deletionGracePeriodSeconds:l deletionTimestamp:Time finalizers:[s;s;pm generateName:s generation:l labels:{s managedFields:[ManagedFieldsEntry name:s namespace:s ownerReferences:[OwnerReference;m(uid);pm;k(uid) resourceVersion:s selfLink:s uid:s
    meta.v1.OwnerReference;A||apiVersion!:s blockOwnerDeletion:b controller:b kind!:s name!:s uid!:s
    meta.v1.Patch||=o
    meta.v1.Preconditions||resourceVersion:s uid:s
    meta.v1.ServerAddressByClientCIDR||clientCIDR!:s serverAddress!:s
    meta.v1.ShardInfo||selector!:s
    meta.v1.Status|/v1/Status|apiVersion:s code:i details:StatusDetails kind:s message:s metadata:ListMeta reason:s status:s
    meta.v1.StatusCause||field:s message:s reason:s
    meta.v1.StatusDetails||causes:[StatusCause group:s kind:s name:s retryAfterSeconds:i uid:s
    meta.v1.Time||=t
    meta.v1.WatchEvent|/v1/WatchEvent|object!:machinery.runtime.RawExtension type!:s
    metrics.v1beta1.ContainerMetrics||name!:s usage!:{machinery.api.resource.Quantity
    metrics.v1beta1.NodeMetrics|metrics.k8s.io/v1beta1/NodeMetrics|apiVersion:s kind:s metadata:meta.v1.ObjectMeta timestamp!:meta.v1.Time usage!:{machinery.api.resource.Quantity window!:s
    metrics.v1beta1.NodeMetricsList|metrics.k8s.io/v1beta1/NodeMetricsList|apiVersion:s items!:[NodeMetrics kind:s metadata:meta.v1.ListMeta
    metrics.v1beta1.PodMetrics|metrics.k8s.io/v1beta1/PodMetrics|apiVersion:s containers!:[ContainerMetrics kind:s metadata:meta.v1.ObjectMeta timestamp!:meta.v1.Time window!:s
    metrics.v1beta1.PodMetricsList|metrics.k8s.io/v1beta1/PodMetricsList|apiVersion:s items!:[PodMetrics kind:s metadata:meta.v1.ListMeta
    networking.v1.HTTPIngressPath||backend!:IngressBackend path:s pathType:s;e(Exact|ImplementationSpecific|Prefix)
    networking.v1.HTTPIngressRuleValue||paths!:[HTTPIngressPath
    networking.v1.IPAddress|networking.k8s.io/v1/IPAddress|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:IPAddressSpec
    networking.v1.IPAddressList|networking.k8s.io/v1/IPAddressList|apiVersion:s items!:[IPAddress kind:s metadata:meta.v1.ListMeta
    networking.v1.IPAddressSpec||parentRef!:ParentReference
    networking.v1.IPBlock||cidr!:s except:[s
    networking.v1.Ingress|networking.k8s.io/v1/Ingress|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:IngressSpec status:IngressStatus
    networking.v1.IngressBackend||resource:core.v1.TypedLocalObjectReference service:IngressServiceBackend
    networking.v1.IngressClass|networking.k8s.io/v1/IngressClass|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:IngressClassSpec
    networking.v1.IngressClassList|networking.k8s.io/v1/IngressClassList|apiVersion:s items!:[IngressClass kind:s metadata:meta.v1.ListMeta
    networking.v1.IngressClassParametersReference||apiGroup:s kind!:s name!:s namespace:s scope:s;e(Cluster|Namespace)
    networking.v1.IngressClassSpec||controller:s parameters:IngressClassParametersReference
    networking.v1.IngressList|networking.k8s.io/v1/IngressList|apiVersion:s items!:[Ingress kind:s metadata:meta.v1.ListMeta
    networking.v1.IngressLoadBalancerIngress||hostname:s ip:s ports:[IngressPortStatus
    networking.v1.IngressLoadBalancerStatus||ingress:[IngressLoadBalancerIngress
    networking.v1.IngressPortStatus||error:s port!:i protocol!:s
    networking.v1.IngressRule||host:s http:HTTPIngressRuleValue
    networking.v1.IngressServiceBackend||name!:s port:ServiceBackendPort
    networking.v1.IngressSpec||defaultBackend:IngressBackend ingressClassName:s rules:[IngressRule tls:[IngressTLS
    networking.v1.IngressStatus||loadBalancer:IngressLoadBalancerStatus
    networking.v1.IngressTLS||hosts:[s secretName:s
    networking.v1.NetworkPolicy|networking.k8s.io/v1/NetworkPolicy|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:NetworkPolicySpec
    networking.v1.NetworkPolicyEgressRule||ports:[NetworkPolicyPort to:[NetworkPolicyPeer
    networking.v1.NetworkPolicyIngressRule||from:[NetworkPolicyPeer ports:[NetworkPolicyPort
    networking.v1.NetworkPolicyList|networking.k8s.io/v1/NetworkPolicyList|apiVersion:s items!:[NetworkPolicy kind:s metadata:meta.v1.ListMeta
    networking.v1.NetworkPolicyPeer||ipBlock:IPBlock namespaceSelector:meta.v1.LabelSelector podSelector:meta.v1.LabelSelector
    networking.v1.NetworkPolicyPort||endPort:i port:machinery.util.intstr.IntOrString protocol:s;e(SCTP|TCP|UDP)
    networking.v1.NetworkPolicySpec||egress:[NetworkPolicyEgressRule ingress:[NetworkPolicyIngressRule podSelector:meta.v1.LabelSelector policyTypes:[s
    networking.v1.ParentReference||group:s name!:s namespace:s resource!:s
    networking.v1.ServiceBackendPort;A||name:s number:i
    networking.v1.ServiceCIDR|networking.k8s.io/v1/ServiceCIDR|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:ServiceCIDRSpec status:ServiceCIDRStatus
    networking.v1.ServiceCIDRList|networking.k8s.io/v1/ServiceCIDRList|apiVersion:s items!:[ServiceCIDR kind:s metadata:meta.v1.ListMeta
    networking.v1.ServiceCIDRSpec||cidrs:[s
    networking.v1.ServiceCIDRStatus||conditions:[meta.v1.Condition;m(type);pm;k(type)
    networking.v1beta1.IPAddress|networking.k8s.io/v1beta1/IPAddress|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:IPAddressSpec
    networking.v1beta1.IPAddressList|networking.k8s.io/v1beta1/IPAddressList|apiVersion:s items!:[IPAddress kind:s metadata:meta.v1.ListMeta
    networking.v1beta1.IPAddressSpec||parentRef!:ParentReference
    networking.v1beta1.ParentReference||group:s name!:s namespace:s resource!:s
    networking.v1beta1.ServiceCIDR|networking.k8s.io/v1beta1/ServiceCIDR|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:ServiceCIDRSpec status:ServiceCIDRStatus
    networking.v1beta1.ServiceCIDRList|networking.k8s.io/v1beta1/ServiceCIDRList|apiVersion:s items!:[ServiceCIDR kind:s metadata:meta.v1.ListMeta
    networking.v1beta1.ServiceCIDRSpec||cidrs:[s
    networking.v1beta1.ServiceCIDRStatus||conditions:[meta.v1.Condition;m(type);pm;k(type)
    node.v1.Overhead||podFixed:{machinery.api.resource.Quantity
    node.v1.RuntimeClass|node.k8s.io/v1/RuntimeClass|apiVersion:s handler!:s kind:s metadata:meta.v1.ObjectMeta overhead:Overhead scheduling:Scheduling
    node.v1.RuntimeClassList|node.k8s.io/v1/RuntimeClassList|apiVersion:s items!:[RuntimeClass kind:s metadata:meta.v1.ListMeta
    node.v1.Scheduling||nodeSelector:{s;A tolerations:[core.v1.Toleration
    policy.v1.Eviction|policy/v1/Eviction|apiVersion:s deleteOptions:meta.v1.DeleteOptions kind:s metadata:meta.v1.ObjectMeta
    policy.v1.PodDisruptionBudget|policy/v1/PodDisruptionBudget|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:PodDisruptionBudgetSpec status:PodDisruptionBudgetStatus
    policy.v1.PodDisruptionBudgetList|policy/v1/PodDisruptionBudgetList|apiVersion:s items!:[PodDisruptionBudget kind:s metadata:meta.v1.ListMeta
    policy.v1.PodDisruptionBudgetSpec||maxUnavailable:machinery.util.intstr.IntOrString minAvailable:machinery.util.intstr.IntOrString selector:meta.v1.LabelSelector;pr unhealthyPodEvictionPolicy:s;e(AlwaysAllow|IfHealthyBudget)
    policy.v1.PodDisruptionBudgetStatus||conditions:[meta.v1.Condition;m(type);pm;k(type) currentHealthy:i desiredHealthy:i disruptedPods:{meta.v1.Time disruptionsAllowed:i expectedPods:i observedGeneration:l
    rbac.v1.AggregationRule||clusterRoleSelectors:[meta.v1.LabelSelector
    rbac.v1.ClusterRole|rbac.authorization.k8s.io/v1/ClusterRole|aggregationRule:AggregationRule apiVersion:s kind:s metadata:meta.v1.ObjectMeta rules:[PolicyRule
    rbac.v1.ClusterRoleBinding|rbac.authorization.k8s.io/v1/ClusterRoleBinding|apiVersion:s kind:s metadata:meta.v1.ObjectMeta roleRef!:RoleRef subjects:[Subject
    rbac.v1.ClusterRoleBindingList|rbac.authorization.k8s.io/v1/ClusterRoleBindingList|apiVersion:s items!:[ClusterRoleBinding kind:s metadata:meta.v1.ListMeta
    rbac.v1.ClusterRoleList|rbac.authorization.k8s.io/v1/ClusterRoleList|apiVersion:s items!:[ClusterRole kind:s metadata:meta.v1.ListMeta
    rbac.v1.PolicyRule||apiGroups:[s nonResourceURLs:[s resourceNames:[s resources:[s verbs:[s
    rbac.v1.Role|rbac.authorization.k8s.io/v1/Role|apiVersion:s kind:s metadata:meta.v1.ObjectMeta rules:[PolicyRule
    rbac.v1.RoleBinding|rbac.authorization.k8s.io/v1/RoleBinding|apiVersion:s kind:s metadata:meta.v1.ObjectMeta roleRef!:RoleRef subjects:[Subject
    rbac.v1.RoleBindingList|rbac.authorization.k8s.io/v1/RoleBindingList|apiVersion:s items!:[RoleBinding kind:s metadata:meta.v1.ListMeta
    rbac.v1.RoleList|rbac.authorization.k8s.io/v1/RoleList|apiVersion:s items!:[Role kind:s metadata:meta.v1.ListMeta
    rbac.v1.RoleRef;A||apiGroup:s kind!:s name!:s
    rbac.v1.Subject;A||apiGroup:s kind!:s name!:s namespace:s
    resource.v1.AllocatedDeviceStatus||conditions:[meta.v1.Condition;m(type) data:machinery.runtime.RawExtension device!:s driver!:s networkData:NetworkDeviceData pool!:s shareID:s
    resource.v1.AllocationResult||allocationTimestamp:meta.v1.Time devices:DeviceAllocationResult nodeSelector:core.v1.NodeSelector
    resource.v1.CELDeviceSelector||expression!:s
    resource.v1.CapacityRequestPolicy||default:machinery.api.resource.Quantity validRange:CapacityRequestPolicyRange validValues:[machinery.api.resource.Quantity
    resource.v1.CapacityRequestPolicyRange||max:machinery.api.resource.Quantity min!:machinery.api.resource.Quantity step:machinery.api.resource.Quantity
    resource.v1.CapacityRequirements||requests:{machinery.api.resource.Quantity
    resource.v1.Counter||value!:machinery.api.resource.Quantity
    resource.v1.CounterSet||counters!:{Counter name!:s
    resource.v1.Device||allNodes:b allowMultipleAllocations:b attributes:{DeviceAttribute bindingConditions:[s bindingFailureConditions:[s bindsToNode:b capacity:{DeviceCapacity consumesCounters:[DeviceCounterConsumption name!:s nodeAllocatableResourceMappings:{NodeAllocatableResourceMapping nodeName:s nodeSelector:core.v1.NodeSelector taints:[DeviceTaint
    resource.v1.DeviceAllocationConfiguration||opaque:OpaqueDeviceConfiguration requests:[s source!:s
    resource.v1.DeviceAllocationResult||config:[DeviceAllocationConfiguration results:[DeviceRequestAllocationResult
    resource.v1.DeviceAttribute||bool:b bools:[b int:l ints:[l string:s strings:[s version:s versions:[s
    resource.v1.DeviceCapacity||requestPolicy:CapacityRequestPolicy value!:machinery.api.resource.Quantity
    resource.v1.DeviceClaim||config:[DeviceClaimConfiguration constraints:[DeviceConstraint requests:[DeviceRequest
    resource.v1.DeviceClaimConfiguration||opaque:OpaqueDeviceConfiguration requests:[s
    resource.v1.DeviceClass|resource.k8s.io/v1/DeviceClass|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:DeviceClassSpec
    resource.v1.DeviceClassConfiguration||opaque:OpaqueDeviceConfiguration
    resource.v1.DeviceClassList|resource.k8s.io/v1/DeviceClassList|apiVersion:s items!:[DeviceClass kind:s metadata:meta.v1.ListMeta
    resource.v1.DeviceClassSpec||config:[DeviceClassConfiguration extendedResourceName:s selectors:[DeviceSelector
    resource.v1.DeviceConstraint||distinctAttribute:s matchAttribute:s requests:[s
    resource.v1.DeviceCounterConsumption||counterSet!:s counters!:{Counter
    resource.v1.DeviceRequest||exactly:ExactDeviceRequest firstAvailable:[DeviceSubRequest name!:s
    resource.v1.DeviceRequestAllocationResult||adminAccess:b bindingConditions:[s bindingFailureConditions:[s consumedCapacity:{machinery.api.resource.Quantity device!:s driver!:s pool!:s request!:s shareID:s tolerations:[DeviceToleration
    resource.v1.DeviceSelector||cel:CELDeviceSelector
    resource.v1.DeviceSubRequest||allocationMode:s capacity:CapacityRequirements count:l deviceClassName!:s name!:s selectors:[DeviceSelector tolerations:[DeviceToleration
    resource.v1.DeviceTaint||effect!:s key!:s timeAdded:meta.v1.Time value:s
    resource.v1.DeviceToleration||effect:s key:s operator:s tolerationSeconds:l value:s
    resource.v1.ExactDeviceRequest||adminAccess:b allocationMode:s capacity:CapacityRequirements count:l deviceClassName!:s selectors:[DeviceSelector tolerations:[DeviceToleration
    resource.v1.NetworkDeviceData||hardwareAddress:s interfaceName:s ips:[s
    resource.v1.NodeAllocatableResourceMapping||allocationMultiplier:machinery.api.resource.Quantity capacityKey:s
    resource.v1.OpaqueDeviceConfiguration||driver!:s parameters!:machinery.runtime.RawExtension
    resource.v1.ResourceClaim|resource.k8s.io/v1/ResourceClaim|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:ResourceClaimSpec status:ResourceClaimStatus
    resource.v1.ResourceClaimConsumerReference||apiGroup:s name!:s resource!:s uid!:s
    resource.v1.ResourceClaimList|resource.k8s.io/v1/ResourceClaimList|apiVersion:s items!:[ResourceClaim kind:s metadata:meta.v1.ListMeta
    resource.v1.ResourceClaimSpec||devices:DeviceClaim
    resource.v1.ResourceClaimStatus||allocation:AllocationResult devices:[AllocatedDeviceStatus;m(driver,device,pool,shareID) reservedFor:[ResourceClaimConsumerReference;m(uid);pm;k(uid)
    resource.v1.ResourceClaimTemplate|resource.k8s.io/v1/ResourceClaimTemplate|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:ResourceClaimTemplateSpec
    resource.v1.ResourceClaimTemplateList|resource.k8s.io/v1/ResourceClaimTemplateList|apiVersion:s items!:[ResourceClaimTemplate kind:s metadata:meta.v1.ListMeta
    resource.v1.ResourceClaimTemplateSpec||metadata:meta.v1.ObjectMeta spec!:ResourceClaimSpec
    resource.v1.ResourcePool||generation!:l name!:s resourceSliceCount!:l
    resource.v1.ResourceSlice|resource.k8s.io/v1/ResourceSlice|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:ResourceSliceSpec
    resource.v1.ResourceSliceList|resource.k8s.io/v1/ResourceSliceList|apiVersion:s items!:[ResourceSlice kind:s metadata:meta.v1.ListMeta
    resource.v1.ResourceSliceSpec||allNodes:b devices:[Device driver!:s nodeName:s nodeSelector:core.v1.NodeSelector perDeviceNodeSelection:b pool!:ResourcePool sharedCounters:[CounterSet
    resource.v1alpha3.DeviceTaint||effect!:s key!:s timeAdded:meta.v1.Time value:s
    resource.v1alpha3.DeviceTaintRule|resource.k8s.io/v1alpha3/DeviceTaintRule|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:DeviceTaintRuleSpec status:DeviceTaintRuleStatus
    resource.v1alpha3.DeviceTaintRuleList|resource.k8s.io/v1alpha3/DeviceTaintRuleList|apiVersion:s items!:[DeviceTaintRule kind:s metadata:meta.v1.ListMeta
    resource.v1alpha3.DeviceTaintRuleSpec||deviceSelector:DeviceTaintSelector taint!:DeviceTaint
    resource.v1alpha3.DeviceTaintRuleStatus||conditions:[meta.v1.Condition;m(type);pm;k(type)
    resource.v1alpha3.DeviceTaintSelector||device:s driver:s pool:s
    resource.v1alpha3.PoolStatus||allocatedDevices:i availableDevices:i driver!:s generation!:l nodeName:s poolName!:s resourceSliceCount:i totalDevices:i unavailableDevices:i validationError:s
    resource.v1alpha3.ResourcePoolStatusRequest|resource.k8s.io/v1alpha3/ResourcePoolStatusRequest|apiVersion:s kind:s metadata!:meta.v1.ObjectMeta spec!:ResourcePoolStatusRequestSpec status:ResourcePoolStatusRequestStatus
    resource.v1alpha3.ResourcePoolStatusRequestList|resource.k8s.io/v1alpha3/ResourcePoolStatusRequestList|apiVersion:s items!:[ResourcePoolStatusRequest kind:s metadata:meta.v1.ListMeta
    resource.v1alpha3.ResourcePoolStatusRequestSpec||driver!:s limit:i poolName:s
    resource.v1alpha3.ResourcePoolStatusRequestStatus||conditions:[meta.v1.Condition;m(type);pm;k(type) poolCount!:i pools:[PoolStatus
    resource.v1beta1.AllocatedDeviceStatus||conditions:[meta.v1.Condition;m(type) data:machinery.runtime.RawExtension device!:s driver!:s networkData:NetworkDeviceData pool!:s shareID:s
    resource.v1beta1.AllocationResult||allocationTimestamp:meta.v1.Time devices:DeviceAllocationResult nodeSelector:core.v1.NodeSelector
    resource.v1beta1.BasicDevice||allNodes:b allowMultipleAllocations:b attributes:{DeviceAttribute bindingConditions:[s bindingFailureConditions:[s bindsToNode:b capacity:{DeviceCapacity consumesCounters:[DeviceCounterConsumption nodeAllocatableResourceMappings:{NodeAllocatableResourceMapping nodeName:s nodeSelector:core.v1.NodeSelector taints:[DeviceTaint
    resource.v1beta1.CELDeviceSelector||expression!:s
    resource.v1beta1.CapacityRequestPolicy||default:machinery.api.resource.Quantity validRange:CapacityRequestPolicyRange validValues:[machinery.api.resource.Quantity
    resource.v1beta1.CapacityRequestPolicyRange||max:machinery.api.resource.Quantity min!:machinery.api.resource.Quantity step:machinery.api.resource.Quantity
    resource.v1beta1.CapacityRequirements||requests:{machinery.api.resource.Quantity
    resource.v1beta1.Counter||value!:machinery.api.resource.Quantity
    resource.v1beta1.CounterSet||counters!:{Counter name!:s
    resource.v1beta1.Device||basic:BasicDevice name!:s
    resource.v1beta1.DeviceAllocationConfiguration||opaque:OpaqueDeviceConfiguration requests:[s source!:s
    resource.v1beta1.DeviceAllocationResult||config:[DeviceAllocationConfiguration results:[DeviceRequestAllocationResult
    resource.v1beta1.DeviceAttribute||bool:b bools:[b int:l ints:[l string:s strings:[s version:s versions:[s
    resource.v1beta1.DeviceCapacity||requestPolicy:CapacityRequestPolicy value!:machinery.api.resource.Quantity
    resource.v1beta1.DeviceClaim||config:[DeviceClaimConfiguration constraints:[DeviceConstraint requests:[DeviceRequest
    resource.v1beta1.DeviceClaimConfiguration||opaque:OpaqueDeviceConfiguration requests:[s
    resource.v1beta1.DeviceClass|resource.k8s.io/v1beta1/DeviceClass|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:DeviceClassSpec
    resource.v1beta1.DeviceClassConfiguration||opaque:OpaqueDeviceConfiguration
    resource.v1beta1.DeviceClassList|resource.k8s.io/v1beta1/DeviceClassList|apiVersion:s items!:[DeviceClass kind:s metadata:meta.v1.ListMeta
    resource.v1beta1.DeviceClassSpec||config:[DeviceClassConfiguration extendedResourceName:s selectors:[DeviceSelector
    resource.v1beta1.DeviceConstraint||distinctAttribute:s matchAttribute:s requests:[s
    resource.v1beta1.DeviceCounterConsumption||counterSet!:s counters!:{Counter
    resource.v1beta1.DeviceRequest||adminAccess:b allocationMode:s capacity:CapacityRequirements count:l deviceClassName:s firstAvailable:[DeviceSubRequest name!:s selectors:[DeviceSelector tolerations:[DeviceToleration
    resource.v1beta1.DeviceRequestAllocationResult||adminAccess:b bindingConditions:[s bindingFailureConditions:[s consumedCapacity:{machinery.api.resource.Quantity device!:s driver!:s pool!:s request!:s shareID:s tolerations:[DeviceToleration
    resource.v1beta1.DeviceSelector||cel:CELDeviceSelector
    resource.v1beta1.DeviceSubRequest||allocationMode:s capacity:CapacityRequirements count:l deviceClassName!:s name!:s selectors:[DeviceSelector tolerations:[DeviceToleration
    resource.v1beta1.DeviceTaint||effect!:s key!:s timeAdded:meta.v1.Time value:s
    resource.v1beta1.DeviceToleration||effect:s key:s operator:s tolerationSeconds:l value:s
    resource.v1beta1.NetworkDeviceData||hardwareAddress:s interfaceName:s ips:[s
    resource.v1beta1.NodeAllocatableResourceMapping||allocationMultiplier:machinery.api.resource.Quantity capacityKey:s
    resource.v1beta1.OpaqueDeviceConfiguration||driver!:s parameters!:machinery.runtime.RawExtension
    resource.v1beta1.ResourceClaim|resource.k8s.io/v1beta1/ResourceClaim|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:ResourceClaimSpec status:ResourceClaimStatus
    resource.v1beta1.ResourceClaimConsumerReference||apiGroup:s name!:s resource!:s uid!:s
    resource.v1beta1.ResourceClaimList|resource.k8s.io/v1beta1/ResourceClaimList|apiVersion:s items!:[ResourceClaim kind:s metadata:meta.v1.ListMeta
    resource.v1beta1.ResourceClaimSpec||devices:DeviceClaim
    resource.v1beta1.ResourceClaimStatus||allocation:AllocationResult devices:[AllocatedDeviceStatus;m(driver,device,pool,shareID) reservedFor:[ResourceClaimConsumerReference;m(uid);pm;k(uid)
    resource.v1beta1.ResourceClaimTemplate|resource.k8s.io/v1beta1/ResourceClaimTemplate|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:ResourceClaimTemplateSpec
    resource.v1beta1.ResourceClaimTemplateList|resource.k8s.io/v1beta1/ResourceClaimTemplateList|apiVersion:s items!:[ResourceClaimTemplate kind:s metadata:meta.v1.ListMeta
    resource.v1beta1.ResourceClaimTemplateSpec||metadata:meta.v1.ObjectMeta spec!:ResourceClaimSpec
    resource.v1beta1.ResourcePool||generation!:l name!:s resourceSliceCount!:l
    resource.v1beta1.ResourceSlice|resource.k8s.io/v1beta1/ResourceSlice|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:ResourceSliceSpec
    resource.v1beta1.ResourceSliceList|resource.k8s.io/v1beta1/ResourceSliceList|apiVersion:s items!:[ResourceSlice kind:s metadata:meta.v1.ListMeta
    resource.v1beta1.ResourceSliceSpec||allNodes:b devices:[Device driver!:s nodeName:s nodeSelector:core.v1.NodeSelector perDeviceNodeSelection:b pool!:ResourcePool sharedCounters:[CounterSet
    resource.v1beta2.AllocatedDeviceStatus||conditions:[meta.v1.Condition;m(type) data:machinery.runtime.RawExtension device!:s driver!:s networkData:NetworkDeviceData pool!:s shareID:s
    resource.v1beta2.AllocationResult||allocationTimestamp:meta.v1.Time devices:DeviceAllocationResult nodeSelector:core.v1.NodeSelector
    resource.v1beta2.CELDeviceSelector||expression!:s
    resource.v1beta2.CapacityRequestPolicy||default:machinery.api.resource.Quantity validRange:CapacityRequestPolicyRange validValues:[machinery.api.resource.Quantity
    resource.v1beta2.CapacityRequestPolicyRange||max:machinery.api.resource.Quantity min!:machinery.api.resource.Quantity step:machinery.api.resource.Quantity
    resource.v1beta2.CapacityRequirements||requests:{machinery.api.resource.Quantity
    resource.v1beta2.Counter||value!:machinery.api.resource.Quantity
    resource.v1beta2.CounterSet||counters!:{Counter name!:s
    resource.v1beta2.Device||allNodes:b allowMultipleAllocations:b attributes:{DeviceAttribute bindingConditions:[s bindingFailureConditions:[s bindsToNode:b capacity:{DeviceCapacity consumesCounters:[DeviceCounterConsumption name!:s nodeAllocatableResourceMappings:{NodeAllocatableResourceMapping nodeName:s nodeSelector:core.v1.NodeSelector taints:[DeviceTaint
    resource.v1beta2.DeviceAllocationConfiguration||opaque:OpaqueDeviceConfiguration requests:[s source!:s
    resource.v1beta2.DeviceAllocationResult||config:[DeviceAllocationConfiguration results:[DeviceRequestAllocationResult
    resource.v1beta2.DeviceAttribute||bool:b bools:[b int:l ints:[l string:s strings:[s version:s versions:[s
    resource.v1beta2.DeviceCapacity||requestPolicy:CapacityRequestPolicy value!:machinery.api.resource.Quantity
    resource.v1beta2.DeviceClaim||config:[DeviceClaimConfiguration constraints:[DeviceConstraint requests:[DeviceRequest
    resource.v1beta2.DeviceClaimConfiguration||opaque:OpaqueDeviceConfiguration requests:[s
    resource.v1beta2.DeviceClass|resource.k8s.io/v1beta2/DeviceClass|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:DeviceClassSpec
    resource.v1beta2.DeviceClassConfiguration||opaque:OpaqueDeviceConfiguration
    resource.v1beta2.DeviceClassList|resource.k8s.io/v1beta2/DeviceClassList|apiVersion:s items!:[DeviceClass kind:s metadata:meta.v1.ListMeta
    resource.v1beta2.DeviceClassSpec||config:[DeviceClassConfiguration extendedResourceName:s selectors:[DeviceSelector
    resource.v1beta2.DeviceConstraint||distinctAttribute:s matchAttribute:s requests:[s
    resource.v1beta2.DeviceCounterConsumption||counterSet!:s counters!:{Counter
    resource.v1beta2.DeviceRequest||exactly:ExactDeviceRequest firstAvailable:[DeviceSubRequest name!:s
    resource.v1beta2.DeviceRequestAllocationResult||adminAccess:b bindingConditions:[s bindingFailureConditions:[s consumedCapacity:{machinery.api.resource.Quantity device!:s driver!:s pool!:s request!:s shareID:s tolerations:[DeviceToleration
    resource.v1beta2.DeviceSelector||cel:CELDeviceSelector
    resource.v1beta2.DeviceSubRequest||allocationMode:s capacity:CapacityRequirements count:l deviceClassName!:s name!:s selectors:[DeviceSelector tolerations:[DeviceToleration
    resource.v1beta2.DeviceTaint||effect!:s key!:s timeAdded:meta.v1.Time value:s
    resource.v1beta2.DeviceTaintRule|resource.k8s.io/v1beta2/DeviceTaintRule|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:DeviceTaintRuleSpec status:DeviceTaintRuleStatus
    resource.v1beta2.DeviceTaintRuleList|resource.k8s.io/v1beta2/DeviceTaintRuleList|apiVersion:s items!:[DeviceTaintRule kind:s metadata:meta.v1.ListMeta
    resource.v1beta2.DeviceTaintRuleSpec||deviceSelector:DeviceTaintSelector taint!:DeviceTaint
    resource.v1beta2.DeviceTaintRuleStatus||conditions:[meta.v1.Condition;m(type);pm;k(type)
    resource.v1beta2.DeviceTaintSelector||device:s driver:s pool:s
    resource.v1beta2.DeviceToleration||effect:s key:s operator:s tolerationSeconds:l value:s
    resource.v1beta2.ExactDeviceRequest||adminAccess:b allocationMode:s capacity:CapacityRequirements count:l deviceClassName!:s selectors:[DeviceSelector tolerations:[DeviceToleration
    resource.v1beta2.NetworkDeviceData||hardwareAddress:s interfaceName:s ips:[s
    resource.v1beta2.NodeAllocatableResourceMapping||allocationMultiplier:machinery.api.resource.Quantity capacityKey:s
    resource.v1beta2.OpaqueDeviceConfiguration||driver!:s parameters!:machinery.runtime.RawExtension
    resource.v1beta2.ResourceClaim|resource.k8s.io/v1beta2/ResourceClaim|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:ResourceClaimSpec status:ResourceClaimStatus
    resource.v1beta2.ResourceClaimConsumerReference||apiGroup:s name!:s resource!:s uid!:s
    resource.v1beta2.ResourceClaimList|resource.k8s.io/v1beta2/ResourceClaimList|apiVersion:s items!:[ResourceClaim kind:s metadata:meta.v1.ListMeta
    resource.v1beta2.ResourceClaimSpec||devices:DeviceClaim
    resource.v1beta2.ResourceClaimStatus||allocation:AllocationResult devices:[AllocatedDeviceStatus;m(driver,device,pool,shareID) reservedFor:[ResourceClaimConsumerReference;m(uid);pm;k(uid)
    resource.v1beta2.ResourceClaimTemplate|resource.k8s.io/v1beta2/ResourceClaimTemplate|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:ResourceClaimTemplateSpec
    resource.v1beta2.ResourceClaimTemplateList|resource.k8s.io/v1beta2/ResourceClaimTemplateList|apiVersion:s items!:[ResourceClaimTemplate kind:s metadata:meta.v1.ListMeta
    resource.v1beta2.ResourceClaimTemplateSpec||metadata:meta.v1.ObjectMeta spec!:ResourceClaimSpec
    resource.v1beta2.ResourcePool||generation!:l name!:s resourceSliceCount!:l
    resource.v1beta2.ResourceSlice|resource.k8s.io/v1beta2/ResourceSlice|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:ResourceSliceSpec
    resource.v1beta2.ResourceSliceList|resource.k8s.io/v1beta2/ResourceSliceList|apiVersion:s items!:[ResourceSlice kind:s metadata:meta.v1.ListMeta
    resource.v1beta2.ResourceSliceSpec||allNodes:b devices:[Device driver!:s nodeName:s nodeSelector:core.v1.NodeSelector perDeviceNodeSelection:b pool!:ResourcePool sharedCounters:[CounterSet
    scheduling.v1.PriorityClass|scheduling.k8s.io/v1/PriorityClass|apiVersion:s description:s globalDefault:b kind:s metadata:meta.v1.ObjectMeta preemptionPolicy:s;e(Never|PreemptLowerPriority) value:i
    scheduling.v1.PriorityClassList|scheduling.k8s.io/v1/PriorityClassList|apiVersion:s items!:[PriorityClass kind:s metadata:meta.v1.ListMeta
    scheduling.v1alpha2.BasicSchedulingPolicy||
    scheduling.v1alpha2.GangSchedulingPolicy||minCount!:i
    scheduling.v1alpha2.PodGroup|scheduling.k8s.io/v1alpha2/PodGroup|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:PodGroupSpec status:PodGroupStatus
    scheduling.v1alpha2.PodGroupList|scheduling.k8s.io/v1alpha2/PodGroupList|apiVersion:s items!:[PodGroup kind:s metadata:meta.v1.ListMeta
    scheduling.v1alpha2.PodGroupResourceClaim||name!:s resourceClaimName:s resourceClaimTemplateName:s
    scheduling.v1alpha2.PodGroupResourceClaimStatus||name!:s resourceClaimName:s
    scheduling.v1alpha2.PodGroupSchedulingConstraints||topology:[TopologyConstraint
    scheduling.v1alpha2.PodGroupSchedulingPolicy||basic:BasicSchedulingPolicy gang:GangSchedulingPolicy
    scheduling.v1alpha2.PodGroupSpec||disruptionMode:s podGroupTemplateRef:PodGroupTemplateReference priority:i priorityClassName:s resourceClaims:[PodGroupResourceClaim;m(name);pm;pk;k(name) schedulingConstraints:PodGroupSchedulingConstraints schedulingPolicy!:PodGroupSchedulingPolicy
    scheduling.v1alpha2.PodGroupStatus||conditions:[meta.v1.Condition;m(type);pm;k(type) resourceClaimStatuses:[PodGroupResourceClaimStatus;m(name);pm;pk;k(name)
    scheduling.v1alpha2.PodGroupTemplate||disruptionMode:s name!:s priority:i priorityClassName:s resourceClaims:[PodGroupResourceClaim;m(name);pm;pk;k(name) schedulingConstraints:PodGroupSchedulingConstraints schedulingPolicy!:PodGroupSchedulingPolicy
    scheduling.v1alpha2.PodGroupTemplateReference||workload:WorkloadPodGroupTemplateReference
    scheduling.v1alpha2.TopologyConstraint||key!:s
    scheduling.v1alpha2.TypedLocalObjectReference||apiGroup:s kind!:s name!:s
    scheduling.v1alpha2.Workload|scheduling.k8s.io/v1alpha2/Workload|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:WorkloadSpec
    scheduling.v1alpha2.WorkloadList|scheduling.k8s.io/v1alpha2/WorkloadList|apiVersion:s items!:[Workload kind:s metadata:meta.v1.ListMeta
    scheduling.v1alpha2.WorkloadPodGroupTemplateReference||podGroupTemplateName!:s workloadName!:s
    scheduling.v1alpha2.WorkloadSpec||controllerRef:TypedLocalObjectReference podGroupTemplates!:[PodGroupTemplate;m(name)
    storage.v1.CSIDriver|storage.k8s.io/v1/CSIDriver|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:CSIDriverSpec
    storage.v1.CSIDriverList|storage.k8s.io/v1/CSIDriverList|apiVersion:s items!:[CSIDriver kind:s metadata:meta.v1.ListMeta
    storage.v1.CSIDriverSpec||attachRequired:b fsGroupPolicy:s;e(File|None|ReadWriteOnceWithFSType) nodeAllocatableUpdatePeriodSeconds:l podInfoOnMount:b preventPodSchedulingIfMissing:b requiresRepublish:b seLinuxMount:b serviceAccountTokenInSecrets:b storageCapacity:b tokenRequests:[TokenRequest volumeLifecycleModes:[s;s
    storage.v1.CSINode|storage.k8s.io/v1/CSINode|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:CSINodeSpec
    storage.v1.CSINodeDriver||allocatable:VolumeNodeResources name!:s nodeID!:s topologyKeys:[s
    storage.v1.CSINodeList|storage.k8s.io/v1/CSINodeList|apiVersion:s items!:[CSINode kind:s metadata:meta.v1.ListMeta
    storage.v1.CSINodeSpec||drivers:[CSINodeDriver;m(name);pm;k(name)
    storage.v1.CSIStorageCapacity|storage.k8s.io/v1/CSIStorageCapacity|apiVersion:s capacity:machinery.api.resource.Quantity kind:s maximumVolumeSize:machinery.api.resource.Quantity metadata:meta.v1.ObjectMeta nodeTopology:meta.v1.LabelSelector storageClassName!:s
    storage.v1.CSIStorageCapacityList|storage.k8s.io/v1/CSIStorageCapacityList|apiVersion:s items!:[CSIStorageCapacity kind:s metadata:meta.v1.ListMeta
    storage.v1.StorageClass|storage.k8s.io/v1/StorageClass|allowVolumeExpansion:b allowedTopologies:[core.v1.TopologySelectorTerm apiVersion:s kind:s metadata:meta.v1.ObjectMeta mountOptions:[s parameters:{s provisioner!:s reclaimPolicy:s;e(Delete|Recycle|Retain) volumeBindingMode:s;e(Immediate|WaitForFirstConsumer)
    storage.v1.StorageClassList|storage.k8s.io/v1/StorageClassList|apiVersion:s items!:[StorageClass kind:s metadata:meta.v1.ListMeta
    storage.v1.TokenRequest||audience!:s expirationSeconds:l
    storage.v1.VolumeAttachment|storage.k8s.io/v1/VolumeAttachment|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec!:VolumeAttachmentSpec status:VolumeAttachmentStatus
    storage.v1.VolumeAttachmentList|storage.k8s.io/v1/VolumeAttachmentList|apiVersion:s items!:[VolumeAttachment kind:s metadata:meta.v1.ListMeta
    storage.v1.VolumeAttachmentSource||inlineVolumeSpec:core.v1.PersistentVolumeSpec persistentVolumeName:s
    storage.v1.VolumeAttachmentSpec||attacher!:s nodeName!:s source!:VolumeAttachmentSource
    storage.v1.VolumeAttachmentStatus||attachError:VolumeError attached!:b attachmentMetadata:{s detachError:VolumeError
    storage.v1.VolumeAttributesClass|storage.k8s.io/v1/VolumeAttributesClass|apiVersion:s driverName!:s kind:s metadata:meta.v1.ObjectMeta parameters:{s
    storage.v1.VolumeAttributesClassList|storage.k8s.io/v1/VolumeAttributesClassList|apiVersion:s items!:[VolumeAttributesClass kind:s metadata:meta.v1.ListMeta
    storage.v1.VolumeError||errorCode:i message:s time:meta.v1.Time
    storage.v1.VolumeNodeResources||count:i
    storage.v1beta1.VolumeAttributesClass|storage.k8s.io/v1beta1/VolumeAttributesClass|apiVersion:s driverName!:s kind:s metadata:meta.v1.ObjectMeta parameters:{s
    storage.v1beta1.VolumeAttributesClassList|storage.k8s.io/v1beta1/VolumeAttributesClassList|apiVersion:s items!:[VolumeAttributesClass kind:s metadata:meta.v1.ListMeta
    storagemigration.v1beta1.StorageVersionMigration|storagemigration.k8s.io/v1beta1/StorageVersionMigration|apiVersion:s kind:s metadata:meta.v1.ObjectMeta spec:StorageVersionMigrationSpec status:StorageVersionMigrationStatus
    storagemigration.v1beta1.StorageVersionMigrationList|storagemigration.k8s.io/v1beta1/StorageVersionMigrationList|apiVersion:s items!:[StorageVersionMigration kind:s metadata:meta.v1.ListMeta
    storagemigration.v1beta1.StorageVersionMigrationSpec||resource!:meta.v1.GroupResource
    storagemigration.v1beta1.StorageVersionMigrationStatus||conditions:[meta.v1.Condition;m(type);pm;k(type) resourceVersion:s
    """#
