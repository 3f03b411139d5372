import test from 'ava';
import { renderSchemas } from './import-openapi.ts';

test('renderSchemas takes over names, types and markers, and no descriptions', (t) => {
  const port = 'io.k8s.api.core.v1.ContainerPort';
  const documents = [
    {
      components: {
        schemas: {
          'io.k8s.api.core.v1.Pod': {
            type: 'object',
            description: 'a sentence',
            'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind: 'Pod' }],
            properties: {
              ports: {
                type: 'array',
                items: { $ref: `#/components/schemas/${port}` },
                'x-kubernetes-list-type': 'map',
                'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
                'x-kubernetes-patch-merge-key': 'containerPort',
                'x-kubernetes-patch-strategy': 'merge',
              },
              labels: { type: 'object', additionalProperties: { type: 'string' } },
              main: { allOf: [{ $ref: `#/components/schemas/${port}` }], default: {} },
              other: { allOf: [{ $ref: `#/components/schemas/${port}` }] },
            },
          },
          [port]: {
            type: 'object',
            required: ['containerPort'],
            properties: {
              containerPort: { type: 'integer', format: 'int32', default: 0 },
              protocol: { type: 'string', default: 'TCP' },
            },
          },
          'io.k8s.api.core.v1alpha1.Toy': { type: 'object' },
        },
      },
    },
  ];
  t.deepEqual(
    [...renderSchemas(documents)],
    [
      [
        'core-v1',
        [
          'package io.k8s.api.core.v1 v1',
          'type ContainerPort',
          ' containerPort int32 required',
          ' protocol string default="TCP" enum=SCTP|TCP|UDP',
          'type Pod kind',
          ' labels {string}',
          ' main ContainerPort held',
          ' other ContainerPort',
          ' ports [ContainerPort] listType=map keys=containerPort,protocol ' +
            'patchKey=containerPort patchStrategy=merge',
        ].join('\n'),
      ],
    ],
  );
});
