export { isEqual } from '../../api/equality.ts';
