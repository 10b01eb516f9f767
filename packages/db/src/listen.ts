import pg from "pg";

export type Channel = "job_cancel" | "job_ended";
export interface Listener {
  close(): Promise<void>;
}

/**
 * Hears what other processes announce, on a connection of its own that is made again when it breaks.
 * What is announced while it is broken is not heard: nobody may rely on hearing alone.
 */
export async function listen(
  connectionString: string,
  onNotification: (channel: Channel, jobId: string) => void,
  onError: (error: unknown) => void,
): Promise<Listener> {
  let closed = false;
  let client: pg.Client;

  async function connect(): Promise<void> {
    client = new pg.Client({
      connectionString,
      application_name: "descent listen",
      keepAlive: true,
    });
    client.on("notification", ({ channel, payload }) =>
      onNotification(channel as Channel, payload ?? ""),
    );
    client.on("error", onError);
    client.once("end", () => {
      if (!closed) setTimeout(reconnect, 500);
    });
    await client.connect();
    await client.query("LISTEN job_cancel; LISTEN job_ended");
  }
  function reconnect(): void {
    if (!closed) connect().catch(onError);
  }

  try {
    await connect();
  } catch (error) {
    closed = true; // the caller has nothing to close
    throw error;
  }
  return {
    async close() {
      closed = true;
      await client.end();
    },
  };
}
