// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.batch.v1 v1 batch
type CronJob kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec CronJobSpec required held
 status CronJobStatus held
type CronJobList kind
 apiVersion string
 items [CronJob] required
 kind string
 metadata meta-v1.ListMeta held
type CronJobSpec
 concurrencyPolicy string enum=Allow|Forbid|Replace
 failedJobsHistoryLimit int32
 jobTemplate JobTemplateSpec required held
 schedule string required
 startingDeadlineSeconds int64
 successfulJobsHistoryLimit int32
 suspend boolean
 timeZone string
type CronJobStatus
 active [core-v1.ObjectReference] listType=atomic
 lastScheduleTime Time
 lastSuccessfulTime Time
type Job kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec JobSpec held
 status JobStatus held
type JobCondition
 lastProbeTime Time
 lastTransitionTime Time
 message string
 reason string
 status string required
 type string required
type JobList kind
 apiVersion string
 items [Job] required
 kind string
 metadata meta-v1.ListMeta held
type JobSpec
 activeDeadlineSeconds int64
 backoffLimit int32
 backoffLimitPerIndex int32
 completionMode string enum=Indexed|NonIndexed
 completions int32
 managedBy string
 manualSelector boolean
 maxFailedIndexes int32
 parallelism int32
 podFailurePolicy PodFailurePolicy
 podReplacementPolicy string
 selector meta-v1.LabelSelector
 successPolicy SuccessPolicy
 suspend boolean
 template core-v1.PodTemplateSpec required held
 ttlSecondsAfterFinished int32
type JobStatus
 active int32
 completedIndexes string
 completionTime Time
 conditions [JobCondition] listType=atomic patchKey=type patchStrategy=merge
 failed int32
 failedIndexes string
 ready int32
 startTime Time
 succeeded int32
 terminating int32
 uncountedTerminatedPods UncountedTerminatedPods
type JobTemplateSpec
 metadata meta-v1.ObjectMeta held
 spec JobSpec held
type PodFailurePolicy
 rules [PodFailurePolicyRule] required listType=atomic
type PodFailurePolicyOnExitCodesRequirement
 containerName string
 operator string required
 values [int32] required listType=set
type PodFailurePolicyOnPodConditionsPattern
 status string
 type string required
type PodFailurePolicyRule
 action string required
 onExitCodes PodFailurePolicyOnExitCodesRequirement
 onPodConditions [PodFailurePolicyOnPodConditionsPattern] listType=atomic
type SuccessPolicy
 rules [SuccessPolicyRule] required listType=atomic
type SuccessPolicyRule
 succeededCount int32
 succeededIndexes string
type UncountedTerminatedPods
 failed [string] listType=set
 succeeded [string] listType=set
`;
