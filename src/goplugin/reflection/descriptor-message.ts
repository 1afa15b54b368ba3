import { readFields, type WireField } from '../wire/protobuf.ts';
import type { Budget } from './budget.ts';

/** A message of descriptor.proto: its fields by their numbers, read once. */
export class DescriptorMessage {
  readonly #fields = new Map<number, WireField[]>();

  /** @throws RangeError when the bytes are not protobuf; LimitExceeded */
  constructor(bytes: Uint8Array, budget?: Budget) {
    for (const field of readFields(bytes)) {
      budget?.spend('parts');
      const others = this.#fields.get(field.number);
      if (others === undefined) this.#fields.set(field.number, [field]);
      else others.push(field);
    }
  }

  /** Returns the values of a repeated field of bytes, texts or messages. */
  all(number: number): Buffer[] {
    return (this.#fields.get(number) ?? []).flatMap((field) => (field.kind === 'bytes' ? [field.value] : []));
  }

  texts(number: number): string[] {
    return this.all(number).map((value) => value.toString('utf8'));
  }

  has(number: number): boolean {
    return this.#fields.has(number);
  }

  /** Returns a text; of several values, the last one counts. */
  text(number: number): string {
    return this.all(number).at(-1)?.toString('utf8') ?? '';
  }

  /** Returns a signed integer of 32 bits. */
  integer(number: number): number {
    const field = this.#fields.get(number)?.at(-1);
    return field?.kind === 'varint' ? field.value | 0 : 0;
  }
}
