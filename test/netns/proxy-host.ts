/**
 * One machine of the proxy's lab, run inside its network namespace: `node proxy-host.ts NAME`.
 *
 * It answers on TCP and UDP ports 8080 and 9090 with its name, its port, and where it was asked
 * from; and it asks others: requests and answers are lines of JSON on standard input and output.
 */
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';

export interface Request {
  readonly id: number;
  readonly address: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly times: number;
  /** Until an answer comes; in milliseconds. */
  readonly patienceMs: number;
  /** Own port; absent: a new one each time. */
  readonly from?: number;
}

/** Opens connections that stay, and goes on speaking through each. */
export interface Hold {
  readonly id: number;
  readonly hold: number; // How many of TCP, and as many of UDP.
  readonly address: string;
  readonly tcpPort: number;
  readonly udpPort: number;
}

/** What has happened to them since: those whose other end has changed or gone. */
export interface Report {
  readonly id: number;
  readonly report: true;
}

const name = process.argv[2] ?? '';
const ports = [8080, 9090] as const;
const atOnce = 8;
const plain = (address = '') => address.replace(/^::ffff:/, '');

for (const port of ports) {
  createServer((socket) => {
    socket.on('error', () => {});
    const { remoteAddress, remotePort } = socket;
    socket.write(`${name} ${port} ${plain(remoteAddress)} ${remotePort}\n`);
    socket.on('data', (data) => socket.write(data));
  }).listen(port, '::');
  const udp = createSocket('udp6');
  udp.on('message', (_, from) => {
    const text = `${name} ${port} ${plain(from.address)} ${from.port}\n`;
    udp.send(text, from.port, from.address, () => {});
  });
  udp.bind(port, '::');
}
console.log('ready');

const tellMs = 500;
const counts = { tcpTalks: 0, tcpDrops: 0, udpTalks: 0, udpMoves: 0 };

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as Request | Hold | Report;
  void answer(request).then((answers) => {
    console.log(JSON.stringify({ id: request.id, answers }));
  });
}
process.exit(); // The test is gone.

async function answer(request: Request | Hold | Report): Promise<string[]> {
  if ('report' in request) return [JSON.stringify(counts)];
  if (!('hold' in request)) return askAll(request);
  const all = Array.from({ length: request.hold }, () => [holdTcp(request), holdUdp(request)]);
  await Promise.all(all.flat());
  return [];
}

function holdTcp({ address, tcpPort }: Hold): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: tcpPort });
    socket.once('data', () => resolve()); // It has said who it is.
    socket.on('data', () => counts.tcpTalks++);
    socket.on('error', () => {});
    socket.on('close', () => counts.tcpDrops++);
    setInterval(() => socket.write('x'), tellMs);
  });
}

function holdUdp({ address, udpPort }: Hold): Promise<void> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    let first: string | undefined;
    socket.on('message', (data) => {
      counts.udpTalks++;
      first ??= String(data);
      if (first !== String(data)) counts.udpMoves++;
      resolve();
    });
    socket.on('error', () => counts.udpMoves++);
    socket.connect(udpPort, address, () => {
      socket.send('x');
      setInterval(() => socket.send('x', () => {}), tellMs);
    });
  });
}

async function askAll(request: Request): Promise<string[]> {
  const answers: string[] = [];
  const once = request.protocol === 'tcp' ? askTcp : askUdp;
  let left = request.times;
  const work = async () => {
    while (left-- > 0) answers.push(await once(request));
  };
  // With a port of its own there is only one connection at a time.
  const workers = request.from === undefined ? Math.min(atOnce, request.times) : 1;
  await Promise.all(Array.from({ length: workers }, work));
  return answers;
}

/** The answer's first line, or in one word why there is none. */
function askTcp({ address, port, patienceMs, from }: Request): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, ...(from && { localPort: from }) });
    const end = (answer: string) => {
      clearTimeout(timer);
      // A reset, so that no port is left waiting.
      socket.resetAndDestroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end('nothing'), patienceMs);
    socket.on('data', (data) => end(String(data).trim()));
    socket.on('error', (error) => end(wordOf(error)));
    socket.on('end', () => end('closed'));
  });
}

function askUdp({ address, port, patienceMs, from }: Request): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const end = (answer: string) => {
      clearTimeout(timer);
      socket.close(() => resolve(answer));
    };
    const timer = setTimeout(() => end('nothing'), patienceMs);
    socket.on('message', (data) => end(String(data).trim()));
    socket.on('error', (error) => end(wordOf(error)));
    socket.bind(from ?? 0, () => {
      socket.connect(port, address, (error?: Error | null) => {
        if (error) return end(wordOf(error));
        // What is sent before an error came is told by the next call.
        socket.send('hi', () => {});
      });
    });
  });
}

function wordOf(error: Error & { code?: string }): string {
  const words: Record<string, string> = { ECONNREFUSED: 'refused', ECONNRESET: 'reset' };
  return words[error.code ?? ''] ?? error.code ?? error.message;
}
