/** What each type is: `TypeName sentence`. Lists, specs and statuses are told by describe.ts. */
export const typeWords = `
APIService A group and version of the API that another server serves.
Affinity Which nodes and which other pods a pod wants to be near to, or far from.
AppArmorProfile The AppArmor profile that a container runs under.
AttachedVolume A volume that is attached to a node.
Binding Puts a pod on a node; this is how a scheduler says what it decided.
BoundObjectReference The object that a token lives and dies with.
CSIDriver What the cluster needs to know about a CSI driver.
CSINode Which CSI drivers are on a node.
CSIStorageCapacity How much room a storage class has in a part of the cluster.
Capabilities Linux capabilities that a container gets beside, or instead of, the usual ones.
CertificateSigningRequest Asks a signer for a certificate.
ClusterRole Rules about what may be done, in all namespaces and to what is in none.
ClusterRoleBinding Gives the rules of a ClusterRole to users, everywhere.
ComponentStatus Whether a part of the control plane is well. Outdated.
Condition One thing that is true, false or unknown of an object, since when and why.
ConfigMap Settings as keys and values, for pods to read.
ConfigMapEnvSource All keys of a ConfigMap, as environment variables.
ConfigMapKeySelector One key of a ConfigMap.
ConfigMapProjection Keys of a ConfigMap, as files of a projected volume.
ConfigMapVolumeSource Keys of a ConfigMap, as files.
Container One container of a pod.
ContainerImage An image that a node has.
ContainerPort A port on which a container listens.
ContainerResizePolicy Whether changing a resource restarts the container.
ContainerState What a container does now; one of the fields is set.
ContainerStateRunning A container that runs.
ContainerStateTerminated A container that has ended.
ContainerStateWaiting A container that does not run yet.
ContainerStatus What is observed of one container.
ControllerRevision A kept state of a controller's template, to go back to.
CronJob Makes Jobs on a schedule.
CrossVersionObjectReference Names an object whose kind may be served in several versions.
CustomResourceDefinition Adds a kind of your own to the API.
DaemonSet Runs a pod on every node that fits.
DeleteOptions How an object shall be deleted.
Deployment Keeps a number of equal pods running, and replaces them step by step when they change.
DeviceClass A kind of device that claims can ask for.
DownwardAPIProjection Facts about the pod, as files of a projected volume.
DownwardAPIVolumeSource Facts about the pod, as files.
EmptyDirVolumeSource An empty directory that lives as long as the pod.
EndpointSlice Some of the addresses behind a Service.
Endpoints The addresses behind a Service, in one object. Use EndpointSlice.
EnvFromSource Where a whole set of environment variables comes from.
EnvVar One environment variable.
EnvVarSource Where the value of an environment variable comes from.
EphemeralContainer A container that is added to a running pod to look into it.
EphemeralVolumeSource A volume that is claimed for this pod and deleted with it.
Event Something that happened to an object.
EventSeries How often, and when last, an event happened again.
EventSource Who reported an event.
Eviction Asks politely for the end of a pod: disruption budgets are respected.
ExecAction Runs a command in the container.
FlowSchema Which requests belong to which priority level.
GRPCAction Asks a gRPC health service.
HTTPGetAction Sends an HTTP GET request.
HTTPHeader A header to send.
HorizontalPodAutoscaler Changes the number of pods with the load.
HostAlias A line of the pod's /etc/hosts.
HostPathVolumeSource A file or directory of the node itself.
IPAddress An address that a Service uses.
IPBlock A range of addresses, with exceptions.
ImageVolumeSource The content of an image, as a volume.
Ingress Rules by which HTTP requests from outside reach Services.
IngressBackend Where requests go.
IngressClass Which controller implements an Ingress.
IngressRule What happens to the requests for one host.
IngressTLS Hosts and the Secret with their certificate.
Job Runs pods until a number of them have succeeded.
JSONSchemaProps A JSON schema (version 4), with Kubernetes' extensions.
KeyToPath A key, and the file that it becomes.
LabelSelector Chooses objects by their labels. Empty: all of them; absent: none.
LabelSelectorRequirement One condition of a label selector.
Lease A lock or a sign of life that is renewed all the time.
Lifecycle What is done right after a container starts and before it ends.
LifecycleHandler What is done; one of the fields is set.
LimitRange Bounds and defaults for what pods and claims of a namespace ask for.
LimitRangeItem Bounds for one kind of thing.
ListMeta What all lists have: where they stand, and how to go on.
LocalObjectReference Names an object of the same namespace.
LocalSubjectAccessReview Whether somebody may do something in one namespace.
LocalVolumeSource A disk or directory of one node.
ManagedFieldsEntry Which fields one manager has set.
MutatingAdmissionPolicy Expressions that change objects before they are stored.
MutatingAdmissionPolicyBinding Where a MutatingAdmissionPolicy holds, and with which parameters.
MutatingWebhookConfiguration Webhooks that may change objects before they are stored.
NFSVolumeSource A directory of an NFS server.
Namespace A place for objects, whose names are unique inside it.
NetworkPolicy Which traffic pods may have. Pods that no policy chooses may have any.
NetworkPolicyPeer Who may be at the other end.
NetworkPolicyPort A port that is let through.
Node A machine that runs pods.
NodeAddress An address of a node.
NodeAffinity Which nodes a pod wants.
NodeSelector Chooses nodes: one of the terms must match.
NodeSelectorRequirement One condition about a node's label or field.
NodeSelectorTerm Conditions that must all hold. An empty one chooses nothing.
NodeSystemInfo What a node says about itself.
NonResourceAttributes A request for a path that is no object.
ObjectFieldSelector A field of the pod.
ObjectMeta What all objects have: names, labels, times, owners.
ObjectReference Names an object.
Overhead What a pod costs beside its containers.
OwnerReference An object that this one belongs to, and is deleted with.
PersistentVolume Storage that outlives pods.
PersistentVolumeClaim Asks for storage.
PersistentVolumeClaimTemplate From which claims are made.
PersistentVolumeClaimVolumeSource The volume behind a claim.
Pod Containers that run together on one node, with one address and shared volumes.
PodAffinity Near which pods a pod wants to be.
PodAffinityTerm Pods, and what counts as near to them.
PodAntiAffinity From which pods a pod wants to be away.
PodDNSConfig Settings of the pod's resolv.conf beside those of its DNS policy.
PodDisruptionBudget How many pods of a set may be taken away at a time.
PodFailurePolicy What a failed pod means for its Job.
PodFailurePolicyRule One case of a pod failure policy.
PodIP An address of the pod.
PodOS The operating system that the pod is for.
PodReadinessGate A further condition that the pod must have to be ready.
PodSchedulingGate Keeps the scheduler from looking at the pod.
PodSecurityContext Security settings of the pod, and defaults for its containers.
PodTemplate A template for pods that controllers copy.
PodTemplateSpec What the pods look like that are made from this template.
PolicyRule Verbs, and what they may be done to.
Preconditions Must hold, or nothing is done.
PreferredSchedulingTerm A wish about nodes, and how strong it is.
PriorityClass A name for a priority of pods.
PriorityLevelConfiguration How many requests of one kind are served at a time.
Probe A question that is asked again and again, whether a container is well.
ProjectedVolumeSource Files from several sources in one directory.
ReplicaSet Keeps a number of equal pods running. Deployments make these.
ReplicationController Keeps a number of equal pods running. Use ReplicaSet or Deployment.
ResourceAttributes A request for an object.
ResourceClaim Asks for devices.
ResourceClaimTemplate From which resource claims are made, one for each pod.
ResourceFieldSelector What a container asks for, or may use at most.
ResourceQuota How much a namespace may have of each thing.
ResourceRequirements What a container needs, and what it may use at most.
ResourceSlice Devices that a driver offers.
Role Rules about what may be done in one namespace.
RoleBinding Gives the rules of a Role or ClusterRole to users, in one namespace.
RoleRef The role whose rules are given.
RuntimeClass A way of running containers that pods can ask for.
SELinuxOptions The SELinux label of a container.
Scale The number of replicas of something, whatever it is.
SeccompProfile Which system calls a container may make.
Secret Settings that few may see, as keys and bytes.
SecretEnvSource All keys of a Secret, as environment variables.
SecretKeySelector One key of a Secret.
SecretProjection Keys of a Secret, as files of a projected volume.
SecretReference Names a Secret, in any namespace.
SecretVolumeSource Keys of a Secret, as files in memory.
SecurityContext Security settings of one container; they win over the pod's.
SelfSubjectAccessReview Whether you may do something.
SelfSubjectReview Who you are.
SelfSubjectRulesReview What you may do in a namespace.
Service One name and address for a set of pods.
ServiceAccount An identity for pods.
ServiceAccountTokenProjection A token of the pod's service account, as a file that is renewed.
ServiceBackendPort A port of a Service, by name or number.
ServiceCIDR A range from which Services get their addresses.
ServicePort A port of a Service.
SleepAction Waits.
StatefulSet Keeps pods with lasting names and volumes running.
Status What became of a request.
StatusCause One reason, and where it lies.
StatusDetails More about what became of a request.
StorageClass A kind of storage that claims can ask for.
Subject A user, a group or a service account.
SubjectAccessReview Whether somebody may do something.
Sysctl A kernel setting of the pod.
TCPSocketAction Opens a connection.
Taint Keeps pods away from a node unless they tolerate it.
TokenRequest Makes a token for a service account.
TokenReview Whose token it is.
Toleration A taint that does not keep this pod away.
TopologySpreadConstraint How evenly pods are spread over parts of the cluster.
TypedLocalObjectReference Names an object of some kind in the same namespace.
TypedObjectReference Names an object of some kind.
UserInfo Who somebody is.
ValidatingAdmissionPolicy Expressions that must hold of objects before they are stored.
ValidatingAdmissionPolicyBinding Where a ValidatingAdmissionPolicy holds, and what follows.
ValidatingWebhookConfiguration Webhooks that may refuse objects before they are stored.
Volume Something that containers of the pod can mount.
VolumeAttachment Attaches a volume to a node, or detaches it.
VolumeAttributesClass Settings of volumes that can be changed later.
VolumeDevice A raw block device in a container.
VolumeMount Where a volume is in a container.
VolumeProjection One source of a projected volume; one of the fields is set.
VolumeResourceRequirements How much storage is asked for.
WatchEvent One line of a watch.
WebhookClientConfig How a webhook is reached.
WeightedPodAffinityTerm A wish about other pods, and how strong it is.
WindowsSecurityContextOptions Settings that hold on Windows alone.
`;
