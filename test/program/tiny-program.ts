/**
 * A real static program of some 200 bytes, for tests that have to run something and may have no compiler: prints `text`
 * and ends with `exitCode`. Machine code for x86-64 Linux.
 */
export function tinyProgram(text: string, exitCode = 0): Uint8Array {
  const message = Buffer.from(text);
  const code = Buffer.from(
    [
      'b801000000', // mov eax, 1 (write)
      'bf01000000', // mov edi, 1 (stdout)
      '488d3500000000', // lea rsi, [rip + message]
      'ba00000000', // mov edx, length
      '0f05', // syscall
      'b83c000000', // mov eax, 60 (exit)
      'bf00000000', // mov edi, exit code
      '0f05', // syscall
    ].join(''),
    'hex',
  );
  code.writeInt32LE(code.length - 17, 13); // from the end of the lea to the message behind the code
  code.writeUInt32LE(message.length, 18);
  code.writeUInt32LE(exitCode, 30);

  const start = 64 + 56;
  const size = start + code.length + message.length;
  const address = 0x400000;
  const header = Buffer.alloc(start);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(2, 16); // executable
  header.writeUInt16LE(62, 18); // x86-64
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(address + start), 24); // entry
  header.writeBigUInt64LE(64n, 32); // program headers follow
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  header.writeUInt32LE(1, 64); // PT_LOAD
  header.writeUInt32LE(5, 68); // readable, executable
  header.writeBigUInt64LE(BigInt(address), 80);
  header.writeBigUInt64LE(BigInt(address), 88);
  header.writeBigUInt64LE(BigInt(size), 96);
  header.writeBigUInt64LE(BigInt(size), 104);
  header.writeBigUInt64LE(0x1000n, 112);
  return Buffer.concat([header, code, message]);
}
