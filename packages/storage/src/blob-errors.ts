/** There is no blob of this content. */
export class BlobMissing extends Error {
  readonly sha256: string;
  constructor(sha256: string) {
    super(`no blob has the sha256 ${sha256}`);
    this.name = "BlobMissing";
    this.sha256 = sha256;
  }
}

/** The source gave more bytes than the caller accepts. */
export class BlobTooLarge extends Error {
  readonly maxBytes: number;
  constructor(maxBytes: number) {
    super(`the content is larger than ${maxBytes} bytes`);
    this.name = "BlobTooLarge";
    this.maxBytes = maxBytes;
  }
}
