/** Connection errors of the system, of PostgreSQL (SQLSTATE classes 08, 53, 57P; 3D000) and of Prisma. */
const CODES =
  /^(E(CONNREFUSED|CONNRESET|NOTFOUND|AI_AGAIN|TIMEDOUT|PIPE|HOSTUNREACH)|08...|53...|57P..|3D000|P10..|P2024)$/;
/** What node-postgres throws without a code. */
const MESSAGES = /^(Connection terminated|timeout exceeded when trying to connect)/;

/** Whether the database could not be reached, so that trying again later may help. */
export function isUnavailable(error: Error): boolean {
  if ("code" in error && CODES.test(String(error.code))) return true;
  return (
    MESSAGES.test(error.message) || (error.cause instanceof Error && isUnavailable(error.cause))
  );
}
