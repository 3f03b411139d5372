/** Writes programs for the kernel's virtual machine, and hangs them on cgroups (bpf(2)). */
import { kernel } from './addon.ts';

/** r0 result, r1 to r5 arguments, r6 to r9 kept over calls, r10 the stack's end. */
export type Register = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

const widths = { byte: 0x10, half: 0x08, word: 0x00, double: 0x18 } as const;
export type Width = keyof typeof widths;

const jumps = { always: 0x05, equal: 0x15, unequal: 0x55 } as const;

/** Helper functions of the kernel (linux/bpf.h). */
export const helpers = { lookup: 1, update: 2, random: 7, socketCookie: 46 } as const;

interface Instruction {
  readonly code: number;
  readonly to?: Register;
  readonly from?: number;
  readonly offset?: number | string; // A label, for jumps.
  readonly value?: number;
}

/** Collects instructions; jumps name labels. */
export class Assembler {
  readonly #instructions: Instruction[] = [];
  readonly #labels = new Map<string, number>();

  label(name: string): this {
    this.#labels.set(name, this.#instructions.length);
    return this;
  }

  set(to: Register, value: number): this {
    return this.#add({ code: 0xb7, to, value });
  }

  copy(to: Register, from: Register): this {
    return this.#add({ code: 0xbf, to, from });
  }

  add(to: Register, value: number): this {
    return this.#add({ code: 0x07, to, value });
  }

  /** The remainder, of 32 bits. */
  remainder(to: Register, by: Register): this {
    return this.#add({ code: 0x9c, to, from: by });
  }

  load(width: Width, to: Register, from: Register, offset: number): this {
    return this.#add({ code: 0x61 | widths[width], to, from, offset });
  }

  store(width: Width, at: Register, offset: number, from: Register): this {
    return this.#add({ code: 0x63 | widths[width], to: at, from, offset });
  }

  storeValue(width: Width, at: Register, offset: number, value: number): this {
    return this.#add({ code: 0x62 | widths[width], to: at, offset, value });
  }

  loadMap(to: Register, map: number): this {
    // Two places long: the second holds the upper half of an address, which a map has none of.
    return this.#add({ code: 0x18, to, from: 1, value: map }).#add({ code: 0 });
  }

  call(helper: keyof typeof helpers): this {
    return this.#add({ code: 0x85, value: helpers[helper] });
  }

  jump(when: keyof typeof jumps, label: string, on: Register = 0, value = 0): this {
    return this.#add({ code: jumps[when], to: on, offset: label, value });
  }

  exit(): this {
    return this.#add({ code: 0x95 });
  }

  /** Eight bytes an instruction. */
  assemble(): Buffer {
    const bytes = Buffer.alloc(this.#instructions.length * 8);
    this.#instructions.forEach(({ code, to = 0, from = 0, offset = 0, value = 0 }, index) => {
      const at = index * 8;
      bytes[at] = code;
      bytes[at + 1] = to | (from << 4);
      bytes.writeInt16LE(typeof offset === 'number' ? offset : this.#way(offset, index), at + 2);
      bytes.writeInt32LE(value, at + 4);
    });
    return bytes;
  }

  #add(instruction: Instruction): this {
    this.#instructions.push(instruction);
    return this;
  }

  #way(label: string, from: number): number {
    const target = this.#labels.get(label);
    if (target === undefined) throw new Error(`there is no label ${label}`);
    return target - from - 1;
  }
}

/** A table that programs and we share. It ends with `close`, once no program uses it. */
export interface BpfMap {
  readonly fd: number;
  set(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
  close(): void;
}

const mapTypes = { hash: 1, leastRecentlyUsed: 9 } as const;
const noPreallocation = 1;

export function createMap(
  type: keyof typeof mapTypes,
  shape: { readonly keyBytes: number; readonly valueBytes: number; readonly entriesMax: number },
): BpfMap {
  const flags = type === 'hash' ? noPreallocation : 0;
  const fd = kernel.bpfMap({ type: mapTypes[type], flags, ...shape });
  return {
    fd,
    set: (key, value) => kernel.bpfSet(fd, key, value),
    delete: (key) => kernel.bpfDelete(fd, key),
    close: () => kernel.close(fd),
  };
}

/** Where programs that see socket addresses hang. */
export const socketHooks = {
  ipv4: { connect: 10, send: 14, receive: 19 },
  ipv6: { connect: 11, send: 15, receive: 20 },
} as const;

const socketAddressProgram = 18;

/** Hangs a program on a cgroup and all below it; the result ends it. @throws SyscallError */
export function attachToCgroup(
  cgroup: string,
  hook: number,
  instructions: Uint8Array,
): { close(): void } {
  const program = kernel.bpfProgram({
    type: socketAddressProgram,
    attachType: hook,
    instructions,
  });
  try {
    const link = kernel.bpfAttach({ program, cgroup, attachType: hook });
    return { close: () => kernel.close(link) };
  } finally {
    kernel.close(program); // The link holds it.
  }
}
