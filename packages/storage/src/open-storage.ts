import { randomUUID } from "node:crypto";
import { access, mkdir, rm } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { adoptFile } from "./adopt-file.ts";
import { BlobMissing } from "./blob-errors.ts";
import { hashFile } from "./hash-file.ts";
import { removeAbandoned } from "./remove-abandoned.ts";
import { writeBlob } from "./write-blob.ts";

/** What a blob is known by, and its length. */
export interface StoredBlob {
  sha256: string;
  bytes: number;
}

/** Immutable files, each known by the SHA-256 of its content. Putting the same content twice keeps one file. */
export interface Storage {
  /**
   * Stores everything that `source` gives. A failure leaves nothing behind and does not destroy `source`,
   * so that the connection it comes from can still be answered.
   * @throws BlobTooLarge when `source` gives more than `maxBytes`; whatever `source` itself throws
   */
  put(source: Readable, options?: { maxBytes?: number }): Promise<StoredBlob>;
  /** Where to read a blob. @throws BlobMissing */
  path(sha256: string): Promise<string>;
  /** A fresh path on the storage's own disk, for a file that `putFile` adopts afterwards. */
  temporaryPath(): string;
  /** Makes a finished file at a `temporaryPath()` a blob: the file moves, nothing is copied. */
  putFile(path: string): Promise<StoredBlob>;
  /** Removes a blob; one that is not there is no error. */
  delete(sha256: string): Promise<void>;
}

/**
 * Opens (and creates where needed) a folder of blobs. A blob lies at `ab/cdef…`, the first two digits of
 * its SHA-256 and the rest; `incoming/` holds what is still being written, on the same file system, so
 * that a blob appears whole, by one rename, or not at all. Many processes may use one folder.
 *
 * @param url a `file:///…` URL or an absolute path
 */
export async function openStorage(url: string): Promise<Storage> {
  const root = folderOf(url);
  const incoming = join(root, "incoming");
  await mkdir(incoming, { recursive: true });
  await removeAbandoned(incoming);
  const temporaryPath = () => join(incoming, randomUUID());

  return {
    temporaryPath,
    put: async (source, options = {}) => {
      const path = temporaryPath();
      try {
        const blob = await writeBlob(source, path, options.maxBytes ?? Number.POSITIVE_INFINITY);
        await adoptFile(path, blobPath(root, blob.sha256));
        return blob;
      } finally {
        await rm(path, { force: true });
      }
    },
    path: async (sha256) => {
      const path = blobPath(root, sha256);
      try {
        await access(path);
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT")
          throw new BlobMissing(sha256);
        throw error;
      }
      return path;
    },
    putFile: async (path) => {
      const blob = await hashFile(path);
      await adoptFile(path, blobPath(root, blob.sha256));
      return blob;
    },
    delete: async (sha256) => rm(blobPath(root, sha256), { force: true }),
  };
}

function folderOf(url: string): string {
  if (isAbsolute(url)) return url;
  if (url.startsWith("file:///")) return fileURLToPath(url);
  throw new Error(
    `the storage "${url}" cannot be opened: give a folder as file:///… or as an absolute path`,
  );
}

/** Only a SHA-256 becomes a path: nothing a caller passes can leave the folder. */
function blobPath(root: string, sha256: string): string {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new TypeError(`not a sha256: ${sha256}`);
  return join(root, sha256.slice(0, 2), sha256.slice(2));
}
