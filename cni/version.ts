/** The versions of the specification, and what each of them has. */
export const supportedVersions = [
  '0.1.0',
  '0.2.0',
  '0.3.0',
  '0.3.1',
  '0.4.0',
  '1.0.0',
  '1.1.0',
] as const;

export type Version = (typeof supportedVersions)[number];

export const currentVersion: Version = '1.1.0';

/** What a configuration without `cniVersion` means. */
export const defaultVersion: Version = '0.1.0';

export const isSupported = (version: string): version is Version =>
  supportedVersions.some((each) => each === version);

/** `isAtLeast('1.0.0', '0.4.0')`; both are supported versions, and those stand in order. */
export const isAtLeast = (version: Version, floor: Version): boolean =>
  supportedVersions.indexOf(version) >= supportedVersions.indexOf(floor);
