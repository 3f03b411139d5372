import { StatusError } from '../../base/errors.ts';

/** The patch itself cannot be understood. */
export const badPatch = (why: string): StatusError => new StatusError('BadRequest', why);

/** The patch is well formed, but does not fit the object. */
export const unfitPatch = (why: string): StatusError => new StatusError('Invalid', why);

/** Deep enough for every object there is, and far from the end of the stack. */
export const depthMax = 500;

export function checkDepth(depth: number): void {
  if (depth > depthMax) throw badPatch('exceeded max depth');
}
