import { claimFolder } from "../src/claim-folder.ts";

const [, , folder, url] = process.argv;
try {
  const release = await claimFolder(folder!, url!);
  process.stdout.write("claimed\n");
  process.on("SIGTERM", () => release().then(() => process.exit()));
  setInterval(() => {}, 60_000);
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : error}\n`);
}
