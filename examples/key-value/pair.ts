/** The message of key-value.proto. */
export interface Pair {
  readonly key: string;
  readonly value: string;
}
