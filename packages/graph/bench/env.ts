/** The python that has PyTorch; without it PyTorch is left out of the comparison. */
export const BENCH_PYTHON: string | undefined = process.env.BENCH_PYTHON;
