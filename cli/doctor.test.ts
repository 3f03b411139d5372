import test from 'ava';
import { examineMachine, whatIsMissing } from './doctor.ts';

test('a program that is not installed is named, with the package that brings it', (t) => {
  const findings = examineMachine('/nowhere:/not-here');
  const programs = findings.filter(({ name }) => name.startsWith('iptables'));
  t.is(programs.length, 2);
  for (const { ok, detail, remedy } of programs) {
    t.false(ok);
    t.is(detail, 'not found');
    t.is(remedy, 'apt-get install iptables');
  }
});

test('everything that is missing is told at once, a line each', (t) => {
  const findings = [
    { name: 'kernel', ok: false, detail: '4.19.0', remedy: 'Linux 5.12 or later is needed' },
    { name: 'user', ok: true, detail: 'uid 0' },
    { name: 'overlayfs', ok: false, detail: 'absent', remedy: 'use another kernel' },
  ];
  t.deepEqual(whatIsMissing(findings).split('\n'), [
    'kernel: 4.19.0; Linux 5.12 or later is needed',
    'overlayfs: absent; use another kernel',
  ]);
  t.is(whatIsMissing([]), '');
});
