interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** `AppsV1` in operation ids, `apps_v1` in tags. */
export function tagOf({ group, version }: GroupVersion, isCamelCase: boolean): string {
  const short = group === '' ? 'core' : group.replace(/\.k8s\.io$/, '');
  const words = [...short.split('.'), version];
  if (!isCamelCase) return `${words.slice(0, -1).join('')}_${version}`;
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
