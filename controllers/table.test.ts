import test from 'ava';
import { parseCidr, planNodeCidr } from './node-ipam/plan.ts';
import { planRootCa } from './root-ca/plan.ts';
import { planServiceAccount } from './serviceaccount/plan.ts';
import { controllers, selectControllers } from './table.ts';

const names = (...words: string[]) => selectControllers(words).map(({ name }) => name);

test('--controllers: all, one, all but one', (t) => {
  t.is(names('*').length, controllers.length);
  t.deepEqual(names('namespace-controller'), ['namespace-controller']);
  t.false(names('*', '-node-ipam-controller').includes('node-ipam-controller'));
  t.throws(() => names('*', '-nodeipam'), { message: 'no such controller: -nodeipam' });
});

test('planNodeCidr gives the first range that overlaps with none', (t) => {
  const give = (cluster: string, ...used: string[]) =>
    planNodeCidr(parseCidr(cluster), used.map(parseCidr));
  t.is(give('10.42.0.0/16'), '10.42.0.0/24');
  t.is(give('10.42.0.0/16', '10.42.0.0/24', '10.42.2.0/24'), '10.42.1.0/24');
  t.is(give('10.42.0.0/16', '10.42.0.0/22'), '10.42.4.0/24');
  t.is(give('10.42.0.0/23', '10.42.0.0/24', '10.42.1.0/24'), undefined);
  t.throws(() => parseCidr('10.42.0.300/16'));
});

test('planRootCa writes over what others wrote, and nothing twice', (t) => {
  const made = planRootCa('PEM', 'default', undefined);
  t.deepEqual(made?.data, { 'ca.crt': 'PEM' });
  t.is(planRootCa('PEM', 'default', made), undefined);
  t.deepEqual(planRootCa('NEW', 'default', made)?.data, { 'ca.crt': 'NEW' });
});

test('planServiceAccount leaves one that is there alone', (t) => {
  const made = planServiceAccount('default', undefined);
  t.is(made?.metadata?.name, 'default');
  t.is(planServiceAccount('default', made), undefined);
});
