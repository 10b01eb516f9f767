/** The first `most` bytes of a stream; `more` says that it goes on. Memory grows with what comes, not with `most`. */
export async function takeBytes(
  chunks: AsyncIterable<Buffer>,
  most: number,
): Promise<{ bytes: Buffer; more: boolean }> {
  const taken: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    taken.push(chunk);
    length += chunk.length;
    if (length > most) break;
  }
  return { bytes: Buffer.concat(taken, Math.min(length, most)), more: length > most };
}
