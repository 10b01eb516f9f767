import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { addressOf, runProgram } from "./run-program.ts";

// The two commands of the README as a newcomer gives them: nothing set but where the state goes.
let home: string;

const run = (script: "main" | "demo", env: Record<string, string>) =>
  runProgram(script, { DESCENT_HOME: home, ...env });

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "descent-home-"));
});

test("the demo trains one job per optimizer and seed, compares them, and can be run again", async () => {
  for (let time = 0; time < 2; time++) {
    const demo = run("demo", { PORT: "0" });
    expect(await demo.ended, demo.said()).toBe(0);
    for (const rule of "sgd momentum nesterov adagrad adadelta rmsprop adam nadam".split(" "))
      expect(demo.said()).toContain(rule);
    expect(demo.said()).toMatch(/0\.9\d/);
  }
}, 180_000);

test("the service starts, trains a rule of the user's own, and stops cleanly; a taken port is a sentence", async () => {
  const blocker = createServer().listen(0, "127.0.0.1");
  await once(blocker, "listening");
  const { port } = blocker.address() as { port: number };
  const refused = run("main", { PORT: String(port) });
  expect(await refused.ended).toBe(1);
  expect(refused.said()).toMatch(new RegExp(`[Pp]ort ${port} is taken`));
  blocker.close();
  await once(blocker, "close");

  const service = run("main", { PORT: String(port), LOG_LEVEL: "silent" });
  const url = await addressOf(service);
  expect(url).toBe(`http://127.0.0.1:${port}`);
  expect((await fetch(`${url}/docs`)).status).toBe(200);
  const answer = await fetch(`${url}/v1/jobs?status=finished`);
  const jobs = (await answer.json()) as { data: unknown[] };
  expect(jobs.data.length).toBeGreaterThanOrEqual(32);
  await trainWithOwnRule(url);
  service.program.kill("SIGTERM");
  expect(await service.ended, service.said()).toBe(0);
}, 120_000);

/** AdaBelief typed from its paper (Zhuang et al. 2020, Algorithm 2), not from the built-in file. */
const OWN_RULE = `# my AdaBelief
hyper lr = 0.001 in [0, inf), beta1 = 0.9 in [0, 1), beta2 = 0.999 in [0, 1), eps = 1e-8 in [0, inf)
state mean, belief
mean = beta1 * mean + (1 - beta1) * g
belief = beta2 * belief + (1 - beta2) * (g - mean)^2 + eps
w -= lr * (mean / (1 - beta1^t)) / (sqrt(belief / (1 - beta2^t)) + eps)`;

/** A rule posted as text trains, in a real job, to the bits of the built-in rule. */
async function trainWithOwnRule(url: string): Promise<void> {
  const send = async (path: string, body?: object) => {
    const init = body && {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    };
    const answer = await fetch(url + path, init ?? {});
    expect(answer.ok, await answer.clone().text()).toBe(true);
    return (await answer.json()) as Record<string, never>;
  };
  await send("/v1/optimizers", { name: "my_belief", text: OWN_RULE });
  const [{ id }] = (await send("/v1/datasets")).data as unknown as [{ id: string }];
  const job = {
    dataset: { id },
    model: { layers: [{ type: "dense", units: 16, activation: "tanh" }, { type: "dense" }] },
    loss: "cross_entropy",
    epochs: 3,
    seed: 5,
    tags: { test: "own-rule" },
  };
  const clip = { global_norm: 0.5 };
  const schedule = { type: "cosine", warmup: { steps: 10 } };
  const posted = [
    await send("/v1/jobs", { ...job, optimizer: { rule: "adabelief", clip, schedule } }),
    await send("/v1/jobs", { ...job, optimizer: { rule: "my_belief", clip, schedule } }),
  ];
  const ended = await Promise.all(posted.map((each) => send(`/v1/jobs/${each.id}?wait=60`)));
  const [builtIn, own] = ended as unknown as [
    Record<string, unknown>,
    { resolved: Record<string, unknown> } & Record<string, unknown>,
  ];
  expect(builtIn).toMatchObject({ status: "finished", outcome: "completed" });
  expect(own.resolved).toMatchObject({
    rule_text: OWN_RULE,
    optimizer: { rule: "my_belief", convention: "custom", lr: 0.001 },
  });
  expect(own.result_hash).toMatch(/^[0-9a-f]{64}$/);
  expect(own.result_hash).toBe(builtIn.result_hash);
  await predictWith(url, String(own.id));

  const comparison = await send("/v1/comparisons", {
    filter: { tags: { test: "own-rule" } },
    metric: "val_accuracy",
    group_by: ["optimizer.rule", "optimizer.convention"],
  });
  const keys = (comparison.groups as unknown as { key: Record<string, string> }[]).map(
    ({ key }) => `${key["optimizer.convention"]}/${key["optimizer.rule"]}`,
  );
  expect(keys.toSorted()).toEqual(["custom/my_belief", "paper/adabelief"]);
}

/** What a real worker trained comes out as a file, and answers. */
async function predictWith(url: string, id: string): Promise<void> {
  const file = await fetch(`${url}/v1/jobs/${id}/model`);
  expect(file.status).toBe(200);
  expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(4 * 64 * 16);
  const answer = await fetch(`${url}/v1/jobs/${id}/predictions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ rows: [Array(64).fill(0)] }),
  });
  expect(answer.status, await answer.clone().text()).toBe(200);
  const { predictions } = (await answer.json()) as {
    predictions: { probabilities: Record<string, number> }[];
  };
  const probabilities = Object.values(predictions[0]!.probabilities);
  expect(probabilities).toHaveLength(10);
  expect(probabilities.reduce((sum, each) => sum + each)).toBeCloseTo(1, 5);
}
