export { BlobMissing, BlobTooLarge } from "./blob-errors.ts";
export { openStorage, type Storage, type StoredBlob } from "./open-storage.ts";
