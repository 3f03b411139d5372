/** One try of a probe: exec, httpGet or tcpSocket. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Container, HTTPGetAction, Probe } from '../../api/types/core-v1.generated.ts';
import { messageOf } from '../../base/errors.ts';
import type { Monitor } from '../../native/index.ts';
import { portOf } from './plan-probe.ts';

export interface ProbeResult {
  readonly isSuccess: boolean;
  readonly output: string; // For the Unhealthy event; at most 1 KiB.
}

export interface ProbeTarget {
  readonly container: Container;
  readonly containerId: string;
  readonly ip: string;
  readonly monitor: Monitor;
  readonly timeoutMs: number;
}

/** Never rejects: what cannot be tried has failed. */
export async function checkProbe(probe: Probe, target: ProbeTarget): Promise<ProbeResult> {
  try {
    if (probe.exec) return await checkExec(probe.exec.command ?? [], target);
    if (probe.httpGet) return await checkHttp(probe.httpGet, target);
    if (probe.tcpSocket) return await checkTcp(probe.tcpSocket, target);
    return { isSuccess: false, output: 'the probe names nothing to try' };
  } catch (error) {
    return { isSuccess: false, output: messageOf(error).slice(0, outputMax) };
  }
}

async function checkExec(args: readonly string[], target: ProbeTarget): Promise<ProbeResult> {
  const { monitor, containerId, timeoutMs } = target;
  const session = await monitor.exec(containerId, { args, terminal: false, stdin: false });
  let output = '';
  let isLate = false;
  session.onOutput((_stream, data) => {
    // Drained on and on, kept only to its limit: a probe may be `yes`.
    if (output.length < outputMax) output += Buffer.from(data).toString('utf8', 0, outputMax);
  });
  const timer = setTimeout(() => {
    isLate = true;
    session.close();
  }, timeoutMs);
  try {
    const { exitCode } = await session.exited;
    if (isLate) throw new Error('late');
    return { isSuccess: exitCode === 0, output: output.slice(0, outputMax) };
  } catch (error) {
    if (!isLate) throw error;
    const output = `command timed out: ${JSON.stringify(args.join(' '))} timed out after ${timeoutMs / 1000}s`;
    return { isSuccess: false, output };
  } finally {
    clearTimeout(timer);
  }
}

function checkHttp(action: HTTPGetAction, target: ProbeTarget): Promise<ProbeResult> {
  const port = portOf(action.port, target.container);
  if (port === undefined) return Promise.reject(new Error(`unknown port ${action.port}`));
  const isHttps = action.scheme === 'HTTPS';
  const host = action.host || target.ip;
  const path = action.path?.startsWith('/') ? action.path : `/${action.path ?? ''}`;
  const headers: Record<string, string> = { 'User-Agent': 'kube-probe/1.36', Accept: '*/*' };
  for (const { name, value } of action.httpHeaders ?? []) headers[name] = value;
  return new Promise((resolve, reject) => {
    const options = { host, port, path, headers, agent: false as const };
    // A pod's certificate is its own affair: upstream does not verify it either.
    const request = isHttps
      ? httpsRequest({ ...options, rejectUnauthorized: false })
      : httpRequest(options);
    const timer = setTimeout(
      () => request.destroy(new Error('context deadline exceeded')),
      target.timeoutMs,
    );
    request.on('response', (response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      response.destroy();
      clearTimeout(timer);
      const isSuccess = status >= 200 && status < 400;
      resolve({ isSuccess, output: `HTTP probe failed with statuscode: ${status}` });
    });
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(
        new Error(`Get "${isHttps ? 'https' : 'http'}://${host}:${port}${path}": ${error.message}`),
      );
    });
    request.end();
  });
}

function checkTcp(
  { host, port }: NonNullable<Probe['tcpSocket']>,
  target: ProbeTarget,
): Promise<ProbeResult> {
  const number = portOf(port, target.container);
  if (number === undefined) return Promise.reject(new Error(`unknown port ${port}`));
  return new Promise((resolve, reject) => {
    const socket = connect({ host: host || target.ip, port: number });
    const timer = setTimeout(() => socket.destroy(new Error('i/o timeout')), target.timeoutMs);
    socket.on('connect', () => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ isSuccess: true, output: '' });
    });
    socket.on('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`dial tcp ${host || target.ip}:${number}: ${error.message}`));
    });
  });
}

const outputMax = 1024;
