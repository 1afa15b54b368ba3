/**
 * A program that locks memory as Vault's plugins do and then executes the probe, because Node.js can't lock memory. It
 * reserves 1 GiB of addresses, as a Go program does, calls `mlockall(MCL_CURRENT | MCL_FUTURE)`, and executes its
 * arguments. Where locking is refused, it reports that and exits with the number of the error (1 EPERM, 12 ENOMEM). It
 * is written as machine code, a hundred bytes for each architecture, because a machine that runs a matrix may have no
 * compiler.
 */
import { InvalidOptionError } from '../../errors.ts';
import { hostArchitecture } from '../../program/architecture.ts';

const message = Buffer.from('the probe could not lock its memory: mlockall was refused\n');

/** Size of the address space that it reserves, in bytes. */
export const lockedBytes = 2 ** 30;

interface Machine {
  /** elf(5): `e_machine` */
  readonly number: number;
  /** The machine code, which is directly followed by the message. */
  readonly code: () => Buffer;
}

const machines: Readonly<Record<string, Machine>> = {
  amd64: {
    number: 62,
    code: () =>
      assemble(
        '4889e3', // mov rbx, rsp                            the stack: argc, argv, 0, envp
        'b809000000 31ff be00000040 31d2 41ba22400000', //   mmap(0, 1 GiB, PROT_NONE, private anonymous noreserve,
        '49c7c0ffffffff 4531c9 0f05', //                     -1, 0)
        'b897000000 bf03000000 0f05', //                     mlockall(MCL_CURRENT | MCL_FUTURE)
        '85c0 7816', //                                      below zero: refused
        '488b0b 488d7310 488b3e 488d54cb10', //              rsi = &argv[1], rdi = argv[1], rdx = envp
        'b83b000000 0f05', //                                execve
        '89c3 f7db', // refused:                             ebx = number of the error
        'b801000000 bf02000000 488d3510000000', //           write(2, message,
        `ba${littleEndian(message.length)} 0f05`, //         its length)
        'b8e7000000 89df 0f05', //                           exit_group(ebx)
      ),
  },
  arm64: {
    number: 183,
    code: () =>
      assemble(
        'f3030091', // mov x19, sp
        'c81b80d2 000080d2 0100a8d2 020080d2 430488d2', //   mmap(0, 1 GiB, PROT_NONE, private anonymous noreserve,
        '04008092 050080d2 010000d4', //                     -1, 0)
        'c81c80d2 600080d2 010000d4', //                     mlockall(MCL_CURRENT | MCL_FUTURE)
        'e000f837', //                                       below zero: refused
        '690240f9 61420091 200040f9 220c098b', //            x1 = &argv[1], x0 = argv[1], x2 = envp
        'a81b80d2 010000d4', //                              execve
        'f303004b', // refused:                              w19 = number of the error
        '080880d2 400080d2 c1000010', //                     write(2, message,
        `${littleEndian(0xd2800002 | (message.length << 5))} 010000d4`, // its length)
        'c80b80d2 e003132a 010000d4', //                     exit_group(w19)
      ),
  },
};

/** @throws {InvalidOptionError} for an architecture that it is not written for */
export function lockingProgram(architecture = hostArchitecture()): Buffer {
  const machine = machines[architecture];
  if (machine !== undefined) return elfProgram(machine);
  throw new InvalidOptionError(
    'image',
    `the built-in probe can't lock memory on ${architecture}: give an image, or leave out the cells with mlock`,
  );
}

const headerBytes = 64;
const programHeaderBytes = 56;
const loadAddress = 0x400000n;

/** A static ELF program of one segment. */
function elfProgram({ number, code }: Machine): Buffer {
  const text = Buffer.concat([code(), message]);
  const start = headerBytes + programHeaderBytes;
  const size = BigInt(start + text.length);
  const header = Buffer.alloc(start);
  header.write('\x7fELF\x02\x01\x01', 'latin1'); // 64 bits, little-endian, version 1
  header.writeUInt16LE(2, 16); // e_type: ET_EXEC
  header.writeUInt16LE(number, 18); // e_machine
  header.writeUInt32LE(1, 20); // e_version
  header.writeBigUInt64LE(loadAddress + BigInt(start), 24); // e_entry
  header.writeBigUInt64LE(BigInt(headerBytes), 32); // e_phoff
  header.writeUInt16LE(headerBytes, 52); // e_ehsize
  header.writeUInt16LE(programHeaderBytes, 54); // e_phentsize
  header.writeUInt16LE(1, 56); // e_phnum
  header.writeUInt32LE(1, 64); // p_type: PT_LOAD
  header.writeUInt32LE(5, 68); // p_flags: read, execute
  header.writeBigUInt64LE(loadAddress, 80); // p_vaddr; p_offset is 0
  header.writeBigUInt64LE(loadAddress, 88); // p_paddr
  header.writeBigUInt64LE(size, 96); // p_filesz
  header.writeBigUInt64LE(size, 104); // p_memsz
  header.writeBigUInt64LE(0x1000n, 112); // p_align
  return Buffer.concat([header, text]);
}

function assemble(...hex: string[]): Buffer {
  return Buffer.from(hex.join('').replaceAll(' ', ''), 'hex');
}

function littleEndian(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes.toString('hex');
}
