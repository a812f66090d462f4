/**
 * The memory plan: which temporary tensors share a buffer. A tensor lives from the
 * dispatch that writes it to the last that reads it; a buffer is free for another
 * afterwards, not during it (a dispatch may not read and write one buffer).
 *
 * Laws: two tensors that live at the same time have different buffers; the sum of the
 * buffers is at most the sum of the tensors.
 */

/** A tensor's life: dispatch numbers of its first write and last read, inclusive. */
export interface Life {
  readonly first: number
  readonly last: number
  readonly bytes: number
}

/** A buffer number for each life, and the bytes of each buffer. */
export interface Assignment {
  readonly buffer: readonly number[]
  readonly bytes: readonly number[]
}

/**
 * Greedy by size (Pisarchyk and Lee, Efficient Memory Management for Deep Neural Net Inference, 2020): the largest tensor
 * first, each into the smallest buffer that is free all its life, else into one of its own length.
 */
export const assign = (lives: readonly Life[]): Assignment => {
  const order = lives.map((_, i) => i).sort((a, b) => lives[b].bytes - lives[a].bytes || lives[a].first - lives[b].first || a - b)
  const buffers: { readonly bytes: number; readonly lives: Life[] }[] = []
  const buffer = new Array<number>(lives.length).fill(-1)
  for (const i of order) {
    const life = lives[i]
    // Buffers come in falling length, none shorter than this tensor: the last free one is the smallest.
    let at = buffers.length - 1
    while (at >= 0 && buffers[at].lives.some((l) => l.first <= life.last && life.first <= l.last)) at--
    if (at < 0) at = buffers.push({ bytes: life.bytes, lives: [] }) - 1
    buffers[at].lives.push(life)
    buffer[i] = at
  }
  return { buffer, bytes: buffers.map((b) => b.bytes) }
}
