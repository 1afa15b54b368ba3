/** Follows the position in an HTTP answer while its bytes pass by. */
export class AnswerPosition {
  #passed = 0;
  #headLength: number | undefined;
  #tail = '';

  /** Number of bytes of this answer that have passed. */
  get passed(): number {
    return this.#passed;
  }

  /** Length of its head including the empty line, once that has passed. */
  get headLength(): number | undefined {
    return this.#headLength;
  }

  /** Begins a new answer. */
  begin(): void {
    this.#passed = 0;
    this.#headLength = undefined;
    this.#tail = '';
  }

  pass(bytes: Buffer): void {
    if (this.#headLength === undefined) {
      const text = this.#tail + bytes.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end !== -1) this.#headLength = this.#passed - this.#tail.length + end + 4;
      this.#tail = text.slice(-3);
    }
    this.#passed += bytes.length;
  }
}
