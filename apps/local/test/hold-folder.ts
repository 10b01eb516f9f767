import { claimFolder } from "../src/claim-folder.ts";

const [, , folder, url] = process.argv;
const answer = await claimFolder(folder!, url!).then(
  () => "claimed",
  (error: Error) => error.message,
);
process.stdout.write(`${answer}\n`);
if (answer === "claimed") setInterval(() => {}, 60_000);
