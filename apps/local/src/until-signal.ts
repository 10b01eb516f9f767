/** Aborted by SIGINT, SIGTERM or SIGHUP (a closed terminal); sent twice, as npm and a terminal do, they count once. */
export function untilSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => stopping.abort());
  }
  return stopping.signal;
}
