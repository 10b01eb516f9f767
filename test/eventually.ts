import pg from "pg";

/** Waits until `check` gives a value; fails after `seconds`. */
export async function eventually<T>(
  check: () => Promise<T | null | undefined | false>,
  seconds = 30,
): Promise<T> {
  for (const deadline = Date.now() + seconds * 1000; ; ) {
    const value = await check();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`nothing came within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** One statement on a connection of its own. */
export async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}
