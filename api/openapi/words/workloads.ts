/** Fields of controllers, Services, policies and what is left. */
export const workloadWords = `
DeploymentSpec.replicas The number of pods that is wanted. Usually 1.
ReplicaSetSpec.replicas The number of pods that is wanted. Usually 1.
StatefulSetSpec.replicas The number of pods that is wanted. Usually 1.
ScaleSpec.replicas The number of pods that is wanted.
DeploymentSpec.strategy How old pods are replaced by new ones.
DeploymentStrategy.type RollingUpdate, or Recreate: all old ones first end.
.rollingUpdate Settings of the rolling update.
.maxSurge How many pods more than wanted there may be; a number or a percentage.
.maxUnavailable How many pods may be missing; a number or a percentage.
.partition Pods with a smaller ordinal are left as they are.
.paused Whether changes of the template wait.
.progressDeadlineSeconds Seconds without progress after which it counts as failed. Usually 600.
.updateStrategy How pods are replaced when the template changes.
.podManagementPolicy OrderedReady: one after the other; Parallel: all at once.
.serviceName The headless Service that gives the pods their names.
.volumeClaimTemplates Claims that each pod gets, and keeps.
.persistentVolumeClaimRetentionPolicy Whether claims go with the pods.
.whenDeleted What happens to claims when the set is deleted: Retain or Delete.
.whenScaled What happens to claims when there are fewer pods: Retain or Delete.
.ordinals From which number pods are counted.
.currentRevision The revision that pods have.
.updateRevision The revision that pods shall have.
.desiredNumberScheduled How many nodes should have the pod.
.currentNumberScheduled How many nodes have the pod.
.numberReady How many nodes have a ready pod.
.numberAvailable How many nodes have an available pod.
.numberUnavailable How many nodes should have an available pod and do not.
.numberMisscheduled How many nodes have the pod and should not.
.updatedNumberScheduled How many nodes have the newest pod.
.completions How many pods must succeed.
.parallelism How many pods run at the same time.
.backoffLimit How many failures it takes to give up. Usually 6.
.backoffLimitPerIndex The same, for each index.
.maxFailedIndexes How many indexes may fail.
.completionMode NonIndexed, or Indexed: each pod has a number of its own.
JobSpec.activeDeadlineSeconds Seconds after which the Job is ended.
.ttlSecondsAfterFinished Seconds after its end when the Job is deleted.
.manualSelector Whether you choose the selector. Leave it alone.
.podFailurePolicy What a failed pod means.
.podReplacementPolicy When an ending pod is replaced: TerminatingOrFailed or Failed.
.successPolicy When the Job has succeeded though not all pods have.
.managedBy Which controller takes care of it.
.active What runs now.
.succeeded Pods that have succeeded.
.failed Pods that have failed.
.completionTime When it was completed.
.completedIndexes Indexes that are done, as in 1,3-5.
.schedule When, in cron's form: minute, hour, day of month, month, day of week.
.timeZone The time zone of the schedule, as in Europe/Vienna.
.startingDeadlineSeconds How late a run may start.
.concurrencyPolicy What happens when the last run still runs: Allow, Forbid or Replace.
.jobTemplate What the Jobs look like.
.successfulJobsHistoryLimit How many successful Jobs are kept. Usually 3.
.failedJobsHistoryLimit How many failed Jobs are kept. Usually 1.
.lastScheduleTime When it last started a Job.
.lastSuccessfulTime When a Job last succeeded.
ServiceSpec.type ClusterIP, NodePort, LoadBalancer or ExternalName.
ServiceSpec.selector Labels of the pods behind the Service. Absent: you write the EndpointSlices.
ServiceSpec.ports The ports of the Service.
ServicePort.port The port of the Service.
.targetPort The port of the pods, by number or name. The same as port when absent.
.nodePort The port on every node that leads here.
.appProtocol What is spoken on the port, as a hint.
.clusterIP The address of the Service. None: no address, names lead to the pods themselves.
.clusterIPs The same, one of each family.
.externalIPs Further addresses at which nodes take traffic for the Service.
.externalName The name that the Service is an alias of.
.externalTrafficPolicy Cluster, or Local: only pods of the node that got the packet.
.internalTrafficPolicy Cluster, or Local: only pods of the client's node.
.sessionAffinity None, or ClientIP: a client stays with its pod.
.sessionAffinityConfig How long a client stays with its pod.
.ipFamilies IPv4, IPv6 or both, in this order.
.ipFamilyPolicy SingleStack, PreferDualStack or RequireDualStack.
.loadBalancer What the load balancer has.
.loadBalancerIP Outdated: the address that the load balancer shall have.
.loadBalancerClass Which load balancer takes care of it.
.loadBalancerSourceRanges From where the load balancer may be reached.
.allocateLoadBalancerNodePorts Whether a load balancer's Service gets node ports.
.healthCheckNodePort The port at which load balancers ask nodes whether they have a pod.
.publishNotReadyAddresses Whether pods count that are not ready.
.trafficDistribution Which pods are preferred: PreferSameZone, PreferSameNode.
.endpoints The addresses.
.addressType IPv4, IPv6 or FQDN.
.hints For whom it is best.
.serving Whether it can serve, though it may be ending.
.terminating Whether it is ending.
EndpointConditions.ready Whether it takes new connections.
.targetRef The object behind the address.
.zone The zone.
.subsets Addresses that have the same ports.
.notReadyAddresses Addresses that do not take connections yet.
.ingressClassName Which IngressClass it is for. Absent: the default one.
.defaultBackend Where requests go that no rule is about.
.tls Hosts that are served with TLS.
.hosts Host names.
.http The paths.
.paths Where requests go, by path.
.pathType Exact, Prefix or ImplementationSpecific.
.backend Where they go.
.ingress Traffic that comes in.
.egress Traffic that goes out.
.policyTypes Ingress, Egress or both: the directions that the policy is about.
.from From where. Empty: from anywhere.
.to Where to. Empty: anywhere.
NetworkPolicyIngressRule.ports To which ports. Empty: to all.
NetworkPolicyEgressRule.ports To which ports. Empty: to all.
.endPort The last port of a range that begins with port.
.ipBlock A range of addresses.
.cidr The range, as in 10.0.0.0/8.
.except Parts of the range that are not meant.
.minAvailable How many pods must stay; a number or a percentage.
.unhealthyPodEvictionPolicy When pods may go that are not ready: IfHealthyBudget, AlwaysAllow.
.disruptionsAllowed How many pods may be taken away now.
.currentHealthy Pods that are well.
.desiredHealthy Pods that must be well.
.expectedPods Pods that count.
.scaleTargetRef What is scaled.
.minReplicas The fewest pods. Usually 1.
.maxReplicas The most pods.
.metrics What the number of pods follows.
.behavior How fast the number of pods may change.
.targetCPUUtilizationPercentage How much of its CPU request a pod shall use on average.
.averageUtilization How much of what pods ask for they use on average, in percent.
.data Keys and values.
ConfigMap.binaryData Keys and bytes, in base64.
Secret.data Keys and bytes, in base64.
.stringData The same as text. Written into data, never shown.
.immutable Whether nothing can be changed any more.
Secret.type What the Secret is for; decides which keys it must have.
.secrets Secrets of the service account.
.hard The most that there may be of each.
.used How much there is of each.
.scopes Which objects are counted.
.scopeSelector Which objects are counted, by conditions.
LimitRangeSpec.limits Bounds, one entry for each kind of thing.
LimitRangeItem.default Limits of containers that name none.
.defaultRequest Requests of containers that name none.
.max The most.
.min The least.
.maxLimitRequestRatio By how much the limit may exceed the request.
.volumeName The volume.
.dataSource What the volume is filled with.
.dataSourceRef What the volume is filled with, of any kind.
.claimRef The claim that has the volume.
.persistentVolumeReclaimPolicy What becomes of the volume when its claim is gone.
.nodeAffinity Which nodes can reach it.
.local A disk or directory of one node.
.holderIdentity Who holds the lease.
.leaseDurationSeconds How long it holds without being renewed.
.acquireTime When it was taken.
.renewTime When it was last renewed.
.leaseTransitions How often it changed hands.
.involvedObject What the event is about.
.regarding What the event is about.
.related A second object that it is about.
.note More about it, for people.
.count How often it happened.
.firstTimestamp When it first happened.
.lastTimestamp When it last happened.
.eventTime When it first happened.
.series How it happened again and again.
.source Who reports it.
.reportingComponent Which component reports it.
.reportingController Which controller reports it.
.reportingInstance Which instance of it.
.action What was done.
.webhooks The webhooks.
.clientConfig How the webhook is reached.
.caBundle Whose certificates are trusted, in PEM.
.url Where, as a URL.
.failurePolicy What follows when it does not work: Fail or Ignore.
.matchPolicy Exact, or Equivalent: also other versions of the same resource.
.matchConditions Expressions that must hold for it to be asked.
.objectSelector Chooses objects by their labels.
.sideEffects None, or NoneOnDryRun.
.timeoutSeconds Seconds to wait.
.admissionReviewVersions Versions of AdmissionReview that are understood.
.reinvocationPolicy Whether it is asked again after others changed the object.
.validations Expressions that must hold.
.expression The expression, in CEL.
.messageExpression An expression that makes the message.
.validationActions What follows when one does not hold: Deny, Warn, Audit.
.policyName The policy.
.paramKind The kind of the parameters.
.paramRef The object with the parameters.
.variables Named expressions for others to use.
.names What the kind is called.
.plural Its plural, as in URLs.
.singular Its singular.
.shortNames Short names for the command line.
.listKind The kind of its lists.
.categories Groups of kinds for the command line, as all.
.scope Namespaced or Cluster.
.versions Its versions.
.served Whether the version can be used.
.storage Whether the version is the one that is stored.
.schema What objects of the version look like.
.openAPIV3Schema The schema.
.additionalPrinterColumns Columns of kubectl get.
.jsonPath Where the value is.
.conversion How objects get from one version to another.
.storedVersions Versions in which there may be stored objects.
.acceptedNames The names that it really has.
.subresources Whether it has status and scale.
.selectableFields Fields to select objects by.
.deprecated Whether it should not be used any more.
.request The request, in PEM.
.signerName Who shall sign it.
.usages What the key is for.
.certificate The certificate, in PEM.
`;
