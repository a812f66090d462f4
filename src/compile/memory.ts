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
 * Greedy best fit in the order of first writes: the smallest free buffer that is large
 * enough, else the largest free one grown when that costs less than a new one.
 */
export const assign = (lives: readonly Life[]): Assignment => {
  const order = lives.map((_, i) => i).sort((a, b) => lives[a].first - lives[b].first || lives[b].bytes - lives[a].bytes)
  const bytes: number[] = []
  const until: number[] = []
  const buffer = new Array<number>(lives.length).fill(-1)
  for (const i of order) {
    const { first, last, bytes: n } = lives[i]
    const free = bytes.map((_, b) => b).filter((b) => until[b] < first)
    const fitting = free.filter((b) => bytes[b] >= n).sort((a, b) => bytes[a] - bytes[b])
    const largest = [...free].sort((a, b) => bytes[b] - bytes[a])[0]
    const chosen = fitting[0] ?? largest
    if (chosen === undefined) {
      buffer[i] = bytes.push(n) - 1
      until.push(last)
    } else {
      bytes[chosen] = Math.max(bytes[chosen], n)
      until[chosen] = last
      buffer[i] = chosen
    }
  }
  return { buffer, bytes }
}
