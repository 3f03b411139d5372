import test from 'ava';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { containerLimits, parseHierarchies, planLeaf, planPodCgroup } from './plan-cgroup.ts';

const v1 = `\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
36 31 0:33 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices
38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio
39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd`;
const v2 = '41 31 0:38 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw';
const unified = '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw';

const layouts: { name: string; mountinfo: string; v2Controllers: string; want: string[] }[] = [
  {
    name: 'takes the v1 hierarchies that have a controller we use',
    mountinfo: v1,
    v2Controllers: '',
    want: [
      '1 /sys/fs/cgroup/cpu,cpuacct cpu cpuacct',
      '1 /sys/fs/cgroup/memory memory',
      '1 /sys/fs/cgroup/devices devices',
      '1 /sys/fs/cgroup/pids pids',
    ],
  },
  {
    name: 'takes v2 alone where it has the controllers',
    mountinfo: v2,
    v2Controllers: 'cpuset cpu io memory hugetlb pids\n',
    want: ['2 /sys/fs/cgroup cpu memory pids'],
  },
  {
    name: "leaves out a hybrid's v2 that has none of them",
    mountinfo: `${v1.split('\n')[2]}\n${unified}`,
    v2Controllers: 'hugetlb\n',
    want: ['1 /sys/fs/cgroup/memory memory'],
  },
  {
    name: 'splits over both where a hybrid does',
    mountinfo: `${v1.split('\n')[2]}\n${unified}`,
    v2Controllers: 'pids\n',
    want: ['1 /sys/fs/cgroup/memory memory', '2 /sys/fs/cgroup/unified pids'],
  },
];

for (const { name, mountinfo, v2Controllers, want } of layouts) {
  test(`parseHierarchies ${name}`, (t) => {
    const lines = parseHierarchies(mountinfo, v2Controllers).map(
      ({ version, mountPoint, controllers }) => `${version} ${mountPoint} ${controllers.join(' ')}`,
    );
    t.deepEqual(lines, want);
  });
}

const burstable: Pod = {
  metadata: { uid: 'u1' },
  spec: {
    containers: [
      {
        name: 'web',
        resources: { requests: { cpu: '250m' }, limits: { cpu: '500m', memory: '64Mi' } },
      },
    ],
  },
};

const format = (steps: ReturnType<typeof planLeaf>) =>
  steps.flatMap(({ dir, writes }) => [dir, ...writes.map(([file, value]) => `  ${file} ${value}`)]);

test('planPodCgroup on v2 passes controllers down from the very top and limits the pod', (t) => {
  const steps = planPodCgroup(parseHierarchies(v2, 'cpu memory pids'), '/wherry', burstable, 100);
  t.deepEqual(format(steps), [
    '/sys/fs/cgroup',
    '  cgroup.subtree_control +cpu +memory +pids',
    '/sys/fs/cgroup/wherry',
    '  cgroup.subtree_control +cpu +memory +pids',
    '/sys/fs/cgroup/wherry/kubepods',
    '  cgroup.subtree_control +cpu +memory +pids',
    '/sys/fs/cgroup/wherry/kubepods/burstable',
    '  cgroup.subtree_control +cpu +memory +pids',
    '/sys/fs/cgroup/wherry/kubepods/burstable/podu1',
    '  cpu.weight 10',
    '  cpu.max 50000 100000',
    '  memory.max 67108864',
    '  pids.max 100',
    '  cgroup.subtree_control +cpu +memory +pids',
  ]);
});

test('planLeaf on v2 lets a container out of memory end as a whole', (t) => {
  const hierarchies = parseHierarchies(v2, 'cpu memory pids');
  const limits = containerLimits(burstable.spec!.containers[0]!);
  t.deepEqual(format(planLeaf(hierarchies, '/w/c1', limits)), [
    '/sys/fs/cgroup/w/c1',
    '  cpu.weight 10',
    '  cpu.max 50000 100000',
    '  memory.max 67108864',
    '  memory.oom.group 1',
  ]);
});

test('planLeaf on v1 writes each limit where its controller is', (t) => {
  const hierarchies = parseHierarchies(v1, '').slice(0, 3);
  const steps = planLeaf(hierarchies, '/w/c1', containerLimits(burstable.spec!.containers[0]!));
  t.deepEqual(format(steps), [
    '/sys/fs/cgroup/cpu,cpuacct/w/c1',
    '  cpu.shares 256',
    '  cpu.cfs_period_us 100000',
    '  cpu.cfs_quota_us 50000',
    '/sys/fs/cgroup/memory/w/c1',
    '  memory.limit_in_bytes 67108864',
    '/sys/fs/cgroup/devices/w/c1',
  ]);
});

test('a container that asks for nothing has the smallest share', (t) => {
  t.deepEqual(containerLimits({ name: 'x' }), { cpuShares: 2 });
});

test('a pod without limits in one container has none as a whole', (t) => {
  const pod: Pod = {
    metadata: { uid: 'u2' },
    spec: { containers: [...burstable.spec!.containers, { name: 'free' }] },
  };
  const [step] = planPodCgroup(parseHierarchies(v2, 'cpu memory'), '/w', pod, -1).slice(-1);
  t.deepEqual(
    step?.writes.map(([file]) => file),
    ['cpu.weight', 'cgroup.subtree_control'],
  );
});
