import { createMemoryStore } from './memory.ts';
import { runSuite } from './suite.ts';

runSuite('memory', async () => createMemoryStore());
