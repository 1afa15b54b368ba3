/** Where in an HTTP answer one is, while its bytes pass by. */
export class AnswerPosition {
  #passed = 0;
  #headLength: number | undefined;
  #tail = '';

  /** Bytes of this answer that have passed. */
  get passed(): number {
    return this.#passed;
  }

  /** Length of its head with the empty line, as soon as that has passed. */
  get headLength(): number | undefined {
    return this.#headLength;
  }

  /** A new answer comes next. */
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
