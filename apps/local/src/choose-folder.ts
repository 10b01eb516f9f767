import { access, constants, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const CHECKOUT = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Where state is kept: the folder asked for, else `.descent/` in the checkout. A state folder belongs to one
 * user; where that one belongs to another, or the checkout cannot be written, it is `~/.descent`, and `note`
 * says so.
 */
export async function chooseFolder(
  asked: string | null,
): Promise<{ folder: string; note: string | null }> {
  if (asked !== null) return { folder: resolve(asked), note: null };
  const usual = join(CHECKOUT, ".descent");
  const existing = await stat(usual).catch(() => null);
  const usable = existing
    ? existing.uid === process.getuid?.()
    : await access(CHECKOUT, constants.W_OK).then(
        () => true,
        () => false,
      );
  if (usable) return { folder: usual, note: null };
  const own = join(homedir(), ".descent");
  const reason = existing ? "belongs to another user" : "cannot be created";
  return {
    folder: own,
    note: `${usual} ${reason}: state is kept in ${own} (DESCENT_HOME chooses another folder).`,
  };
}
