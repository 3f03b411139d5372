import test from 'ava';
import { renderSurface } from './import-discovery.ts';

test('renderSurface takes stable versions, a resource or subresource a line', (t) => {
  const deployments = {
    name: 'deployments',
    singularName: 'deployment',
    namespaced: true,
    kind: 'Deployment',
    verbs: ['get', 'create'],
    shortNames: ['deploy'],
    categories: ['all'],
  };
  const scale = {
    name: 'deployments/scale',
    singularName: '',
    namespaced: true,
    group: 'autoscaling',
    version: 'v1',
    kind: 'Scale',
    verbs: ['get'],
  };
  const lists = [
    { groupVersion: 'apps/v1', resources: [scale, deployments] },
    { groupVersion: 'apps/v1beta1', resources: [deployments] },
  ];
  t.deepEqual(renderSurface(lists), [
    'apps/v1 deployments deployment Deployment namespaced create,get short=deploy categories=all',
    'apps/v1 deployments/scale - autoscaling/v1/Scale namespaced get',
  ]);
});
