import { startPostgres } from "../src/embedded-postgres.ts";

const { url, pid } = await startPostgres(process.argv[2]!);
process.stdout.write(`${JSON.stringify({ url, pid })}\n`);
setInterval(() => {}, 60_000);
