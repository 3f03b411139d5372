/** Fields that many types have, and those of metadata: `.field sentence`, `Type.field sentence`. */
export const metaWords = `
.apiVersion The group and version of this form of the object, as in apps/v1.
.kind What the object is. Cannot be changed.
.metadata Name, labels, owners and other things that all objects have.
ListMeta.continue More is to come: give this as the continue parameter to get it.
ListMeta.remainingItemCount About how many more there are.
.spec What is wanted.
.status What is observed. Written by the system.
.items The objects.
.name Its name.
.namespace The namespace that it is in.
.uid Unique in time and space. Set by the server.
.resourceVersion Which version of the object this is; changes with each write.
.selfLink Empty. Was a URL once.
.labels Keys and values to choose objects by.
.annotations Keys and values for whoever knows them; nothing is chosen by them.
.generateName The beginning of a name whose end the server makes up.
.generation A number that grows when what is wanted changes.
.creationTimestamp When the object was made. Set by the server.
.deletionTimestamp When the object shall be gone. Set by the server when it is deleted.
.deletionGracePeriodSeconds Seconds that the object has left to end in order.
.finalizers Who must have done something before the object may go.
.ownerReferences What this object belongs to; it goes when all of these are gone.
.managedFields Who has set which fields, for server-side apply.
OwnerReference.controller Whether this owner manages the object; at most one does.
.blockOwnerDeletion Whether a foreground deletion of the owner waits for this object.
ManagedFieldsEntry.manager Who set the fields.
ManagedFieldsEntry.operation Apply, or Update for every other way of writing.
ManagedFieldsEntry.subresource The subresource through which they were set.
ManagedFieldsEntry.time When the set of fields last changed.
.fieldsType The format of the fields: FieldsV1.
.fieldsV1 The fields, as a tree of their names.
.conditions What is true of the object, one entry a type.
.type Which one it is.
.reason Why, in one word that programs can test.
.message Why, for people.
.lastTransitionTime When the status last changed.
.lastUpdateTime When this was last written.
.lastProbeTime When this was last looked at.
.observedGeneration The generation of the object that this was said about.
.selector Chooses the objects that belong to this one.
.matchLabels Labels that must have exactly these values.
.matchExpressions Conditions that must all hold.
.key The key that is meant.
.operator How the key and the values belong together.
.values The values that the operator compares with.
.optional Whether it may be missing.
.mode Permission bits of the file, octal or decimal.
.defaultMode Permission bits of files that say nothing else. Usually 0644.
.path The path.
.readOnly Whether nothing may be written.
.secretRef The Secret with what is needed to get in.
.fsType The file system on it, as in ext4.
.port The port, by number or name.
.host The host; usually the pod's own address.
.scheme HTTP or HTTPS.
.weight How strong the wish is, from 1 to 100.
.replicas The number of pods.
.template What the pods look like that are made.
.minReadySeconds Seconds that a pod must be ready before it counts as available.
.revisionHistoryLimit How many old revisions are kept to go back to. Usually 10.
.availableReplicas Pods that have been ready for long enough.
.readyReplicas Pods that are ready.
.updatedReplicas Pods that are of the newest template.
.unavailableReplicas Pods that are still missing.
.fullyLabeledReplicas Pods that have all labels of the template.
.terminatingReplicas Pods that are ending.
.currentReplicas The number of pods there are.
.collisionCount How often a generated name was taken already. For the controller's own use.
.suspend Whether nothing is started for now.
.storageClassName The storage class. Empty: none; absent: the default one.
.accessModes How the volume can be mounted: ReadWriteOnce, ReadOnlyMany, ReadWriteMany or
 ReadWriteOncePod.
.volumeMode Filesystem or Block.
.capacity How much there is.
.mountOptions Options of the mount.
.nodeName The node.
.topologyKey The node label whose values tell the parts of the cluster apart.
.labelSelector Chooses pods by their labels.
.matchLabelKeys Labels whose values are taken from the pod itself.
.mismatchLabelKeys Labels whose values must differ from the pod's own.
.namespaces In which namespaces; absent: that of the pod.
.namespaceSelector Chooses namespaces by their labels.
.podSelector Chooses pods by their labels. Empty: all.
.preferredDuringSchedulingIgnoredDuringExecution Wishes; the node that meets most of them wins.
.requiredDuringSchedulingIgnoredDuringExecution Must hold when the pod is scheduled.
.group The API group.
.version The version.
.resource The resource, in the plural.
.subresource The subresource.
.verb The verb.
.verbs What may be done: get, list, watch, create, update, patch, delete, or * for all.
.apiGroups API groups; the empty one is core, * is all.
.apiGroup The API group of the kind; empty for core.
.apiVersions Versions; * is all.
.resources The resources that are meant.
.resourceNames Names of single objects; absent: all.
.nonResourceURLs Paths that are no objects; * at the end stands for anything.
.resourceAttributes The request for an object that is asked about.
.nonResourceAttributes The request for a path that is asked about.
.user The user.
.groups Groups.
.extra What else the authenticator said.
.username The name of the user.
.allowed Whether it is allowed.
.denied Whether somebody said no. Otherwise nobody said yes.
.evaluationError What went wrong while finding out.
.subjects Who it is for.
.roleRef Whose rules are given. Cannot be changed.
.rules The rules.
.aggregationRule From which ClusterRoles the rules are collected.
.driver The driver.
.provisioner Who makes the volumes.
.parameters Settings for who makes it.
.reclaimPolicy What becomes of a volume when its claim is gone: Delete or Retain.
.volumeBindingMode Immediate, or WaitForFirstConsumer: once a pod is scheduled.
.allowVolumeExpansion Whether claims may grow.
.allowedTopologies Parts of the cluster in which volumes are made.
.value The value.
.description More about it.
.globalDefault Whether pods that name no class get this one.
.preemptionPolicy Whether other pods make way: PreemptLowerPriority or Never.
.handler Under which name nodes know it.
.overhead What each pod costs beside its containers.
.expirationSeconds How long it is valid, in seconds.
.expirationTimestamp Until when it is valid.
.audiences Who the token is for.
.token The token.
.dryRun All: everything is checked and nothing is done.
.gracePeriodSeconds Seconds to end in order. Zero: at once.
.propagationPolicy What becomes of dependents: Background, Foreground or Orphan.
.orphanDependents Outdated: use propagationPolicy.
.preconditions Must hold, or nothing is deleted.
.code The HTTP status code.
.details More about the reason.
.causes Every single reason.
.field Which field it is about, as in spec.ports[0].port.
.retryAfterSeconds When to try again.
`;
