/**
 * Fills a matrix [rows, columns] with orthonormal rows or, where it has more rows than columns, orthonormal
 * columns: random normal vectors, each made orthogonal to those before it and of length 1 (Gram & Schmidt, in
 * the modified form, in double precision). Of all such matrices each is equally likely.
 *
 * @param weights the matrix, row after row; a tensor of more axes counts as its first by all others
 * @param normal draws normal numbers
 */
export function fillOrthogonal(weights: Float32Array, rows: number, normal: () => number): void {
  const columns = weights.length / rows;
  const [count, length] = rows <= columns ? [rows, columns] : [columns, rows];
  const vectors: Float64Array[] = [];
  while (vectors.length < count) {
    const vector = Float64Array.from({ length }, normal);
    for (const other of vectors) {
      const along = dot(vector, other);
      for (let i = 0; i < length; i++) vector[i]! -= along * other[i]!;
    }
    const norm = Math.sqrt(dot(vector, vector));
    for (let i = 0; i < length; i++) vector[i]! /= norm;
    vectors.push(vector);
  }
  for (const [k, vector] of vectors.entries())
    for (let i = 0; i < length; i++)
      weights[rows <= columns ? k * columns + i : i * columns + k] = vector[i]!;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
