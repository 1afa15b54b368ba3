/** Ids of offers. Each side counts its own: from 1 up, and around at 2³² (go-plugin: grpc_broker.go, NextId). */
export class Ids {
  #last = 0;

  next(): number {
    this.#last = this.#last === 0xffff_ffff ? 1 : this.#last + 1;
    return this.#last;
  }
}
