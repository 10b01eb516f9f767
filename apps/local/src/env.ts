/** What `npm start` and `npm run demo` are told by the environment; .env.example describes each variable. */
export interface Env {
  /** Where the embedded default keeps its state; null: .descent/ in the checkout. */
  folder: string | null;
  databaseUrl: string | null;
  storageUrl: string | null;
  host: string;
  /** Null when nothing was said; 0 is any free port. */
  port: number | null;
  apiKey: string | null;
  /** The whole environment: the api and the worker read the rest of it themselves. */
  inherited: NodeJS.ProcessEnv;
}

/** @throws Error with a sentence for whoever started it */
export function readEnv(): Env {
  const { env } = process;
  const port = env.PORT ? Number(env.PORT) : null;
  if (port !== null && !(/^\d+$/.test(env.PORT ?? "") && port <= 65_535))
    throw new Error(`PORT must be a whole number from 0 to 65535, is "${env.PORT}".`);
  return {
    folder: env.DESCENT_HOME || null,
    databaseUrl: env.DATABASE_URL || null,
    storageUrl: env.STORAGE_URL || null,
    host: env.HOST || "127.0.0.1",
    port,
    apiKey: env.API_KEY || null,
    inherited: env,
  };
}
