import manifest from '../package.json' with { type: 'json' };

/** The Kubernetes release whose behaviour we follow, and ours. */
export const version = `v1.36.2+wherry.${manifest.version}`;
