import type { DatasetProfile, FileProblem } from "@descent/contracts";
import { FileFault } from "./file-fault.ts";
import { readIdxLabels } from "./read-idx-labels.ts";
import { readUnzipped } from "./read-unzipped.ts";
import { takeBytes } from "./take-bytes.ts";
import type { ColumnData } from "./write-table.ts";

/*
 * IDX, the format of MNIST (LeCun): big-endian. Two zero bytes, the element type (0x08: unsigned byte),
 * the number of dimensions, each dimension as uint32, then the elements, the last dimension fastest.
 */
const IMAGES_3D = 0x00000803;
const IMAGES_4D = 0x00000804;

/** 2 GiB of pixels: a job holds them all, four times as large. */
const MAX_PIXELS = 2 ** 31;

export type IdxResult =
  | { profile: DatasetProfile; columns: ColumnData[] }
  | { problems: FileProblem[] };

/**
 * Reads a pair of IDX files: images [n, height, width] or [n, channels, height, width] and labels [n],
 * all unsigned bytes. The headers and the labels are read now; the pixels stream through `columns`,
 * whose reading throws FileFault when the images file is too short or too long.
 */
export async function readIdx(imagesPath: string, labelsPath: string): Promise<IdxResult> {
  const problems: FileProblem[] = [];
  const keepFault = (column: string) => (error: unknown) => {
    if (!(error instanceof FileFault)) throw error;
    problems.push({ row: 0, column, message: error.message });
    return null;
  };
  const images = await readImagesHeader(imagesPath).catch(keepFault("image"));
  const labels = await readIdxLabels(labelsPath).catch(keepFault("label"));
  if (images !== null && labels !== null && images.count !== labels.codes.length) {
    const message = `the images file has ${images.count} images, but the labels file ${labels.codes.length} labels; both must have the same number`;
    problems.push({ row: 0, column: "label", message });
  }
  if (images === null || labels === null || problems.length > 0) return { problems };

  const pixelCount = images.count * images.pixelsEach;
  const profile: DatasetProfile = {
    rows: images.count,
    shape: images.shape,
    columns: [
      { name: "image", kind: "image", missing: 0 },
      {
        name: "label",
        kind: "category",
        values: labels.values,
        missing: 0,
        first_missing_row: null,
      },
    ],
  };
  const pixels = readPixels(imagesPath, images.headerBytes, pixelCount);
  return {
    profile,
    columns: [
      { length: pixelCount, chunks: pixels },
      { length: labels.codes.length, chunks: [labels.codes] },
    ],
  };
}

async function readImagesHeader(path: string) {
  const { bytes } = await takeBytes(readUnzipped(path, "the images file"), 20);
  if (bytes.length < 16) throw new FileFault("the images file is shorter than its header");
  const magic = bytes.readUInt32BE(0);
  if (magic !== IMAGES_3D && magic !== IMAGES_4D)
    throw new FileFault(
      `the images file begins with 0x${hex(magic)}; expected 0x${hex(IMAGES_3D)} (unsigned bytes [n, height, width]) or 0x${hex(IMAGES_4D)} ([n, channels, height, width])`,
    );
  const headerBytes = magic === IMAGES_3D ? 16 : 20;
  if (bytes.length < headerBytes) throw new FileFault("the images file is shorter than its header");
  const sizes: number[] = [];
  for (let at = 4; at < headerBytes; at += 4) sizes.push(bytes.readUInt32BE(at));
  const [count, ...each] = sizes as [number, ...number[]];
  if (count === 0) throw new FileFault("the images file has no images");
  const pixelsEach = each.reduce((product, size) => product * size, 1);
  if (pixelsEach === 0) throw new FileFault(`the images are empty: ${each.join(" x ")} pixels`);
  if (count * pixelsEach > MAX_PIXELS)
    throw new FileFault(`the images file has more than ${MAX_PIXELS} pixels`);
  return { count, pixelsEach, headerBytes, shape: magic === IMAGES_3D ? [1, ...each] : each };
}

async function* readPixels(path: string, headerBytes: number, pixelCount: number) {
  let skip = headerBytes;
  let pixels = 0;
  for await (const chunk of readUnzipped(path, "the images file")) {
    const body = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - body.length;
    pixels += body.length;
    if (pixels > pixelCount) break;
    yield body;
  }
  if (pixels === pixelCount) return;
  const found = pixels > pixelCount ? "more" : `only ${pixels}`;
  throw new FileFault(`the images file announces ${pixelCount} pixels, but has ${found}`);
}

const hex = (magic: number) => magic.toString(16).padStart(8, "0");
