import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createInspector, InspectorBusy, readTable } from "../src/index.ts";
import { inFolder } from "./inspect-text.ts";

const request = (path: string) => ({ format: "csv" as const, path, gzip: false, categories: [] });

test("inspects in a thread: the event loop turns meanwhile", async () => {
  await inFolder(async (folder) => {
    const inspector = createInspector({ threads: 1 });
    const [path, table] = [join(folder, "csv"), join(folder, "table")];
    await writeFile(path, `a,b\n${"1.5,2.5\n".repeat(300_000)}`);
    let turns = 0;
    const turning = setInterval(() => {
      turns += 1;
    }, 1);
    const result = await inspector.inspect(request(path), table);
    clearInterval(turning);
    expect(result).toMatchObject({ ok: true, profile: { rows: 300_000 } });
    expect(turns).toBeGreaterThan(5);
    expect((await readTable(table)).profile.rows).toBe(300_000);

    await writeFile(path, "a,b\n1\n");
    expect(await inspector.inspect(request(path), table)).toMatchObject({
      ok: false,
      problems: [{ row: 1 }],
    });
    await expect(inspector.inspect(request(join(folder, "none")), table)).rejects.toThrow(/ENOENT/);
    await inspector.close();
  });
});

test("aborting ends it, leaves no table, and the inspector goes on", async () => {
  await inFolder(async (folder) => {
    const inspector = createInspector({ threads: 1 });
    const [path, small, table] = ["csv", "small", "table"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(path, `a,b\n${"1.5,2.5\n".repeat(3_000_000)}`);
    await writeFile(small, "a\n1\n");
    await writeFile(table, "as a thread stopped while writing would leave it");
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 100);
    await expect(inspector.inspect(request(path), table, abort.signal)).rejects.toThrow(/abort/i);
    await expect(access(table)).rejects.toThrow(/ENOENT/);
    expect(await inspector.inspect(request(small), table)).toMatchObject({ ok: true });
    await inspector.close();
  });
});

test("says that it is busy instead of letting files wait without end", async () => {
  await inFolder(async (folder) => {
    const inspector = createInspector({ threads: 1 });
    const path = join(folder, "csv");
    await writeFile(path, `a,b\n${"1.5,2.5\n".repeat(100_000)}`);
    const results = await Promise.allSettled(
      Array.from({ length: 30 }, (_, i) => inspector.inspect(request(path), join(folder, `${i}`))),
    );
    const refused = results.filter(({ status }) => status === "rejected");
    expect(refused.length).toBeGreaterThan(5);
    for (const each of refused)
      expect(each.status === "rejected" && each.reason).toBeInstanceOf(InspectorBusy);
    expect(results.length - refused.length).toBeGreaterThan(10);
    await inspector.close();
  });
});
