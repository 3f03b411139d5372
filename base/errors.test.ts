import test from 'ava';
import { hasCode, hasReason, StatusError, wrapError } from './errors.ts';

test('a StatusError is a meta/v1 Status on the wire', (t) => {
  const causes = [{ reason: 'FieldValueRequired', message: 'Required value', field: 'spec.x' }];
  const error = new StatusError('Invalid', 'no', { details: { name: 'web', causes } });
  t.deepEqual(error.toJSON(), {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'no',
    reason: 'Invalid',
    details: { name: 'web', causes },
    code: 422,
  });
});

test('it survives the wire', (t) => {
  const sent = new StatusError('Conflict', 'changed', { details: { name: 'web' } }).toJSON();
  const received = StatusError.fromStatus(JSON.parse(JSON.stringify(sent)), 409);
  t.true(hasReason(received, 'Conflict'));
  t.deepEqual(received.toJSON(), sent);
});

test('a reason that we do not know is taken from the code', (t) => {
  t.is(StatusError.fromStatus({ reason: 'Odd', message: 'x' }, 404).reason, 'NotFound');
  t.is(StatusError.fromStatus({}, 418).reason, 'BadRequest');
  t.is(StatusError.fromStatus({}, 599).reason, 'InternalError');
});

test('a wrapped StatusError keeps its reason, another error its code is asked of the cause', (t) => {
  t.true(hasReason(wrapError('Could not bind', new StatusError('Conflict', 'x')), 'Conflict'));
  const cause = Object.assign(new Error('x'), { code: 'ENOENT' });
  t.true(hasCode(wrapError('Could not open', cause).cause, 'ENOENT'));
});
