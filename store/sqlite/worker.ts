/**
 * The database's thread: takes all questions that wait, answers them in one transaction, and sends
 * the answers once it is on disk. An error of the disk is final: after a failed fsync nobody knows
 * what is on it.
 */
import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from 'node:worker_threads';
import { messageOf } from '../../base/errors.ts';
import { RevisionDatabase, type Rows, revisionOf } from './database.ts';
import {
  type Answer,
  type FromDatabase,
  pack,
  type Question,
  type ToDatabase,
  unpack,
} from './protocol.ts';

type NextValue = () => Uint8Array | undefined;

/** Questions of one commit; more wait for the next, so that the first are not kept waiting. */
const groupMax = 1024;

serve(parentPort!, String(workerData.file));

function serve(port: MessagePort, file: string): void {
  const send = (message: FromDatabase) => {
    const moved = message.kind === 'answers' ? [message.values.bytes.buffer] : [];
    port.postMessage(message, moved);
  };
  let database: RevisionDatabase;
  try {
    database = new RevisionDatabase(file);
  } catch (error) {
    send({ kind: 'fatal', message: messageOf(error) });
    return;
  }
  port.on('message', (first: ToDatabase) => {
    try {
      const isClosed = answerAll(database, takeWaiting(port, first), send);
      if (isClosed) port.close();
    } catch (error) {
      send({ kind: 'fatal', message: messageOf(error) });
      port.close();
    }
  });
  send({ kind: 'opened', revision: database.revision });
}

function takeWaiting(port: MessagePort, first: ToDatabase): ToDatabase[] {
  const messages = [first];
  let count = first.questions.length;
  while (count < groupMax) {
    const next = receiveMessageOnPort(port) as { message: ToDatabase } | undefined;
    if (!next) break;
    messages.push(next.message);
    count += next.message.questions.length;
  }
  return messages;
}

function answerAll(
  database: RevisionDatabase,
  messages: readonly ToDatabase[],
  send: (message: FromDatabase) => void,
): boolean {
  const values: (Uint8Array | undefined)[] = [];
  const answers: { id: number; answer: Answer }[] = [];
  const work = () => {
    for (const message of messages) {
      const nextValue = unpack(message.values);
      for (const { id, question } of message.questions) {
        answers.push({ id, answer: answerOne(database, question, { nextValue, values }) });
      }
    }
  };
  try {
    database.group(work);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    values.length = 0;
    answers.length = 0;
    for (const { questions } of messages) {
      for (const { id } of questions) answers.push({ id, answer: diskFull(error) });
    }
  }
  if (answers.some(({ answer }) => answer.kind === 'compact')) database.vacuum();
  const isClosed = answers.some(({ answer }) => answer.kind === 'closed');
  if (isClosed) database.close();
  send({ kind: 'answers', answers, values: pack(values) });
  return isClosed;
}

interface Values {
  readonly nextValue: NextValue;
  readonly values: (Uint8Array | undefined)[]; // Of the answers.
}

function answerOne(database: RevisionDatabase, question: Question, io: Values): Answer {
  switch (question.kind) {
    case 'transact': {
      const { conditions, keys } = question;
      const changes = keys.map((key) => ({ key, value: io.nextValue() }));
      const result = database.transact({ conditions, changes });
      return { kind: 'transact', ...result, revision: database.revision };
    }
    case 'get': {
      const row = database.get(question.key);
      return rowsAnswer({ rows: row ? [row] : [], revision: database.revision, more: false }, io);
    }
    case 'list': {
      const refused = refuse(database, question.request.revision ?? database.revision);
      return refused ?? rowsAnswer(database.list(question.request), io);
    }
    case 'history': {
      const { prefix, after } = question;
      if (after >= database.oldest) return rowsAnswer(database.history(prefix, after), io);
      return refuse(database, after)!;
    }
    case 'compact': {
      const { revision } = question;
      const tooNew = revision > database.revision ? refuse(database, revision) : undefined;
      return tooNew ?? { kind: 'compact', more: database.compact(revision) };
    }
    case 'size':
      return { kind: 'size', bytes: database.size() };
    case 'close':
      return { kind: 'closed' };
  }
}

function refuse(database: RevisionDatabase, asked: number): Answer | undefined {
  if (asked > database.revision) {
    const refusal = { why: 'notReached', asked, known: database.revision } as const;
    return { kind: 'refused', refusal };
  }
  if (asked >= database.oldest) return undefined;
  return { kind: 'refused', refusal: { why: 'compacted', asked, known: database.oldest } };
}

function rowsAnswer({ rows, revision, more }: Rows, { values }: Values): Answer {
  for (const { value } of rows) values.push(value ?? undefined);
  const revisions = rows.map(({ id }) => revisionOf(id));
  return { kind: 'rows', keys: rows.map(({ key }) => key), revisions, revision, more };
}

const isDiskFull = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 'SQLITE_FULL';

const diskFull = (error: unknown): Answer => ({
  kind: 'refused',
  refusal: { why: 'diskFull', message: messageOf(error) },
});
