// Made by scripts/import-discovery.ts: what Kubernetes serves in its stable versions.
// Group version, resource, singular, kind (with its group version, if another), scope, verbs.
export const surface = `
admissionregistration.k8s.io/v1 mutatingadmissionpolicies mutatingadmissionpolicy MutatingAdmissionPolicy cluster create,delete,deletecollection,get,list,patch,update,watch categories=api-extensions
admissionregistration.k8s.io/v1 mutatingadmissionpolicybindings mutatingadmissionpolicybinding MutatingAdmissionPolicyBinding cluster create,delete,deletecollection,get,list,patch,update,watch categories=api-extensions
admissionregistration.k8s.io/v1 mutatingwebhookconfigurations mutatingwebhookconfiguration MutatingWebhookConfiguration cluster create,delete,deletecollection,get,list,patch,update,watch categories=api-extensions
admissionregistration.k8s.io/v1 validatingadmissionpolicies validatingadmissionpolicy ValidatingAdmissionPolicy cluster create,delete,deletecollection,get,list,patch,update,watch categories=api-extensions
admissionregistration.k8s.io/v1 validatingadmissionpolicies/status - ValidatingAdmissionPolicy cluster get,patch,update
admissionregistration.k8s.io/v1 validatingadmissionpolicybindings validatingadmissionpolicybinding ValidatingAdmissionPolicyBinding cluster create,delete,deletecollection,get,list,patch,update,watch categories=api-extensions
admissionregistration.k8s.io/v1 validatingwebhookconfigurations validatingwebhookconfiguration ValidatingWebhookConfiguration cluster create,delete,deletecollection,get,list,patch,update,watch categories=api-extensions
apiextensions.k8s.io/v1 customresourcedefinitions customresourcedefinition CustomResourceDefinition cluster create,delete,deletecollection,get,list,patch,update,watch short=crd,crds categories=api-extensions
apiextensions.k8s.io/v1 customresourcedefinitions/status - CustomResourceDefinition cluster get,patch,update
apiregistration.k8s.io/v1 apiservices apiservice APIService cluster create,delete,deletecollection,get,list,patch,update,watch categories=api-extensions
apiregistration.k8s.io/v1 apiservices/status - APIService cluster get,patch,update
apps/v1 controllerrevisions controllerrevision ControllerRevision namespaced create,delete,deletecollection,get,list,patch,update,watch
apps/v1 daemonsets daemonset DaemonSet namespaced create,delete,deletecollection,get,list,patch,update,watch short=ds categories=all
apps/v1 daemonsets/status - DaemonSet namespaced get,patch,update
apps/v1 deployments deployment Deployment namespaced create,delete,deletecollection,get,list,patch,update,watch short=deploy categories=all
apps/v1 deployments/scale - autoscaling/v1/Scale namespaced get,patch,update
apps/v1 deployments/status - Deployment namespaced get,patch,update
apps/v1 replicasets replicaset ReplicaSet namespaced create,delete,deletecollection,get,list,patch,update,watch short=rs categories=all
apps/v1 replicasets/scale - autoscaling/v1/Scale namespaced get,patch,update
apps/v1 replicasets/status - ReplicaSet namespaced get,patch,update
apps/v1 statefulsets statefulset StatefulSet namespaced create,delete,deletecollection,get,list,patch,update,watch short=sts categories=all
apps/v1 statefulsets/scale - autoscaling/v1/Scale namespaced get,patch,update
apps/v1 statefulsets/status - StatefulSet namespaced get,patch,update
authentication.k8s.io/v1 selfsubjectreviews selfsubjectreview SelfSubjectReview cluster create
authentication.k8s.io/v1 tokenreviews tokenreview TokenReview cluster create
authorization.k8s.io/v1 localsubjectaccessreviews localsubjectaccessreview LocalSubjectAccessReview namespaced create
authorization.k8s.io/v1 selfsubjectaccessreviews selfsubjectaccessreview SelfSubjectAccessReview cluster create
authorization.k8s.io/v1 selfsubjectrulesreviews selfsubjectrulesreview SelfSubjectRulesReview cluster create
authorization.k8s.io/v1 subjectaccessreviews subjectaccessreview SubjectAccessReview cluster create
autoscaling/v1 horizontalpodautoscalers horizontalpodautoscaler HorizontalPodAutoscaler namespaced create,delete,deletecollection,get,list,patch,update,watch short=hpa categories=all
autoscaling/v1 horizontalpodautoscalers/status - HorizontalPodAutoscaler namespaced get,patch,update
autoscaling/v2 horizontalpodautoscalers horizontalpodautoscaler HorizontalPodAutoscaler namespaced create,delete,deletecollection,get,list,patch,update,watch short=hpa categories=all
autoscaling/v2 horizontalpodautoscalers/status - HorizontalPodAutoscaler namespaced get,patch,update
batch/v1 cronjobs cronjob CronJob namespaced create,delete,deletecollection,get,list,patch,update,watch short=cj categories=all
batch/v1 cronjobs/status - CronJob namespaced get,patch,update
batch/v1 jobs job Job namespaced create,delete,deletecollection,get,list,patch,update,watch categories=all
batch/v1 jobs/status - Job namespaced get,patch,update
certificates.k8s.io/v1 certificatesigningrequests certificatesigningrequest CertificateSigningRequest cluster create,delete,deletecollection,get,list,patch,update,watch short=csr
certificates.k8s.io/v1 certificatesigningrequests/approval - CertificateSigningRequest cluster get,patch,update
certificates.k8s.io/v1 certificatesigningrequests/status - CertificateSigningRequest cluster get,patch,update
coordination.k8s.io/v1 leases lease Lease namespaced create,delete,deletecollection,get,list,patch,update,watch
discovery.k8s.io/v1 endpointslices endpointslice EndpointSlice namespaced create,delete,deletecollection,get,list,patch,update,watch
events.k8s.io/v1 events event Event namespaced create,delete,deletecollection,get,list,patch,update,watch short=ev
flowcontrol.apiserver.k8s.io/v1 flowschemas flowschema FlowSchema cluster create,delete,deletecollection,get,list,patch,update,watch
flowcontrol.apiserver.k8s.io/v1 flowschemas/status - FlowSchema cluster get,patch,update
flowcontrol.apiserver.k8s.io/v1 prioritylevelconfigurations prioritylevelconfiguration PriorityLevelConfiguration cluster create,delete,deletecollection,get,list,patch,update,watch
flowcontrol.apiserver.k8s.io/v1 prioritylevelconfigurations/status - PriorityLevelConfiguration cluster get,patch,update
networking.k8s.io/v1 ingressclasses ingressclass IngressClass cluster create,delete,deletecollection,get,list,patch,update,watch
networking.k8s.io/v1 ingresses ingress Ingress namespaced create,delete,deletecollection,get,list,patch,update,watch short=ing
networking.k8s.io/v1 ingresses/status - Ingress namespaced get,patch,update
networking.k8s.io/v1 ipaddresses ipaddress IPAddress cluster create,delete,deletecollection,get,list,patch,update,watch short=ip
networking.k8s.io/v1 networkpolicies networkpolicy NetworkPolicy namespaced create,delete,deletecollection,get,list,patch,update,watch short=netpol
networking.k8s.io/v1 servicecidrs servicecidr ServiceCIDR cluster create,delete,deletecollection,get,list,patch,update,watch
networking.k8s.io/v1 servicecidrs/status - ServiceCIDR cluster get,patch,update
node.k8s.io/v1 runtimeclasses runtimeclass RuntimeClass cluster create,delete,deletecollection,get,list,patch,update,watch
policy/v1 poddisruptionbudgets poddisruptionbudget PodDisruptionBudget namespaced create,delete,deletecollection,get,list,patch,update,watch short=pdb
policy/v1 poddisruptionbudgets/status - PodDisruptionBudget namespaced get,patch,update
rbac.authorization.k8s.io/v1 clusterrolebindings clusterrolebinding ClusterRoleBinding cluster create,delete,deletecollection,get,list,patch,update,watch
rbac.authorization.k8s.io/v1 clusterroles clusterrole ClusterRole cluster create,delete,deletecollection,get,list,patch,update,watch
rbac.authorization.k8s.io/v1 rolebindings rolebinding RoleBinding namespaced create,delete,deletecollection,get,list,patch,update,watch
rbac.authorization.k8s.io/v1 roles role Role namespaced create,delete,deletecollection,get,list,patch,update,watch
resource.k8s.io/v1 deviceclasses deviceclass DeviceClass cluster create,delete,deletecollection,get,list,patch,update,watch
resource.k8s.io/v1 resourceclaims resourceclaim ResourceClaim namespaced create,delete,deletecollection,get,list,patch,update,watch
resource.k8s.io/v1 resourceclaims/status - ResourceClaim namespaced get,patch,update
resource.k8s.io/v1 resourceclaimtemplates resourceclaimtemplate ResourceClaimTemplate namespaced create,delete,deletecollection,get,list,patch,update,watch
resource.k8s.io/v1 resourceslices resourceslice ResourceSlice cluster create,delete,deletecollection,get,list,patch,update,watch
scheduling.k8s.io/v1 priorityclasses priorityclass PriorityClass cluster create,delete,deletecollection,get,list,patch,update,watch short=pc
storage.k8s.io/v1 csidrivers csidriver CSIDriver cluster create,delete,deletecollection,get,list,patch,update,watch
storage.k8s.io/v1 csinodes csinode CSINode cluster create,delete,deletecollection,get,list,patch,update,watch
storage.k8s.io/v1 csistoragecapacities csistoragecapacity CSIStorageCapacity namespaced create,delete,deletecollection,get,list,patch,update,watch
storage.k8s.io/v1 storageclasses storageclass StorageClass cluster create,delete,deletecollection,get,list,patch,update,watch short=sc
storage.k8s.io/v1 volumeattachments volumeattachment VolumeAttachment cluster create,delete,deletecollection,get,list,patch,update,watch
storage.k8s.io/v1 volumeattachments/status - VolumeAttachment cluster get,patch,update
storage.k8s.io/v1 volumeattributesclasses volumeattributesclass VolumeAttributesClass cluster create,delete,deletecollection,get,list,patch,update,watch short=vac
v1 bindings binding Binding namespaced create
v1 componentstatuses componentstatus ComponentStatus cluster get,list short=cs
v1 configmaps configmap ConfigMap namespaced create,delete,deletecollection,get,list,patch,update,watch short=cm
v1 endpoints endpoints Endpoints namespaced create,delete,deletecollection,get,list,patch,update,watch short=ep
v1 events event Event namespaced create,delete,deletecollection,get,list,patch,update,watch short=ev
v1 limitranges limitrange LimitRange namespaced create,delete,deletecollection,get,list,patch,update,watch short=limits
v1 namespaces namespace Namespace cluster create,delete,get,list,patch,update,watch short=ns
v1 namespaces/finalize - Namespace cluster update
v1 namespaces/status - Namespace cluster get,patch,update
v1 nodes node Node cluster create,delete,deletecollection,get,list,patch,update,watch short=no
v1 nodes/proxy - NodeProxyOptions cluster create,delete,get,patch,update
v1 nodes/status - Node cluster get,patch,update
v1 persistentvolumeclaims persistentvolumeclaim PersistentVolumeClaim namespaced create,delete,deletecollection,get,list,patch,update,watch short=pvc
v1 persistentvolumeclaims/status - PersistentVolumeClaim namespaced get,patch,update
v1 persistentvolumes persistentvolume PersistentVolume cluster create,delete,deletecollection,get,list,patch,update,watch short=pv
v1 persistentvolumes/status - PersistentVolume cluster get,patch,update
v1 pods pod Pod namespaced create,delete,deletecollection,get,list,patch,update,watch short=po categories=all
v1 pods/attach - PodAttachOptions namespaced create,get
v1 pods/binding - Binding namespaced create
v1 pods/ephemeralcontainers - Pod namespaced get,patch,update
v1 pods/eviction - policy/v1/Eviction namespaced create
v1 pods/exec - PodExecOptions namespaced create,get
v1 pods/log - Pod namespaced get
v1 pods/portforward - PodPortForwardOptions namespaced create,get
v1 pods/proxy - PodProxyOptions namespaced create,delete,get,patch,update
v1 pods/resize - Pod namespaced get,patch,update
v1 pods/status - Pod namespaced get,patch,update
v1 podtemplates podtemplate PodTemplate namespaced create,delete,deletecollection,get,list,patch,update,watch
v1 replicationcontrollers replicationcontroller ReplicationController namespaced create,delete,deletecollection,get,list,patch,update,watch short=rc categories=all
v1 replicationcontrollers/scale - autoscaling/v1/Scale namespaced get,patch,update
v1 replicationcontrollers/status - ReplicationController namespaced get,patch,update
v1 resourcequotas resourcequota ResourceQuota namespaced create,delete,deletecollection,get,list,patch,update,watch short=quota
v1 resourcequotas/status - ResourceQuota namespaced get,patch,update
v1 secrets secret Secret namespaced create,delete,deletecollection,get,list,patch,update,watch
v1 serviceaccounts serviceaccount ServiceAccount namespaced create,delete,deletecollection,get,list,patch,update,watch short=sa
v1 serviceaccounts/token - authentication.k8s.io/v1/TokenRequest namespaced create
v1 services service Service namespaced create,delete,deletecollection,get,list,patch,update,watch short=svc categories=all
v1 services/proxy - ServiceProxyOptions namespaced create,delete,get,patch,update
v1 services/status - Service namespaced get,patch,update
`;
