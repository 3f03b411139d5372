/**
 * Writes to a store until it has done its share: `store-child.ts FILE COUNT`. Each acknowledged
 * write is a line in FILE.acks, each refused one is tried again. Ends with 7 when the store is lost.
 */
import { openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasReason } from '../../base/errors.ts';
import { openSqliteStore } from '../../store/sqlite/open.ts';

const [file = '', countText = '0'] = process.argv.slice(2);
const count = Number(countText);
const writers = 4;
const keys = 10; // Of each writer, over and over.
const onFatal = (error: Error) => {
  process.stderr.write(`lost: ${error.message}\n`);
  process.exit(7);
};

const store = await openSqliteStore({ file, onFatal }).catch(onFatal);
const acks = openSync(`${file}.acks`, 'a');
await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
await store.close();

async function write(writer: number): Promise<void> {
  for (let index = 0; index < count / writers; index++) {
    const key = `/registry/w${writer}/${index % keys}`;
    const value = Buffer.from(`${index} `.padEnd(600 + ((index * 37) % 1800), 'x'));
    for (;;) {
      try {
        const changes = [{ key, value }];
        const { revision } = await store.transact({ conditions: [], changes });
        writeSync(acks, `${key} ${index} ${revision}\n`);
        break;
      } catch (error) {
        if (!hasReason(error, 'InternalError')) throw error;
        await sleep(2);
      }
    }
    if (writer === 0 && index % 100 === 99) await compact();
  }
}

async function compact(): Promise<void> {
  try {
    await store.compact((await store.currentRevision()) - 20);
  } catch (error) {
    if (!hasReason(error, 'InternalError')) throw error;
  }
}
