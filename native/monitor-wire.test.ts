import { readFileSync } from 'node:fs';
import test from 'ava';
import type { ContainerSpec } from './monitor.ts';
import {
  containerFields,
  decodeContainers,
  encodeFields,
  encodeFrame,
  FrameDecoder,
  frameLengthMax,
  frameTypes,
  sandboxFields,
  wireVersion,
} from './monitor-wire.ts';

const source = (name: string) => readFileSync(new URL(`monitor/${name}`, import.meta.url), 'utf8');

test('both sides of the wire use the same numbers', (t) => {
  const types = [...source('frame.h').matchAll(/^ {2}k(\w+) = (\d+),$/gm)].map(
    ([, name, number]) => [name![0]!.toLowerCase() + name!.slice(1), Number(number)] as const,
  );
  t.deepEqual(Object.fromEntries(types), { ...frameTypes });
  t.true(source('frame.h').includes(`kVersion = ${wireVersion};`));
});

test('the monitor knows every field that is sent to it', (t) => {
  const container: Required<ContainerSpec> = {
    id: 'web',
    args: ['a'],
    env: ['A=b'],
    cwd: '/',
    lowerDirs: ['/l'],
    upperDir: '/u',
    workDir: '/w',
    rootDir: '/r',
    mounts: [
      {
        type: 'bind',
        source: '/s',
        target: '/t',
        readOnly: true,
        options: 'x',
        subPath: 'p',
        propagation: 'slave',
      },
    ],
    uid: 1,
    gid: 1,
    additionalGids: [2],
    capabilities: ['CAP_KILL'],
    noNewPrivileges: true,
    privileged: true,
    readOnlyRoot: true,
    oomScoreAdj: 5,
    cgroupDirs: ['/c'],
    logPath: '/log',
    terminal: true,
    stdin: true,
    sharedPid: true,
    pidOf: 'db',
  };
  const sandbox = sandboxFields(
    {
      id: 'pod',
      runDir: '/run',
      hostname: 'web',
      netnsPath: '/n',
      hostPid: true,
      hostIpc: true,
      cgroupDirs: ['/c'],
      monitorCgroupDirs: ['/m'],
      sysctls: { 'net.a': '1' },
    },
    { fd: 4 },
  );
  const known = new Set([...source('spec.cc').matchAll(/\{"([\w.]+)",/g)].map(([, key]) => key));
  const sent = [...containerFields(container), ...sandbox].map(([key]) => key);
  t.deepEqual(
    sent.filter((key) => !known.has(key)),
    [],
  );
  t.is(new Set(containerFields(container).map(([key]) => key)).size, 29);
});

test('a NUL in a value is refused, or it would smuggle in a field', (t) => {
  t.throws(() => encodeFields([['cwd', '/\0privileged=1']]), { instanceOf: TypeError });
});

test('a frame that cannot be is refused on both ends', (t) => {
  t.throws(() => encodeFrame(1, new Uint8Array(frameLengthMax)), { instanceOf: RangeError });
  for (const header of [
    [0, 0, 0, 0],
    [255, 255, 255, 255],
  ]) {
    t.throws(() => new FrameDecoder().push(Uint8Array.from(header)), { instanceOf: RangeError });
  }
});

test('decodeContainers passes over what a newer monitor adds', (t) => {
  const fields = [
    ['request', '1'],
    ['container', 'a'],
    ['status', 'exited'],
    ['pid', '7'],
    ['startedAtMs', '10'],
    ['finishedAtMs', '20'],
    ['exitCode', '137'],
    ['signal', '9'],
    ['oomKilled', '1'],
    ['colour', 'blue'],
    ['container', 'b'],
    ['status', 'running'],
    ['pid', '8'],
    ['startedAtMs', '11'],
  ] as const;
  t.deepEqual(decodeContainers(fields), [
    {
      id: 'a',
      status: 'exited',
      pid: 7,
      startedAtMs: 10,
      finishedAtMs: 20,
      exitCode: 137,
      signal: 9,
      oomKilled: true,
    },
    { id: 'b', status: 'running', pid: 8, startedAtMs: 11 },
  ]);
});
