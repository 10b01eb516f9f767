// The part of the WebAssembly JavaScript interface used here: TypeScript declares it only together with the DOM.
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { initial: number });
    readonly buffer: ArrayBuffer;
  }
}
