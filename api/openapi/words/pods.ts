/** Fields of pods, containers, volumes and probes. */
export const podWords = `
.containers The containers of the pod; at least one.
.initContainers Run one after the other, each to its end, before the containers start. With
 restartPolicy Always it is a sidecar: it starts here and runs as long as the pod.
.ephemeralContainers Containers added later to look into the pod. Use kubectl debug.
PodSpec.restartPolicy What happens when a container ends: Always, OnFailure or Never.
Container.restartPolicy For init containers, Always makes a sidecar of it.
.restartPolicyRules What happens at which exit code, before the restart policy is asked.
.terminationGracePeriodSeconds Seconds between asking the processes to end and ending them.
PodSpec.activeDeadlineSeconds Seconds after which the pod is ended and counts as failed.
.dnsPolicy ClusterFirst, Default, ClusterFirstWithHostNet or None.
.dnsConfig Settings of resolv.conf beside those of the policy.
.nameservers Addresses of DNS servers.
.searches Domains in which short names are looked up.
.nodeSelector Labels that the node must have.
.serviceAccountName The service account that the pod runs as.
.serviceAccount Outdated: use serviceAccountName.
.automountServiceAccountToken Whether a token of the service account is mounted.
PodSpec.nodeName The node that the pod is on, or shall be on. Set by the scheduler.
.hostNetwork Whether the pod uses the network of the node.
.hostPID Whether the pod sees the processes of the node.
.hostIPC Whether the pod shares the node's interprocess communication.
.hostUsers False: users of the pod are others on the node (a user namespace).
.shareProcessNamespace Whether the containers see each other's processes.
.imagePullSecrets Secrets with credentials for registries.
.hostname The pod's host name; its own name when absent.
.hostnameOverride The pod's host name, exactly as it is.
.subdomain Makes the full name HOSTNAME.SUBDOMAIN.NAMESPACE.svc.DOMAIN.
.setHostnameAsFQDN Whether the host name is the full name.
.affinity Which nodes and pods the pod wants to be near to, or away from.
.schedulerName Which scheduler decides. Usually default-scheduler.
.tolerations Taints that do not keep the pod away.
.hostAliases Lines for the pod's /etc/hosts.
.priorityClassName Names the priority of the pod.
PodSpec.priority The priority itself. Set from the class.
.readinessGates Conditions that must be true too before the pod is ready.
.runtimeClassName The RuntimeClass by which the pod is run.
.enableServiceLinks Whether Services of the namespace become environment variables.
.topologySpreadConstraints How evenly the pods are spread over the cluster.
.schedulingGates As long as there is one, the pod is not scheduled.
.resourceClaims Claims of devices that containers use.
PodSpec.os The operating system that the pod is for.
.volumes What containers can mount.
.image The image. A name without a registry is one of the default registry.
.imagePullPolicy Always, IfNotPresent or Never. Always for the tag latest, else IfNotPresent.
.command The program to run; the image's entry point when absent. $(NAME) is replaced.
.args Arguments of the program; the image's own when absent. $(NAME) is replaced.
.workingDir The directory in which the program starts.
Container.ports Ports on which the container listens. Others can be reached too.
.containerPort The port in the pod.
.hostPort The port on the node that leads here.
ContainerPort.hostIP The address of the node to which the host port is bound.
.protocol TCP, UDP or SCTP.
.env Environment variables.
.envFrom Sets of environment variables.
.prefix Put before the name of each variable.
.valueFrom Where the value comes from. Not together with value.
EnvVar.value The value. $(NAME) is replaced by variables that come before.
.configMapRef The ConfigMap.
.configMapKeyRef A key of a ConfigMap.
.secretKeyRef A key of a Secret.
.fieldRef A field of the pod: metadata.name, status.podIP, spec.nodeName and some more.
.fieldPath The path of the field.
.resourceFieldRef What a container asks for: limits.cpu, requests.memory and the like.
.divisor In which unit the number is given.
.resizePolicy Whether changing a resource restarts the container.
.volumeMounts Where volumes are in the container.
.volumeDevices Block devices in the container.
.mountPath Where it is in the container.
.subPath The part of the volume that is mounted.
.subPathExpr The same, with $(NAME) replaced by environment variables.
.mountPropagation Whether mounts made later pass between container and node.
.recursiveReadOnly Whether mounts below are read-only too.
.devicePath Where the device is in the container.
.livenessProbe Whether the container works. When it does not, it is restarted.
.readinessProbe Whether the container can serve. When it cannot, Services leave it out.
.startupProbe Whether the container has started. Until then the other probes wait.
.initialDelaySeconds Seconds after the start before the first question.
.periodSeconds Seconds between two questions. Usually 10.
.successThreshold How many good answers in a row it takes. Usually 1.
.failureThreshold How many bad answers in a row it takes. Usually 3.
Probe.timeoutSeconds Seconds after which no answer is a bad one. Usually 1.
.exec Runs a command; exit code 0 is good.
.httpGet Sends a request; a code from 200 to 399 is good.
.httpHeaders Headers to send.
.tcpSocket Opens a connection; that it opens is good.
.grpc Asks a gRPC health service.
.lifecycle What is done after the start and before the end.
.postStart Right after the container is made. When it fails, the container is ended.
.preStop Before the container is asked to end. Its time is part of the grace period.
.stopSignal The signal that asks the container to end.
.terminationMessagePath A file whose text becomes the message when the container ends.
.terminationMessagePolicy File, or FallbackToLogsOnError: the end of the log.
.stdin Whether the container gets standard input.
.stdinOnce Whether standard input ends with the first client.
.tty Whether the container gets a terminal. Needs stdin.
.targetContainerName Whose processes the container sees.
.limits The most that may be used.
.requests The least that is kept free. The limits when absent.
.claims Devices that the container uses.
.capabilities Linux capabilities to add or drop.
.privileged Whether the container may do all that root on the node may.
.runAsUser The user ID of the first process.
.runAsGroup The group ID of the first process.
.runAsNonRoot Whether the container is refused when it would run as root.
.readOnlyRootFilesystem Whether nothing of the image can be written.
.allowPrivilegeEscalation Whether a process can get more rights than its parent.
.procMount How much of /proc is hidden: Default or Unmasked.
.seccompProfile Which system calls are allowed.
.localhostProfile The profile's file on the node.
.appArmorProfile The AppArmor profile.
.seLinuxOptions The SELinux label.
.windowsOptions Settings that hold on Windows alone.
.fsGroup The group that owns the pod's volumes.
.fsGroupChangePolicy When the owner of files is changed: Always or OnRootMismatch.
.supplementalGroups Further groups of the first process.
.supplementalGroupsPolicy Whether groups of the image count too: Merge or Strict.
.sysctls Kernel settings of the pod.
.effect NoSchedule, PreferNoSchedule or NoExecute.
.tolerationSeconds How long a NoExecute taint is borne. Absent: for ever.
.timeAdded When the taint was added.
.maxSkew How much the fullest part may have more than the emptiest.
.whenUnsatisfiable DoNotSchedule, or ScheduleAnyway.
.minDomains How many parts there must at least be.
.nodeAffinityPolicy Whether nodes that the pod does not want are counted.
.nodeTaintsPolicy Whether nodes with taints are counted.
.emptyDir An empty directory that lives as long as the pod.
.medium Memory, or empty for the node's disk.
.sizeLimit How much may be in it.
.hostPath A file or directory of the node. Dangerous.
Volume.secret Keys of a Secret, as files.
Volume.configMap Keys of a ConfigMap, as files.
.downwardAPI Facts about the pod, as files.
.projected Files from several sources.
.sources The sources.
.persistentVolumeClaim The volume behind a claim of the same namespace.
.claimName The claim.
.ephemeral A volume claimed for this pod alone.
.volumeClaimTemplate From which the claim is made.
.csi A volume of a CSI driver.
.nfs A directory of an NFS server.
.secretName The Secret.
.serviceAccountToken A token of the service account.
.audience Who the token is for. Usually the API server.
.phase Where in its life it is, in one word.
.podIP The address of the pod.
.podIPs All addresses of the pod, at most one of each family.
PodStatus.hostIP The address of the node.
.hostIPs All addresses of the node.
.startTime When it was started.
.qosClass Guaranteed, Burstable or BestEffort; decides who is ended first when memory is short.
.containerStatuses One for each container.
.initContainerStatuses One for each init container.
.ephemeralContainerStatuses One for each ephemeral container.
.nominatedNodeName The node on which room is being made for the pod.
.state What the container does now.
.lastState How the container ended last.
ContainerStatus.ready Whether it can serve.
ContainerStatus.started Whether it has started.
.restartCount How often it was restarted.
.imageID The image that is really run.
.containerID The container, as the runtime names it.
.waiting It does not run yet, and why.
.running It runs, and since when.
.terminated It has ended, and how.
.exitCode The exit code.
.signal The signal that ended it.
.startedAt When it started.
.finishedAt When it ended.
.allocatable What pods can have of the node.
.addresses Its addresses.
.nodeInfo Versions and numbers of the node.
.unschedulable Whether no new pods come here. Use kubectl cordon.
.taints What keeps pods away.
.podCIDR The range from which pods of the node get addresses.
.podCIDRs The same, one of each family.
.providerID The node, as its cloud names it.
.images Images that the node has.
`;
