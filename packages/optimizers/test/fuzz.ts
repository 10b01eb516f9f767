// Tries many random texts and says what became of them: node test/fuzz.ts [how many] [seed].
import { createRandom } from "./random.ts";
import { randomText, tryText } from "./random-texts.ts";

const [count = "100000", seed = "1"] = process.argv.slice(2);
const random = createRandom(Number(seed));
const outcomes = { compiled: 0, refused: 0 };
let slowest = { ms: 0, text: "" };
for (let round = 0; round < Number(count); round++) {
  const text = randomText(random);
  const start = performance.now();
  outcomes[tryText(text)] += 1;
  const ms = performance.now() - start;
  if (ms > slowest.ms) slowest = { ms, text };
}
const { compiled, refused } = outcomes;
process.stdout.write(`${compiled} compiled and ran, ${refused} refused, none did anything else\n`);
process.stdout.write(`the slowest took ${slowest.ms.toFixed(1)} ms:\n${slowest.text}\n`);
