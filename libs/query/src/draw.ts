/** Fewer than that part of the rows are drawn by hits, more by passing over the others. */
const FEW = 0.05;

/** So many of the rows, each as likely, in their order: as many as the part says, at least one. Source: query-and-search §2.9. */
export function drawn(rows: Uint32Array, part: number): Uint32Array {
  if (rows.length === 0) return rows;
  // As Milvus counts, in float32.
  const count = Math.max(1, Math.floor(Math.fround(rows.length * Math.fround(part))));
  return part < FEW ? drawnByHits(rows, count) : drawnInOrder(rows, count);
}

function drawnByHits(rows: Uint32Array, count: number): Uint32Array {
  const places = new Set<number>();
  while (places.size < count) places.add(Math.floor(Math.random() * rows.length));
  return Uint32Array.from(places)
    .sort()
    .map((place) => rows[place]);
}

/** Each row is taken as likely as what is wanted of those that are left. */
function drawnInOrder(rows: Uint32Array, count: number): Uint32Array {
  const taken = new Uint32Array(count);
  for (let row = 0, kept = 0; kept < count; row++)
    if (Math.random() * (rows.length - row) < count - kept) taken[kept++] = rows[row];
  return taken;
}
