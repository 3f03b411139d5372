/** What others may ask of the proxy without running one. */
export { explain, type Known, type Question } from './explain.ts';
export { hostAddresses } from './host-addresses.ts';
export { serviceOf } from './plan.ts';
export { viewNode } from './plan-node.ts';
