import test from 'ava';
import { hasReason } from '../base/errors.ts';
import { requestInfoOf } from './path.ts';

/** `verb group/version resource/subresource namespace/name`, or `- verb` for other paths. */
function show(method: string, target: string): string {
  const info = requestInfoOf(method, target);
  if (!info.isResource) return `- ${info.verb}`;
  const what = info.subresource ? `${info.resource}/${info.subresource}` : info.resource;
  return `${info.verb} ${info.group}/${info.version} ${what} ${info.namespace}/${info.name}`;
}

const cases: readonly [request: string, want: string][] = [
  ['GET /api/v1/pods', 'list /v1 pods /'],
  ['GET /api/v1/namespaces/a/pods', 'list /v1 pods a/'],
  ['GET /api/v1/namespaces/a/pods/', 'list /v1 pods a/'],
  ['GET /api/v1/namespaces/a/pods/b', 'get /v1 pods a/b'],
  ['HEAD /api/v1/namespaces/a/pods/b', 'get /v1 pods a/b'],
  ['GET /api/v1/namespaces/a/pods/b/log?follow=true', 'get /v1 pods/log a/b'],
  ['POST /api/v1/namespaces/a/pods', 'create /v1 pods a/'],
  ['PUT /apis/apps/v1/namespaces/a/deployments/b/scale', 'update apps/v1 deployments/scale a/b'],
  ['PATCH /api/v1/nodes/n/status', 'patch /v1 nodes/status /n'],
  ['DELETE /api/v1/namespaces/a/pods', 'deletecollection /v1 pods a/'],
  ['DELETE /api/v1/namespaces/a', 'delete /v1 namespaces a/a'],
  ['GET /api/v1/namespaces', 'list /v1 namespaces /'],
  ['GET /api/v1/namespaces/a/status', 'get /v1 namespaces/status a/a'],
  ['PUT /api/v1/namespaces/a/finalize', 'update /v1 namespaces/finalize a/a'],
  ['GET /api/v1/pods?watch=true', 'watch /v1 pods /'],
  ['GET /api/v1/watch/namespaces/a/pods', 'watch /v1 pods a/'],
  ['GET /api/v1/namespaces/a/pods?watch=1&fieldSelector=metadata.name%3Db', 'watch /v1 pods a/b'],
  ['GET /api/v1/namespaces/a/pods?fieldSelector=metadata.name%21%3Db', 'list /v1 pods a/'],
  [
    'GET /api/v1/namespaces/a/pods?fieldSelector=spec.x!%3Dy%5C%2Cmetadata.name%5C%3Db',
    'list /v1 pods a/',
  ],
  ['GET /api/v1/namespaces/a/configmaps/a%2eb', 'get /v1 configmaps a/a.b'],
  ['GET /api/v1', '- get'],
  ['GET /apis', '- get'],
  ['GET /apis/apps/v1', '- get'],
  ['GET /version', '- get'],
  ['POST /healthz/x', '- post'],
];

for (const [request, want] of cases) {
  const [method = '', target = ''] = request.split(' ');
  test(`requestInfoOf understands ${request}`, (t) => t.is(show(method, target), want));
}

const refused = [
  '/api/v1/namespaces/a/pods/%2e%2e',
  '/api/v1/namespaces/../pods',
  '/api/v1/namespaces/a/pods/a%2Fb',
  '/api/v1/namespaces/a/pods/a%5Cb',
  '/api/v1//pods',
  '//evil/api/v1/pods',
  '/api/v1/namespaces/a%2Fb/pods/proxy',
  '/api/v1/namespaces/a/pods/%zz',
  '/api/v1/namespaces/a/pods/%00',
  '/api/v1/namespaces/a/pods/a%0ab',
  '/api/v1/namespaces/a/pods/%c0%ae%c0%ae',
  '/api/v1/namespaces/a/pods/%e0%80%af',
  '/api/v1/namespaces/%2e%2e/pods',
  '/api/v1/namespaces/a/pods/b%252fc',
  '/api/v1/namespaces/a/pods/b\\c',
  '/api/v1/namespaces/a/pods/./b',
  '/api/v1/namespaces//pods',
  '/apis/apps%2fv1/deployments',
  'http://elsewhere/api/v1/pods',
  'http:/api/v1/pods',
  'elsewhere:443',
  '*',
];

for (const target of refused) {
  test(`security A11: requestInfoOf refuses ${target}, so that nobody reads it in another way`, (t) => {
    const error = t.throws(() => requestInfoOf('GET', target));
    t.true(hasReason(error, 'BadRequest'));
  });
}

test('requestInfoOf leaves alone what belongs to a proxied server', (t) => {
  t.is(show('GET', '/api/v1/namespaces/a/pods/b/proxy/x//y'), 'get /v1 pods/proxy a/b');
});
