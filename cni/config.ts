/** Network configurations as text from outside: parsed, checked, typed. */
import { CniError } from './error.ts';
import { defaultVersion, isSupported, supportedVersions, type Version } from './version.ts';

/** One plugin's configuration, as it stands on stdin. Other keys are the plugin's own. */
export interface NetworkConf {
  readonly cniVersion: Version;
  readonly name: string;
  readonly type: string;
  readonly [key: string]: unknown;
}

/** A plugin in a list; name and version come from the list. */
export interface PluginConf {
  readonly type: string;
  readonly capabilities?: Readonly<Record<string, boolean>>;
  readonly [key: string]: unknown;
}

export interface NetworkConfList {
  readonly cniVersion: Version;
  readonly name: string;
  readonly disableCheck?: boolean;
  readonly disableGC?: boolean;
  readonly plugins: readonly PluginConf[];
}

type Json = Record<string, unknown>;

/**
 * What a plugin reads from stdin.
 * @throws CniError 6 (no JSON object), 1 (unknown version), 7 (bad name or type)
 */
export function parseNetworkConf(text: string): NetworkConf {
  const body = parseObject(text);
  return { ...body, cniVersion: versionOf(body), name: nameOf(body), type: typeOf(body) };
}

/**
 * A `.conflist` file; a `.conf` or `.json` of one plugin is a list of one.
 * `folder` gives the plugins of `<name>/*.conf`, for lists that take them in (1.1.0).
 */
export function parseNetworkConfList(
  text: string,
  folder: (name: string) => readonly string[] = () => [],
): NetworkConfList {
  const body = parseObject(text);
  const name = nameOf(body);
  const cniVersion = negotiateVersion(body);
  if (!Array.isArray(body.plugins) && body.type !== undefined) {
    return { cniVersion, name, plugins: [toPlugin(body)] };
  }
  const inlined = asList(body.plugins, 'plugins').map(toPlugin);
  const isClosed = asFlag(body.loadOnlyInlinedPlugins, 'loadOnlyInlinedPlugins');
  const loaded = isClosed ? [] : folder(name).map((each) => toPlugin(parseObject(each)));
  const plugins = [...inlined, ...loaded];
  if (plugins.length === 0) throw invalid(`network ${name} has no plugins`);
  return {
    cniVersion,
    name,
    disableCheck: asFlag(body.disableCheck, 'disableCheck'),
    disableGC: asFlag(body.disableGC, 'disableGC'),
    plugins,
  };
}

/** Alphanumeric, then also `_`, `.`, `-`: nothing that a path could hide in. */
const safeName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** @throws CniError 4 */
export function checkContainerId(id: string): string {
  if (id === '') throw environment('CNI_CONTAINERID is missing');
  if (!safeName.test(id)) throw environment(`${show(id)} is no container id`);
  return id;
}

/** @throws CniError 4 */
export function checkIfName(name: string): string {
  if (name === '') throw environment('CNI_IFNAME is missing');
  if (Buffer.byteLength(name) > 15) throw environment(`interface name ${show(name)} is too long`);
  if (name === '.' || name === '..') throw environment('an interface name is not . or ..');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (/[/:\s\x00-\x1f]/.test(name)) {
    throw environment(`interface name ${show(name)} has / or : or spaces`);
  }
  return name;
}

/** `K=V;K=V`. @throws CniError 4 */
export function parseCniArgs(text: string): Map<string, string> {
  const pairs = text.split(';').filter((pair) => pair !== '');
  return new Map(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw environment(`CNI_ARGS: ${show(pair)} is no pair K=V`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

export function parseObject(text: string): Json {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new CniError('decodeFailure', 'the configuration is not JSON', { cause });
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new CniError('decodeFailure', 'the configuration must be an object');
  }
  return body as Json;
}

function versionOf(body: Json): Version {
  const version = body.cniVersion ?? defaultVersion;
  if (typeof version !== 'string') {
    throw new CniError('decodeFailure', 'cniVersion must be a string');
  }
  const known = version === '' ? defaultVersion : version;
  if (!isSupported(known)) throw incompatible(version);
  return known;
}

/** The highest that both sides know, of `cniVersions` and `cniVersion` (1.1.0). */
function negotiateVersion(body: Json): Version {
  const listed = asList(body.cniVersions, 'cniVersions').filter((each) => typeof each === 'string');
  const offered = [...listed, ...(typeof body.cniVersion === 'string' ? [body.cniVersion] : [])];
  if (listed.length === 0) return versionOf(body);
  const common = supportedVersions.filter((version) => offered.includes(version));
  const best = common.at(-1);
  if (!best) throw incompatible(offered.join(', '));
  return best;
}

function nameOf({ name }: Json): string {
  if (name === undefined || name === '') throw invalid('the network has no name');
  if (typeof name !== 'string' || !safeName.test(name)) {
    throw invalid(`${show(name)} is no network name`);
  }
  return name;
}

/** A type is looked up in directories of programs, so it is checked like a name. */
function typeOf({ type }: Json): string {
  if (typeof type !== 'string' || !safeName.test(type)) throw invalid(`${show(type)} is no type`);
  return type;
}

function toPlugin(raw: unknown): PluginConf {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw new CniError('decodeFailure', 'plugins[] must be objects');
  }
  const type = typeOf(raw as Json);
  return { ...raw, type };
}

function asList(raw: unknown, what: string): readonly unknown[] {
  if (raw === undefined || raw === null) return [];
  if (!Array.isArray(raw)) throw new CniError('decodeFailure', `${what} must be a list`);
  return raw;
}

/** libcni takes these as strings too. */
function asFlag(raw: unknown, what: string): boolean {
  if (raw === undefined || raw === false || raw === 'false') return false;
  if (raw === true || raw === 'true') return true;
  throw invalid(`${what} must be true or false`);
}

const show = (value: unknown) => JSON.stringify(value);
const invalid = (message: string) => new CniError('invalidConfig', message);
const environment = (message: string) => new CniError('invalidEnvironment', message);
const incompatible = (version: string) =>
  new CniError('incompatibleVersion', 'incompatible CNI versions', {
    details: `config is ${show(version)}, plugin supports ${show(supportedVersions)}`,
  });
