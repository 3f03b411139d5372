/** The DNS part of a result, out of a file in the form of resolv.conf(5). Pure. */
import type { Dns } from '../../result.ts';

export function parseResolvConf(text: string): Dns {
  const rows = text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([key = '', value]) => value !== undefined && !/^[#;]/.test(key));
  const all = (key: string) => rows.filter((row) => row[0] === key).map((row) => row.slice(1));
  const nameservers = all('nameserver').map(([address = '']) => address);
  const domain = all('domain').at(-1)?.[0];
  const search = all('search').at(-1) ?? [];
  const options = all('options').flat();
  return {
    ...(nameservers.length > 0 && { nameservers }),
    ...(domain !== undefined && { domain }),
    ...(search.length > 0 && { search }),
    ...(options.length > 0 && { options }),
  };
}
