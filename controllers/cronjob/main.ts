/** Jobs by the clock. */
import { cronJobs, jobs } from '../../api/resources.ts';
import type { CronJob, CronJobStatus, Job } from '../../api/types/batch-v1.generated.ts';
import { hasReason, messageOf } from '../../base/errors.ts';
import {
  type Context,
  type Controller,
  createReconciler,
  inNamespace,
  watching,
} from '../controller.ts';
import { controllerOf, isControlledBy } from '../owners.ts';
import { type Plan, planCronJob, withStarted } from './plan.ts';

export const cronJobController: Controller = {
  name: 'cronjob-controller',
  watches: watching(cronJobs, jobs),
  start(context) {
    const { informers } = context;
    const reconciler = createReconciler('cronjob', context, async (key) => {
      const recheckMs = await reconcile(context, key);
      if (recheckMs !== undefined) reconciler.enqueueAfter(key, Math.min(recheckMs, lookMsMax));
    });
    informers.of(cronJobs).onChange((key) => reconciler.enqueue(key));
    informers.of(jobs).onChange((_, job, old) => {
      for (const each of [job, old]) {
        const owner = each && controllerOf(each);
        if (owner?.kind === 'CronJob') {
          reconciler.enqueue(`${each?.metadata?.namespace}/${owner.name}`);
        }
      }
    });
  },
};

/** Clocks are set, zones change their rules, and timers have an end: a look now and then. */
const lookMsMax = 3_600_000;

async function reconcile(context: Context, key: string): Promise<number | undefined> {
  const { informers, clock, recorder } = context;
  const cronJob = informers.of(cronJobs).get(key);
  if (!cronJob) return undefined;
  const candidates = inNamespace(informers.of(jobs), cronJob.metadata?.namespace ?? '');
  const own = candidates.filter((job) => isControlledBy(job, cronJob));
  const plan = planCronJob({
    cronJob,
    jobs: own,
    missing: await findMissing(context, cronJob, own),
    nowMs: clock.now(),
    defaultZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
  for (const { type, reason, message } of plan.events) {
    recorder.event(cronJob, type, reason, message);
  }
  for (const job of plan.clear) await remove(context, cronJob, job);
  const status = await start(context, cronJob, plan);
  if (JSON.stringify(status) !== JSON.stringify(cronJob.status ?? {})) {
    await context.client.update(cronJobs, { ...cronJob, status }, { subresource: 'status' });
  }
  return plan.recheckMs;
}

/** Active Jobs that the cache does not have: it may be behind, so the server is asked. */
async function findMissing(
  { client }: Context,
  { metadata, status }: CronJob,
  own: readonly Job[],
): Promise<Set<string>> {
  const missing = new Set<string>();
  for (const { name = '', uid = '' } of status?.active ?? []) {
    if (own.some((job) => job.metadata?.uid === uid)) continue;
    try {
      const live = await client.get(jobs, name, metadata?.namespace);
      if (live.metadata?.uid !== uid) missing.add(uid);
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
      missing.add(uid);
    }
  }
  return missing;
}

/** Replaces and makes; returns the status that is true then. */
async function start(context: Context, cronJob: CronJob, plan: Plan): Promise<CronJobStatus> {
  const { informers } = context;
  const namespace = cronJob.metadata?.namespace ?? '';
  const replaced = new Set<string>();
  for (const { name = '', uid = '' } of plan.replace) {
    const job = informers.of(jobs).get(`${namespace}/${name}`);
    await remove(context, cronJob, job ?? { metadata: { name, namespace, uid } });
    replaced.add(uid);
  }
  const active = plan.status.active?.filter(({ uid = '' }) => !replaced.has(uid)) ?? [];
  const { active: _, ...others } = plan.status;
  const status = { ...(active.length > 0 && { active }), ...others };
  if (!plan.create) return status;
  const job = await make(context, cronJob, plan.create.job);
  return job ? withStarted(status, job, plan.create.scheduledMs) : status;
}

/** Undefined when there can be none: its namespace ends, or another's Job has its name. */
async function make(
  { client, recorder }: Context,
  cronJob: CronJob,
  job: Job,
): Promise<Job | undefined> {
  try {
    const made = await client.create(jobs, job);
    recorder.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${made.metadata?.name}`);
    return made;
  } catch (error) {
    if (hasReason(error, 'AlreadyExists')) {
      const { name = '', namespace } = job.metadata ?? {};
      const known = await client.get(jobs, name, namespace);
      return isControlledBy(known, cronJob) ? known : undefined;
    }
    const causes = hasReason(error, 'Forbidden') ? (error.details?.causes ?? []) : [];
    if (causes.some(({ reason }) => reason === 'NamespaceTerminating')) return undefined;
    recorder.event(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`);
    throw error;
  }
}

async function remove({ client, recorder }: Context, cronJob: CronJob, job: Job): Promise<void> {
  const { name = '', namespace = '', uid } = job.metadata ?? {};
  try {
    await client.delete(
      jobs,
      { name, namespace },
      { propagationPolicy: 'Background', ...(uid && { preconditions: { uid } }) },
    );
    recorder.event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
  } catch (error) {
    if (hasReason(error, 'NotFound') || hasReason(error, 'Conflict')) return;
    recorder.event(cronJob, 'Warning', 'FailedDelete', `Deleted job: ${messageOf(error)}`);
    throw error;
  }
}
