import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BlobMissing, BlobTooLarge, openStorage, type Storage } from "../src/index.ts";

// SHA-256 of "abc": FIPS 180-2, appendix B.1
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

let folder: string;
let storage: Storage;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "descent-storage-"));
  storage = await openStorage(pathToFileURL(folder).href);
});
afterEach(() => rm(folder, { recursive: true }));

const files = async () =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

test("a blob lies under its sha256 and is read back", async () => {
  expect(await storage.put(Readable.from(["a", Buffer.from("bc")]))).toEqual({
    sha256: ABC,
    bytes: 3,
  });
  expect(await files()).toEqual([join(folder, "ba", ABC.slice(2))]);
  expect(await readFile(await storage.path(ABC), "utf8")).toBe("abc");
});

test("an absolute path opens the same folder; other schemes are refused", async () => {
  await storage.put(Readable.from(["abc"]));
  const again = await openStorage(folder);
  expect(await readFile(await again.path(ABC), "utf8")).toBe("abc");
  await expect(openStorage("s3://bucket")).rejects.toThrow(/s3:\/\/bucket.*file:\/\/\//);
  await expect(openStorage("relative/folder")).rejects.toThrow(/absolute/);
});

test("concurrent puts of the same content keep one whole file", async () => {
  const content = Buffer.alloc(3_000_000, 7);
  const blobs = await Promise.all(
    Array.from({ length: 8 }, () => storage.put(Readable.from(pieces(content, 100_000)))),
  );
  const sha256 = createHash("sha256").update(content).digest("hex");
  expect(new Set(blobs.map((blob) => blob.sha256))).toEqual(new Set([sha256]));
  expect(await files()).toHaveLength(1);
  expect(content.equals(await readFile(await storage.path(sha256)))).toBe(true);
});

test("an aborted or failing upload leaves nothing", async () => {
  const failing = Readable.from(
    (async function* () {
      yield "first";
      throw new Error("connection lost");
    })(),
  );
  await expect(storage.put(failing)).rejects.toThrow("connection lost");
  const aborted = new Readable({ read() {} });
  aborted.push("first");
  setTimeout(() => aborted.destroy(), 10);
  await expect(storage.put(aborted)).rejects.toThrow();
  expect(await files()).toEqual([]);
});

test("maxBytes is the most that is accepted", async () => {
  await storage.put(Readable.from(["abc"]), { maxBytes: 3 });
  const source = Readable.from(["ab", "cd", "ef"]);
  await expect(storage.put(source, { maxBytes: 3 })).rejects.toThrow(BlobTooLarge);
  expect(source.destroyed).toBe(false); // it may be a request that is still to be answered
  expect(await files()).toHaveLength(1);
});

test("a too large HTTP upload can still be answered", async () => {
  const server = createServer((incoming, answer) => {
    storage.put(incoming, { maxBytes: 10 }).catch((error: Error) => {
      answer.writeHead(413, { connection: "close" }).end(error.name);
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const answered = await new Promise<number | undefined>((resolve, reject) => {
    const upload = request({ port, host: "127.0.0.1", method: "POST" }, (answer) => {
      resolve(answer.statusCode);
      answer.resume();
    });
    upload.on("error", reject);
    upload.write("more than ten bytes");
  });
  expect(answered).toBe(413);
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

test("a file at a temporary path is adopted without a copy", async () => {
  const path = storage.temporaryPath();
  await writeFile(path, "abc");
  expect(await storage.putFile(path)).toEqual({ sha256: ABC, bytes: 3 });
  expect(await files()).toEqual([join(folder, "ba", ABC.slice(2))]);
});

test("a missing blob is named, a deleted one is gone, deleting twice is no error", async () => {
  await expect(storage.path(ABC)).rejects.toThrow(BlobMissing);
  await storage.put(Readable.from(["abc"]));
  await storage.delete(ABC);
  await storage.delete(ABC);
  await expect(storage.path(ABC)).rejects.toThrow(ABC);
  expect(await files()).toEqual([]);
});

test("nothing but a sha256 becomes a path", async () => {
  await expect(storage.path("../../etc/passwd")).rejects.toThrow(TypeError);
  await expect(storage.delete("..")).rejects.toThrow(TypeError);
});

test("opening removes what a killed process left a day ago, and nothing younger", async () => {
  const [old, young] = [storage.temporaryPath(), storage.temporaryPath()];
  await writeFile(old, "old");
  await writeFile(young, "young");
  const twoDaysAgo = new Date(Date.now() - 2 * 24 * 60 * 60 * 1000);
  await utimes(old, twoDaysAgo, twoDaysAgo);
  await openStorage(folder);
  expect(await files()).toEqual([young]);
});

function* pieces(content: Buffer, size: number) {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}
