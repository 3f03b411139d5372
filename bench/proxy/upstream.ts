/**
 * The layout of the table that upstream's nftables mode documents (pkg/proxy/nftables/README.md),
 * for `nft -f`: a chain for each Service port and each endpoint, verdict maps in front of them.
 */
import { clusterIpOf, endpointsOfEach, podAddress, podRange } from './world.ts';

const nameOf = (index: number) => `default/service-${index}/tcp/http`;
const serviceChain = (index: number) => `service-${index}-${nameOf(index)}`;
const endpointChain = (index: number, number: number) =>
  `endpoint-${index}-${number}-${nameOf(index)}__${podAddress(index * endpointsOfEach + number)}/8080`;

export function upstreamTable(services: number): string {
  const all = Array.from({ length: services }, (_, index) => index);
  const table = 'ip kube-proxy';
  return [
    `add table ${table}`,
    `add set ${table} cluster-ips { type ipv4_addr ; }`,
    `add map ${table} service-ips { type ipv4_addr . inet_proto . inet_service : verdict ; }`,
    `add map ${table} no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict ; }`,
    ...['services', 'mark-for-masquerade', 'masquerading'].map((c) => `add chain ${table} ${c}`),
    `add chain ${table} nat-prerouting { type nat hook prerouting priority -100 ; }`,
    `add chain ${table} nat-output { type nat hook output priority -100 ; }`,
    `add chain ${table} nat-postrouting { type nat hook postrouting priority 100 ; }`,
    `add rule ${table} nat-prerouting jump services`,
    `add rule ${table} nat-output jump services`,
    `add rule ${table} nat-postrouting jump masquerading`,
    `add rule ${table} mark-for-masquerade mark set mark or 0x4000`,
    `add rule ${table} masquerading mark and 0x4000 == 0 return`,
    `add rule ${table} masquerading mark set mark xor 0x4000`,
    `add rule ${table} masquerading masquerade fully-random`,
    `add rule ${table} services ip daddr . meta l4proto . th dport vmap @service-ips`,
    ...all.flatMap((index) => serviceLines(table, index)),
    '',
  ].join('\n');
}

function serviceLines(table: string, index: number): string[] {
  const chain = serviceChain(index);
  const ip = clusterIpOf(index);
  const numbers = Array.from({ length: endpointsOfEach }, (_, number) => number);
  const choices = numbers.map((number) => `${number} : goto ${endpointChain(index, number)}`);
  return [
    `add chain ${table} ${chain}`,
    ...numbers.map((number) => `add chain ${table} ${endpointChain(index, number)}`),
    `add element ${table} cluster-ips { ${ip} }`,
    `add element ${table} service-ips { ${ip} . tcp . 80 : goto ${chain} }`,
    `add rule ${table} ${chain} ip daddr ${ip} tcp dport 80 ip saddr != ${podRange} jump mark-for-masquerade`,
    `add rule ${table} ${chain} numgen random mod ${endpointsOfEach} vmap { ${choices.join(' , ')} }`,
    ...numbers.flatMap((number) => {
      const address = podAddress(index * endpointsOfEach + number);
      const own = endpointChain(index, number);
      return [
        `add rule ${table} ${own} ip saddr ${address} jump mark-for-masquerade`,
        `add rule ${table} ${own} meta l4proto tcp dnat to ${address}:8080`,
      ];
    }),
  ];
}
