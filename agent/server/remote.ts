/** Ties a process' streams to a client, whichever protocol it speaks. Back-pressure goes both ways. */
import { finished, type Readable, type Writable } from 'node:stream';
import { messageOf } from '../../base/errors.ts';
import type { StreamSession } from '../../native/index.ts';
import { exited, failed, type Outcome, success } from './outcome.ts';

/** Which streams a client asks for. */
export interface StreamOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The client's end. Streams that it did not ask for are absent. */
export interface Remote {
  readonly stdin?: Readable | undefined;
  readonly stdout?: Writable | undefined;
  readonly stderr?: Writable | undefined;
  onResize(listener: (columns: number, rows: number) => void): void;
  /** Tells how it ended and hangs up; all output has been taken by then. */
  finish(outcome: Outcome): void;
  /** Resolves when the client is gone, by itself or after `finish`. */
  readonly gone: Promise<void>;
}

/** What is different between running a command and looking at one that runs. */
export interface SessionKind {
  readonly action: 'exec' | 'attach';
  /** The end of the client's input is the end of the process': always so for exec. */
  readonly endsStdin: boolean;
}

/** Resolves when the process has ended and its outcome is sent, or the client has gone. */
export async function joinStreams(
  remote: Remote,
  session: StreamSession,
  { action, endsStdin }: SessionKind,
): Promise<void> {
  void remote.gone.then(() => {
    // Who attached as the only one to give input has had its turn, also when it just went.
    if (endsStdin && remote.stdin) session.closeStdin();
    session.close();
  });
  remote.onResize((columns, rows) => session.resize(columns, rows));
  forwardOutput(remote, session);
  if (remote.stdin) void forwardInput(remote.stdin, session, endsStdin);
  const outcome = await outcomeOf(session, action);
  await Promise.race([remote.gone, Promise.all([flush(remote.stdout), flush(remote.stderr)])]);
  remote.finish(outcome);
}

/** The exit code of what one only looks at is nobody's failure. */
async function outcomeOf(session: StreamSession, action: SessionKind['action']): Promise<Outcome> {
  try {
    const { exitCode } = await session.exited;
    return action === 'exec' ? exited(exitCode) : success;
  } catch (error) {
    return failed(messageOf(error));
  }
}

function forwardOutput(remote: Remote, session: StreamSession): void {
  const full = new Set<Writable>();
  const hold = (sink: Writable) => {
    full.add(sink);
    session.pause();
    sink.once('drain', () => {
      full.delete(sink);
      if (full.size === 0) session.resume();
    });
  };
  for (const sink of [remote.stdout, remote.stderr]) sink?.on('error', () => {});
  session.onOutput((stream, data) => {
    const sink = remote[stream];
    if (!sink?.writable || sink.write(data) || full.has(sink)) return;
    hold(sink);
  });
}

async function forwardInput(stdin: Readable, session: StreamSession, endsStdin: boolean) {
  try {
    for await (const chunk of stdin) await session.write(chunk as Buffer);
  } catch {
    // The process has closed its input: what follows goes nowhere, as in a shell.
    stdin.resume();
  }
  if (endsStdin) session.closeStdin();
}

function flush(sink: Writable | undefined): Promise<void> {
  if (!sink) return Promise.resolve();
  return new Promise((resolve) => {
    finished(sink, { readable: false }, () => resolve());
    sink.end();
  });
}
